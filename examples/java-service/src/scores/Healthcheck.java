package scores;

import java.io.IOException;
import java.net.HttpURLConnection;
import java.net.URI;

/** Asks the server of this container whether it answers. */
public final class Healthcheck {
    private static final int MILLISECONDS = 2000;

    private Healthcheck() {}

    public static void main(String[] args) throws IOException {
        var address = URI.create("http://127.0.0.1:" + Server.port() + "/healthz").toURL();
        var connection = (HttpURLConnection) address.openConnection();
        connection.setConnectTimeout(MILLISECONDS);
        connection.setReadTimeout(MILLISECONDS);
        System.exit(connection.getResponseCode() == 200 ? 0 : 1);
    }
}

package scores;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.Executors;

/** The HTTP API: {@code POST /scores/PLAYER} with points, {@code GET /scores}, {@code GET /healthz}. */
public final class Server {
    private static final String SCORES = "/scores/";
    /** More digits than a number can have. */
    private static final int LIMIT = 32;

    private final Board board = new Board();

    public static void main(String[] args) throws IOException {
        var server = HttpServer.create(new InetSocketAddress(port()), 0);
        var workers = Executors.newFixedThreadPool(8);
        var api = new Server();
        server.createContext("/", api::answer);
        server.setExecutor(workers);
        Runtime.getRuntime().addShutdownHook(new Thread(() -> {
            server.stop(1);
            workers.shutdown();
        }));
        server.start();
        System.out.println("scores listens on port " + port());
    }

    static int port() {
        return Integer.parseInt(System.getenv().getOrDefault("PORT", "8080"));
    }

    private void answer(HttpExchange exchange) throws IOException {
        try (exchange) {
            var path = exchange.getRequestURI().getPath();
            var request = exchange.getRequestMethod() + " " + path;
            if (request.equals("GET /healthz")) {
                send(exchange, 200, "{\"status\":\"ok\"}");
            } else if (request.equals("GET /scores")) {
                send(exchange, 200, Json.of(board.ranking()));
            } else if (request.startsWith("POST " + SCORES) && path.length() > SCORES.length()) {
                add(exchange, path.substring(SCORES.length()));
            } else {
                send(exchange, 404, Json.error("there is nothing here"));
            }
        }
    }

    private void add(HttpExchange exchange, String player) throws IOException {
        var body = new String(exchange.getRequestBody().readNBytes(LIMIT), StandardCharsets.UTF_8);
        try {
            send(exchange, 200, Json.of(board.add(player, Long.parseLong(body.strip()))));
        } catch (ArithmeticException | NumberFormatException error) {
            send(exchange, 400, Json.error("points are a whole number"));
        }
    }

    private static void send(HttpExchange exchange, int status, String json) throws IOException {
        var bytes = json.getBytes(StandardCharsets.UTF_8);
        exchange.getResponseHeaders().set("Content-Type", "application/json");
        exchange.sendResponseHeaders(status, bytes.length);
        exchange.getResponseBody().write(bytes);
    }
}

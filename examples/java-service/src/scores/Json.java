package scores;

import java.util.List;
import java.util.stream.Collectors;

/** What is answered, as JSON. */
final class Json {
    private Json() {}

    static String of(List<Board.Entry> entries) {
        return entries.stream().map(Json::of).collect(Collectors.joining(",", "[", "]"));
    }

    static String of(Board.Entry entry) {
        return "{\"player\":" + of(entry.player()) + ",\"points\":" + entry.points() + "}";
    }

    static String error(String reason) {
        return "{\"error\":" + of(reason) + "}";
    }

    static String of(String text) {
        var quoted = new StringBuilder("\"");
        for (char c : text.toCharArray()) {
            if (c == '"' || c == '\\') {
                quoted.append('\\').append(c);
            } else if (c < ' ') {
                quoted.append(String.format("\\u%04x", (int) c));
            } else {
                quoted.append(c);
            }
        }
        return quoted.append('"').toString();
    }
}

package scores;

import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** The points of players. */
final class Board {
    record Entry(String player, long points) {}

    private final Map<String, Long> points = new ConcurrentHashMap<>();

    /** Adds points to those that a player has. */
    Entry add(String player, long more) {
        return new Entry(player, points.merge(player, more, Math::addExact));
    }

    /** All players, the best first. */
    List<Entry> ranking() {
        return points.entrySet().stream()
                .map(entry -> new Entry(entry.getKey(), entry.getValue()))
                .sorted(Comparator.comparingLong(Entry::points).reversed().thenComparing(Entry::player))
                .toList();
    }
}

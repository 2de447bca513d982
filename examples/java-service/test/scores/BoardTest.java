package scores;

import java.util.List;

/** Run with assertions on: {@code java -ea}. */
public final class BoardTest {
    public static void main(String[] args) {
        var board = new Board();
        assert board.ranking().isEmpty();
        board.add("ada", 2);
        board.add("grace", 5);
        assert board.add("ada", 4).points() == 6;
        assert board.ranking().equals(List.of(new Board.Entry("ada", 6), new Board.Entry("grace", 5)));
        assert Json.of(board.ranking()).equals("[{\"player\":\"ada\",\"points\":6},{\"player\":\"grace\",\"points\":5}]");
        assert Json.of("a\"b\n").equals("\"a\\\"b\\u000a\"");
        System.out.println("the board holds");
    }
}

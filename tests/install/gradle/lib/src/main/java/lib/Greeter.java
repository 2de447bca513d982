package lib;

import acme.Words;

public final class Greeter {
    public static String greet(String name) {
        return Words.HELLO + ", " + name;
    }
}

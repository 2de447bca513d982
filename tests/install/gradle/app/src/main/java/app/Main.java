package app;

import lib.Greeter;

public final class Main {
    public static void main(String[] args) {
        System.out.println(Greeter.greet("Ada"));
    }
}

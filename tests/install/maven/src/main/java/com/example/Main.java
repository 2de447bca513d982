package com.example;

import com.google.gson.Gson;
import java.util.List;

public final class Main {
    public static void main(String[] args) {
        System.out.println(new Gson().toJson(List.of(1, 2)));
    }
}

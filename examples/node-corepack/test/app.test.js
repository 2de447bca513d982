import assert from "node:assert/strict";
import { test } from "node:test";
import request from "supertest";
import { buildApp } from "../src/app.js";

test("a text becomes a picture, the same each time", async () => {
  const first = await request(buildApp()).get("/qr.svg?text=hello").expect(200).expect("content-type", /svg/);
  const second = await request(buildApp()).get("/qr.svg?text=hello");
  assert.match(first.body.toString(), /^<svg /);
  assert.deepEqual(first.body, second.body);
});

test("what is no text is refused", async () => {
  for (const query of ["", "?text=", "?text=a&text=b", `?text=${"a".repeat(1001)}`]) {
    await request(buildApp()).get(`/qr.svg${query}`).expect(422);
  }
});

import assert from "node:assert/strict";
import { test } from "node:test";
import { buildApp } from "../dist/app.js";

test("a price has its tax", async () => {
  const answer = await buildApp().inject("/gross?net=1999");
  assert.deepEqual(answer.json(), { net: 1999, rate: 19, gross: 2379, text: "23.79 EUR" });
});

test("what is no price is refused", async () => {
  for (const query of ["", "?net=-1", "?net=1&rate=101"]) {
    assert.equal((await buildApp().inject(`/gross${query}`)).statusCode, 400, query);
  }
});

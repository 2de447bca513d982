import assert from "node:assert/strict";
import { test } from "node:test";
import { format, gross } from "@shop/money";

test("tax is added and rounded half up", () => {
  assert.equal(gross(1999, 19), 2379);
  assert.equal(gross(50, 1), 51);
  assert.equal(gross(0, 19), 0);
});

test("amounts are texts with two digits", () => {
  assert.equal(format(2379), "23.79 EUR");
  assert.equal(format(5), "0.05 EUR");
});

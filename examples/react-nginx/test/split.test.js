import assert from "node:assert/strict";
import { test } from "node:test";

import { split } from "../src/split.js";

test("parts add up to the bill with its tip", () => {
  assert.deepEqual(split(10000, 3, 10), [3667, 3667, 3666]);
});

test("nobody pays nothing", () => {
  assert.deepEqual(split(10000, 0, 10), []);
  assert.deepEqual(split(NaN, 2, 10), []);
});

import assert from "node:assert/strict";
import { once } from "node:events";
import { test } from "node:test";
import { buildApp } from "../dist/app.js";

test("the page shows prices with tax", async () => {
  const server = buildApp().listen(0);
  await once(server, "listening");
  try {
    const page = await (await fetch(`http://127.0.0.1:${server.address().port}/`)).text();
    assert.match(page, /<td>Teapot<td>23\.79 EUR/);
  } finally {
    server.close();
  }
});

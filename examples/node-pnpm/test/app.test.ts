import assert from "node:assert/strict";
import { test } from "node:test";
import { buildApp } from "../src/app.js";

function put(app: ReturnType<typeof buildApp>, name: string, percent: unknown) {
  return app.request(`/flags/${name}`, { method: "PUT", body: JSON.stringify({ percent }) });
}

async function usersWith(app: ReturnType<typeof buildApp>, name: string): Promise<Set<string>> {
  const users = Array.from({ length: 200 }, (_, index) => `user-${index}`);
  const answers = await Promise.all(users.map(async (user) => (await app.request(`/flags/${name}/${user}`)).json()));
  return new Set(answers.filter(({ on }) => on).map(({ user }) => user));
}

test("a flag is stored and listed", async () => {
  const app = buildApp();
  assert.equal((await put(app, "dark-mode", 25)).status, 200);
  assert.deepEqual(await (await app.request("/flags")).json(), [{ name: "dark-mode", percent: 25 }]);
});

test("who has a feature keeps it as more users get it", async () => {
  const app = buildApp();
  await put(app, "search", 30);
  const some = await usersWith(app, "search");
  assert.ok(some.size > 30 && some.size < 90, `${some.size} of 200`);
  await put(app, "search", 60);
  const more = await usersWith(app, "search");
  assert.ok(more.size > some.size && some.isSubsetOf(more));
});

test("a bad flag is refused, and one that is not there is not found", async () => {
  const app = buildApp();
  assert.equal((await put(app, "search", 101)).status, 422);
  assert.equal((await put(app, "Search", 1)).status, 422);
  assert.equal((await app.request("/flags/search/ada")).status, 404);
});

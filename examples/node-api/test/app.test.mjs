import assert from "node:assert/strict";
import { test } from "node:test";
import { buildApp } from "../dist/app.js";

const info = { name: "notes-api", version: "1.0.0", digest: "", signature: null };

test("health and version", async () => {
  const app = buildApp(info);
  assert.deepEqual((await app.inject("/healthz")).json(), { status: "ok" });
  assert.deepEqual((await app.inject("/version")).json(), info);
});

test("a note is stored, listed, read and removed", async () => {
  const app = buildApp(info);

  const created = await app.inject({ method: "POST", url: "/notes", payload: { title: " milk " } });
  assert.equal(created.statusCode, 201);
  const note = created.json();
  assert.equal(note.title, "milk");
  assert.equal(note.text, "");

  assert.deepEqual((await app.inject("/notes")).json(), [note]);
  assert.deepEqual((await app.inject(`/notes/${note.id}`)).json(), note);

  const remove = { method: "DELETE", url: `/notes/${note.id}` };
  assert.equal((await app.inject(remove)).statusCode, 204);
  assert.equal((await app.inject(remove)).statusCode, 404);
  assert.equal((await app.inject(`/notes/${note.id}`)).statusCode, 404);
});

test("a bad note is refused", async () => {
  const app = buildApp(info);
  for (const payload of [{}, { title: "" }, { title: "x", colour: "red" }]) {
    const response = await app.inject({ method: "POST", url: "/notes", payload });
    assert.equal(response.statusCode, 422, JSON.stringify(payload));
  }
});

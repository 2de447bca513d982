import Fastify, { type FastifyInstance, type FastifyServerOptions } from "fastify";
import { z } from "zod";
import { type BuildInfo } from "./build-info.js";
import { NewNote, NoteStore } from "./notes.js";

interface ById {
  Params: { id: string };
}

export function buildApp(info: BuildInfo, options: FastifyServerOptions = {}): FastifyInstance {
  const app = Fastify(options);
  const notes = new NoteStore();

  app.get("/healthz", () => ({ status: "ok" }));
  app.get("/version", () => info);

  app.get("/notes", () => notes.list());

  app.post("/notes", (request, reply) => {
    const input = NewNote.safeParse(request.body);
    if (!input.success) {
      return reply.code(422).send({ error: z.prettifyError(input.error) });
    }
    return reply.code(201).send(notes.add(input.data));
  });

  app.get<ById>("/notes/:id", (request, reply) => {
    const note = notes.get(request.params.id);
    return note ?? reply.code(404).send({ error: "no such note" });
  });

  app.delete<ById>("/notes/:id", (request, reply) => {
    return reply.code(notes.remove(request.params.id) ? 204 : 404).send();
  });

  return app;
}

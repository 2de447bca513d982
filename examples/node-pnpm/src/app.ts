import { Hono } from "hono";
import { z } from "zod";
import { Flags, NewFlag } from "./flags.js";

export function buildApp(): Hono {
  const app = new Hono();
  const flags = new Flags();

  app.get("/healthz", (context) => context.json({ status: "ok" }));

  app.get("/flags", (context) => context.json(flags.list()));

  app.put("/flags/:name", async (context) => {
    const body = await context.req.json().catch(() => ({}));
    const input = NewFlag.safeParse({ ...body, name: context.req.param("name") });
    if (!input.success) {
      return context.json({ error: z.prettifyError(input.error) }, 422);
    }
    return context.json(flags.set(input.data));
  });

  app.get("/flags/:name/:user", (context) => {
    const { name, user } = context.req.param();
    const on = flags.isOn(name, user);
    return on === undefined ? context.json({ error: "no such flag" }, 404) : context.json({ name, user, on });
  });

  return app;
}

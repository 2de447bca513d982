import { serve } from "@hono/node-server";
import { buildApp } from "./app.js";

const port = Number(process.env.PORT ?? 3000);
const server = serve({ fetch: buildApp().fetch, port }, () => console.log(`listening on port ${port}`));

for (const signal of ["SIGINT", "SIGTERM"]) {
  process.once(signal, () => server.close(() => process.exit(0)));
}

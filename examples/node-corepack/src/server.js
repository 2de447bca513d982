import { buildApp } from "./app.js";

const server = buildApp().listen(Number(process.env.PORT ?? 3000));

for (const signal of ["SIGINT", "SIGTERM"]) {
  process.once(signal, () => server.close());
}

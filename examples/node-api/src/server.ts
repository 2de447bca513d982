import { buildApp } from "./app.js";
import { readBuildInfo } from "./build-info.js";

const app = buildApp(readBuildInfo(), { logger: true });

for (const signal of ["SIGINT", "SIGTERM"]) {
  process.once(signal, async () => {
    app.log.info({ signal }, "shutting down");
    await app.close();
  });
}

try {
  await app.listen({ host: "0.0.0.0", port: Number(process.env.PORT ?? 3000) });
} catch (error) {
  app.log.error(error);
  process.exit(1);
}

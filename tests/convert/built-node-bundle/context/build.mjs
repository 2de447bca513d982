import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
mkdirSync("dist", { recursive: true });
for (const name of ["server.js", "health.js"]) {
  const text = readFileSync(`src/${name}`, "utf8");
  writeFileSync(`dist/${name}`, `// ${process.env.NODE_ENV} ${process.env.API_URL}\n${text}`);
}

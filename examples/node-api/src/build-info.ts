import { readFileSync } from "node:fs";

/** What scripts/build-info.mjs wrote beside the compiled files. */
export interface BuildInfo {
  name: string;
  version: string;
  digest: string;
  signature: string | null;
}

export function readBuildInfo(): BuildInfo {
  try {
    return JSON.parse(readFileSync(new URL("build-info.json", import.meta.url), "utf8"));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    return { name: "notes-api", version: "dev", digest: "", signature: null };
  }
}

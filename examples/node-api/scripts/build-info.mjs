// Writes dist/build-info.json: the version, a digest of the compiled files and, when the build was given the
// release signing key, an HMAC of both. The key is read where BuildKit mounts it and is not part of the output.
import { createHash, createHmac } from "node:crypto";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const KEY_FILE = process.env.SIGNING_KEY_FILE ?? "/run/secrets/signing_key";
const DIST = "dist";
const OUTPUT = "build-info.json";

function readKey() {
  try {
    return readFileSync(KEY_FILE, "utf8").trim();
  } catch (error) {
    if (error.code === "ENOENT") return null;
    throw error;
  }
}

const { name, version } = JSON.parse(readFileSync("package.json", "utf8"));

const hash = createHash("sha256");
for (const file of readdirSync(DIST).sort()) {
  if (file === OUTPUT) continue;
  hash.update(`${file}\0`).update(readFileSync(join(DIST, file)));
}
const digest = hash.digest("hex");

const key = readKey();
const signature = key && createHmac("sha256", key).update(`${name}@${version} ${digest}`).digest("hex");

writeFileSync(join(DIST, OUTPUT), JSON.stringify({ name, version, digest, signature }, null, 2) + "\n");
console.log(`${name}@${version} ${digest.slice(0, 12)} ${signature ? "signed" : "not signed: no key given"}`);

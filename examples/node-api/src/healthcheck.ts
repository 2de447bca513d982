// The image's HEALTHCHECK: distroless has neither a shell nor curl.
const url = `http://127.0.0.1:${process.env.PORT ?? 3000}/healthz`;

try {
  const response = await fetch(url, { signal: AbortSignal.timeout(2000) });
  if (!response.ok) throw new Error(`${url}: ${response.status}`);
} catch (error) {
  console.error(String(error));
  process.exit(1);
}

"""Takes webhooks that are signed as GitHub signs them, and writes each as a line of JSON to stdout."""

import hashlib
import hmac
import json
import os
import sys
from pathlib import Path

from aiohttp import web

LARGEST = 1024 * 1024
KEY = web.AppKey("key", bytes)


def signature(key: bytes, body: bytes) -> str:
    """What `X-Hub-Signature-256` has to be."""
    return "sha256=" + hmac.new(key, body, hashlib.sha256).hexdigest()


async def healthz(_: web.Request) -> web.Response:
    return web.json_response({"status": "ok"})


async def hook(request: web.Request) -> web.Response:
    body = await request.read()
    told = request.headers.get("X-Hub-Signature-256", "")
    if not hmac.compare_digest(told.encode(), signature(request.app[KEY], body).encode()):
        raise web.HTTPUnauthorized(text="the signature does not fit\n")
    try:
        event = json.loads(body)
    except ValueError as error:
        raise web.HTTPBadRequest(text=f"no JSON: {error}\n") from error
    print(json.dumps({"event": request.headers.get("X-GitHub-Event"), "payload": event}), flush=True)
    return web.Response(status=202)


def make_app(key: bytes) -> web.Application:
    app = web.Application(client_max_size=LARGEST)
    app[KEY] = key
    app.router.add_get("/healthz", healthz)
    app.router.add_post("/hook", hook)
    return app


def main() -> None:
    file = Path(os.environ.get("WEBHOOK_SECRET_FILE", "/run/secrets/webhook"))
    try:
        key = file.read_bytes().strip()
    except OSError as error:
        sys.exit(f"the secret of the webhooks: {error}")
    web.run_app(make_app(key), host="0.0.0.0", port=8000, access_log=None, print=None)


if __name__ == "__main__":
    main()

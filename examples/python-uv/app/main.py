"""The pages and the API."""

import os

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from app.snippets import LONGEST, Store, UnknownLanguage

store = Store()


async def healthz(_: Request) -> Response:
    """Tells that the server answers."""
    return JSONResponse({"status": "ok", "version": os.environ.get("APP_VERSION", "dev")})


async def add(request: Request) -> Response:
    """Keeps the body of the request."""
    body = await request.body()
    if not body or len(body) > LONGEST:
        raise HTTPException(413 if body else 400, f"a snippet has 1 to {LONGEST} bytes")
    try:
        name, snippet = store.add(body.decode(errors="replace"), request.query_params.get("language"))
    except UnknownLanguage as error:
        raise HTTPException(400, str(error)) from error
    return JSONResponse({"path": f"/{name}", "language": snippet.language}, status_code=201)


async def show(request: Request) -> Response:
    """A snippet as a page, or as it came with `?raw`."""
    snippet = store.get(request.path_params["name"])
    if snippet is None:
        raise HTTPException(404, "there is no such snippet")
    if "raw" in request.query_params:
        return PlainTextResponse(snippet.text)
    return HTMLResponse(snippet.page())


app = Starlette(
    routes=[
        Route("/healthz", healthz),
        Route("/", add, methods=["POST"]),
        Route("/{name}", show),
    ]
)

"""Serves the compiled web app; any path of the app's own answers with its index page."""

from __future__ import annotations

from pathlib import Path

from fastapi.responses import HTMLResponse
from starlette.exceptions import HTTPException as HttpFailure
from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import Receive, Scope, Send

FOLDER = Path(__file__).parent / "static"
HASHED = "assets/"
LONG = "public, max-age=31536000, immutable"

NOT_BUILT = """<!doctype html>
<html lang="en"><meta charset="utf-8"><title>Querist</title>
<body style="font: 16px/1.5 system-ui; max-width: 36em; margin: 4em auto; padding: 0 1em">
<h1>The web app is not built yet</h1>
<p>The server runs and its API answers under <code>/api/v1</code>. To build the app, run</p>
<pre>make web</pre>
<p>in the folder of the source code, then reload this page.</p>
"""


class WebApp(StaticFiles):
    """Files of ``folder``; other paths get ``index.html``, whose router knows them."""

    def __init__(self, folder: Path = FOLDER) -> None:
        super().__init__(directory=folder, check_dir=False, follow_symlink=False)
        self._folder = folder

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer HTTP; there are no web sockets."""
        if scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1000})
            return
        await super().__call__(scope, receive, send)

    async def check_config(self) -> None:
        """Nothing: a folder that is not there yet is answered with how to build it."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        """The file, or the app's page, or 404 for what looks like a file or an API route."""
        if scope["path"].startswith("/api/"):
            raise HttpFailure(404)
        if scope["method"] not in ("GET", "HEAD"):
            raise HttpFailure(405, headers={"Allow": "GET, HEAD"})
        if not (self._folder / "index.html").is_file():
            return HTMLResponse(NOT_BUILT)
        path = "index.html" if path == "." else path
        try:
            response = await super().get_response(path, scope)
        except HttpFailure as failure:
            if failure.status_code != 404 or "." in path.rpartition("/")[2]:
                raise
            path, response = "index.html", await super().get_response("index.html", scope)
        hashed = path.replace("\\", "/").startswith(HASHED)
        response.headers["Cache-Control"] = LONG if hashed else "no-cache"
        return response

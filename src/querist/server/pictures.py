"""Bytes of assets as responses: cached by content, and never run as a page."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from fastapi import Request, Response
from fastapi.responses import FileResponse

# Pixels only. SVG and HTML can carry scripts; a text asset's words come with its JSON.
INLINE = frozenset(
    {"image/png", "image/jpeg", "image/webp", "image/gif", "image/avif", "image/bmp"}
)
CACHE = "private, max-age=31536000, immutable"


def picture(request: Request, tag: str, read: Callable[[], tuple[bytes | Path, str]]) -> Response:
    """The bytes that ``read`` gives, or 304 when the client holds them already.

    Args:
        request: Whose If-None-Match decides.
        tag: Changes with the content.
        read: Gives bytes or a file, and the media type.
    """
    etag = f'"{tag}"'
    headers = {
        "ETag": etag,
        "Cache-Control": CACHE,
        "Content-Security-Policy": "default-src 'none'; sandbox",
    }
    wanted = [word.strip() for word in request.headers.get("if-none-match", "").split(",")]
    if etag in wanted or f"W/{etag}" in wanted:
        return Response(status_code=304, headers=headers)
    body, media_type = read()
    if media_type.split(";")[0].strip().lower() not in INLINE:
        media_type = "application/octet-stream"
        headers["Content-Disposition"] = "attachment"
    if isinstance(body, Path):
        return FileResponse(body, media_type=media_type, headers=headers)
    return Response(bytes(body), media_type=media_type, headers=headers)

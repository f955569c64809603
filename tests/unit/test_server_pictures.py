"""Bytes of assets: only pixels are shown inline, everything else is a download."""

from __future__ import annotations

import pytest
from starlette.requests import Request

from querist.server.pictures import picture


def ask(**headers):
    """A GET with these headers."""
    pairs = [(k.replace("_", "-").lower().encode(), v.encode()) for k, v in headers.items()]
    return Request({"type": "http", "method": "GET", "headers": pairs})


@pytest.mark.parametrize(
    "kind", ["image/svg+xml", "text/html", "IMAGE/SVG+XML; charset=utf-8", "application/pdf", ""]
)
def test_what_can_run_scripts_is_a_download(kind):
    """SVG, HTML and unknown kinds lose their type and come as an attachment in a sandbox."""
    answer = picture(ask(), "c-1", lambda: (b"<svg onload=alert(1)>", kind))
    assert answer.headers["content-type"] == "application/octet-stream"
    assert answer.headers["content-disposition"] == "attachment"
    assert answer.headers["content-security-policy"] == "default-src 'none'; sandbox"


def test_pixels_are_shown_inline():
    """A PNG keeps its type and is no attachment."""
    answer = picture(ask(), "c-1", lambda: (b"png", "image/png"))
    assert answer.headers["content-type"] == "image/png"
    assert "content-disposition" not in answer.headers


@pytest.mark.parametrize(("seen", "status"), [('"c-1"', 304), ('W/"c-1"', 304), ('"c-2"', 200)])
def test_a_known_tag_needs_no_bytes(seen, status):
    """The bytes are read only when the client holds another version."""
    read = []

    def content():
        read.append(1)
        return b"png", "image/png"

    answer = picture(ask(If_None_Match=f'"x", {seen}'), "c-1", content)
    assert answer.status_code == status
    assert len(read) == (status == 200)

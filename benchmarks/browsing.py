"""How long a page of a served project takes in a real browser, until a person can use it."""

from __future__ import annotations

import re
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from benchmarks.reporting import Figure

CHROMIUM = "/usr/bin/chromium"
PAGES = {
    "home page": ("/", "text=/assets|labels/"),
    "grid page": ("/catalog", "[role=grid] img, main img"),
}
TRIES = 3


def pages(project: Path) -> Iterator[Figure]:
    """Open home and grid three times each in a fresh tab; the median second until usable."""
    from playwright.sync_api import sync_playwright

    command = [sys.executable, "-m", "querist", "serve", str(project), "--port", "0"]
    server = subprocess.Popen([*command, "--no-browser"], stdout=subprocess.PIPE, text=True)
    try:
        assert server.stdout is not None
        url = next(found[0] for line in server.stdout if (found := re.search(r"http://\S+", line)))
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
            # The wait below runs a script in the page, which the server's own policy forbids.
            context = browser.new_context(viewport={"width": 1440, "height": 900}, bypass_csp=True)
            context.new_page().goto(url)
            context.pages[0].wait_for_selector("main")
            context.pages[0].wait_for_timeout(3_000)  # the server looks through the project once
            for name, (path, usable) in PAGES.items():
                seconds = sorted(_open(context, url, path, usable) for _ in range(TRIES))
                yield Figure(
                    name=f"{name} usable", value=seconds[TRIES // 2], target=1.0, unit="s",
                    better="lower",
                )  # fmt: skip
            browser.close()
    finally:
        server.terminate()
        server.wait(20)


def _open(context, url: str, path: str, usable: str) -> float:  # type: ignore[no-untyped-def]
    page = context.new_page()
    start = time.perf_counter()
    page.goto(url.partition("/#")[0] + path, wait_until="commit")
    page.locator(usable).first.wait_for(state="visible", timeout=30_000)
    page.wait_for_function("[...document.images].slice(0, 12).every(i => i.complete)")
    took = time.perf_counter() - start
    page.close()
    return took

"""Say which programs the tests would like and cannot find; the tests that need them are skipped."""

from __future__ import annotations

import glob
import os
import shutil
import sys

PROGRAMS = {
    "a PostgreSQL server": (
        shutil.which("initdb") or glob.glob("/usr/lib/postgresql/*/bin/initdb"),
        "apt-get install postgresql   (macOS: brew install postgresql)",
    ),
    "Chromium": (
        shutil.which("chromium-headless-shell") or shutil.which("chromium"),
        "apt-get install chromium     (macOS: brew install chromium)",
    ),
    "Label Studio": (
        glob.glob(".venv-label-studio/.[0-9]*"),
        "make test installs it from the package index into .venv-label-studio (1 GB)",
    ),
    "the raw Fashion-MNIST images": (
        os.path.isdir("/usr/share/datasets/fashion-mnist"),
        "apt-get install dataset-fashion-mnist   (Debian only; two tests use it)",
    ),
}


def main() -> int:
    """Print what is missing; an error only where everything is required (CI)."""
    missing = {name: how for name, (found, how) in PROGRAMS.items() if not found}
    for name, how in missing.items():
        print(f"Missing: {name}. Its tests are skipped. To run them: {how}")
    return 1 if missing and os.environ.get("QUERIST_REQUIRE_ALL") else 0


if __name__ == "__main__":
    sys.exit(main())

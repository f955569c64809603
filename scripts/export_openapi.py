"""Writes the description of the API to web/openapi.json, from which the app's types are made.

Run ``python scripts/export_openapi.py``; with ``--check`` nothing is written and the exit code
says whether the file is up to date.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from querist.server.app import openapi_document

TARGET = Path(__file__).parent.parent / "web" / "openapi.json"


def main() -> int:
    """Write the file, or compare it."""
    text = json.dumps(openapi_document(), indent=2, ensure_ascii=False) + "\n"
    if "--check" in sys.argv[1:]:
        same = TARGET.exists() and TARGET.read_text(encoding="utf-8") == text
        print("web/openapi.json is up to date." if same else "Run scripts/export_openapi.py.")
        return 0 if same else 1
    TARGET.write_text(text, encoding="utf-8")
    print(f"{len(text):,} characters written to web/openapi.json.")
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""`labeling-crash` under its first name: a hundred kills on each database.

Run: python -m benchmarks.crash_labels [--kills 100] [--database sqlite|postgresql|both]
"""

from __future__ import annotations

import os
import sys

from benchmarks.labeling_crash import main

if __name__ == "__main__":
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    sys.exit(main(kills=100, name="crash_labels"))

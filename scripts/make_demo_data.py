"""Make the packaged demo data from Debian's dataset-fashion-mnist, the same bytes every time."""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

from querist.experiments.datasets import CLASSES_OF_FASHION, DEMO_FILE, FASHION_FOLDER, read_idx

PER_CLASS = 600
SEED = 20261121


def main() -> None:
    """Draw 600 articles of each class from the training file and write them as one ``.npz``."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, default=Path(FASHION_FOLDER))
    parser.add_argument("--out", type=Path, default=DEMO_FILE)
    arguments = parser.parse_args()

    images = read_idx(arguments.folder / "train-images-idx3-ubyte.gz")
    labels = read_idx(arguments.folder / "train-labels-idx1-ubyte.gz")
    rng = np.random.default_rng(SEED)
    kept = np.sort(
        np.concatenate(
            [
                rng.choice(np.flatnonzero(labels == code), PER_CLASS, replace=False)
                for code in range(len(CLASSES_OF_FASHION))
            ]
        )
    )
    arguments.out.parent.mkdir(parents=True, exist_ok=True)
    np.savez_compressed(arguments.out, images=images[kept], labels=labels[kept].astype(np.uint8))
    size = arguments.out.stat().st_size / 1e6
    print(f"{len(kept)} articles, {size:.2f} MB: {arguments.out}")


if __name__ == "__main__":
    main()

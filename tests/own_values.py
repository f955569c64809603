"""Four functions of a model for sets, numbers, boxes and spans, as somebody would write them.

A script of a project's folder as it is, and what ``own_values_server.py`` serves over HTTP.
"""

import io
import json
import re

import numpy as np
from PIL import Image

WORD = re.compile(r"\w+")
BACKGROUND = 245


def train(items, labels, classes, seed):
    """A model that is plain JSON, so that it can be kept."""
    kind = labels[0]["type"]
    learn = {"classes": sets, "number": numbers, "boxes": colours, "spans": words}[kind]
    return {"type": kind, "classes": classes, "known": learn(items, labels, classes, seed)}


def predict(model, items):
    """What the model says of each item."""
    say = {"classes": say_sets, "number": say_numbers, "boxes": say_boxes, "spans": say_spans}
    return say[model["type"]](model["known"], model["classes"], items)


def state(model, folder):
    """Keep the model in the folder; with None, read it back."""
    if model is None:
        return json.loads((folder / "model.json").read_text())
    return (folder / "model.json").write_text(json.dumps(model))


def rows(items):
    """Vectors with a column of ones."""
    return np.column_stack([np.stack([it["vector"] for it in items]), np.ones(len(items))])


def sets(items, labels, classes, seed):
    """Least squares of 1 or -1 for each class."""
    has = np.array([[name in label["names"] for name in classes] for label in labels])
    return np.linalg.lstsq(rows(items), np.where(has, 1.0, -1.0), rcond=None)[0].tolist()


def say_sets(known, classes, items):
    """The chance of each class."""
    return {"probabilities": 1 / (1 + np.exp(-4 * rows(items) @ np.array(known)))}


def numbers(items, labels, classes, seed):
    """Least squares, and again on bootstrap draws."""
    X, y = rows(items), np.array([label["number"] for label in labels])
    rng = np.random.default_rng(seed)
    draws = [np.arange(len(y)), *(rng.integers(len(y), size=len(y)) for _ in range(5))]
    return [np.linalg.lstsq(X[at], y[at], rcond=None)[0].tolist() for at in draws]


def say_numbers(known, classes, items):
    """Numbers, and what the draws say."""
    said = np.array(known) @ rows(items).T
    values = [{"type": "number", "number": number} for number in said[0]]
    return {"values": values, "members": said[1:]}


def pixels(item):
    """A picture as numbers."""
    with Image.open(io.BytesIO(item["data"])) as picture:
        return np.asarray(picture.convert("RGB"), np.float64)


def colours(items, labels, classes, seed):
    """The mean colour in the boxes of each class."""
    seen = {}
    for item, label in zip(items, labels, strict=True):
        for it in label["boxes"]:
            x, y, width, height = (int(it["box"][key]) for key in ("x", "y", "width", "height"))
            inside = pixels(item)[y : y + height, x : x + width]
            seen.setdefault(it["name"], []).append(inside.mean(axis=(0, 1)))
    return {name: np.mean(many, axis=0).tolist() for name, many in seen.items()}


def say_boxes(known, classes, items):
    """A box around what is no background, of the class with the nearest colour."""
    values = []
    for item in items:
        differs = np.argwhere(np.abs(pixels(item) - BACKGROUND).max(axis=2) > 20)
        (top, left), (low, right) = differs.min(axis=0), differs.max(axis=0) + 1
        colour = pixels(item)[(top + low) // 2, (left + right) // 2]
        near = {name: np.abs(colour - mean).sum() for name, mean in known.items()}
        name = min(near, key=near.get)
        box = {"x": left, "y": top, "width": right - left, "height": low - top}
        values.append({"type": "boxes", "boxes": [{"name": name, "box": box, "confidence": 0.9}]})
    return values


def words(items, labels, classes, seed):
    """The class of each word that was marked."""
    return {
        item["text"][it["span"]["start"] : it["span"]["end"]]: it["name"]
        for item, label in zip(items, labels, strict=True)
        for it in label["spans"]
    }


def say_spans(known, classes, items):
    """Every word that is known."""
    values = []
    for item in items:
        spans = [
            {
                "name": known[word.group()],
                "span": {"start": word.start(), "end": word.end()},
                "confidence": 0.8,
            }
            for word in WORD.finditer(item["text"])
            if word.group() in known
        ]
        values.append({"type": "spans", "spans": spans})
    return values

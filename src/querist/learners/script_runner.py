"""Runs the user's file with the functions of a model, and answers for it line by line.

``script_backend`` starts it with any Python from 3.8 on that has numpy: nothing else of Querist is
needed there. A line in is ``{"path": "/train", "body": {…}}``, as the protocol over HTTP has it; a
line out holds an ``answer``, an ``error``, or says that the model is ``missing``.
"""

from __future__ import annotations

import base64
import importlib.util
import json
import os
import queue
import sys
import threading
import traceback
from pathlib import Path
from typing import IO, Any

import numpy as np

# Models that nobody has asked to keep; the oldest is forgotten first.
_MOST_MODELS = 16
# Trainings whose labels are on their way.
_MOST_GATHERED = 2
# Parts of an answer that are tables of numbers.
_TABLES = ("probabilities", "members")
_TRACE = 2_000


class Model:
    """The four functions of the file, by the paths of the protocol."""

    def __init__(self, file: Path, kept: Path) -> None:
        self._file, self._kept = file, kept
        self._functions = _loaded(file)
        self._models: dict[str, Any] = {}
        # Items and labels of trainings that come in several parts, by model.
        self._gathered: dict[str, tuple[list[Any], list[Any]]] = {}

    def answer(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        """What the line out holds."""
        try:
            return {"answer": getattr(self, path[1:])(**body)}
        except _MissingError:
            return {"missing": True}
        except Exception as problem:  # whatever the file raises is told, and ends nothing
            traceback.print_exc()
            words = "".join(traceback.format_exception_only(type(problem), problem)).strip()
            frames = traceback.extract_tb(problem.__traceback__)
            lines = [it.lineno for it in frames if it.filename == str(self._file)]
            where = f" in line {lines[-1]}" if lines else ""
            return {"error": words + where, "trace": traceback.format_exc()[-_TRACE:]}

    def train(self, model: str, vectors: Any, labels: Any, seed: int, **rest: Any) -> Any:
        """Have a model trained, and remember it by its name; of many labels these are a part."""
        train = self._function("train")
        if "items" not in rest:
            self._remember(model, train(_matrix(vectors), np.array(labels), seed))
            return {"model": model}
        items, known = self._gathered.pop(model, ([], []))
        del items[rest["start"] :], known[rest["start"] :]
        if len(known) < rest["start"]:
            raise ValueError(f"the first {rest['start'] - len(known)} labels did not come")
        items += _opened(rest["items"], vectors)
        known += labels
        count = len(known)
        if rest["more"]:
            self._gathered[model] = items, known
            if len(self._gathered) > _MOST_GATHERED:  # whoever sent it has stopped half-way
                del self._gathered[next(iter(self._gathered))]
        else:
            self._remember(model, train(items, known, rest["classes"], seed))
        return {"model": model, "labels": count}

    def predict(self, model: str, vectors: Any, **rest: Any) -> Any:
        """What a model says that is remembered or kept: chances of one class, or labels."""
        predict, known = self._function("predict"), self._found(model)
        if "items" in rest:
            found = predict(known, _opened(rest["items"], vectors))
            said = found if isinstance(found, dict) else {"values": found}
            return {key: _table(it) if key in _TABLES else it for key, it in said.items()}
        found = predict(known, _matrix(vectors))
        said = found if isinstance(found, dict) else {"probabilities": found}
        return {key: _table(value) for key, value in said.items()}

    def state(self, model: str) -> dict[str, Any]:
        """Have a model kept in a folder of its own."""
        if model not in self._models:
            raise _MissingError
        folder = self._kept / model
        folder.mkdir(parents=True, exist_ok=True)
        self._function("state")(self._models[model], folder)
        return {"model": model}

    def embed(self, items: Any) -> dict[str, Any]:
        """Vectors of assets."""
        return {"vectors": _table(self._function("embed")(_opened(items)))}

    def _function(self, name: str) -> Any:
        found = getattr(self._functions, name, None)
        if not callable(found):
            raise TypeError(f"there is no function {name!r} in the script")
        return found

    def _found(self, name: str) -> Any:
        if name not in self._models:
            folder = self._kept / name
            if not folder.is_dir():
                raise _MissingError
            self._remember(name, self._function("state")(None, folder))
        return self._models[name]

    def _remember(self, name: str, model: Any) -> None:
        self._models.pop(name, None)
        self._models[name] = model
        if len(self._models) > _MOST_MODELS:
            self._models.pop(next(iter(self._models)))


class _MissingError(Exception):
    """There is no such model."""


def main() -> None:
    """Load the file, then answer each line."""
    file, kept = Path(sys.argv[1]), Path(sys.argv[2])
    asked, told = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    # What the file reads and prints must not disturb the lines.
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(2, 1)
    lines: queue.Queue[bytes] = queue.Queue()
    threading.Thread(target=_read, args=(asked, lines), daemon=True).start()
    model = Model(file, kept)
    _tell(told, {"answer": {}})
    while True:
        asking = json.loads(lines.get())
        found = model.answer(asking["path"], asking["body"])
        try:
            _tell(told, found)
        except (TypeError, ValueError) as problem:
            _tell(told, {"error": f"{type(problem).__name__}: no answer, {problem}"})


def _read(asked: IO[bytes], lines: queue.Queue[bytes]) -> None:
    """Take lines; where no more can come, whoever asked has ended, and so does this."""
    for line in asked:
        lines.put(line)
    os._exit(0)


def _tell(told: IO[bytes], said: dict[str, Any]) -> None:
    told.write(json.dumps(said, default=_plain).encode() + b"\n")
    told.flush()


def _loaded(file: Path) -> Any:
    sys.path[0] = str(file.parent)
    spec = importlib.util.spec_from_file_location(file.stem, file)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[file.stem] = module
    spec.loader.exec_module(module)
    return module


def _opened(items: list[dict[str, Any]], vectors: Any = None) -> list[dict[str, Any]]:
    """Assets with the bytes of pictures as bytes again, and each with its vector."""
    for item in items:
        if "data" in item:
            item["data"] = base64.b64decode(item["data"])
    for at, vector in enumerate(() if vectors is None else _matrix(vectors)):
        items[at]["vector"] = vector
    return items


def _plain(value: Any) -> Any:
    """Arrays and numbers of numpy as JSON has them."""
    if isinstance(value, (np.ndarray, np.generic)):
        return value.tolist()
    raise TypeError(f"a {type(value).__name__} is not JSON")


def _matrix(sent: dict[str, Any]) -> Any:
    """Rows (n, d), float32, that may be written to."""
    raw = np.frombuffer(base64.b64decode(sent["float32"]), "<f4")
    return raw.reshape(sent["shape"]).astype(np.float32)


def _table(value: Any) -> Any:
    """A table of numbers as the protocol has it; anything else as it is: it will be refused."""
    found = np.asarray(value)
    if found.ndim != 2 or found.dtype.kind not in "iuf":
        return found.tolist()
    with np.errstate(over="ignore"):  # infinite numbers are refused as such
        little = found.astype("<f4")
    return {"shape": list(little.shape), "float32": base64.b64encode(little.tobytes()).decode()}


if __name__ == "__main__":
    main()

"""stream: JSON lines in, decisions out at once, within a budget."""

from __future__ import annotations

import contextlib
import json
import sys
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from querist.errors import InvalidInputError, NotFoundError, StorageError

if TYPE_CHECKING:
    from querist.strategies.streams import LineStream

# Arrivals that were passed over may be forgotten when the process is killed; questions never are.
SAVE_EVERY = 100


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command()(stream)


def stream(
    source: Annotated[
        Path | None, typer.Argument(help="A file of JSON lines; standard input if not given.")
    ] = None,
    strategy: Annotated[
        str, typer.Option("--strategy", "-s", help="See: querist strategies.")
    ] = "randomized-variable",
    budget: Annotated[float, typer.Option(help="Share of the lines that may be asked.")] = 0.1,
    per_minute: Annotated[int | None, typer.Option(help="Most questions in any minute.")] = None,
    per_hour: Annotated[int | None, typer.Option(help="Most questions in any hour.")] = None,
    per_day: Annotated[int | None, typer.Option(help="Most questions in any day.")] = None,
    random_share: Annotated[
        float, typer.Option(help="Share of the lines drawn by chance, to watch for drift.")
    ] = 0.2,
    classes: Annotated[
        list[str] | None,
        typer.Option("--class", "-c", help="Name of each place in lists of probabilities."),
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Same seed, same answers.")] = 0,
    state: Annotated[
        Path | None, typer.Option(help="Keep the state in this file, and go on from it.")
    ] = None,
) -> None:
    """Decide line by line which assets to ask for, within a budget.

    A line is {"id": "a7", "probabilities": [0.6, 0.4]}, with "embedding" and "time" if there are
    any, or a label that came: {"id": "a7", "label": 0}. Each is answered at once by one line, a
    wrong one by an error; then the exit code is 2.

    Example: tail -f scores.jsonl | querist stream --budget 0.05 --per-hour 20 --state stream.json
    """
    from querist.strategies.streams import LineStream, Stream, caps, share_limits

    limits = [
        *share_limits(budget),
        *caps(per_minute=per_minute, per_hour=per_hour, per_day=per_day),
    ]
    chosen = Stream(strategy, budget=budget, limits=limits, random_share=random_share, seed=seed)
    answers = LineStream(chosen, clock=time.time, classes=classes or ())
    with _lines(source) as lines, _kept(answers, state) as save:
        _answer_all(answers, lines, save)
    if answers.wrong:
        raise typer.Exit(InvalidInputError.exit_code)


class _Saver:
    """Writes the state before each question goes out, and now and then otherwise."""

    def __init__(self, answers: LineStream, path: Path | None) -> None:
        self._answers = answers
        self._path = path
        self._unsaved = 0

    def after(self, answer: dict[str, Any]) -> None:
        """Take note of an answer that is about to be given."""
        self._unsaved += 1
        if answer.get("ask") or answer.get("used") or self._unsaved >= SAVE_EVERY:
            self.write()

    def write(self) -> None:
        """Replace the file, so that a reader finds the old state or the new one."""
        from querist.formats.files import replacing

        if self._path is not None and self._unsaved:
            body = json.dumps(self._answers.state(), allow_nan=False)
            with replacing(self._path) as temporary:
                temporary.write_text(body, encoding="utf-8")
        self._unsaved = 0


@contextlib.contextmanager
def _kept(answers: LineStream, path: Path | None) -> Iterator[_Saver]:
    if path is not None and path.exists():
        answers.restore(_read_state(path))
    saver = _Saver(answers, path)
    try:
        yield saver
    finally:
        saver.write()


@contextlib.contextmanager
def _lines(source: Path | None) -> Iterator[Iterable[bytes]]:
    if source is None or source == Path("-"):
        yield sys.stdin.buffer
        return
    try:
        file = source.open("rb")
    except FileNotFoundError as error:
        raise NotFoundError(
            f"There is no file {str(source)!r}.", remedy="Check the path, or pipe the lines in."
        ) from error
    except OSError as error:
        raise _unreadable(source, error) from error
    with file:
        yield file


def _answer_all(answers: LineStream, lines: Iterable[bytes], saver: _Saver) -> None:
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        answer = answers.answer(line, number)
        saver.after(answer)
        # Escaped, so that any id can be written on any terminal, half a character included.
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


def _read_state(path: Path) -> Any:
    try:
        return json.loads(path.read_bytes())
    except OSError as error:
        raise _unreadable(path, error) from error
    except ValueError as error:
        raise InvalidInputError(
            f"The state file {str(path)!r} is no JSON.",
            remedy="Give the file that an earlier stream wrote, or a new one.",
        ) from error


def _unreadable(path: Path, error: OSError) -> StorageError:
    return StorageError(
        f"{str(path)!r} cannot be read: {error.strerror}.", remedy="Give a file you may read."
    )

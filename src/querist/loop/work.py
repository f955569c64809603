"""The kinds of long work, as job handlers: JSON parameters in, JSON result out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import numpy as np

from querist.autolabel import AutoLabel
from querist.catalog import Catalog, in_random_order
from querist.engine.base import Handler, Progress
from querist.engine.job_run import JobStoppedError
from querist.errors import (
    BudgetSpentError,
    EmptyPoolError,
    InvalidInputError,
    JobCancelledError,
)
from querist.labeling import KnownLabels, answer_unasked, answer_with_oracle
from querist.loop import snapshot
from querist.loop.budget import labels_left
from querist.loop.doubting import prepare_doubt
from querist.loop.experimenting import Experiments
from querist.loop.intake import add, embed
from querist.loop.model_files import import_embeddings, import_predictions
from querist.loop.prepared_pages import prepare_pages
from querist.loop.rounds import Rounds
from querist.loop.wishes import Wishes
from querist.loop.workforce_jobs import workforce_handlers
from querist.loop.zero_shot import zero_shot
from querist.schema import Step, is_whole, to_json
from querist.schema.wording import counted


def handlers(catalog: Catalog) -> dict[str, Handler]:
    """Every kind of job and the function that does it."""
    rounds = Rounds(catalog)

    def add_assets(params: Mapping[str, Any], progress: Progress) -> Mapping[str, Any]:
        options = dict(params)
        report = add(catalog, options.pop("source"), progress=progress, **options)
        embed(catalog, progress=progress)
        body: Mapping[str, Any] = to_json(report)
        return body

    def embed_assets(_: Mapping[str, Any], progress: Progress) -> Mapping[str, Any]:
        return {"embedded": embed(catalog, progress=progress)}

    def next_round(params: Mapping[str, Any], progress: Progress) -> Mapping[str, Any]:
        given = dict(params)
        size = given.pop("batch_size", None)
        # Another server may have begun one since this was asked.
        rounds.check_newest(given.pop("after", None))
        round_ = rounds.start(size, wishes=Wishes(**given), progress=progress)
        # It may have finished the round before; if another job did, its pages are there already.
        prepare_pages(catalog, rounds.list()[-2:-1])
        return {"round": round_.number}

    def finish_round(_: Mapping[str, Any], progress: Progress) -> Mapping[str, Any]:
        round_ = rounds.finish(progress=progress)
        prepare_pages(catalog, [round_])
        return {"round": round_.number, "advice": to_json(round_.advice)}

    def train(_: Mapping[str, Any], progress: Progress) -> Mapping[str, Any]:
        model = rounds.train(progress=progress)
        # It may have finished the round.
        prepare_pages(catalog, [it for it in rounds.list()[-1:] if it.step is Step.DONE])
        return {"model": model.id}

    def auto_propose(params: Mapping[str, Any], _: Progress) -> Mapping[str, Any]:
        body: Mapping[str, Any] = to_json(AutoLabel(catalog).propose(**params))
        return body

    def auto_ask(params: Mapping[str, Any], _: Progress) -> Mapping[str, Any]:
        return {"asked": len(AutoLabel(catalog).ask(**params))}

    def auto_accept(params: Mapping[str, Any], _: Progress) -> Mapping[str, Any]:
        body: Mapping[str, Any] = to_json(AutoLabel(catalog).accept(**params))
        return body

    def oracle_round(params: Mapping[str, Any], progress: Progress) -> Mapping[str, Any]:
        count = int(params.get("rounds", 1))
        found = answer_rounds(catalog, count, params.get("batch_size"), progress)
        prepare_pages(catalog, rounds.list()[-count:])
        return found

    return {
        "add": add_assets,
        "embed": embed_assets,
        "next_round": next_round,
        "finish_round": finish_round,
        "train": train,
        "oracle_round": oracle_round,
        **_model_handlers(catalog),
        "auto_propose": auto_propose,
        "auto_ask": auto_ask,
        "auto_accept": auto_accept,
        **workforce_handlers(catalog),
    }


def _model_handlers(catalog: Catalog) -> dict[str, Handler]:
    def experiment(params: Mapping[str, Any], progress: Progress) -> Mapping[str, Any]:
        return {"id": Experiments(catalog).run(**params, progress=progress).id}

    def first_guesses(params: Mapping[str, Any], progress: Progress) -> Mapping[str, Any]:
        body: Mapping[str, Any] = to_json(zero_shot(catalog, **params, progress=progress))
        return body

    def predictions(params: Mapping[str, Any], progress: Progress) -> Mapping[str, Any]:
        with _file(catalog, params) as (source, options):
            progress(0, None, f"Reading {Path(source).name}")
            found = import_predictions(catalog, source, progress=progress, **options)
        left = f"; {found.missing:,} are left out" if found.missing else ""
        with suppress(JobCancelledError):  # too late: the model is there
            progress(1, 1, f"Predictions of {found.told:,} assets{left}")
        body: Mapping[str, Any] = to_json(found)
        return body

    def vectors(params: Mapping[str, Any], progress: Progress) -> Mapping[str, Any]:
        with _file(catalog, params) as (source, options):
            progress(0, None, f"Reading {Path(source).name}")
            found = import_embeddings(catalog, source, progress=progress, **options)
        with suppress(JobCancelledError):  # too late: the vectors are there
            progress(1, 1, f"{found.stored:,} new vectors of {found.dimensions:,} numbers")
        body: Mapping[str, Any] = to_json(found)
        return body

    def doubt(_: Mapping[str, Any], progress: Progress) -> Mapping[str, Any]:
        return {"model": prepare_doubt(catalog, progress=progress)}

    return {
        "doubt": doubt,
        "experiment": experiment,
        "zero_shot": first_guesses,
        "import_predictions": predictions,
        "import_embeddings": vectors,
    }


@contextmanager
def _file(catalog: Catalog, params: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """The file that a job reads, and its other parameters; an upload is removed after it."""
    options = dict(params)
    key = options.pop("upload", None)
    if key is None:
        yield options.pop("source"), options
        return
    try:
        yield str(catalog.uploads.path(key)), options
    except JobStoppedError:
        raise  # the next worker begins the job again
    except BaseException:
        catalog.uploads.remove(key)
        raise
    catalog.uploads.remove(key)


def answer_rounds(
    catalog: Catalog, count: int, batch_size: int | None, progress: Progress
) -> Mapping[str, Any]:
    """Let the known labels answer ``count`` rounds, the one that collects now included.

    They end sooner where after a round a budget is spent or nothing is left to ask.

    Raises:
        BudgetSpentError, EmptyPoolError: so it is before the first round.
        InvalidInputError: the project knows no labels, or of assets that have none a class that
            was split, or ``count`` is below one.
    """
    if not is_whole(count) or count < 1:
        raise InvalidInputError(f"{count!r} rounds were asked for.", remedy="Ask for at least one.")
    seen = snapshot.take(catalog)
    open_ = np.flatnonzero(~seen.answered & ~seen.passed).tolist()
    KnownLabels(catalog).check(seen.ids[i] for i in open_)  # refuses before a round is begun
    rounds = Rounds(catalog)
    answered = 0
    for done in range(count):
        latest = rounds.latest()
        if latest is None or latest.step in (Step.PLAN, Step.SELECT, Step.DONE):
            try:
                rounds.start(batch_size)
            except (BudgetSpentError, EmptyPoolError) as problem:
                if not done:
                    raise
                progress(count, count, f"After {counted(done, 'round')}: {problem.message}")
                return {"answered": answered, "rounds": done}
        progress(done, count, f"Answering round {done + 1} of {count}")
        answered += answer_with_oracle(catalog) + _answer_audit(catalog)
        rounds.finish()
    progress(count, count, "The known labels have answered")
    return {"answered": answered, "rounds": count}


def _answer_audit(catalog: Catalog) -> int:
    """Known labels cost nobody time: they answer as much of the audit set as budgets allow."""
    seen = snapshot.take(catalog)
    places = np.flatnonzero(seen.measuring & ~seen.labeled & ~seen.passed).tolist()
    waiting = [seen.ids[i] for i in places]
    # So any part of it is a random sample.
    asked = in_random_order(waiting, catalog.settings.policy.seed)[: labels_left(catalog)]
    return answer_unasked(catalog, asked) if asked else 0

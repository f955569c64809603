"""Jobs that talk to tools outside: sending a batch, collecting answers."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import closing
from typing import Any

from querist.catalog import Catalog
from querist.engine.base import Handler, Progress
from querist.labeling import Workforces
from querist.loop.rounds import Rounds
from querist.schema import Step, to_json


def workforce_handlers(catalog: Catalog) -> dict[str, Handler]:
    """The kinds of jobs and the functions that do them."""

    def send_batch(params: Mapping[str, Any], _: Progress) -> Mapping[str, Any]:
        options = dict(params)
        with closing(Workforces(catalog)) as workforces:
            sent = workforces.send(options.pop("workforce"), options.pop("count"), **options)
        body: Mapping[str, Any] = to_json(sent)
        return body

    def collect_answers(params: Mapping[str, Any], progress: Progress) -> Mapping[str, Any]:
        with closing(Workforces(catalog)) as workforces:
            found = workforces.collect(params["workforce"])
        if found.labels:
            _finish_if_complete(catalog, progress)
        body: Mapping[str, Any] = to_json(found)
        return body

    return {"send_batch": send_batch, "collect_answers": collect_answers}


def _finish_if_complete(catalog: Catalog, progress: Progress) -> None:
    """Finish the round when the last of its labels has come in, as for people here."""
    rounds = Rounds(catalog)
    latest = rounds.latest()
    if latest is None or latest.step is not Step.COLLECT:
        return
    if not catalog.records.tasks.any_open(latest.number):
        rounds.finish(progress=progress)

"""The report of the headless demo: one HTML page with pictures, one JSON file."""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from querist.experiments.report import project_report
from querist.loop import Status, wrong_on_audit
from querist.loop.curve import CurvePoint, labels_until, saved_at_least
from querist.project import Project
from querist.schema import Arm, Evaluation, Selected, percent, to_json
from querist.schema.wording import counted

PICTURES = 16


def write_report(project: Project, found: Status, full: Evaluation | None, out: Path) -> Path:
    """Write ``report.html`` and ``report.json`` into ``out``; returns the page's path."""
    out.mkdir(parents=True, exist_ok=True)
    body = to_json(found) | {"all_known_labels": to_json(full)}
    (out / "report.json").write_text(json.dumps(body, indent=1), encoding="utf-8")
    page = out / "report.html"
    page.write_text(project_report(_content(project, found, full)), encoding="utf-8")
    return page


def _content(project: Project, found: Status, full: Evaluation | None) -> dict[str, Any]:
    saving = found.saving
    return {
        "title": project.settings.name,
        "kicker": "Querist demo",
        "sentence": found.sentence,
        "facts": _facts(found, full),
        "curve": {
            "active": [_point(point) for point in found.curve.active],
            "control": [_point(point) for point in found.curve.control],
        },
        "ceiling": full
        and {
            "value": full.accuracy.value,
            "text": f"all {full.labels:,} labels: {percent(full.accuracy.value)}",
        },
        "saving": saving
        and {
            "target": saving.accuracy,
            "active": saving.active_labels,
            "control": saving.control_labels,
        },
        "rounds": _rounds(found),
        "advice": found.advice and to_json(found.advice),
        "gallery": _gallery(project, found),
    }


def _facts(found: Status, full: Evaluation | None) -> list[dict[str, str]]:
    facts = []
    if found.saving:
        facts.append(
            {
                "label": "labels saved on average",
                "value": f"{saved_at_least(found.saving, found.curve)}"
                f"{percent(1 - found.saving.mean_ratio, 0)}",
                "note": f"{labels_until(found.saving.active_labels, found.curve.active)} instead "
                f"of {labels_until(found.saving.control_labels, found.curve.control)} for "
                f"{percent(found.saving.accuracy)}",
            }
        )
    if found.curve.active:
        last = found.curve.active[-1]
        facts.append(
            {
                "label": "accuracy",
                "value": percent(last.accuracy.value),
                "note": f"{counted(last.labels, 'label')}, audit of {last.accuracy.count}",
            }
        )
    if full:
        facts.append(
            {
                "label": "with every label",
                "value": percent(full.accuracy.value),
                "note": f"{full.labels:,} labels",
            }
        )
    return facts


def _point(point: CurvePoint) -> dict[str, float]:
    return {"labels": point.labels} | _estimate(point)


def _estimate(point: CurvePoint) -> dict[str, float]:
    accuracy = point.accuracy
    return {"value": accuracy.value, "low": accuracy.low, "high": accuracy.high}


def _rounds(found: Status) -> list[dict[str, Any]]:
    active = {point.round: point for point in found.curve.active}
    control = {point.round: point for point in found.curve.control}
    return [
        {
            "round": round_.number,
            "labels": active[round_.number].labels if round_.number in active else 0,
            "active": _estimate(active[round_.number]) if round_.number in active else None,
            "control": _estimate(control[round_.number]) if round_.number in control else None,
            "strategy": round_.plan.strategy if round_.plan else "",
            "note": round_.findings[0].title if round_.findings else "",
        }
        for round_ in found.rounds
    ]


def _gallery(project: Project, found: Status) -> list[dict[str, Any]]:
    drawn = project.catalog.records.rounds.selected
    groups = [
        (
            "Asked first",
            "What Querist wanted to see before it knew anything.",
            _asked(drawn(round=1, arm=Arm.ACTIVE)),
        ),
        (
            "Asked last",
            "What it was least sure about in the last round.",
            _asked(drawn(round=len(found.rounds), arm=Arm.ACTIVE)),
        ),
        (
            "Still wrong",
            "Pictures of the audit set that the model gets wrong, the surest first.",
            [(i, f"{true}, taken for {said}") for i, true, said in wrong_on_audit(project.catalog)],
        ),
    ]
    return [
        {"title": title, "text": text, "pictures": _pictures(project, listed[:PICTURES])}
        for title, text, listed in groups
    ]


def _asked(rows: Sequence[Selected]) -> list[tuple[str, str]]:
    return [(row.asset_id, row.reason) for row in rows]


def _pictures(project: Project, listed: Sequence[tuple[str, str]]) -> list[dict[str, str]]:
    pictures = []
    for asset_id, caption in listed:
        content, media_type = project.catalog.assets.thumbnail(asset_id)
        encoded = base64.b64encode(content).decode()
        pictures.append(
            {
                "src": f"data:{media_type};base64,{encoded}",
                "caption": caption,
                "alt": asset_id,
            }
        )
    return pictures

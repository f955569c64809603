"""The HTML report of a project: what was reached, what it saved, round by round, in pictures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from querist.errors import InvalidInputError
from querist.experiments.charts import Curve, Span, learning_curves
from querist.experiments.page import facts, page, section, table
from querist.schema.wording import interval, percent

DASH = "\N{EN DASH}"


def project_report(data: Mapping[str, Any]) -> str:
    """The report of a project: what was reached, what it saved, round by round, in pictures.

    ``data`` is plain JSON; everything but ``title`` and ``sentence`` may be missing or ``None``::

        {"title": str, "sentence": str, "kicker": str, "footer": str,
         "facts":   [{"label": str, "value": str, "note": str}],          # the first one leads
         "curve":   {"active": [point], "control": [point]},
         "ceiling": {"value": 0.87, "text": "all 5,400 labels: 87.0 %"},
         "saving":  {"target": 0.82, "active": 310, "control": 640},      # labels of each arm
         "rounds":  [{"round": 1, "labels": 50, "active": estimate, "control": estimate,
                      "strategy": str, "note": str}],
         "advice":  {"stop": bool, "sentence": str, "reasons": [str]},
         "gallery": [{"title": str, "text": str, "pictures": [picture]}]}

    with point = ``{"labels": 50, "value": 0.7, "low": 0.66, "high": 0.74}`` and
    estimate = ``{"value", "low", "high"}`` or ``None``; accuracies are shares of one; and
    picture = ``{"src": "data:image/png;base64,…", "caption": str, "alt": str}``.

    Raises:
        InvalidInputError: a picture's ``src`` is not a ``data:image/`` address.
    """
    parts = [
        facts((f["label"], f["value"], f.get("note", "")) for f in data.get("facts") or ()),
        _advice(data.get("advice"), str(data["sentence"])),
        _project_curve(data),
        *(_gallery(group) for group in data.get("gallery") or () if group.get("pictures")),
        _rounds(data.get("rounds") or ()),
    ]
    return page(
        str(data["title"]),
        kicker=str(data.get("kicker") or "Querist report"),
        sentence=str(data["sentence"]),
        parts=parts,
        footer=str(data.get("footer") or "Made by Querist on this machine; nothing was sent."),
    )


def _advice(advice: Mapping[str, Any] | None, told: str) -> str:
    """The advice with its reasons; a sentence that the page's head has ``told`` is not repeated."""
    if not advice:
        return ""
    reasons = "".join(f"<li>{escape(str(reason))}</li>" for reason in advice.get("reasons") or ())
    sentence = str(advice["sentence"])
    body = "" if sentence == told else f"<p>{escape(sentence)}</p>"
    stop = bool(advice.get("stop"))
    return section(
        "Advice: stop" if stop else "Advice: go on",
        "",
        body + (f"<ul>{reasons}</ul>" if reasons else ""),
        style="advice stop" if stop else "advice",
    )


def _project_curve(data: Mapping[str, Any]) -> str:
    curve = data.get("curve") or {}
    chart = learning_curves(
        [
            Curve(name="Querist", color="--accent", points=curve.get("active") or ()),
            Curve(
                name="random control",
                color="--control",
                points=curve.get("control") or (),
                dashed=True,
            ),
        ],
        description="Accuracy against labels for Querist's choice and for the random control.",
        ceiling=_ceiling(data.get("ceiling")),
        saving=_saving(data.get("saving"), curve.get("active") or ()),
    )
    if not chart:
        return ""
    return section(
        "Accuracy against labels",
        "Measured on an audit set that was drawn at random and trains neither model; the bands "
        "are 95 % intervals.",
        chart,
    )


def _ceiling(ceiling: Mapping[str, Any] | None) -> tuple[float, str] | None:
    return (float(ceiling["value"]), str(ceiling["text"])) if ceiling else None


def _saving(found: Mapping[str, Any] | None, curve: Sequence[Mapping[str, Any]]) -> Span | None:
    if not found:
        return None
    target, active, control = (float(found[it]) for it in ("target", "active", "control"))
    return Span.of_saving(target, active, control, curve)


def _rounds(rounds: Sequence[Mapping[str, Any]]) -> str:
    if not rounds:
        return ""
    columns = [
        ("Round", "n"),
        ("Labels", "n"),
        ("Querist", "n"),
        ("Random", "n"),
        ("Chosen by", ""),
        ("What happened", ""),
    ]
    rows = [
        (
            str(r["round"]),
            f"{r['labels']:,}",
            _estimate(r.get("active"), strong=True),
            _estimate(r.get("control")),
            escape(str(r.get("strategy") or "")),
            f"<small>{escape(str(r.get('note') or ''))}</small>",
        )
        for r in rounds
    ]
    return section("Round by round", "", table(columns, rows))


def _gallery(group: Mapping[str, Any]) -> str:
    pictures, text = group["pictures"], str(group.get("text") or "")
    captions = {str(picture.get("caption") or "") for picture in pictures}
    if len(pictures) > 1 and len(captions) == 1:
        # What holds for all is said once.
        text = f"{text} {captions.pop()}".strip()
        pictures = [
            {**picture, "caption": "", "alt": picture.get("alt") or text} for picture in pictures
        ]
    figures = "".join(map(_figure, pictures))
    return section(str(group["title"]), text, f'<div class="pictures">{figures}</div>')


def _figure(picture: Mapping[str, Any]) -> str:
    source = str(picture["src"])
    if not source.startswith("data:image/"):
        raise InvalidInputError(
            f"The picture {source[:60]!r} would be loaded from elsewhere.",
            remedy="Give it as a data URI: data:image/png;base64,…",
        )
    caption = str(picture.get("caption") or "")
    return (
        f'<figure><img src="{escape(source)}" alt="{escape(str(picture.get("alt") or caption))}">'
        + (f"<figcaption>{escape(caption)}</figcaption>" if caption else "")
        + "</figure>"
    )


def _estimate(found: Mapping[str, float] | None, *, strong: bool = False) -> str:
    if not found:
        return DASH
    text = percent(found["value"])
    doubt = interval(found["value"], found["low"], found["high"])
    return f"{f'<strong>{text}</strong>' if strong else text} <small>{doubt}</small>"

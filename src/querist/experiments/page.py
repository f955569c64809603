"""The frame of an HTML report: one file, no external resource, light and dark, good in print."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

STYLE = """
:root { color-scheme: light dark;
  --bg:#f6f6f8; --surface:#fff; --line:#e6e6ea; --grid:#ececf0; --text:#17181c; --dim:#5d5f69;
  --faint:#878993; --accent:#4f4fc4; --accent-soft:#ececfa; --accent-text:#4545b4;
  --control:#767882; --good:#16794c; --good-soft:#e2f4ea; --bad:#b3261e;
  --a0:#4f4fc4; --a1:#0f7b6c; --a2:#b4540a; --a3:#9c2f7f; --a4:#2f6db5; --a5:#7a6a00; }
@media (prefers-color-scheme: dark) { :root {
  --bg:#121316; --surface:#1a1b1f; --line:#2b2c33; --grid:#26272d; --text:#e9e9ec; --dim:#a3a4ae;
  --faint:#7f808a; --accent:#9c9df0; --accent-soft:#26264a; --accent-text:#b9baf5;
  --control:#94959f; --good:#5fcf96; --good-soft:#15301f; --bad:#f59a92;
  --a0:#9c9df0; --a1:#58c7b4; --a2:#eda35f; --a3:#e28fcb; --a4:#7db2ec; --a5:#cdbb4a; } }
* { box-sizing:border-box; }
body { margin:0; background:var(--bg); color:var(--text);
  font:15px/1.55 system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans",Arial,sans-serif;
  font-variant-numeric:tabular-nums; -webkit-print-color-adjust:exact; print-color-adjust:exact; }
main { max-width:1040px; margin:0 auto; padding:48px 24px 72px; }
header p.kicker { margin:0 0 8px; color:var(--dim); font-size:13px; }
h1 { margin:0 0 12px; font-size:32px; line-height:1.2; letter-spacing:-.015em; font-weight:650; }
header p.sentence { margin:0; font-size:19px; line-height:1.5; color:var(--text); max-width:46em; }
h2 { margin:0 0 4px; font-size:18px; font-weight:620; letter-spacing:-.005em; }
h2 + p { margin:0 0 16px; color:var(--dim); max-width:64em; }
section { margin-top:20px; padding:24px; background:var(--surface); border:1px solid var(--line);
  border-radius:12px; break-inside:avoid; }
.facts { display:grid; grid-template-columns:repeat(auto-fit,minmax(190px,1fr)); gap:16px;
  margin-top:32px; padding:0; background:none; border:0; }
.fact { padding:18px 20px; background:var(--surface); border:1px solid var(--line);
  border-radius:12px; }
.fact .label { color:var(--dim); font-size:13px; }
.fact .label::first-letter { text-transform:uppercase; }
.fact .value { margin-top:2px; font-size:30px; line-height:1.2; font-weight:620;
  letter-spacing:-.02em; }
.fact .note { margin-top:4px; color:var(--dim); font-size:13px; line-height:1.4; }
.fact.lead { background:var(--accent-soft); border-color:transparent; }
.fact.lead .value { color:var(--accent-text); }
svg { display:block; width:100%; height:auto; }
svg text { font:13px system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans",Arial,sans-serif;
  fill:var(--dim); font-variant-numeric:tabular-nums; }
svg text.name { font-weight:600; font-size:14px; }
svg text.mark { fill:var(--text); font-weight:600; }
table { width:100%; border-collapse:collapse; font-size:14px; }
.scroll { overflow-x:auto; margin:0 -4px; padding:0 4px; }
.scroll svg { min-width:600px; }
h2 + .scroll { margin-top:14px; }
td.n + td:not(.n), th.n + th:not(.n) { padding-left:16px; }
td:last-child:not(.n) { min-width:200px; }
th { text-align:left; color:var(--dim); font-weight:500; font-size:13px;
  padding:0 16px 8px 0; border-bottom:1px solid var(--line); white-space:nowrap; }
td { padding:9px 16px 9px 0; border-bottom:1px solid var(--line); vertical-align:top; }
tr:last-child td { border-bottom:0; }
td:last-child, th:last-child { padding-right:0; }
th.n, td.n { text-align:right; white-space:nowrap; }
td small { color:var(--faint); font-size:12.5px; }
td strong { font-weight:620; }
td .share { padding:2px 4px; margin-right:-4px; border-radius:6px;
  background:color-mix(in srgb, var(--accent) calc(var(--share) * .5), transparent); }
ul.told { margin:14px 0 0; padding-left:20px; color:var(--dim); }
.up { color:var(--good); } .down { color:var(--bad); }
.advice { border-left:4px solid var(--accent); }
.advice.stop { border-left-color:var(--good); }
.advice h2 + p { margin:0; font-size:17px; color:var(--text); }
.advice ul { margin:10px 0 0; padding-left:20px; color:var(--dim); }
.pictures { display:grid; grid-template-columns:repeat(auto-fill,minmax(98px,1fr)); gap:16px 12px; }
figure { margin:0; } figure img { display:block; width:100%; aspect-ratio:1; object-fit:contain;
  background:#000; border-radius:8px; image-rendering:auto; }
figure img.small { image-rendering:pixelated; }
figcaption { margin-top:5px; font-size:12.5px; line-height:1.35; color:var(--dim);
  overflow-wrap:anywhere; }
footer { margin-top:28px; color:var(--faint); font-size:13px; }
@media (max-width:640px) { main { padding:28px 14px 48px; } h1 { font-size:25px; }
  section { padding:16px; } header p.sentence { font-size:17px; } }
@media print { body { background:#fff; } main { padding:0; max-width:none; }
  section, .fact { border-color:#ddd; } }
"""


def page(title: str, *, kicker: str, sentence: str, parts: Iterable[str], footer: str) -> str:
    """A whole HTML document; ``parts`` are HTML already, everything else is escaped."""
    return (
        "<!doctype html>\n"
        '<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>{escape(title)}</title><style>{STYLE}</style></head><body><main>"
        f'<header><p class="kicker">{escape(kicker)}</p><h1>{escape(title)}</h1>'
        f'<p class="sentence">{escape(sentence)}</p></header>'
        f"{''.join(parts)}<footer>{escape(footer)}</footer></main></body></html>\n"
    )


def section(title: str, text: str, body: str, *, style: str = "") -> str:
    """One block with a heading and a sentence; ``body`` is HTML already."""
    paragraph = f"<p>{escape(text)}</p>" if text else ""
    opening = f'<section class="{escape(style)}">' if style else "<section>"
    return f"{opening}<h2>{escape(title)}</h2>{paragraph}{body}</section>"


def facts(items: Iterable[tuple[str, str, str]]) -> str:
    """The large numbers at the top: (label, value, note); the first one leads."""
    cards = []
    for position, (label, value, note) in enumerate(items):
        cards.append(
            f'<div class="fact{" lead" if position == 0 else ""}">'
            f'<div class="label">{escape(label)}</div><div class="value">{escape(value)}</div>'
            f'<div class="note">{escape(note)}</div></div>'
        )
    return f'<section class="facts">{"".join(cards)}</section>' if cards else ""


def table(columns: Sequence[tuple[str, str]], rows: Iterable[Sequence[str]]) -> str:
    """A table; columns are (name, "n" for numbers or ""), cells are HTML already."""
    head = "".join(f"<th{_kind(kind)}>{escape(name)}</th>" for name, kind in columns)
    body = "".join(
        "<tr>"
        + "".join(
            f"<td{_kind(kind)}>{cell}</td>" for (_, kind), cell in zip(columns, row, strict=True)
        )
        + "</tr>"
        for row in rows
    )
    return (
        f'<div class="scroll"><table><thead><tr>{head}</tr></thead>'
        f"<tbody>{body}</tbody></table></div>"
    )


def _kind(kind: str) -> str:
    return f' class="{kind}"' if kind else ""

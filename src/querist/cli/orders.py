"""The part of simulate that compares orders in which a model that learns in steps is fed."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from querist.cli.printing import output, print_table
from querist.schema.wording import number

if TYPE_CHECKING:
    from querist.experiments import LabeledData


def compare_orders(
    data: LabeledData, orders: Sequence[str], *, against: str, seeds: int, out: Path | None
) -> None:
    """Measure each order against another over paired seeds; print it, and write it as JSON.

    Args:
        data: Labelled rows.
        orders: Names of orders, each perhaps with ``+replay``.
        against: The order they are compared with.
        seeds: Paired seeds.
        out: Where the JSON goes; nowhere if ``None``.
    """
    from querist.experiments import compare_orders as compare
    from querist.schema import percent

    found = compare(data, orders, against=against, seeds=seeds)
    output.print(
        f"Accuracy on test rows at the end, and its difference to {against} in points, paired "
        f"over {seeds} seeds; the intervals hold for all orders together:\n",
        markup=False,
    )
    print_table(
        ["order", "accuracy", "difference", "95 % interval", "on the way", "by seed"],
        (
            (
                one.order,
                percent(one.accuracy),
                number(one.gain, "+.1f"),
                f"{number(one.low, '+.1f')} to {number(one.high, '+.1f')}",
                number(one.on_the_way, "+.1f"),
                " ".join(number(it, "+.1f") for it in one.differences),
            )
            for one in found
        ),
    )
    output.print()
    for one in found:
        output.print(one.sentence, markup=False)
    if out is not None:
        settings = {"against": against, "seeds": seeds}
        body = {"data": data.name, "settings": settings, "orders": [asdict(it) for it in found]}
        out.write_text(json.dumps(body, indent=2) + "\n", encoding="utf-8")
        output.print(f"Wrote {out}.", markup=False)

"""Facts about the names of arms."""

from __future__ import annotations

import pytest

from querist.errors import InvalidInputError, UnknownNameError
from querist.experiments import SimulationSettings
from querist.experiments.arms import parse_arm


@pytest.mark.parametrize(
    ("text", "strategy", "parameters"),
    [
        ("margin", "margin", {}),
        ("power-margin:beta=2", "power-margin", {"beta": 2}),
        ("qbc:measure=kl", "qbc", {"measure": "kl"}),
        ("a:x=1.5, y=true", "a", {"x": 1.5, "y": True}),
        ("power-margin:beta=2,even_share=.3", "power-margin", {"beta": 2, "even_share": 0.3}),
        (
            'mixture:parts={"margin":0.8,"random":0.2}',
            "mixture",
            {"parts": {"margin": 0.8, "random": 0.2}},
        ),
    ],
)
def test_an_arm_is_a_name_with_parameters(
    text: str, strategy: str, parameters: dict[str, object]
) -> None:
    """Values are JSON where they are JSON, else numbers or texts."""
    arm = parse_arm(text)
    assert (arm.strategy, arm.parameters) == (strategy, parameters)


@pytest.mark.parametrize("text", ["margin:beta", "margin:=2", "margin:a=", "margin:a=1,a=2"])
def test_a_parameter_needs_a_name_and_a_value_once(text: str) -> None:
    """The arm is named, and how to write one."""
    with pytest.raises(InvalidInputError, match="margin") as caught:
        parse_arm(text)
    assert "power-margin:beta=2" in caught.value.remedy


@pytest.mark.parametrize(
    ("arm", "error", "named"),
    [
        ("margim", UnknownNameError, "margin"),
        ("power-margin:bet=2", UnknownNameError, "beta"),
        ("power-margin:beta=-1", InvalidInputError, "-1"),
        ("power-margin:beta=two", InvalidInputError, "two"),
        ("mixture:parts=2", InvalidInputError, "mixture"),
    ],
)
def test_a_strategy_or_parameter_that_cannot_be_is_refused_at_once(
    arm: str, error: type[Exception], named: str
) -> None:
    """The settings refuse it, before anything is run."""
    with pytest.raises(error, match=named):
        SimulationSettings(strategies=("auto", arm))

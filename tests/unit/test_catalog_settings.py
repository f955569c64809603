"""querist.toml: read with helpful errors, written with its comments."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from querist.catalog import PolicySettings, Settings
from querist.errors import InvalidInputError, NotFoundError, UnknownNameError
from querist.schema import Media, TaskKind


def test_what_is_written_is_read(tmp_path: Path) -> None:
    """Settings survive a round trip through the file, tables and all."""
    settings = Settings.of(
        name="shop",
        task="classification",
        media="text",
        classes=["shirt", "boot"],
        records="env:SHOP_RECORDS",
        learner={"name": "logistic-regression", "parameters": {"C": 0.5}},
        policy={"batch_size": 20, "target_accuracy": 1, "parameters": {"beta": 3}},
        oracle_column="kind",
    )
    settings.write(tmp_path)
    assert Settings.read(tmp_path) == settings
    assert settings.media is Media.TEXT
    assert settings.task is TaskKind.CLASSIFICATION
    assert settings.policy.target_accuracy == 1.0


def test_lists_of_any_kind_are_written_and_read(tmp_path: Path) -> None:
    """Texts with signs of TOML's own, tables in a list, and nothing at all."""
    odd = ('a "quoted" one', "back\\slash", "two\nlines", "größer", "[brackets], # no comment")
    parameters = {"mixes": [{"name": "margin", "share": 0.5}], "mixed": ["a", 1], "none": []}
    settings = Settings.of(name="shop", classes=list(odd), learner={"parameters": parameters})
    settings.write(tmp_path)
    again = Settings.read(tmp_path)
    assert again.classes == odd
    assert again.learner.parameters == parameters
    again.write(tmp_path)
    assert Settings.read(tmp_path) == again


def test_defaults_hold_without_tables(tmp_path: Path) -> None:
    """A file with nothing but a name has all defaults."""
    (tmp_path / "querist.toml").write_text('name = "shop"\n')
    settings = Settings.read(tmp_path)
    assert settings.policy == PolicySettings()
    assert settings.records == "records.db"


def test_comments_and_order_survive_a_write(tmp_path: Path) -> None:
    """Writing changed settings touches only the changed lines."""
    path = tmp_path / "querist.toml"
    text = (
        "# our shop\n"
        'classes = ["shirt"]  # more to come\n'
        'name = "shop"\n\n'
        "[policy]\n"
        "seed = 7  # lucky\n"
        "batch_size = 10 # small\n"
    )
    path.write_text(text)
    changed = Settings.of(name="shop", classes=["shirt"], policy={"seed": 7, "batch_size": 25})
    changed.write(tmp_path)
    after = path.read_text()
    for kept in ("# our shop", "# more to come", "seed = 7  # lucky", "batch_size = 25 # small"):
        assert kept in after
    assert after.index("classes") < after.index("name")
    assert Settings.read(tmp_path) == changed


def test_a_limit_set_back_to_none_leaves_the_file(tmp_path: Path) -> None:
    """TOML has no null, so a setting without value is left out."""
    Settings.of(name="shop", policy={"budget_labels": 5}).write(tmp_path)
    Settings.of(name="shop").write(tmp_path)
    assert "budget_labels" not in (tmp_path / "querist.toml").read_text()


def test_unknown_key_names_the_nearest() -> None:
    """A misspelt setting is refused with the name that was meant."""
    with pytest.raises(UnknownNameError, match=r"policy\.bach_size.*policy\.batch_size"):
        Settings.of(name="shop", policy={"bach_size": 5})
    with pytest.raises(UnknownNameError, match=r"clases.*classes"):
        Settings.of(name="shop", clases=["a"])


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"policy": {"batch_size": "ten"}}, "policy.batch_size.*'ten'.*whole number"),
        ({"policy": {"batch_size": True}}, "policy.batch_size.*True.*whole number"),
        ({"policy": {"batch_size": 0}}, "policy.batch_size.*0.*above 0"),
        ({"policy": {"hourly_cost": -5}}, "hourly_cost.*-5.*0 to"),
        ({"policy": {"hourly_cost": math.inf}}, "hourly_cost.*inf.*0 to"),
        ({"policy": {"budget_money": math.inf}}, "budget_money.*inf.*above 0"),
        ({"policy": {"currency": "euro"}}, "currency.*euro.*ISO 4217, such as EUR"),
        ({"policy": {"control_share": 1.5}}, "control_share.*1.5.*share"),
        ({"policy": []}, "policy.*a table"),
        ({"classes": "shirt"}, "classes.*list of texts"),
        ({"classes": ["a", "a"]}, "named twice"),
        ({"name": " "}, "name.*some text"),
        ({"learner": {"parameters": 3}}, "learner.parameters.*a table"),
    ],
)
def test_wrong_values_are_refused_with_a_remedy(values: dict[str, object], words: str) -> None:
    """A value of the wrong type or range is named, with what to give instead."""
    with pytest.raises(InvalidInputError, match=f"(?s){words}"):
        Settings.of(**{"name": "shop", **values})


def test_unknown_words_are_refused_with_the_possible_ones() -> None:
    """A task or media that does not exist is answered with those that do."""
    with pytest.raises(UnknownNameError, match=r"video.*image, text, table"):
        Settings.of(name="shop", media="video")


def test_missing_name_and_bad_toml_and_no_project(tmp_path: Path) -> None:
    """A file that cannot be used says which line or what is missing."""
    with pytest.raises(NotFoundError, match="querist init"):
        Settings.read(tmp_path)
    path = tmp_path / "querist.toml"
    path.write_text("media = 'image'\n")
    with pytest.raises(InvalidInputError, match="'name' is missing"):
        Settings.read(tmp_path)
    path.write_text("name = \n")
    with pytest.raises(InvalidInputError, match=r"not valid TOML.*line 1"):
        Settings.read(tmp_path)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ('name = "shop"\n[policy]\nbatch_size = 30\nbatch_size = 40\n', 4),
        ('name = "shop"\nlimits = { unit = "kg", unit = "g" }\n', 2),
        ('name = "shop"\nname = "shed"\n', 2),
        ('name = "shop"\n[policy]\nseed = 1\n[learner]\n[policy]\nseed = 2\n', 5),
    ],
)
def test_a_key_that_stands_twice_is_refused(tmp_path: Path, text: str, line: int) -> None:
    """Of a key that is given twice the file and the line are told, wherever it stands."""
    (tmp_path / "querist.toml").write_text(text)
    with pytest.raises(
        InvalidInputError, match=rf"querist\.toml is not valid TOML.*at line {line},"
    ):
        Settings.read(tmp_path)


def test_no_password_is_ever_shown() -> None:
    """Neither repr nor errors show the password of the records' URL."""
    settings = Settings.of(name="shop", records="postgresql://ana:secret@db/shop")
    assert "secret" not in repr(settings)
    assert "ana:***@db" in repr(settings)
    with pytest.raises(InvalidInputError) as caught:
        Settings.of(name="shop", records=["postgresql://ana:secret@db/shop"])
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    ("line", "told", "remedy"),
    [
        ("lowest = nan", r"querist.toml.*limits.lowest", "finite number"),
        ("highest = inf", r"querist.toml.*limits.highest", "finite number"),
        ("overlapping = 1", r"querist.toml.*limits.overlapping", "true or false"),
    ],
)
def test_a_wrong_limit_is_told_with_file_and_key(tmp_path: Path, line, told, remedy) -> None:
    """Not only once it is to be stored."""
    (tmp_path / "querist.toml").write_text(f'name = "shop"\n[limits]\n{line}\n')
    with pytest.raises(InvalidInputError, match=told) as caught:
        Settings.read(tmp_path)
    assert remedy in caught.value.remedy


def test_a_mark_of_the_encoding_before_the_file_is_no_key(tmp_path: Path) -> None:
    """Some editors of Windows write one."""
    (tmp_path / "querist.toml").write_text('name = "shop"\n', encoding="utf-8-sig")
    settings = Settings.read(tmp_path)
    settings.write(tmp_path)
    assert Settings.read(tmp_path).name == "shop"

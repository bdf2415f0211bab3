"""Settings are plain, and their hash tells them apart."""

from __future__ import annotations

import json
from dataclasses import fields, is_dataclass, replace

import pytest

from brainsand.settings import FindSettings, Settings, settings_hash, settings_record


def test_the_record_is_what_json_gives_back():
    record = settings_record(Settings())
    assert json.loads(json.dumps(record)) == record
    assert set(record) == {group.name for group in fields(Settings)}


def test_turning_any_number_changes_the_hash():
    standard = settings_hash(Settings())
    for group in fields(Settings):
        values = getattr(Settings(), group.name)
        assert is_dataclass(values)
        for number in fields(values):
            value = getattr(values, number.name)
            turned = (*value, 1.0) if isinstance(value, tuple) else (value or 0.0) + 1
            other = replace(Settings(), **{group.name: replace(values, **{number.name: turned})})
            assert settings_hash(other) != standard, f"{group.name}.{number.name}"


def test_a_number_that_is_none_is_refused():
    with pytest.raises(ValueError, match="Out of range float"):
        settings_hash(Settings(find=FindSettings(clear_from_hu=float("nan"))))

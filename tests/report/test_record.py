"""``case.json`` follows the contract and its schema."""

from __future__ import annotations

import dataclasses
import json
from importlib.resources import files
from typing import Any

import jsonschema
import numpy as np
import pytest

from brainsand.model.finding import SetAside
from brainsand.report.record import case_record, plain, record_text

from .fake_case import fake_case, fake_deposit, mirrored

CREATED = "2026-11-05T09:30:00Z"
SCHEMA = json.loads(files("brainsand.knowledge").joinpath("case.schema.json").read_text("utf-8"))
OF_A_CORRECTED_CASE = ("rejected", "corrections", "machine_deposits")


@pytest.fixture(scope="module")
def case():
    return fake_case(
        fake_deposit(1, "choroid_plexus", "left", volume=270),
        fake_deposit(2, "cortex", "right", volume=None, kind="ectopic", lobe="frontal"),
    )


def valid(record: Any) -> None:
    jsonschema.Draft202012Validator(SCHEMA).validate(record)


def test_the_schema_is_a_schema():
    jsonschema.Draft202012Validator.check_schema(SCHEMA)


def test_a_case_is_valid_and_so_is_an_empty_one(case):
    valid(json.loads(record_text(case_record(case, created=CREATED))))
    valid(case_record(fake_case(), created=CREATED))


def test_the_schema_refuses_a_side_that_is_none(case):
    record = case_record(case, created=CREATED)
    record["deposits"][0]["side"] = "up"
    with pytest.raises(jsonschema.ValidationError, match="'up' is not one of"):
        valid(record)


def test_every_field_written_is_described_by_the_schema_and_in_its_order(case):
    record = case_record(case, created=CREATED)
    assert list(record) == [name for name in SCHEMA["properties"] if name not in OF_A_CORRECTED_CASE]
    assert list(record) == SCHEMA["required"]
    for part in ("program", "scan", "patient"):
        assert list(record[part]) == list(SCHEMA["properties"][part]["properties"])
    assert list(record["deposits"][0]) == list(SCHEMA["$defs"]["deposit"]["properties"])
    for part in ("set_aside", "sites"):
        assert list(record[part][0]) == list(SCHEMA["properties"][part]["items"]["properties"])


def test_the_same_case_gives_the_same_bytes_but_for_its_date(case):
    first = case_record(case, created=CREATED)
    second = case_record(case, created="2027-01-01T00:00:00Z")
    assert record_text(first) == record_text(case_record(case, created=CREATED))
    second["program"]["created"] = CREATED
    assert first == second


def test_nothing_missing_becomes_a_number(case):
    record = case_record(case, created=CREATED)
    assert record["deposits"][1]["volume_mm3"] is None
    assert record["pattern"]["odd"] is None
    lone = dataclasses.replace(
        case.scan, spacing_mm=(float("nan"), 1.0, 1.0), slice_gaps_mm=(), matrix=(1, 9, 9)
    )
    text = record_text(case_record(dataclasses.replace(case, scan=lone), created=CREATED))
    assert '"spacing_mm": [null, 1.0, 1.0]' in text
    assert "NaN" not in text


def test_numbers_are_rounded_and_never_minus_nought(case):
    aside = SetAside(reason="noise", centre_lps_mm=(-0.001, 1.23456, 2.0), volume_mm3=1 / 3, peak_hu=99.99)
    record = case_record(dataclasses.replace(case, set_aside=(aside,)), created=CREATED)["set_aside"][0]
    assert record["centre_lps_mm"] == [0.0, 1.23, 2.0]
    assert not str(record["centre_lps_mm"][0]).startswith("-")
    assert (record["volume_mm3"], record["peak_hu"]) == (0.33, 100.0)


def test_plain_takes_numpy_and_tuples_apart():
    assert plain({"a": np.float32(1.5), "b": (np.int64(2), np.array([True]))}) == {"a": 1.5, "b": [2, [True]]}


def test_a_line_break_inside_a_word_survives_the_layout():
    record = {"a": ["x,\n  y", "[\n]"], "b": [[1, 2], [3]]}
    assert json.loads(record_text(record)) == record


def test_a_mirrored_case_swaps_sides_and_the_sign_of_x_and_nothing_else(case):
    was = case_record(case, created=CREATED)
    turned = case_record(mirrored(case), created=CREATED)
    for d in was["deposits"]:
        d["side"] = {"left": "right", "right": "left"}.get(d["side"], d["side"])
        d["centre_lps_mm"][0] *= -1
    for s in was["sites"]:
        s["side"] = {"left": "right", "right": "left"}.get(s["side"], s["side"])
    assert was == turned

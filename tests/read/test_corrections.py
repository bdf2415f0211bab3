"""Corrections in a file: taken as they stand, and refused with the word that is wrong."""

from __future__ import annotations

import json

import pytest

from brainsand.errors import CorrectionsError
from brainsand.model.correction import Correction, Corrections
from brainsand.read.corrections import corrections_of, corrections_record, read_corrections


def test_what_is_written_is_read_back(tmp_path):
    told = Corrections(
        deposits={1: Correction(rejected=True, note="a clip"), 4: Correction(site="putamen", side="left")},
        patient={"sex": "F"},
        history=({"who": "ann"},),
    )
    (tmp_path / "c.json").write_text(json.dumps(corrections_record(told)))
    assert read_corrections(tmp_path / "c.json") == told


def test_a_correction_that_says_nothing_is_none():
    assert not corrections_of({"deposits": [{"id": 3}]})
    assert corrections_of({"deposits": [{"id": 3, "note": "seen"}]})


@pytest.mark.parametrize(
    "record, words",
    [
        ([], "no set of fields"),
        ({"deposit": []}, "'deposit'"),
        ({"schema": "brainsand.corrections/2"}, "corrections/2"),
        ({"deposits": {"1": {}}}, "no list"),
        ({"deposits": [{"rejected": True}]}, "the id of a deposit"),
        ({"deposits": [{"id": True}]}, "the id of a deposit"),
        ({"deposits": [{"id": 1}, {"id": 1}]}, "twice"),
        ({"deposits": [{"id": 1, "site": "toe"}]}, "'toe'"),
        ({"deposits": [{"id": 1, "side": "up"}]}, "'up'"),
        ({"deposits": [{"id": 1, "kind": "odd"}]}, "'odd'"),
        ({"deposits": [{"id": 1, "reject": True}]}, "'reject'"),
        ({"deposits": [{"id": 1, "rejected": "yes"}]}, "'yes'"),
        ({"deposits": [{"id": 1, "note": "x" * 2001}]}, "at most 2000"),
        ({"patient": 4}, "no set of fields"),
        ({"history": [3]}, "no list of records"),
    ],
)
def test_what_cannot_be_understood_is_refused(record, words):
    with pytest.raises(CorrectionsError, match=words):
        corrections_of(record)


def test_a_file_that_is_no_json_is_refused(tmp_path):
    (tmp_path / "c.json").write_text("{rejected")
    with pytest.raises(CorrectionsError, match="no JSON"):
        read_corrections(tmp_path / "c.json")

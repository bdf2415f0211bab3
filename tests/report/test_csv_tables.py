"""Tables for a spreadsheet and for R: what is in them, what is not, and what their dictionary says."""

from __future__ import annotations

import csv
import dataclasses
import io
import re

import pytest

from brainsand.model.caution import Caution
from brainsand.model.patient import Patient
from brainsand.report.csv_tables import MARK, defused, dictionary, tables
from brainsand.report.record import case_record

from .fake_case import fake_case, fake_deposit

CREATED = "2026-11-05T09:30:00+00:00"
EVIL = '=HYPERLINK("http://example.org","x")'


def a_record(**changes):
    deposits = [
        fake_deposit(1, "globus_pallidus", "left", kind="ectopic"),
        dataclasses.replace(fake_deposit(2, "falx", "midline", volume=None), mass_mg=None),
    ]
    return case_record(fake_case(*deposits, **changes), created=CREATED)


def rows(record, name):
    text = tables(record)[name]
    assert text.startswith(MARK)
    return list(csv.DictReader(io.StringIO(text.removeprefix(MARK), newline="")))


def test_one_row_a_thing_with_the_scan_it_belongs_to():
    record = a_record()
    deposits = rows(record, "deposits")
    assert [(row["id"], row["site"], row["side"]) for row in deposits] == [
        ("1", "globus_pallidus", "left"),
        ("2", "falx", "midline"),
    ]
    assert {row["scan"] for name in tables(record) for row in rows(record, name)} == {"s" + 15 * "0"}
    assert len(rows(record, "scan")) == 1


def test_what_is_not_known_is_an_empty_cell():
    speck = rows(a_record(), "deposits")[1]
    assert (speck["mass_mg"], speck["volume_mm3"], speck["volume_pm_mm3"]) == ("", "", "")
    assert speck["threshold_volume_mm3"] == "100.0"


def test_numbers_are_those_of_the_record():
    record = a_record()
    for row, deposit in zip(rows(record, "deposits"), record["deposits"], strict=True):
        for name in ("volume_mm3", "mass_mg", "peak_hu", "confidence", "largest_diameter_mm"):
            assert row[name] == ("" if deposit[name] is None else repr(deposit[name]))
        assert [float(row[f"{axis}_mm"]) for axis in "xyz"] == deposit["centre_lps_mm"]


def test_the_scores_table_has_the_whole_and_the_places_graded():
    score = {
        "total": 3,
        "low": 2,
        "high": 4,
        "basis": "by hand",
        "by_site": {"vermis": {"grade": 3, "words": "moderate"}},
    }
    found = rows(a_record(scores={"total_calcification_score": score, "agatston_like": 12.5}), "scores")
    assert [(r["score"], r["place"], r["value"], r["low"], r["unit"]) for r in found] == [
        ("total_calcification_score", "all", "3", "2", ""),
        ("total_calcification_score", "vermis", "3", "", ""),
        ("agatston_like", "all", "12.5", "", "mm2"),
    ]


def test_results_and_the_ranking_have_tables_of_their_own():
    patient = Patient(
        labs=({"analyte": "calcium", "value": 1.62, "unit": "mmol/L"}, {"analyte": "pth", "flag": "low"})
    )
    groups = [
        {
            "id": "pfbc",
            "name": "PFBC",
            "probability": 0.4,
            "members": [{"gene": "SLC20A2", "omim": ["OMIM:213600"]}, {"gene": None, "omim": []}],
            "evidence": [
                {
                    "direction": "for",
                    "words": "calcium: putamen",
                    "likelihood_ratio": 3.5,
                    "source": ["PMID:1"],
                }
            ],
            "against": [],
        }
    ]
    record = a_record(patient=patient, differential={"groups": groups})
    assert [(r["analyte"], r["value"], r["flag"]) for r in rows(record, "labs")] == [
        ("calcium", "1.62", ""),
        ("pth", "", "low"),
    ]
    first = rows(record, "differential")[0]
    assert (first["rank"], first["genes"], first["omim"]) == ("1", "SLC20A2", "OMIM:213600")
    assert rows(record, "evidence")[0]["finding"] == "calcium: putamen"


@pytest.mark.parametrize("text", [EVIL, "+1+1", "-2+3", "@SUM(A1)", "\t=1", "\r\n=1", " =1", "＝1", "\0=1"])
def test_text_that_a_spreadsheet_would_run_is_defused(text):
    assert defused(text).startswith("'")


def test_no_cell_of_any_table_begins_a_formula():
    caution = Caution(code="=1", words=EVIL)
    acquisition = dataclasses.replace(fake_case().acquisition, source=EVIL, kernel="@SUM", manufacturer="+x")
    record = a_record(
        cautions=(caution,),
        acquisition=acquisition,
        next_steps=({"step": EVIL, "why": "-x", "for": ["=x", "y"], "urgency": "@", "source": "+"},),
    )
    for name in tables(record):
        for row in rows(record, name):
            for cell in row.values():
                number = re.fullmatch(r"-?\d+(\.\d+)?(e[+-]?\d+)?", cell)
                assert number or not cell.startswith(("=", "+", "-", "@", "\t", "\r")), cell


def test_line_breaks_quotes_and_commas_stay_in_their_cell():
    record = a_record(cautions=(Caution(code="x", words='one, "two"\nthree'),))
    assert rows(record, "cautions")[0]["words"] == 'one, "two" three'


def test_the_dictionary_names_every_table_and_column_in_order():
    record = a_record()
    told = {r["name"]: r for r in dictionary(record)["resources"]}
    for name, text in tables(record).items():
        head = next(csv.reader([text.removeprefix(MARK).splitlines()[0]]))
        fields = told[name]["schema"]["fields"]
        assert [f["name"] for f in fields] == head
        assert all(f["description"] for f in fields)
        assert told[name]["path"] == f"{name}.csv"
    assert set(told) == set(tables(record))


def test_every_measure_has_its_unit_in_the_dictionary():
    ending = {"_mm3": "mm3", "_mm": "mm", "_mg": "mg", "_hu": "HU", "_years": "years", "_deg": "degree"}
    for resource in dictionary(a_record())["resources"]:
        for field in resource["schema"]["fields"]:
            # excess_hu_mm3 is of its own unit.
            unit = next((u for end, u in ending.items() if field["name"].endswith(end)), None)
            if unit and "_hu_" not in field["name"]:
                assert field["unit"] == unit, field["name"]


def test_types_of_the_dictionary_are_those_of_the_cells():
    record = a_record()
    told = {r["name"]: r["schema"] for r in dictionary(record)["resources"]}
    for name in tables(record):
        kinds = {f["name"]: f["type"] for f in told[name]["fields"]}
        for row in rows(record, name):
            for column, cell in row.items():
                if cell and kinds[column] == "integer":
                    int(cell)
                if cell and kinds[column] == "number":
                    float(cell)


def test_the_key_of_a_table_names_each_row_once():
    record = a_record()
    for resource in dictionary(record)["resources"]:
        key = resource["schema"].get("primaryKey")
        if key:
            found = [tuple(row[k] for k in key) for row in rows(record, resource["name"])]
            assert len(found) == len(set(found))


def test_a_head_without_calcium_has_all_tables_with_their_heads():
    record = case_record(fake_case(), created=CREATED)
    assert rows(record, "deposits") == []
    assert tables(record)["deposits"].startswith(f"{MARK}scan,id,site,side")

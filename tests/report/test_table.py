"""Tables for other programs say the same as the record."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from brainsand.model.grid import Grid
from brainsand.model.sites import site_of_index
from brainsand.report.table import deposits_positions, deposits_table, sites_table

from .fake_case import fake_case, fake_deposit


def rows(text):
    lines = [line.split("\t") for line in text.splitlines()]
    return [dict(zip(lines[0], line, strict=True)) for line in lines[1:]]


def test_a_deposit_is_a_line_and_an_unknown_value_is_not_a_number():
    case = fake_case(
        fake_deposit(1, "pineal", "midline", volume=36), fake_deposit(2, "putamen", "left", volume=None)
    )
    first, second = rows(deposits_table(case))
    assert (first["site"], first["volume_mm3"], first["lobe"]) == ("pineal", "36", "n/a")
    assert (second["volume_mm3"], second["threshold_volume_mm3"]) == ("n/a", "100")


def test_a_case_without_deposits_has_a_header_alone():
    assert len(deposits_table(fake_case()).splitlines()) == 1


def test_every_number_of_the_site_map_is_named():
    table = rows(sites_table(fake_case()))
    assert len(table) == 78
    codes = {(row["site"], row["side"]): row["code"] for row in table}
    assert codes["pineal", "midline"] == "SCT:45793000"
    assert codes["habenula", "midline"] == ""
    for row in table:
        assert site_of_index(int(row["index"])) == (row["site"], row["side"])


def test_a_site_is_as_large_as_its_voxels():
    case = fake_case()
    sizes = {row["index"]: row["volume_mm3"] for row in rows(sites_table(case))}
    inside = 3.0 * np.count_nonzero(case.picture.sites)
    assert float(sizes["78"]) == pytest.approx(inside)
    assert sizes["1"] == "0"
    blind = dataclasses.replace(case, picture=dataclasses.replace(case.picture, grid=None))
    assert {row["volume_mm3"] for row in rows(sites_table(blind))} == {"n/a"}


def test_uneven_slices_keep_their_true_places():
    origins = np.array([[0, 0, z] for z in (0.0, 4.0, 8.0, 15.0)])
    grid = Grid(
        shape=(4, 2, 2),
        origins_mm=origins,
        row_step_mm=np.array([0, 1.0, 0]),
        column_step_mm=np.array([1.0, 0, 0]),
    )
    case = fake_case()
    case = dataclasses.replace(
        case,
        picture=dataclasses.replace(case.picture, grid=grid),
        acquisition=dataclasses.replace(case.acquisition, source_frames=tuple(("1.2", i) for i in range(4))),
    )
    record = deposits_positions(case)
    assert record["even"] is False
    assert [s["origin_lps_mm"][2] for s in record["slices"]] == [0.0, 4.0, 8.0, 15.0]
    assert [s["extent_mm"] for s in record["slices"]] == [4.0, 4.0, 5.5, 7.0]
    assert (record["slices"][3]["sop_instance_uid"], record["slices"][3]["frame"]) == ("1.2", 3)


def test_a_picture_without_grid_is_refused_with_words():
    case = fake_case()
    case = dataclasses.replace(case, picture=dataclasses.replace(case.picture, grid=None))
    with pytest.raises(ValueError, match=r"Picture\.grid"):
        deposits_positions(case)

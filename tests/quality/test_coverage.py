"""What is cut off is named; too little is refused."""

from __future__ import annotations

import numpy as np
import pytest

from brainsand.errors import NotAHead
from brainsand.model.grid import Grid
from brainsand.quality.coverage import Coverage, coverage_cautions, coverage_of, refuse_if_cut

UPRIGHT = np.eye(4)[:, [2, 1, 0, 3]]
SPACE = np.zeros((50, 60, 44), bool)
SPACE[5:45, 5:55, 5:39] = True


def covered(low=(0, 0, 0), high=(50, 60, 44)):
    """Coverage by a scan of 1 mm voxels that reaches from ``low`` to ``high`` (slice, row, column)."""
    shape = tuple(h - a for a, h in zip(low, high, strict=True))
    grid = Grid.regular(shape, spacing_mm=(1, 1, 1), origin_mm=low[::-1])
    return coverage_of(SPACE, UPRIGHT, grid)


def test_a_whole_head_misses_nothing():
    found = covered()
    assert found == Coverage(fraction=1.0, middle=1.0, missing=())
    assert coverage_cautions(found) == ()
    refuse_if_cut(found, least_share=0.4)


@pytest.mark.parametrize(
    "reach, missing",
    [
        ({"high": (40, 60, 44)}, ("vertex",)),
        ({"low": (12, 0, 0)}, ("skull_base", "posterior_fossa")),
        ({"low": (0, 10, 0)}, ("forehead",)),
        ({"high": (50, 50, 44)}, ("back_of_the_head",)),
        ({"low": (0, 0, 9)}, ("right_side",)),
        ({"high": (50, 60, 35)}, ("left_side",)),
    ],
)
def test_each_cut_is_named(reach, missing):
    found = covered(**reach)
    assert set(missing) <= set(found.missing)
    assert len(found.missing) == len(missing)
    words = coverage_cautions(found)[0].words
    assert missing[0].replace("_", " ") in words
    assert f"{found.fraction:.0%}" in words


def test_the_fraction_can_be_counted():
    assert covered(high=(25, 60, 44)).fraction == pytest.approx(0.5, abs=0.01)


def test_a_gantry_tilt_leaves_the_head_whole():
    tilt = np.radians(18.5)
    z = np.arange(-20, 80, 2.0)
    grid = Grid(
        shape=(len(z), 80, 60),
        origins_mm=np.stack([np.full_like(z, -5), np.full_like(z, -5), z], axis=1),
        row_step_mm=np.array([0, np.cos(tilt), -np.sin(tilt)]),
        column_step_mm=np.array([1.0, 0, 0]),
    )
    assert coverage_of(SPACE, UPRIGHT, grid).fraction == 1.0


@pytest.mark.parametrize("reach", [{"high": (20, 60, 44)}, {"low": (34, 0, 0)}])
def test_a_scan_without_the_deep_nuclei_is_refused(reach):
    with pytest.raises(NotAHead) as refusal:
        refuse_if_cut(covered(**reach), least_share=0.4)
    assert refusal.value.code == "incomplete_head"


def test_the_record_is_what_the_case_keeps():
    assert covered(high=(40, 60, 44)).as_record() == {"fraction": 0.875, "missing": ["vertex"]}

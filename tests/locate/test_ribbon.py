"""What straddles the border of gray and white matter, on a slab of cortex over white matter."""

from __future__ import annotations

import numpy as np
import pytest

from brainsand.locate.ribbon import CORTICAL, in_ribbon, resolved
from brainsand.model.anatomy import GRAY, WHITE
from brainsand.model.sites import site_index

# Rows 0 to 4 are cortex, rows 5 to 19 white matter.
SHAPE = (20, 20, 20)
ROWS = np.indices(SHAPE)[1]
TISSUE = np.where(ROWS < 5, GRAY, WHITE).astype(np.uint8)
SITES = np.where(
    ROWS < 5, site_index("cortex", "left"), site_index("subcortical_white_matter", "left")
).astype(np.uint8)


def called(rows, tissue=TISSUE):
    points = np.array([[10.0, r, 10.0] for r in rows])
    shares = in_ribbon(points, np.ones(len(points)), sites=SITES, tissue=tissue, spacing_mm=(1.0, 1.0, 1.0))
    dealt = resolved({"cortex": 0.4, "gray_white_junction": 0.2, "subcortical_white_matter": 0.4}, *shares)
    return max(dealt, key=dealt.get)


@pytest.mark.parametrize(
    ("rows", "name"),
    [
        ([0, 1, 2, 3], "cortex"),
        ([3, 4, 5, 6], "gray_white_junction"),
        ([5], "gray_white_junction"),
        ([4, 5, 6], "gray_white_junction"),
        ([9, 10, 11], "subcortical_white_matter"),
    ],
)
def test_a_deposit_is_called_by_what_it_straddles(rows, name):
    assert called(rows) == name


def test_share_and_depth_are_counted_by_hand():
    # Two of four voxels in gray; rows 3 to 6 lie at -2, -1, 1 and 2 mm. Moved a row inwards: -1, 1, 2 and 3, in the
    # mean 1.25 mm; a ball of 4 mm3 is smaller than the least radius of 1.5 mm.
    def found(rows):
        points = np.array([[10.0, r, 10.0] for r in rows])
        return in_ribbon(points, np.ones(4), sites=SITES, tissue=TISSUE, spacing_mm=(1.0, 1.0, 1.0))

    assert found((3, 4, 5, 6)) == (0.5, 0.0)
    assert found((4, 5, 6, 7)) == pytest.approx((0.25, 1.25 / 1.5), rel=1e-3)


def test_without_white_matter_near_nothing_is_told():
    gray = np.full(SHAPE, GRAY, np.uint8)
    points = np.array([[10.0, 2.0, 10.0]])
    assert in_ribbon(points, np.ones(1), sites=SITES, tissue=gray, spacing_mm=(1.0, 1.0, 1.0)) is None


def test_other_sites_keep_their_share():
    dealt = resolved({"cortex": 0.3, "dura": 0.7}, 0.9, 0.0)
    assert dealt["dura"] == 0.7
    assert sum(dealt[s] for s in CORTICAL) == pytest.approx(0.3)

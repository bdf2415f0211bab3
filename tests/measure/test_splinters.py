"""A ribbon and its splinters, in points a reader can count."""

from __future__ import annotations

import numpy as np
import pytest

from brainsand.measure.splinters import Piece, forms_together
from brainsand.model.finding import Morphology


def piece(at_mm: float, volume: float, form: Morphology, *, cortex: float = 0.9) -> Piece:
    points = np.array([[0.0, 0.0, at_mm], [0.0, 0.0, at_mm + 1]])
    return Piece(points_mm=points, cortex_share=cortex, volume_mm3=volume, form=form)


RIBBON = piece(0.0, 900.0, "gyriform")


def test_a_splinter_beside_a_ribbon_is_of_the_ribbon() -> None:
    assert forms_together([RIBBON, piece(5.0, 100.0, "nodular")]) == ["gyriform", "gyriform"]


@pytest.mark.parametrize(
    "other",
    [
        piece(7.0, 100.0, "nodular"),
        piece(5.0, 1000.0, "confluent"),
        piece(5.0, 20.0, "punctate"),
        piece(5.0, 100.0, "nodular", cortex=0.1),
    ],
    ids=["far away", "larger", "a dot", "under the cortex"],
)
def test_what_is_no_splinter_keeps_its_form(other: Piece) -> None:
    assert forms_together([RIBBON, other]) == ["gyriform", other.form]


def test_without_a_ribbon_nothing_changes() -> None:
    assert forms_together([piece(0.0, 900.0, "confluent"), piece(3.0, 90.0, "band")]) == ["confluent", "band"]
    assert forms_together([]) == []

"""Pictures that name nobody end at the skull."""

from __future__ import annotations

import dataclasses

import numpy as np

from brainsand.report.face import RIM_MM, faceless, without_face
from brainsand.report.page import report_html
from report.fake_case import fake_case, fake_deposit


def a_nose(case):
    """The case with a piece of flesh in front of the chin."""
    hu = case.picture.head_hu.copy()
    hu[6:12, :12, 25:70] = 40
    return dataclasses.replace(case, picture=dataclasses.replace(case.picture, head_hu=hu))


def test_what_lies_away_from_the_inside_is_air_and_the_inside_is_as_it_was():
    picture = a_nose(fake_case(fake_deposit(1, "putamen", "left"))).picture
    bare = faceless(picture)
    assert (bare.head_hu[picture.head_inside] == picture.head_hu[picture.head_inside]).all()
    assert (bare.head_hu[6:12, :12, 25:70] == -1024).all()
    # Straight in front of the inside the rim ends where it should.
    front = int(np.flatnonzero(picture.head_inside[45, :, 47])[0])
    column = bare.head_hu[45, :, 47]
    assert column[front - int(RIM_MM)] == picture.head_hu[45, front - int(RIM_MM), 47]
    assert (column[: front - int(RIM_MM) - 1] == -1024).all()


def test_a_nose_changes_no_byte_of_the_report():
    plain = fake_case(fake_deposit(1, "putamen", "left"))
    one, two = (report_html(without_face(case), created="2026") for case in (plain, a_nose(plain)))
    assert one == two
    assert report_html(plain, created="2026") != report_html(a_nose(plain), created="2026")


def test_a_head_without_an_inside_is_air():
    picture = fake_case().picture
    empty = dataclasses.replace(picture, head_inside=np.zeros_like(picture.head_inside))
    assert (faceless(empty).head_hu == -1024).all()

"""When a study counts as whole, on a clock that the test turns."""

from __future__ import annotations

import pytest

from brainsand.node.arrivals import Arrivals
from brainsand.node.instance import Instance


@pytest.fixture
def here():
    return Arrivals(quiet_s=30, patience_s=300)


def slice_(number, *, study="1", series="1", **counts):
    uid = f"1.2.{study}.{series}"
    return Instance(
        study_uid=f"1.2.{study}",
        series_uid=uid,
        sop_class="1.2",
        sop_uid=f"{uid}.{number}",
        modality="CT",
        **counts,
    )


def due_at(here, now_s):
    return [(due.instances, due.missing) for due in here.due(now_s=now_s)]


def test_an_open_association_is_waited_for_however_long_it_is_silent(here):
    here.came(slice_(1), "a", now_s=0)
    assert due_at(here, 10_000) == []
    here.ended("a", now_s=10_000)
    assert due_at(here, 10_029) == []
    assert due_at(here, 10_030) == [(1, 0)]


def test_an_association_that_brought_nothing_of_a_study_does_not_hold_it_up(here):
    here.came(slice_(1, study="1"), "a", now_s=0)
    here.came(slice_(1, study="2"), "b", now_s=0)
    here.ended("a", now_s=0)
    assert due_at(here, 30) == [(1, 0)]


def test_two_associations_may_bring_one_study(here):
    here.came(slice_(1), "a", now_s=0)
    here.came(slice_(2), "b", now_s=1)
    here.ended("a", now_s=2)
    assert due_at(here, 100) == []
    here.ended("b", now_s=100)
    assert due_at(here, 130) == [(2, 0)]


@pytest.mark.parametrize("count", ["in_series", "in_acquisition"])
def test_half_a_series_and_then_silence_is_read_when_patience_ends_and_says_what_is_missing(here, count):
    for number in range(14):
        here.came(slice_(number, **{count: 28}), "a", now_s=0)
    here.ended("a", now_s=0)
    assert here.waiting() == {slice_(1).study: "14 announced objects"}
    assert due_at(here, 329) == []
    assert due_at(here, 330) == [(14, 14)]


def test_the_other_half_in_time_ends_the_wait(here):
    for number in range(14):
        here.came(slice_(number, in_series=28), "a", now_s=0)
    here.ended("a", now_s=0)
    for number in range(14, 28):
        here.came(slice_(number, in_series=28), "b", now_s=100)
    here.ended("b", now_s=100)
    assert due_at(here, 130) == [(28, 0)]


def test_late_slices_make_the_study_due_once_more(here):
    here.came(slice_(1), "a", now_s=0)
    here.ended("a", now_s=0)
    assert due_at(here, 30) == [(1, 0)]
    assert due_at(here, 1000) == []
    here.came(slice_(2), "b", now_s=1000)
    here.ended("b", now_s=1000)
    assert due_at(here, 1030) == [(2, 0)]


def test_counts_are_of_each_series_and_acquisition(here):
    here.came(slice_(1, acquisition=1, in_acquisition=2), "a", now_s=0)
    here.came(slice_(2, acquisition=2, in_acquisition=2), "a", now_s=0)
    here.came(slice_(1, series="2", acquisition=1, in_acquisition=1), "a", now_s=0)
    here.ended("a", now_s=0)
    assert here.waiting() == {slice_(1).study: "2 announced objects"}


def test_the_same_object_twice_counts_once(here):
    here.came(slice_(1, in_series=2), "a", now_s=0)
    here.came(slice_(1, in_series=2), "a", now_s=0)
    here.ended("a", now_s=0)
    assert here.waiting() == {slice_(1).study: "1 announced objects"}


def test_a_study_that_could_not_be_read_is_due_again_after_another_quiet_time(here):
    here.came(slice_(1), "a", now_s=0)
    here.ended("a", now_s=0)
    assert due_at(here, 30) == [(1, 0)]
    here.again(slice_(1).study, now_s=30)
    assert due_at(here, 59) == []
    assert due_at(here, 60) == [(1, 0)]


def test_a_forgotten_study_is_not_waited_for(here):
    here.came(slice_(1), "a", now_s=0)
    here.forget(slice_(1).study)
    assert here.waiting() == {}
    here.ended("a", now_s=1)

"""Facts and what they come to, on numbers a reader can check."""

from __future__ import annotations

import pytest

from brainsand.model.frequency import MOST_PATIENTS, Frequency, estimate


def count(k, n, **more):
    return Frequency(trust="published", k=k, n=n, **more)


def word(name, trust="expert", **more):
    return Frequency(trust=trust, word=name, **more)


def test_a_count_outweighs_any_class():
    found = estimate([word("rare"), word("rare", trust="published_class", source=("ORPHA:1",)), count(8, 8)])
    assert found.trust == "published"
    assert found.mean == pytest.approx((8 + 2 * 0.03) / 10)


def test_three_patients_do_not_overrule_the_reviews_and_thirty_do():
    assert estimate([count(1, 3), word("always")]).mean == pytest.approx((1 + 2 * 0.98) / 5)
    assert estimate([count(10, 30), word("always")]).mean == pytest.approx((10 + 2 * 0.98) / 32)


def test_two_series_add_up():
    assert estimate([count(3, 10), count(5, 10)]).mean == pytest.approx(8.5 / 21.5)


def test_a_thousand_patients_weigh_no_more_than_the_cap():
    found = estimate([count(500, 1000)])
    assert found.patients == pytest.approx(MOST_PATIENTS + 1.5)
    assert found.mean == pytest.approx(0.5, abs=0.01)


def test_one_report_of_one_patient_is_no_proof_of_always():
    assert estimate([count(1, 1)]).mean == pytest.approx(0.6)


def test_a_class_is_wider_than_a_count_and_an_expert_wider_still():
    counted, classed, expert = (
        estimate([count(11, 20)]),
        estimate([word("frequent", trust="published_class", source=("ORPHA:1",))]),
        estimate([word("frequent")]),
    )
    assert counted.sd < classed.sd < expert.sd
    assert classed.mean == expert.mean == pytest.approx(0.55)


def test_a_paper_left_out_does_not_speak():
    facts = [count(9, 10, source=("PMID:1",)), count(1, 10, source=("PMID:2",))]
    assert estimate(facts, leave_out={"PMID:1"}).mean == pytest.approx(1.5 / 11.5)
    assert estimate(facts, leave_out={"PMID:1", "PMID:2"}) is None


def test_a_fact_kept_for_the_reader_does_not_speak():
    assert estimate([count(28, 38, used=False)]) is None


def test_a_printed_range_is_read_at_its_middle():
    assert Frequency(trust="published", percent=40.0, percent_high=80.0).middle == pytest.approx(0.6)


@pytest.mark.parametrize(
    "fact, said",
    [
        (count(12, 48), "12 of 48"),
        (Frequency(trust="published", percent=79.0), "79 %"),
        (Frequency(trust="published", percent=33.0, percent_high=70.0), "33 to 70 %"),
        (Frequency(trust="published", percent=16.0, n=80), "16 % of 80"),
        (word("very_frequent"), "very frequent (expert)"),
        (word("rare", trust="published_class"), "rare (class)"),
        (Frequency(trust="published_class"), "listed, not counted (class)"),
    ],
)
def test_a_fact_reads_as_a_person_would_say_it(fact, said):
    assert fact.words == said

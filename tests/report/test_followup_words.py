"""How a change is said."""

from __future__ import annotations

import pytest

from brainsand.followup.change import Rule, change_of
from brainsand.model.comparison import Amount, Comparison, Pair, SumTrack, Track
from brainsand.report.followup_words import change_headline, ranked, state_words

RULE = Rule(
    share_pm=0.0,
    volume_share_pm=0.0,
    unshared=1.0,
    volume_unshared=1.0,
    parted_unshared=1.0,
    years=2.0,
)


def amount(mass, *, found=True):
    return Amount(
        ids=(1,) if found else (),
        excess_hu_mm3=1000 * mass,
        excess_pm_hu_mm3=100.0,
        mass_mg=mass,
        mass_pm_mg=0.1,
    )


def track(number, site, earlier, later):
    return Track(
        number=number,
        uid="2.25.1",
        site=site,
        side="left",
        lobe=None,
        kind="ectopic",
        amounts=(earlier, later),
        changes=(change_of(earlier, later, RULE),),
    )


def comparison(*tracks, whole=(10.0, 10.0), years=2.0):
    sums = tuple(amount(m) for m in whole)
    pair = Pair(earlier=0, later=1, years=years, mismatches=(), share_pm=0.0, deviations=3.0, comparisons=3)
    total = SumTrack(
        site=None,
        side=None,
        tracks=tuple(t.number for t in tracks),
        left_out=(),
        amounts=sums,
        changes=(change_of(*sums, RULE),),
    )
    return Comparison(
        cases=(),
        years=(0.0, years),
        laid=(),
        pairs=(pair,),
        tracks=tracks,
        sites=(),
        whole=total,
        cautions=(),
        aligned=None,
    )


STABLE = track(1, "putamen", amount(10), amount(10.1))
GREW = track(2, "thalamus", amount(5), amount(9))
CAME = track(3, "caudate", amount(0, found=False), amount(2))


def test_what_changed_is_named_the_new_first():
    made = comparison(STABLE, GREW, CAME, whole=(15.0, 21.1))
    assert [t.number for t in ranked(made)] == [3, 2, 1]
    assert change_headline(made) == (
        "All calcium has grown: +6.1 ± 0.1 mg (+41 %) over 2.0 years. 2 of 3 deposits changed: new in the left caudate "
        "nucleus and grown in the left thalamus."
    )


def test_no_change_is_not_called_certain():
    words = change_headline(comparison(STABLE))
    assert words.startswith("No change of all calcium beyond error is shown: 0 ± 0.14 mg")
    assert words.endswith("No single deposit has changed by more than error can make.")


def test_a_head_without_calcium_is_said_to_have_none():
    assert change_headline(comparison(whole=(0.0, 0.0))) == "No calcium in either scan over 2.0 years."


@pytest.mark.parametrize("years, words", [(None, "."), (0.5, " over 6 months."), (1.25, " over 1.2 years.")])
def test_the_time_between_is_said_in_months_or_years(years, words):
    assert change_headline(comparison(years=years)).startswith("No calcium in either scan" + words)


def test_what_cannot_be_compared_says_why():
    hidden = track(1, "putamen", amount(1), Amount(ids=(), obstacle="outside_coverage"))
    assert state_words(hidden.changes[0]) == "not comparable (outside coverage)"
    assert change_headline(comparison(hidden)).endswith("; 1 of 1 cannot be compared.")

"""How is a change said? The headline of a comparison, and states, amounts and rates in plain words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from brainsand.model.comparison import Change, Comparison, Difference, SumTrack, Track
from brainsand.report.words import and_list, site_words, with_article

STATE_ORDER: Final = ("new", "grown", "gone", "shrunk", "not_comparable", "stable")
"""The order of tables and pictures: what matters first."""
STATE_WORDS: Final = {
    "new": "new",
    "grown": "grown",
    "stable": "no change shown",
    "shrunk": "shrunk",
    "gone": "gone",
    "not_comparable": "not comparable",
}
_CHANGED: Final = ("new", "grown", "shrunk", "gone")
MOST_NAMED: Final = 4


def change_headline(made: Comparison) -> str:
    """The comparison of the first scan with the last in one or two sentences."""
    k = made.overall
    changed = [t for t in ranked(made) if t.changes[k].state in _CHANGED]
    over = _over(made.pairs[k].years)
    return f"{_whole_words(made.whole, k)}{over}. {_bodies_words(changed, k, made)}".strip()


def ranked(made: Comparison) -> list[Track]:
    """Tracks, what changed most surely first."""
    k = made.overall
    return sorted(
        made.tracks, key=lambda t: (STATE_ORDER.index(t.changes[k].state), -_sureness(t.changes[k]), t.number)
    )


def state_words(change: Change) -> str:
    """The state, and what stands in the way of one."""
    if change.state != "not_comparable" or change.obstacle is None:
        return STATE_WORDS[change.state]
    return f"not comparable ({change.obstacle.replace('_', ' ')})"


def measure_of(change: Change) -> tuple[Difference, str] | None:
    """The change as it is said: in mg where the voltage is known, else in HU mm³."""
    if change.mass_mg is not None:
        return change.mass_mg, "mg"
    return None if change.excess_hu_mm3 is None else (change.excess_hu_mm3, "HU mm³")


def signed(value: float, *, like: float | None = None) -> str:
    """A number with its sign and no more decimals than it, or ``like``, deserves.

    >>> signed(12.34), signed(-0.456), signed(-0.001), signed(1234.5)
    ('+12.3', '−0.46', '0', '+1234')
    """
    if value == 0:
        return "0"
    size = abs(value if like is None else like)
    decimals = 0 if size >= 100 else 1 if size >= 1 else 2
    said = f"{abs(value):.{decimals}f}"
    return "0" if not float(said) else f"{'+' if value > 0 else '−'}{said}"


def unsigned(value: float, *, like: float | None = None) -> str:
    """As :func:`signed` without the sign.

    >>> unsigned(12.34), unsigned(0.456, like=3.0)
    ('12.3', '0.5')
    """
    return signed(value, like=like).lstrip("+−")


def difference_words(d: Difference, unit: str) -> str:
    """A change with its deviation, unit and percent.

    >>> difference_words(Difference(value=3.0, pm=0.5, sdc=0.98, percent=30.0, percent_pm=5.0), "mg")
    '+3.0 ± 0.5 mg (+30 %)'
    """
    share = "" if d.percent is None else f" ({signed(d.percent, like=100)} %)"
    return f"{signed(d.value)} ± {unsigned(d.pm, like=d.value or d.pm)} {unit}{share}"


def _sureness(change: Change) -> float:
    d = change.excess_hu_mm3
    return 0.0 if d is None or not d.pm else abs(d.value) / d.pm


def _over(years: float | None) -> str:
    if years is None:
        return ""
    return f" over {years:.1f} years" if years >= 1 else f" over {max(round(12 * years), 0)} months"


def _whole_words(whole: SumTrack, k: int) -> str:
    change = whole.changes[k]
    said = measure_of(change)
    if not whole.tracks or said is None:
        return "Nothing can be compared" if whole.left_out else "No calcium in either scan"
    d, unit = said
    words = difference_words(d, unit)
    if change.state == "stable":
        return f"No change of all calcium beyond error is shown: {words}"
    return f"All calcium has {change.state}: {words}"


def _bodies_words(changed: Sequence[Track], k: int, made: Comparison) -> str:
    if not changed:
        aside = sum(t.changes[k].state == "not_comparable" for t in made.tracks)
        note = f"; {aside} of {len(made.tracks)} cannot be compared" if aside else ""
        return f"No single deposit has changed by more than error can make{note}." if made.tracks else ""
    named = [f"{STATE_WORDS[t.changes[k].state]} in {_place(t)}" for t in changed[:MOST_NAMED]]
    more = len(changed) - MOST_NAMED
    named += [f"{more} more"] if more > 0 else []
    if more > 0:
        states = [t.changes[k].state for t in changed]
        counts = [f"{states.count(s)} {STATE_WORDS[s]}" for s in STATE_ORDER if s in states]
        return (
            f"{len(changed)} of {len(made.tracks)} deposits changed ({and_list(counts)}): {and_list(named)}."
        )
    return f"{len(changed)} of {len(made.tracks)} deposits changed: {and_list(named)}."


def _place(t: Track) -> str:
    return with_article(site_words(t.site, t.side, t.lobe))

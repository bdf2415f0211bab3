"""Is that more than error can make? From what a body came to in two scans to what became of it.

A change is the later amount less the earlier one, both measured over the same place (``followup.match``):

    pm(change)^2 = noise(earlier)^2 + noise(later)^2 + unshared x (rest(earlier)^2 + rest(later)^2) + (share x mean)^2

where ``noise`` is drawn anew in each scan, the rest of a deviation (the tissue under the deposit, foretold wrong in
both scans) cancels but for its ``unshared`` part, and ``share`` is what the protocols add to the mean amount
(``followup.protocol``). The *smallest detectable change* of one number by itself is 1.96 of these (``sdc``).

A scan holds many deposits, and one in twenty unchanged ones passes that by chance. So a state is judged by a wider
limit, such that *all* comparisons of a pair together (bodies, sites of several bodies, the whole) go wrong once in
twenty pairs (``followup.limit``). What was found in one scan alone was looked for among a million places, so to be
called new or gone it must differ by 5.2 deviations at least, by which noise passes once in ten such searches, and
nothing may be seen (two deviations) in the other scan; if something is, it grew or shrank.

States are judged by the excess attenuation at 120 kV (the mass, without its calibration): it depends on neither
thresholds nor slices. The volume's change stands beside it with a doubt of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from brainsand.followup.limit import WANTED, Limit
from brainsand.model.comparison import Amount, Change, Difference, State

Parts = tuple[float, float, float]
"""An amount, its deviation, and the part of that which is noise."""

SDC: Final = 1.96
CHANCE: Final = 0.05
"""That any comparison of a pair of scans goes wrong where nothing changed."""
ALONE: Final = 5.2
"""Deviations for what one scan alone shows: as finding asks of faint things among a million places."""
MIRRORED: Final[dict[State, State]] = {
    "new": "gone",
    "grown": "shrunk",
    "stable": "stable",
    "shrunk": "grown",
    "gone": "new",
    "not_comparable": "not_comparable",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """What a pair is judged by: shares that the protocols add, the share of what is not noise that does not cancel,
    years between, the limit beyond which something has changed (None: 1.96 deviations). ``parted_*`` are those of
    bodies whose ends are not sure, as of one that one scan's finding alone shows."""

    share_pm: float
    volume_share_pm: float
    unshared: float
    volume_unshared: float
    parted_unshared: float
    years: float | None
    parted_share_pm: float = 0.0
    limit: Limit | None = None

    def deviations(self, earlier: Amount, later: Amount) -> float:
        """Deviations beyond which a body has changed."""
        if self.limit is None:
            return SDC
        return self.limit.deviations(expected_of(earlier, later, self) or 0.0)


def chance_of(pairs: int) -> float:
    """The chance of a false change that each of so many pairs of scans has, for :data:`CHANCE` in all (Sidak 1967, doi
    10.1080/01621459.1967.10482935).

    >>> chance_of(1), round(chance_of(3), 4)
    (0.05, 0.017)
    """
    return CHANCE if pairs < 2 else 1 - float((1 - CHANCE) ** (1 / pairs))


def expected_of(earlier: Amount, later: Amount, rule: Rule) -> float | None:
    """What a change of 30 % would come to, in deviations; None where nothing can be compared, 0 of what one scan alone
    shows (its limit is another).

    >>> rule = Rule(share_pm=0.0, volume_share_pm=0.0, unshared=1.0,
    ...             volume_unshared=1.0, parted_unshared=1.0, years=None)
    >>> one = Amount(ids=(1,), excess_hu_mm3=1000.0, excess_pm_hu_mm3=30.0)
    >>> two = Amount(ids=(1,), excess_hu_mm3=1000.0, excess_pm_hu_mm3=40.0)
    >>> expected_of(one, two, rule), expected_of(one, Amount(ids=(), obstacle="metal"), rule)
    (6.0, None)
    """
    excess = _difference(earlier, later, _excess, rule)
    if earlier.obstacle or later.obstacle or excess is None:
        return None
    if bool(earlier.ids) != bool(later.ids) or not excess.pm:
        return 0.0
    mean = (abs(earlier.excess_hu_mm3 or 0.0) + abs(later.excess_hu_mm3 or 0.0)) / 2
    return WANTED * mean / excess.pm


def change_of(earlier: Amount, later: Amount, rule: Rule) -> Change:
    """What became of one body.

    Examples
    --------
    >>> rule = Rule(share_pm=0.02, volume_share_pm=0.02, unshared=1.0,
    ...             volume_unshared=1.0, parted_unshared=1.0, years=2.0)
    >>> small = Amount(ids=(1,), excess_hu_mm3=10000.0, excess_pm_hu_mm3=200.0)
    >>> large = Amount(ids=(4,), excess_hu_mm3=13000.0, excess_pm_hu_mm3=200.0)
    >>> grown = change_of(small, large, rule)
    >>> grown.state, round(grown.excess_hu_mm3.percent), grown.excess_hu_mm3.per_year
    ('grown', 30, 1500.0)
    >>> change_of(large, small, rule).state, change_of(small, small, rule).state
    ('shrunk', 'stable')
    """
    obstacle = earlier.obstacle or later.obstacle
    excess = _difference(earlier, later, _excess, rule)
    if obstacle is not None or excess is None:
        said = obstacle or "no_background"
        return Change(state="not_comparable", obstacle=said, words=OBSTACLES[said])
    alone = bool(earlier.ids) != bool(later.ids)
    usual = rule.deviations(earlier, later)
    limit = (max(usual, ALONE) if alone else usual) * excess.pm
    state = _state(earlier, later, excess.value, limit, usual * excess.pm)
    return Change(
        state=state,
        obstacle="below_detection" if state == "not_comparable" else None,
        words=words_of(state, earlier, later),
        excess_hu_mm3=excess,
        mass_mg=_difference(earlier, later, _mass, rule),
        volume_mm3=_difference(earlier, later, _volume, rule),
        judged_from_hu_mm3=limit,
    )


def _state(earlier: Amount, later: Amount, value: float, limit: float, usual: float) -> State:
    if not earlier.ids and later.ids:
        return _of_found_later(earlier.seen, value, limit, usual)
    if earlier.ids and not later.ids:
        return MIRRORED[_of_found_later(later.seen, -value, limit, usual)]
    return "grown" if value > limit else "shrunk" if value < -limit else "stable"


def _of_found_later(seen_earlier: bool, value: float, limit: float, usual: float) -> State:
    """The state of what only the later scan's finding gave."""
    if value > limit:
        return "grown" if seen_earlier else "new"
    if value < -usual:
        return "shrunk"
    return "stable" if seen_earlier else "not_comparable"


def words_of(state: State, earlier: Amount, later: Amount) -> str:
    """One line on a state, where the state alone does not say it."""
    one = "later" if later.ids else "earlier"
    other = "earlier" if later.ids else "later"
    if state == "not_comparable":
        return f"Found in the {one} scan only; the {other} one can neither show nor exclude as much."
    if bool(earlier.ids) == bool(later.ids):
        return ""
    if state == "new":
        return "Not there in the earlier scan, measured at the same place."
    if state == "gone":
        return "No longer there in the later scan, measured at the same place."
    return (
        f"Found in the {one} scan only, but measured at the same place in the {other} one it was there too."
    )


OBSTACLES: Final[dict[str, str]] = {
    "outside_coverage": "Its place lies outside one of the scans, or at the end of its slices.",
    "contrast": "Contrast medium was given for one scan only, and this place takes it up.",
    "metal": "Metal lies in the same slices of one of the scans.",
    "blood": "Blood lies at this place in one of the scans.",
    "voltage": "One scan's voltage is outside the published tables, so its brightness cannot be carried over.",
    "below_detection": "Found in one scan only; the other can neither show nor exclude as much.",
    "rejected": "A reader rejected it in one of the scans and not in the other.",
    "no_background": "Too little tissue lies around it in one of the scans to compare it with.",
}


def _difference(
    earlier: Amount, later: Amount, of: Callable[[Amount], Parts | None], rule: Rule
) -> Difference | None:
    share, unshared = rule.share_pm, rule.unshared
    if of is _volume:
        share, unshared = rule.volume_share_pm, rule.volume_unshared
    alone = bool(earlier.ids) != bool(later.ids)
    parted = 1.0 if alone else max(earlier.parted, later.parted)
    unshared += parted * max(rule.parted_unshared - unshared, 0.0)
    share = float(np.hypot(share, parted * rule.parted_share_pm))
    return difference(of(earlier), of(later), share_pm=share, unshared=unshared, years=rule.years)


def difference(
    earlier: Parts | None,
    later: Parts | None,
    *,
    share_pm: float,
    unshared: float = 1.0,
    years: float | None,
) -> Difference | None:
    """Later less earlier, each an amount, its deviation and the part of that which is noise; None where one is missing.

    >>> d = difference((10.0, 3.0, 3.0), (20.0, 4.0, 4.0), share_pm=0.0, years=None)
    >>> d.value, d.pm, d.sdc, d.percent
    (10.0, 5.0, 9.8, 100.0)
    """
    if earlier is None or later is None:
        return None
    (a, a_pm, a_noise), (b, b_pm, b_noise) = earlier, later
    value = b - a
    rest = max(a_pm**2 - a_noise**2, 0) + max(b_pm**2 - b_noise**2, 0)
    variance = a_noise**2 + b_noise**2 + unshared * rest + (share_pm * (abs(a) + abs(b)) / 2) ** 2
    pm = float(np.sqrt(variance))
    there = a > 2 * a_pm and a > 0
    per_year = years is not None and years > 0
    return Difference(
        value=value,
        pm=pm,
        sdc=SDC * pm,
        percent=100 * value / a if there else None,
        percent_pm=100 * pm / a if there else None,
        per_year=value / years if per_year and years else None,
        per_year_pm=pm / years if per_year and years else None,
    )


def total_of(amounts: Sequence[Amount]) -> Amount:
    """Several bodies of one scan together. Noise adds as squares, the rest of the deviations in full: what is foretold
    wrong under one plexus is under the other.

    >>> one = Amount(ids=(1,), excess_hu_mm3=100.0, excess_pm_hu_mm3=3.0, excess_noise_pm_hu_mm3=3.0)
    >>> two = Amount(ids=(2,), excess_hu_mm3=200.0, excess_pm_hu_mm3=4.0, excess_noise_pm_hu_mm3=4.0)
    >>> both = total_of([one, two])
    >>> both.ids, both.excess_hu_mm3, both.excess_pm_hu_mm3, both.mass_mg
    ((1, 2), 300.0, 5.0, None)
    """
    excess, mass, volume = (_sum([of(a) for a in amounts]) for of in (_excess, _mass, _volume))
    return Amount(
        ids=tuple(sorted(i for a in amounts for i in a.ids)),
        excess_hu_mm3=excess and excess[0],
        excess_pm_hu_mm3=excess and excess[1],
        excess_noise_pm_hu_mm3=excess and excess[2],
        mass_mg=mass and mass[0],
        mass_pm_mg=mass and mass[1],
        volume_mm3=volume and volume[0],
        volume_pm_mm3=volume and volume[1],
        peak_hu=max((a.peak_hu for a in amounts if a.peak_hu is not None), default=None),
        parted=_parted(amounts),
    )


def _parted(amounts: Sequence[Amount]) -> float:
    """The share of a sum that is of bodies whose ends are not sure."""
    sizes = [(abs(a.excess_hu_mm3 or 0.0), a.parted) for a in amounts]
    whole = sum(size for size, _ in sizes)
    return sum(size * parted for size, parted in sizes) / whole if whole > 0 else 0.0


def _sum(parts: Sequence[Parts | None]) -> Parts | None:
    known = [p for p in parts if p is not None]
    if len(known) < len(parts):
        return None
    noise = float(np.sqrt(sum(p[2] ** 2 for p in known)))
    rest = float(sum(np.sqrt(max(p[1] ** 2 - p[2] ** 2, 0)) for p in known))
    return float(sum(p[0] for p in known)), float(np.hypot(noise, rest)), noise


def _excess(a: Amount) -> Parts | None:
    if a.excess_hu_mm3 is None or a.excess_pm_hu_mm3 is None:
        return None
    return a.excess_hu_mm3, a.excess_pm_hu_mm3, a.excess_noise_pm_hu_mm3 or 0.0


def _mass(a: Amount) -> Parts | None:
    """Its noise is that of the excess in proportion."""
    if a.mass_mg is None or a.mass_pm_mg is None:
        return None
    noise = (a.excess_noise_pm_hu_mm3 or 0.0) / a.excess_pm_hu_mm3 if a.excess_pm_hu_mm3 else 0.0
    return a.mass_mg, a.mass_pm_mg, a.mass_pm_mg * noise


def _volume(a: Amount) -> Parts | None:
    """What of its deviation is noise is not known apart; the excess's share of noise is taken."""
    if a.volume_mm3 is None or a.volume_pm_mm3 is None:
        return None
    share = (a.excess_noise_pm_hu_mm3 or 0.0) / abs(a.excess_hu_mm3) if a.excess_hu_mm3 else 0.0
    return a.volume_mm3, a.volume_pm_mm3, min(share * a.volume_mm3, a.volume_pm_mm3)

"""By what is a change judged, and what do changes come to together? Rules of each pair of scans, sums, trends.

A joint below ``comparing``, which has the tracks. A rule's limit depends on all that is compared with it, so rules are
made twice: first without a limit, then with the one that the tracks and their sums ask for (``limited``). Pure.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from brainsand.followup.change import SDC, Rule, chance_of, change_of, expected_of, total_of
from brainsand.followup.limit import limit_for
from brainsand.followup.protocol import Protocols
from brainsand.followup.trend import trend_of
from brainsand.model.comparison import Amount, Change, Pair, SumTrack, Track, Trend


def places_of(scans: int) -> list[tuple[int, int]]:
    """The pairs that are compared: each scan with the one before it; of three or more, the last with the first too.

    >>> places_of(2), places_of(3)
    ([(0, 1)], [(0, 1), (1, 2), (0, 2)])
    """
    return [(k, k + 1) for k in range(scans - 1)] + ([(0, scans - 1)] if scans > 2 else [])


def years_of(years: Sequence[float | None], at: tuple[int, int]) -> float | None:
    """Between the scans of a pair; None where a day is not known."""
    earlier, later = (years[k] for k in at)
    return None if earlier is None or later is None else later - earlier


def rule_of(how: Protocols, years: float | None) -> Rule:
    """What a pair is judged by, before it is known how much is compared."""
    return Rule(
        share_pm=how.share_pm,
        volume_share_pm=how.volume_share_pm,
        unshared=how.unshared,
        volume_unshared=how.volume_unshared,
        parted_unshared=how.parted_unshared,
        parted_share_pm=how.parted_share_pm,
        years=years,
    )


def limited(tracks: Sequence[Track], rules: Sequence[Rule], years: Sequence[float | None]) -> list[Rule]:
    """The rules with the limits that what is compared (tracks, sites of several, the whole) asks for."""
    sites, whole = sums_of(tracks, rules, years)
    items: list[Track | SumTrack] = [*tracks, *several_of(sites), whole]
    places = places_of(len(years))
    out = []
    for (a, b), rule in zip(places, rules, strict=True):
        expected = [expected_of(x.amounts[a], x.amounts[b], rule) for x in items]
        limit = limit_for([e for e in expected if e is not None], chance=chance_of(len(places)))
        out.append(replace(rule, limit=limit))
    return out


def sums_of(
    tracks: Sequence[Track], rules: Sequence[Rule], years: Sequence[float | None]
) -> tuple[tuple[SumTrack, ...], SumTrack]:
    """What the tracks of each site and side come to, and all of them."""
    places = sorted({(t.site, t.side) for t in tracks})
    sites = tuple(
        _sum(site, side, [t for t in tracks if (t.site, t.side) == (site, side)], rules, years)
        for site, side in places
    )
    return sites, _sum(None, None, tracks, rules, years)


def _sum(
    site: str | None,
    side: str | None,
    tracks: Sequence[Track],
    rules: Sequence[Rule],
    years: Sequence[float | None],
) -> SumTrack:
    """The comparable tracks together. What one scan alone shows is summed in both, as measured in both."""
    kept = [t for t in tracks if not any(a.obstacle for a in t.amounts)]
    scans = len(years)
    amounts = tuple(total_of([t.amounts[k] for t in kept]) for k in range(scans))
    left_out = tuple(t.number for t in tracks if t not in kept)
    if tracks and not kept:
        obstacle = next(a.obstacle for a in tracks[0].amounts if a.obstacle)
        amounts = tuple(replace(a, obstacle=obstacle) for a in amounts)
    return SumTrack(
        site=site,
        side=side,
        tracks=tuple(t.number for t in kept),
        left_out=left_out,
        amounts=amounts,
        changes=tuple(
            _sum_change(amounts, a, b, r) for (a, b), r in zip(places_of(scans), rules, strict=True)
        ),
        trend=trend_over(amounts, rules, years),
    )


def _sum_change(amounts: Sequence[Amount], earlier: int, later: int, rule: Rule) -> Change:
    """The change of a sum: grown, stable or shrunk, whatever was found where."""
    both = [replace(amounts[k], ids=amounts[k].ids or (0,)) for k in (earlier, later)]
    return change_of(both[0], both[1], rule)


def several_of(sites: Sequence[SumTrack]) -> list[SumTrack]:
    """Sites and sides with more than one track: a sum of its own."""
    return [s for s in sites if len(s.tracks) + len(s.left_out) > 1]


def trend_over(row: Sequence[Amount], rules: Sequence[Rule], years: Sequence[float | None]) -> Trend | None:
    if any(a.obstacle for a in row):
        return None
    return trend_of(row, years, share_pm=max(r.share_pm for r in rules) / np.sqrt(2))


def pairs_of(
    hows: Sequence[Protocols], rules: Sequence[Rule], items: Sequence[Track | SumTrack]
) -> tuple[Pair, ...]:
    places = places_of(len(items[0].amounts))
    out = []
    for k, ((earlier, later), how, rule) in enumerate(zip(places, hows, rules, strict=True)):
        out.append(
            Pair(
                earlier=earlier,
                later=later,
                years=rule.years,
                mismatches=how.mismatches,
                share_pm=how.share_pm,
                deviations=rule.limit.widest if rule.limit else SDC,
                comparisons=sum(x.changes[k].state != "not_comparable" for x in items),
            )
        )
    return tuple(out)

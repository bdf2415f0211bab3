"""What was measured, judged by the rules as they stand: rows of amounts to states."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from brainsand.followup.change import Rule, change_of
from brainsand.followup.protocol import protocols
from brainsand.judging import limited, rule_of, several_of, sums_of
from brainsand.model.acquisition import Acquisition
from brainsand.model.comparison import Amount, Change, SumTrack, Track
from followup_bench import plan

YEARS = (0.0, 2.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """One pair: its row, the rows of its tracks with what became of each, and of sites and the whole. ``bare`` are the
    tracks' changes without the share that protocols add: virtual scanners do not drift nor harden otherwise by pose."""

    row: dict[str, Any]
    tracks: tuple[tuple[dict[str, Any], Change], ...]
    bare: tuple[tuple[dict[str, Any], Change], ...]
    sums: tuple[SumTrack, ...]
    rule: Rule

    @property
    def alike(self) -> bool:
        """Whether both scans were made alike (pose and tilt apart)."""
        return not self.row["rule"]["mismatches"]

    @property
    def whole(self) -> SumTrack:
        """All comparable bodies together."""
        return self.sums[-1]


def judged(rows: Iterable[dict[str, Any]]) -> list[Judged]:
    """Every pair; a pair's row follows those of its tracks."""
    out, own = [], list[dict[str, Any]]()
    for row in rows:
        if row["kind"] == "track":
            own.append(row)
        else:
            out.append(_judged(row, own))
            own = []
    return out


def _judged(row: dict[str, Any], own: list[dict[str, Any]]) -> Judged:
    one, other = (_acquisition(row[k]) for k in ("earlier", "later"))
    how = protocols(one, other, gaps_mm=(one.thickness_mm or 0, other.thickness_mm or 0))
    (rule,) = limited([_track(n, r) for n, r in enumerate(own, start=1)], [rule_of(how, YEARS[1])], YEARS)
    tracks = [_track(n, r, rule) for n, r in enumerate(own, start=1)]
    sites, whole = sums_of(tracks, (rule,), YEARS)
    changes = tuple((r, t.changes[0]) for r, t in zip(own, tracks, strict=True))
    without = replace(rule, share_pm=0.0, volume_share_pm=0.0)
    bare = tuple((r, _track(0, r, without).changes[0]) for r in own)
    return Judged(row=row, tracks=changes, bare=bare, sums=(*several_of(sites), whole), rule=rule)


def _acquisition(protocol: str) -> Acquisition:
    known = plan.PROTOCOLS[protocol]
    return Acquisition(
        source="",
        format="",
        sha256="",
        kvp=known.get("kvp", 120.0),
        thickness_mm=known["slice_mm"],
        manufacturer="virtual",
    )


def _track(number: int, row: dict[str, Any], rule: Rule | None = None) -> Track:
    first, last = (Amount(**{**a, "ids": tuple(a["ids"])}) for a in row["amounts"])
    return Track(
        number=number,
        uid="",
        site=row["site"],
        side=row["side"],
        lobe=None,
        kind="",
        amounts=(first, last),
        changes=(change_of(first, last, rule),) if rule else (),
    )

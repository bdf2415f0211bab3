"""Dots of the pallidum or of something wider? The deposits round the pallidum, read together.

The pallidum's outer border is the putamen's inner one, and a map is off by a millimetre or two: of ordinary pallidal
dots some are always called putamen. One by one they look like calcium of the putamen, which no healthy head has, and
turn the true pallidal dots into a part of something wider. Together they tell: dots of the putamen would lie all over
it, six times as large as the pallidum, and not all at the one border. So

- a dot that the map gives to the putamen, the pallidum within its doubt, is no site of its own (``wider_sites``);
- dots that *all* have the pallidum within their doubt, two at least, are pallidal, though one alone would not be
  (``all_at_the_border``).

Of 14 deposits of the basal ganglia in healthy heads 13 lay in the pallidum (PMID 571978). It misleads where a first dot
of a disease lies in the putamen right beside the pallidum; larger calcium, or one dot elsewhere in the putamen, the
caudate, thalamus or dentate, ends both rules.
"""

from __future__ import annotations

from typing import Final

from brainsand.interpret.facts import Companion, Facts
from brainsand.interpret.norm import limit

PALLIDUM: Final = "globus_pallidus"
BESIDE: Final = ("putamen", "internal_capsule")
#: Deep gray sites beyond the pallidum: calcium here makes pallidal dots part of something wider.
WIDER_SITES: Final = ("putamen", "caudate", "thalamus", "dentate_nucleus")
#: Fewer deposits and less volume than this at those sites may be one misplaced dot (expert).
WIDER_COUNT: Final = 2
WIDER_MM3: Final = 50.0
#: A dot is one of theirs only where they hold this share of its place (expert).
WIDER_SHARE: Final = 0.5

NEAR_SHARE: Final = 0.3
NEAR_OTHER_DOTS: Final = 0.15
NEAR_TOGETHER: Final = 0.1
"""Share of pallidum from which a dot at its border is read as pallidal: alone, where the head has pallidal dots, and
where all dots lie at the border (expert)."""
TOGETHER_MEAN: Final = 0.3
"""All together have at least this mean share of pallidum (expert)."""


def near_share(f: Facts) -> float:
    """Share of pallidum that a dot of this head needs, to be read as pallidal."""
    if all_at_the_border(f):
        return NEAR_TOGETHER
    return NEAR_OTHER_DOTS if has_pallidal(f) else NEAR_SHARE


def has_pallidal(f: Facts) -> bool:
    """Whether another deposit of the head is called pallidal."""
    return any(c.site == PALLIDUM for c in f.companions)


def all_at_the_border(f: Facts) -> bool:
    """Whether this deposit and all others round the pallidum are dots that have it within their doubt, two at least."""
    others = [c for c in f.companions if c.site in (PALLIDUM, *BESIDE)]
    shares = [f.share(PALLIDUM), *(c.share(PALLIDUM) for c in others)]
    small = is_dot(f) and all(_is_dot(c, f) for c in others)
    small = small and f.volume_mm3 + sum(c.volume_mm3 for c in others) <= _most_mm3(f)
    near = min(shares) >= NEAR_TOGETHER and sum(shares) >= TOGETHER_MEAN * len(shares)
    return len(shares) > 1 and small and near


def wider_sites(f: Facts) -> tuple[str, ...]:
    """Deep gray sites beyond the pallidum that hold calcium too; empty for a lone small dot, and for border dots."""
    needed = near_share(f)
    there = [c for c in f.companions if c.site in WIDER_SITES and not _doubtful(c, f, needed)]
    enough = len(there) >= WIDER_COUNT or sum(c.volume_mm3 for c in there) >= WIDER_MM3
    return tuple(sorted({c.site for c in there})) if enough else ()


def is_dot(f: Facts) -> bool:
    """Whether the deposit is no more than a dot."""
    return not f.surely_over(limit(f.norms, "pallidum_dot_mm")) and f.volume_mm3 <= _most_mm3(f)


def _doubtful(c: Companion, f: Facts, needed: float) -> bool:
    """Whether it is a dot that may as well be the pallidum's, or lie elsewhere altogether."""
    at_border = c.site in BESIDE and c.share(PALLIDUM) >= needed
    return _is_dot(c, f) and (at_border or c.share(*WIDER_SITES) < WIDER_SHARE)


def _is_dot(c: Companion, f: Facts) -> bool:
    return c.diameter_mm <= limit(f.norms, "pallidum_dot_mm") and c.volume_mm3 <= _most_mm3(f)


def _most_mm3(f: Facts) -> float:
    return limit(f.norms, "pallidum_dot_mm3")

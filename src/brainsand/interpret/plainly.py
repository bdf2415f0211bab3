"""Is it ordinary calcium of a grown person, and nothing more?

A patient file is asked as ``significance.plainly_ordinary`` asks a scan's deposits: a grown person, calcium only where
health has it at this age, no size, form or mass that health does not show. And whether anything else that is told
speaks against health: an old woman's headache does not make her two pallidal dots a disease, a low calcium does.

Where that is all, the person is anybody who gets a head CT. The prior of the ranking is that of a place to which the
rare is sent, and nobody is sent for that; so health regains what the referral took (``Dials.unreferred``).
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from brainsand.interpret.observed import BASAL_GANGLIA, Observed, Sighting
from brainsand.interpret.ordinary import ordinary_rates
from brainsand.interpret.significance import GROWN_YEARS
from brainsand.interpret.table import Table
from brainsand.interpret.weight import Weight

ORDINARY_RATE: Final = 0.04
"""What this share of healthy people of the age has is ordinary: the pallidum's dots from 40 years on (expert)."""
USUAL_RATE: Final = 0.2
"""From here on, some 67 years, calcium "of the basal ganglia" without a word on how much is the pallidum's (expert)."""
ORDINARY_FORMS: Final = frozenset({"punctate", "nodular", "linear", "stippled"})
SMALL: Final = ("punctate", "small")
SILENT, LOUD = 0.85, 0.4
"""What is told beside the image speaks for more than health where it leaves less than the first of health's odds, and
leaves nothing of the ordinary from the second on (expert): 0.9 is depression at 50 years with two pallidal dots, 0.7
headache at 75, 0.5 memory loss or a seizure at 50, 0.2 chorea."""

Floats = NDArray[np.float64]


def plainly_told(table: Table, seen: Observed) -> bool:
    """Whether a patient file tells of ordinary calcium of a grown person only."""
    if seen.scanned or not seen.sightings or seen.age_years is None or seen.age_years < GROWN_YEARS:
        return False
    rates = ordinary_rates(table.knowledge, seen.age_years, seen.sex)
    return all(_plain(s, rates) for s in seen.sightings)


def quiet(table: Table, cooled: Floats, of_image: NDArray[np.bool_]) -> float:
    """How little symptoms, results, history, family and variants speak for more than health, 0 to 1.

    ``cooled`` (weight, column) log ratios; ``of_image`` those of calcium, age and sex.
    """
    if of_image.all():
        return 1.0
    alone = table.log_prior + cooled[of_image].sum(axis=0)
    both = table.log_prior + cooled.sum(axis=0)
    left = np.log(max(_health_odds(table, both) / _health_odds(table, alone), 1e-9))
    return float(np.clip((left - np.log(LOUD)) / (np.log(SILENT) - np.log(LOUD)), 0.0, 1.0))


def unreferred(table: Table, gain: float) -> Weight:
    """What health regains where little but ordinary calcium is told."""
    return Weight(
        about="own",
        finding="ordinary_only",
        words="ordinary calcium of a grown person, and little told that speaks for more",
        log_ratio=np.where(table.health, np.log(gain), 0.0),
    )


def _health_odds(table: Table, joint: Floats) -> float:
    chances = np.exp(joint - joint.max())
    health = table.health
    return float(max(float(chances[health].sum()), 1e-12) / max(float(chances[~health].sum()), 1e-12))


def _plain(sighting: Sighting, rates: dict[str, float]) -> bool:
    """Whether health of this age has calcium like this."""
    vague = sighting.site == "basal_ganglia"
    rate = rates.get("globus_pallidus" if vague else sighting.site, 0.0)
    if vague or sighting.site in BASAL_GANGLIA:
        unsaid = sighting.extent is None and (not vague or rate >= USUAL_RATE)
        sized = sighting.extent in SMALL or unsaid
    else:
        sized = sighting.extent != "large"
    # Ordinary sheets of the dura lie at its folds; over a lobe an old haematoma may have calcified.
    convex = sighting.site == "dura" and bool(sighting.lobes)
    lesion = sighting.in_mass or convex
    return rate >= ORDINARY_RATE and sized and sighting.forms <= ORDINARY_FORMS and not lesion

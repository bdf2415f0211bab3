"""What does the ranking mean for the person, in one word: from a benign finding to a marker of serious disease?

The image alone says it first (``interpret.significance``); symptoms, laboratory values and history can raise it, and a
ranking that is sure of the benign can say so where there is no image. What the image calls urgent stays urgent.

Where all calcium is ordinary for a grown person, by its places, sizes and forms, and nothing else that is told speaks
for more (``interpret.plainly``), the ranking raises nothing: no condition can be more than a thought there, and to work
up every healthy person with calcium of the falx does harm (expert). The thought is said among the reasons.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import numpy as np

from brainsand.interpret.chance import percent
from brainsand.interpret.rank import Ranking, knows_more_than_the_person
from brainsand.interpret.significance import LEVELS

BENIGN_SURE: Final = 0.75
BENIGN_OPEN: Final = 0.4
"""From these probabilities of the benign groups together the level is incidental, follow_up (expert)."""
SOURCE: Final = "ranking of this case, docs/methods/differential.md"


def bearing_of(
    ranking: Ranking,
    steps: tuple[dict[str, Any], ...],
    image: Mapping[str, Any] | None,
) -> dict[str, Any]:
    """The level, why, and the source of the deciding reason.

    Parameters
    ----------
    ranking : Ranking
        Of one patient.
    steps : tuple of dict
        The next steps; one that cannot wait makes the whole urgent.
    image : mapping, optional
        What the image alone says (``significance_of``).
    """
    reached = [_of_ranking(ranking)]
    if ranking.ordinary_only:
        reached = [_thought(ranking)]
    urgent = [s for s in steps if s.get("alarm")]
    if urgent:
        reached.append(("urgent", f"{urgent[0]['step']} {urgent[0]['why']}", urgent[0]["source"]))
    if image is None:
        return _highest(reached, None)
    if not ranking.weights or (image["level"] == "none" and not ranking.seen.terms):
        return dict(image)
    return _highest(reached, image)


def _thought(ranking: Ranking) -> tuple[str, str, str]:
    """What the ranking says of wholly ordinary calcium, without raising the level."""
    benign = benign_chance(ranking)
    if benign >= BENIGN_SURE:
        return _of_ranking(ranking)
    words = (
        f"All calcium is ordinary in place, size and form; the ranking gives {percent(benign)} to ordinary calcium, "
        "and only other symptoms, laboratory values or a history would speak for more."
    )
    return "incidental", words, SOURCE


def benign_chance(ranking: Ranking) -> float:
    """Probability of all benign groups together."""
    table = ranking.table
    benign = [
        i
        for i, g in enumerate(table.group_ids)
        if g in table.knowledge.groups and table.knowledge.groups[g].benign
    ]
    return float(ranking.groups[benign].sum())


def _of_ranking(ranking: Ranking) -> tuple[str, str, str]:
    if not ranking.weights:
        return "follow_up", "Nothing is known yet: tell more.", SOURCE
    if not knows_more_than_the_person(ranking):
        return "follow_up", "Nothing but age and sex is known yet: tell more.", SOURCE
    benign = benign_chance(ranking)
    table = ranking.table
    place = int(np.argmax(ranking.groups))
    known = table.knowledge.groups.get(table.group_ids[place])
    name = known.name if known else "a cause not in the list"
    if benign >= BENIGN_SURE:
        return "incidental", f"Most likely ordinary for the age ({percent(benign)}).", SOURCE
    if benign >= BENIGN_OPEN:
        return "follow_up", f"Perhaps ordinary for the age ({percent(benign)}), but not surely.", SOURCE
    grave = " a serious condition" if known and known.severity == "serious" else ""
    treated = "; it can be treated" if known and known.treatable in ("yes", "preventable") else ""
    return (
        "work_up",
        f"May be a marker of{grave or ' a condition'}: {name} ({percent(ranking.groups[place])}){treated}.",
        SOURCE,
    )


def _highest(reached: list[tuple[str, str, str]], image: Mapping[str, Any] | None) -> dict[str, Any]:
    rows = list(reached)
    if image is not None:
        rows += [(str(image["level"]), str(words), str(image["source"])) for words in image["why"]]
    rows.sort(key=lambda row: -LEVELS.index(row[0]))
    why = list(dict.fromkeys(words for _, words, _ in rows))
    return {"level": rows[0][0], "why": why, "source": rows[0][2]}

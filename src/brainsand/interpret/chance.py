"""How is a probability said? Never as certainty: a ranking over a list of conditions is not."""

from __future__ import annotations


def percent(chance: float) -> str:
    """A probability in words.

    >>> percent(0.534), percent(0.9987), percent(0.004)
    ('53 %', 'over 99 %', 'under 1 %')
    """
    if chance > 0.99:
        return "over 99 %"
    return "under 1 %" if chance < 0.01 else f"{100 * chance:.0f} %"

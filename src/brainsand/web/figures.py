"""How are numbers and places written on a page? With no more decimals than deserved, and in words."""

from __future__ import annotations

from brainsand.interpret.chance import percent as percent
from brainsand.report.sections import figure_words


def figure(value: float | None, pm: float | None = None) -> str:
    """A measured number, with its doubt where there is one.

    >>> figure(36.24), figure(3.24, 0.41), figure(None)
    ('36', '3.2 ± 0.4', '–')
    """
    if pm is None or value is None:
        return figure_words(value)
    return f"{figure_words(value)} ± {figure_words(pm, like=value)}"


def ratio(value: float) -> str:
    """A likelihood ratio.

    >>> ratio(36.2), ratio(0.4211)
    ('36', '0.42')
    """
    return f"{value:.0f}" if value >= 10 else f"{value:.2g}"


def site_words(site: str, side: str | None = None) -> str:
    """A site in words.

    >>> site_words("globus_pallidus", "left"), site_words("pineal", "midline")
    ('left globus pallidus', 'pineal')
    """
    name = site.replace("_", " ")
    return f"{side} {name}" if side in ("left", "right") else name

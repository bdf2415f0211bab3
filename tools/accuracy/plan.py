"""Which scans are measured? Heads that neither the atlas nor the network has seen, each in several ways."""

from __future__ import annotations

import zlib
from dataclasses import dataclass, field
from typing import Any, Final

from brainsand.phantom.protocol import Protocol

UNSEEN: Final = ("head_02", "head_07", "head_11")
"""Label maps left out of the atlas (``tools/build_atlas``) and of the network's training."""

VIEWS: Final[dict[str, dict[str, Any]]] = {
    "1 mm": {"slice_mm": 1.0},
    "1 mm, noisy": {"slice_mm": 1.0, "noise_hu": 7.0},
    "1 mm, turned": {"slice_mm": 1.0, "pitch_deg": 18.0, "roll_deg": -7.0, "yaw_deg": 12.0},
    "2.5 mm": {"slice_mm": 2.5},
    "2.5 mm, tilt -18": {"slice_mm": 2.5, "tilt_deg": -18.0},
    "2.5 mm, turned": {"slice_mm": 2.5, "pitch_deg": -18.0, "roll_deg": 6.0, "yaw_deg": -10.0},
    "5 mm": {"slice_mm": 5.0, "noise_hu": 3.0},
    "5 mm, tilt +18": {"slice_mm": 5.0, "noise_hu": 3.0, "tilt_deg": 18.0},
    "5 mm, tilt -18, turned": {
        "slice_mm": 5.0,
        "noise_hu": 3.0,
        "tilt_deg": -18.0,
        "pitch_deg": 15.0,
        "roll_deg": 6.0,
        "yaw_deg": 10.0,
    },
}
"""How a head is scanned; the rest as in ``Protocol``. Noise is 3 HU on thick slices, 4 or 7 on thin."""

QUIET: Final = ("none", "physiologic")
"""Presets whose calcium leaves the anatomy as it is; the table of anatomy is made of these."""

_ILL: Final = (
    "scattered",
    "every_site",
    "pfbc",
    "neurocysticercosis",
    "tuberous_sclerosis",
    "blood",
    "pallidal_dots",
    "hypoparathyroidism",
    "radiation",
    "congenital_infection",
    "sturge_weber",
)
_ILL_VIEWS: Final = ("1 mm", "5 mm, tilt +18", "2.5 mm", "1 mm, noisy")


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """One scan to be made: which head, what is planted, how it is scanned."""

    head: str
    preset: str
    view: str
    protocol: Protocol = field(default_factory=Protocol)

    @property
    def name(self) -> str:
        """What the scan is called in every table.

        >>> quick()[0].name
        'head_02 scattered, 1 mm'
        """
        return f"{self.head} {self.preset}, {self.view}"

    @property
    def seed(self) -> int:
        """Its own chance, from its name: another scan added to the plan leaves it as it was."""
        return zlib.crc32(self.name.encode())

    @property
    def quiet(self) -> bool:
        """Whether the scan counts for the table of anatomy."""
        return self.preset in QUIET


def quick() -> tuple[Planned, ...]:
    """Six scans: every head twice, thin and thick, upright and turned."""
    wanted = (
        ("head_02", "scattered", "1 mm"),
        ("head_07", "pfbc", "2.5 mm"),
        ("head_11", "physiologic", "5 mm, tilt +18"),
        ("head_02", "every_site", "2.5 mm, turned"),
        ("head_07", "none", "1 mm, turned"),
        ("head_11", "blood", "2.5 mm, tilt -18"),
    )
    return tuple(_planned(*w) for w in wanted)


def full() -> tuple[Planned, ...]:
    """Every unseen head in every view nearly without calcium, then with every other preset.

    The quick ones come first, the rest mixed, so that a run stopped early has seen some of each.

    >>> len(full()), sum(p.quiet for p in full())
    (64, 28)
    """
    plans = []
    for n, view in enumerate(VIEWS):
        plans += [_planned(head, QUIET[(n + j) % 2], view) for j, head in enumerate(UNSEEN)]
    for n, preset in enumerate(_ILL):
        views = (_ILL_VIEWS[(n + j) % len(_ILL_VIEWS)] for j in range(len(UNSEEN)))
        plans += [_planned(head, preset, view) for head, view in zip(UNSEEN, views, strict=True)]
    first = {p.name: p for p in quick()}
    rest = {p.name: p for p in sorted(plans, key=lambda p: p.seed)}
    return tuple({**first, **rest}.values())


def _planned(head: str, preset: str, view: str) -> Planned:
    return Planned(head=head, preset=preset, view=view, protocol=Protocol(**VIEWS[view]))

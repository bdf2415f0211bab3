"""Which pairs are compared? One virtual person scanned six times: unchanged three times more, changed twice."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from brainsand.phantom.deposits import PlantedDeposit, grown
from brainsand.phantom.protocol import Protocol

COARSE: Final[dict[str, Any]] = {"matrix": 256, "in_plane_mm": 0.9}
PROTOCOLS: Final[dict[str, dict[str, Any]]] = {
    "5 mm": {"slice_mm": 5.0, "noise_hu": 3.0},
    "2.5 mm": {"slice_mm": 2.5, "noise_hu": 4.0},
    "1.25 mm, noisy": {"slice_mm": 1.25, "noise_hu": 6.0},
    "5 mm, tilt": {"slice_mm": 5.0, "noise_hu": 3.0, "tilt_deg": 15.0},
    "2.5 mm, 100 kV": {"slice_mm": 2.5, "noise_hu": 4.0, "kvp": 100.0},
}
PRESETS: Final = ("scattered", "pfbc", "physiologic", "neurocysticercosis", "scattered", "radiation")
CHANGES: Final = (1.0, 0.9, 1.1, 0.7, 1.3, 2.0, 0.0)
"""Factors drawn for each body of a changed scan; 0 is gone."""
CHANCES: Final = (0.28, 0.12, 0.12, 0.12, 0.2, 0.1, 0.06)


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """One scan of a person: ``changed`` tells which of the person's states is scanned (0: the first)."""

    name: str
    protocol: str
    changed: int
    pose_seed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """One virtual person: the head is the atlas bent by ``seed``."""

    seed: int
    preset: str

    @property
    def name(self) -> str:
        return f"{self.preset} {self.seed}"

    def visits(self) -> tuple[Visit, ...]:
        """The scans: first, again alike, again otherwise twice, changed alike, changed otherwise."""
        names = list(PROTOCOLS)
        usual = names[self.seed % len(names)]
        others = [names[(self.seed + k) % len(names)] for k in (1, 2, 3)]
        rows = (
            ("first", usual, 0),
            ("again", usual, 0),
            ("again, otherwise", others[0], 0),
            ("again, otherwise 2", others[1], 0),
            ("changed", usual, 1),
            ("changed, otherwise", others[2], 1),
        )
        return tuple(
            Visit(name=n, protocol=p, changed=c, pose_seed=zlib.crc32(f"{self.name} {n}".encode()))
            for n, p, c in rows
        )


PAIRS: Final = (
    *((a, b) for a in range(4) for b in range(a + 1, 4)),
    *((a, b) for a in range(4) for b in (4, 5)),
)
"""Visits compared: six unchanged pairs, eight changed ones."""


SET_ON: Final = (0, 1, 5, 6, 7, 101, 102, 103, 110, 201, 202, 203, 205)
"""People on whom the rules were set (``followup.protocol.UNSHARED``); the table leaves them out."""
FRESH: Final = 204
"""The first of those on whom nothing was set."""


def people(count: int, *, first: int = FRESH) -> list[Person]:
    """So many people from the seed ``first`` on, without those of ``SET_ON``.

    >>> [p.seed for p in people(6)], [p.seed for p in people(3, first=5)]
    ([204, 206, 207, 208, 209, 210], [8, 9, 10])
    """
    seeds = (s for s in range(first, first + count + len(SET_ON)) if s not in SET_ON)
    return [
        Person(seed=s, preset=PRESETS[s % len(PRESETS)]) for s, _ in zip(seeds, range(count), strict=False)
    ]


def protocol_of(visit: Visit) -> Protocol:
    """The protocol with a pose of its own: up to some 8 degrees and 6 mm otherwise."""
    rng = np.random.default_rng(visit.pose_seed)
    pitch, roll, yaw = rng.normal(0, 4, 3).round(1)
    shift = tuple(float(x) for x in rng.normal(0, 4, 3).round(1))
    return Protocol(
        **COARSE,
        **PROTOCOLS[visit.protocol],
        pitch_deg=float(pitch),
        roll_deg=float(roll),
        yaw_deg=float(yaw),
        shift_mm=(shift[0], shift[1], shift[2]),
    )


def factors(deposits: tuple[PlantedDeposit, ...], person: Person) -> list[float]:
    """What each body becomes, times itself."""
    rng = np.random.default_rng(person.seed + 90_000)
    return [float(f) for f in rng.choice(CHANGES, len(deposits), p=CHANCES)]


def later(deposits: tuple[PlantedDeposit, ...], by: list[float]) -> list[PlantedDeposit | None]:
    """The bodies later, in the same order: every other one grows in size, the rest in density; None is gone."""
    return [
        None if f == 0 else d if f == 1 else grown(d, f, by=("size", "density")[k % 2])
        for k, (d, f) in enumerate(zip(deposits, by, strict=True))
    ]

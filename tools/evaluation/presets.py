"""python -m evaluation.presets [--heads 6] [--seed 9101] [--write docs]

What does the ranking make of the image and the age alone? Virtual patients of every preset that stands for a disease
(or for health), each in a head of its own, are analyzed with age and sex and nothing else; where the preset's group
comes, and what the significance is, goes into a table. No preset's answer is known to the program.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from brainsand.model.acquisition import Acquisition
from brainsand.model.patient import Patient
from brainsand.model.reference import Reference
from brainsand.phantom.head import head_from_atlas
from brainsand.phantom.protocol import Protocol
from brainsand.phantom.virtual import virtual_patient
from brainsand.pipeline import analyze
from brainsand.read.knowledge import load_reference

GROUPS: Final[Mapping[str, tuple[str, ...]]] = {
    "physiologic": ("physiologic",),
    "pallidal_dots": ("physiologic",),
    "pfbc": ("pfbc",),
    "hypoparathyroidism": ("hypoparathyroidism",),
    "tuberous_sclerosis": ("tsc",),
    "sturge_weber": ("sturge_weber",),
    "neurocysticercosis": ("neurocysticercosis",),
    "congenital_infection": (
        "congenital_cmv", "congenital_toxoplasmosis", "congenital_zika", "congenital_infection_other",
    ),
    "radiation": ("radiation",),
}  # fmt: skip
"""The groups that are right for a preset: its deposits are no one virus's."""
BENIGN: Final = ("physiologic", "pallidal_dots")
BEGIN, END = "<!-- presets: begin -->", "<!-- presets: end -->"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ranked:
    """One virtual patient: where the true group came, its probability, what came first, and the significance."""

    preset: str
    seed: int
    age_years: float
    rank: int
    chance: float
    first: str
    level: str


def main() -> None:
    """Analyze, print, and write where asked."""
    args = _args()
    reference = load_reference()
    seeds = range(args.seed, args.seed + args.heads)
    rows = [ranked(preset, seed, reference) for preset in GROUPS for seed in seeds]
    text = table(rows)
    print(text)
    if args.write:
        page = args.write / "methods" / "evaluation.md"
        head, rest = page.read_text(encoding="utf-8").split(BEGIN)
        page.write_text(f"{head}{BEGIN}\n\n{text}\n\n{END}{rest.split(END)[1]}", encoding="utf-8")


def ranked(preset: str, seed: int, reference: Reference) -> Ranked:
    """One virtual patient, analyzed with age and sex alone (2.5 mm slices, 120 kV)."""
    rng = np.random.default_rng(seed)
    head = head_from_atlas(reference.atlas, rng=rng)
    protocol = Protocol(matrix=256, in_plane_mm=0.9, slice_mm=2.5)
    virtual = virtual_patient(head, preset, protocol=protocol, rng=rng)
    told = virtual.patient_facts
    how = Acquisition(
        source="virtual", format="dicom", sha256="", kvp=120.0, sharp_kernel=False, thickness_mm=2.5
    )
    case = analyze(
        virtual.volume, how, reference, patient=Patient(age_years=told["age_years"], sex=told["sex"])
    )
    groups = case.differential["groups"]
    place, chance = standing([(g["id"], g["probability"]) for g in groups], GROUPS[preset])
    return Ranked(
        preset=preset,
        seed=seed,
        age_years=told["age_years"],
        rank=place,
        chance=chance,
        first=groups[0]["id"],
        level=case.significance["level"],
    )


def standing(groups: Sequence[tuple[str, float]], right: Iterable[str]) -> tuple[int, float]:
    """The first place of a right group (one past the end where none is listed), and the probability of all of them.

    >>> standing([("a", 0.5), ("b", 0.3), ("c", 0.1)], ("b", "c"))
    (2, 0.4)
    """
    wanted = set(right)
    places = [k for k, (group, _) in enumerate(groups, start=1) if group in wanted]
    return min(places, default=len(groups) + 1), round(sum(p for g, p in groups if g in wanted), 6)


def table(rows: Sequence[Ranked]) -> str:
    """Markdown: a line a preset, then who was not first."""
    lines = [
        "| preset | heads | first | among three | mean probability | significance |",
        "|---|--:|--:|--:|--:|---|",
    ]
    for preset in dict.fromkeys(r.preset for r in rows):
        own = [r for r in rows if r.preset == preset]
        levels = {level: sum(r.level == level for r in own) for level in dict.fromkeys(r.level for r in own)}
        lines.append(
            f"| {preset} | {len(own)} | {sum(r.rank == 1 for r in own)} | {sum(r.rank <= 3 for r in own)} "
            f"| {np.mean([r.chance for r in own]):.2f} | {', '.join(f'{k} {n}' for k, n in levels.items())} |"
        )
    lines.append(
        f"| all | {len(rows)} | {sum(r.rank == 1 for r in rows)} | {sum(r.rank <= 3 for r in rows)} "
        f"| {np.mean([r.chance for r in rows]):.2f} | |"
    )
    wrong = [
        f"{r.preset} at {r.age_years:.0f} y: {r.first} first, its own rank {r.rank} ({r.chance:.2f})"
        for r in rows
        if r.rank > 1
    ]
    said = f"Not first: {'; '.join(wrong)}." if wrong else "Every one first."
    loud = sum(r.preset in BENIGN and r.level != "incidental" for r in rows)
    return "\n".join([*lines, "", said, "", f"Benign heads that did not end *incidental*: {loud}."])


def _args() -> argparse.Namespace:
    own = argparse.ArgumentParser(prog="python -m evaluation.presets", description=__doc__)
    own.add_argument("--heads", type=int, default=6, help="virtual heads a preset (default: %(default)s)")
    own.add_argument("--seed", type=int, default=9101, help="the first head's seed (default: %(default)s)")
    own.add_argument("--write", type=Path, help="the docs folder; its evaluation page is brought up to date")
    return own.parse_args()


if __name__ == "__main__":
    main()

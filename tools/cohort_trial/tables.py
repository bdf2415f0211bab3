"""A made-up cohort's tables of any size, with known curves, a known odds ratio and a known effect of thickness.

The whole truth stands in :class:`Truth`; the group level is held against it.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from brainsand.cohort.columns_out import TableOut, schema_of, tables_out
from brainsand.cohort.dictionary import PLACES, TABLES

Floats = NDArray[np.float64]
SITES: Final[dict[str, tuple[float, float, float]]] = {
    # log odds at 50, change for ten years, mean log mass (mg) at 50
    "pineal": (1.0, 0.35, 1.3),
    "choroid_plexus": (0.4, 0.5, 2.2),
    "falx": (-1.5, 0.4, 1.8),
    "globus_pallidus": (-2.0, 0.55, 1.0),
    "vessel_wall": (-0.5, 1.0, 2.5),
    "dentate_nucleus": (-4.5, 0.4, 0.9),
    "thalamus": (-5.0, 0.2, 1.0),
}
SCANNERS: Final = (("Maker A", "One", 1.0), ("Maker A", "Two", 3.0), ("Maker B", "Three", 5.0))


@dataclass(frozen=True, slots=True, kw_only=True)
class Truth:
    """What the tables were drawn from."""

    odds_per_point: float = 1.04
    male_log_odds: float = 0.2
    log_sd: float = 0.8
    growth_per_decade: float = 0.15
    amount_per_mm: float = 1.05
    odds_per_mm: float = 0.9


def write_tables(out: Path, *, persons: int, seed: int, truth: Truth | None = None) -> None:
    """Tables of so many persons (one in ten scanned twice), and ``participants.tsv``, into ``out``."""
    made, rng = truth or Truth(), np.random.default_rng(seed)
    out.mkdir(parents=True, exist_ok=True)
    who = np.concatenate([np.arange(persons), np.arange(0, persons, 10)])
    order = np.concatenate([np.ones(persons), np.full(len(who) - persons, 2)])
    age = np.clip(rng.normal(58, 20, persons), 1, 95).round(1)
    male = rng.integers(0, 2, persons)
    scanner = rng.integers(0, len(SCANNERS), len(who))
    usual = np.array([s[2] for s in SCANNERS])[scanner]
    facts = _Facts(
        who=who,
        order=order,
        age=np.minimum(age[who] + 2.0 * (order - 1), 95),
        male=male[who],
        scanner=scanner,
        # Half of the scans as the scanner has it, half as the ward asked.
        thickness_mm=np.where(rng.random(len(who)) < 0.5, usual, rng.choice([1.0, 3.0, 5.0], len(who))),
    )
    mass = _masses(facts, made, rng)
    points = np.minimum(
        80, np.rint(2 * np.log1p(mass["globus_pallidus"] + mass["thalamus"] + mass["dentate_nucleus"]))
    )
    _write(out, facts, mass, points, rng)
    _people(out, persons, age, points, made, rng)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Facts:
    who: NDArray[np.int64]
    order: Floats
    age: Floats
    male: NDArray[np.int64]
    scanner: NDArray[np.int64]

    thickness_mm: Floats


def log_odds(site: str, age: Any, male: Any, truth: Truth, thickness_mm: Any = 3.0) -> Floats:
    """The true log odds of any calcium."""
    base, slope, _ = SITES[site]
    return np.asarray(
        base + slope * (np.asarray(age) - 50) / 10 + truth.male_log_odds * (np.asarray(male) - 0.5)
        + np.log(truth.odds_per_mm) * (np.asarray(thickness_mm) - 3.0)
    )  # fmt: skip


def log_mean(site: str, age: Any, truth: Truth, thickness_mm: Any = 3.0) -> Floats:
    """The true mean log mass where there is some."""
    slope = truth.growth_per_decade * (np.asarray(age) - 50) / 10
    return np.asarray(SITES[site][2] + slope + np.log(truth.amount_per_mm) * (np.asarray(thickness_mm) - 3.0))


def _masses(facts: _Facts, truth: Truth, rng: np.random.Generator) -> dict[str, Floats]:
    out = {}
    n, thick = len(facts.age), facts.thickness_mm
    for site in SITES:
        some = rng.random(n) < 1 / (1 + np.exp(-log_odds(site, facts.age, facts.male, truth, thick)))
        log = log_mean(site, facts.age, truth, thick) + truth.log_sd * rng.normal(size=n)
        out[site] = np.where(some, np.exp(log), 0.0)
    return out


def _write(
    out: Path, facts: _Facts, mass: dict[str, Floats], points: Floats, rng: np.random.Generator
) -> None:
    import pyarrow as pa

    n = len(facts.who)
    unit = np.array([f"sub-{w:07d}_ses-{int(o)}" for w, o in zip(facts.who, facts.order, strict=True)])
    person = np.array([f"sub-{w:07d}" for w in facts.who])
    total = np.sum([*mass.values()], axis=0)
    given: dict[str, Any] = {
        "unit": unit, "person": person, "order": facts.order.astype(int), "sha256": unit, "age_years": facts.age,
        "sex": np.where(facts.male == 1, "M", "F"), "kvp": np.full(n, 120.0), "thickness_mm": facts.thickness_mm,
        "manufacturer": np.array([s[0] for s in SCANNERS])[facts.scanner],
        "model_name": np.array([s[1] for s in SCANNERS])[facts.scanner],
        "slice_gap_mm": facts.thickness_mm, "contrast": np.full(n, "none"), "noise_hu": rng.uniform(2, 6, n),
        "mass_mg": total, "volume_mm3": 2 * total, "tcs": points.astype(int),
        "deposits": np.sum([m > 0 for m in mass.values()], axis=0),
        "version": np.full(n, "0"), "knowledge_version": np.full(n, "0"), "settings_hash": np.full(n, "0"),
    }  # fmt: skip
    with tables_out(out, {k: TABLES[k] for k in ("scans", "sites")}) as tables:
        schema = schema_of(TABLES["scans"])
        columns = [
            pa.array(given[f.name], f.type) if f.name in given else pa.nulls(n, f.type) for f in schema
        ]
        tables["scans"].add_table(pa.Table.from_arrays(columns, schema=schema))
        for start in range(0, n, 5000):
            tables["sites"].add_table(_site_table(unit[start : start + 5000], person, mass, start))
    _write_atlas(out, unit, mass, rng)


def _site_table(unit: Any, person: Any, mass: dict[str, Floats], start: int) -> Any:
    import pyarrow as pa

    n, places = len(unit), len(PLACES)
    amount = np.zeros((n, places))
    for site, values in mass.items():
        # All of a site lies on one side.
        amount[:, next(k for k, (s, _) in enumerate(PLACES) if s == site)] = values[start : start + n]
    flat = amount.ravel()
    given: dict[str, Any] = {
        "unit": np.repeat(unit, places), "person": np.repeat(person[start : start + n], places),
        "site": np.tile([s for s, _ in PLACES], n), "side": np.tile([s for _, s in PLACES], n),
        "imaged": np.ones(n * places, bool), "count": (flat > 0).astype(int), "mass_mg": flat, "volume_mm3": 2 * flat,
    }  # fmt: skip
    schema = schema_of(TABLES["sites"])
    columns = [
        pa.array(given[f.name], f.type) if f.name in given else pa.nulls(n * places, f.type) for f in schema
    ]
    return pa.Table.from_arrays(columns, schema=schema)


def _write_atlas(out: Path, unit: Any, mass: dict[str, Floats], rng: np.random.Generator) -> None:
    """Voxels round a place for each of a few sites."""
    import pyarrow as pa

    from brainsand.read.atlas import load_atlas

    shape = load_atlas().hu.shape
    places = {
        site: np.array([40 + 3 * (k % 9), 50 + 4 * (k % 9), 40 + 2 * (k % 9)]) for k, site in enumerate(mass)
    }
    schema = pa.schema(
        [("unit", pa.string()), ("first", pa.int32()), ("last", pa.int32()), ("voxels", pa.list_(pa.int32()))]
    )
    table = TableOut(out, "atlas", schema, tsv=False)
    for start in range(0, len(unit), 5000):
        rows = []
        for i in range(start, min(start + 5000, len(unit))):
            own = [places[s] + rng.integers(-3, 4, (12, 3)) for s, values in mass.items() if values[i] > 0]
            index = np.concatenate(own) if own else np.zeros((0, 3), int)
            flat = np.unique(np.ravel_multi_index(tuple(index.T), shape)) if len(index) else index[:, 0]
            rows.append({"unit": unit[i], "first": 2, "last": shape[0] - 4, "voxels": flat})
        table.add(rows)
    table.close(keep=True)


def _people(
    out: Path, persons: int, age: Floats, points: Floats, truth: Truth, rng: np.random.Generator
) -> None:
    """Dementia goes with age and with points by the planted odds; the coin and the place with nothing."""
    odds = -2.0 + 0.03 * (age - 60) + np.log(truth.odds_per_point) * points[:persons]
    dementia = rng.random(persons) < 1 / (1 + np.exp(-odds))
    coin, place = rng.integers(0, 2, persons), rng.integers(0, 2, persons)
    lines = ["participant_id\tdementia\tcoin\tplace"]
    words = ("no", "yes"), ("south", "north")
    lines += [
        f"sub-{k:07d}\t{words[0][int(dementia[k])]}\t{coin[k]}\t{words[1][place[k]]}" for k in range(persons)
    ]
    (out / "participants.tsv").write_text("\n".join(lines) + "\n", encoding="utf-8")

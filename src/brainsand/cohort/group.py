"""The group level: from the cohort's tables to its statistics, norms, map and page, all in ``OUT/group``."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from brainsand.cohort import association, comparison, harmonize, missing, prevalence
from brainsand.cohort.association import association_rows
from brainsand.cohort.atlas_map import AtlasMap, atlas_map, map_bytes
from brainsand.cohort.centiles import CENTILES, Curve, People, fit_curves
from brainsand.cohort.columns_out import write_table
from brainsand.cohort.comparison import comparison_rows
from brainsand.cohort.dashboard import Study, page
from brainsand.cohort.dictionary import Column, column, dictionary_of
from brainsand.cohort.failures import write_failures
from brainsand.cohort.gather import gather
from brainsand.cohort.groupdata import MEASURES, Group, load_group
from brainsand.cohort.harmonize import harmonization
from brainsand.cohort.missing import missing_rows
from brainsand.cohort.model import Plan
from brainsand.cohort.norms_out import norms_record
from brainsand.cohort.people import people_of
from brainsand.cohort.prevalence import prevalence_rows
from brainsand.cohort.store import record_of, write_whole

Floats = NDArray[np.float64]
SEED: Final = 20260101
_DISCRETE: Final = ("share", "count")


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupWishes:
    """``phenotypes`` to relate burden to, columns to ``compare``, table of ``people``, whom the cohort stands for."""

    phenotypes: tuple[str, ...] = ()
    compare: tuple[str, ...] = ()
    people: Path | None = None
    population: str = "population not stated"
    reference_thickness_mm: float | None = None
    resamples: int = 200


CENTILE_COLUMNS: Final = (
    column("site", "text", "The site, both sides together; total is the whole brain"),
    column("measure", "text", "mass_mg or volume_mm3"),
    column("sex", "text", "F, M or all"),
    column("age", "whole", "Age", "year"),
    *(
        column(f"any{end}", "real", f"Share with any calcium{words}")
        for end, words in (
            ("", ""),
            ("_low", ", lower end of its 95 % interval"),
            ("_high", ", upper end of it"),
        )
    ),
    *(
        column(f"p{q}{end}", "real", f"{q}th centile of the amount of all{words}")
        for q in CENTILES
        for end, words in (("", ""), ("_low", ", lower end"), ("_high", ", upper end"))
    ),
)


def study_group(place: Path, out: Path, plan: Plan, wishes: GroupWishes) -> Path:
    """Do all of the group level; where its page lies.

    Raises
    ------
    UsageError
        There is nothing measured, or a column that was asked for is not there.
    """
    if _out_of_date(out, plan):
        gather(out, plan)
        write_failures(out, plan)
    group = load_group(out, people_of(place, plan, wishes.people))
    folder = out / "group"
    folder.mkdir(exist_ok=True)
    study, carried = _study(out, group, plan, wishes)
    _write(folder, study, carried)
    write_whole(folder / "group.html", page(study))
    return folder / "group.html"


def _out_of_date(out: Path, plan: Plan) -> bool:
    """Whether a scan was read after the tables were made, or there are none."""
    tables = out / "scans.parquet"
    if not tables.is_file():
        return True
    made = tables.stat().st_mtime_ns
    return any(_newer(record_of(out, unit), made) for unit in plan.units)


def _newer(path: Path, than_ns: int) -> bool:
    try:
        return path.stat().st_mtime_ns > than_ns
    except OSError:
        return False


def _study(out: Path, group: Group, plan: Plan, wishes: GroupWishes) -> tuple[Study, Floats | None]:
    rows, carried = harmonization(group, reference_mm=wishes.reference_thickness_mm)
    return Study(
        group=group,
        population=wishes.population,
        tried=_tried(plan, dict(group.flow)["scans measured"]),
        prevalence=prevalence_rows(group),
        curves=curves_of(group, resamples=wishes.resamples),
        associations={name: association_rows(group, name) for name in wishes.phenotypes},
        comparisons={name: comparison_rows(group, name) for name in wishes.compare},
        harmonization=rows,
        missing=missing_rows(group),
        atlas=atlas_map(out, group),
        resamples=wishes.resamples,
    ), carried


def _tried(plan: Plan, measured: int) -> dict[str, int]:
    """How many scans there were before those that could be measured."""
    lost = len(plan.units) - measured
    return (
        {"scans found": len(plan.units), "left out: not measured (failures.tsv)": lost} if lost >= 0 else {}
    )


def curves_of(group: Group, *, resamples: int) -> dict[tuple[str, str], dict[str, Curve]]:
    """The centile curves of every site and measure for which there are enough scans."""
    sex = group.text["sex"]
    _, person = np.unique(group.text["person"].astype(str), return_inverse=True)
    male = np.where(sex == "M", 1.0, np.where(sex == "F", 0.0, np.nan))
    people = People(age=group.real["age_years"], male=male, person=person)
    curves = {}
    for measure in MEASURES:
        for k, site in enumerate(group.sites):
            # One stream of chance a curve, so that no curve depends on which others could be drawn.
            rng = np.random.default_rng([SEED, k, MEASURES.index(measure)])
            own = fit_curves(group.amounts[measure][:, k], people, resamples=resamples, rng=rng)
            if own:
                curves[site, measure] = own
    return curves


def centile_rows(curves: Mapping[tuple[str, str], Mapping[str, Curve]]) -> list[dict[str, Any]]:
    """A row for every site, measure, sex and year."""
    rows = []
    for (site, measure), own in curves.items():
        for sex, curve in own.items():
            columns: dict[str, Sequence[float] | Floats] = {}
            for name, found in (("any", curve.any_share()), *((f"p{q}", curve.centile(q)) for q in CENTILES)):
                columns |= dict(zip((name, f"{name}_low", f"{name}_high"), found, strict=True))
            for k, age in enumerate(curve.ages):
                row = {name: float(f"{values[k]:.6g}") for name, values in columns.items()}
                rows.append({"site": site, "measure": measure, "sex": sex, "age": int(age), **row})
    return rows


def _write(folder: Path, study: Study, carried: Floats | None) -> None:
    tables: dict[str, tuple[Sequence[Column], Sequence[Mapping[str, Any]]]] = {
        "prevalence": (prevalence.COLUMNS, study.prevalence),
        "centiles": (CENTILE_COLUMNS, centile_rows(study.curves)),
        "association": (association.COLUMNS, [r for rows in study.associations.values() for r in rows]),
        "comparison": (comparison.COLUMNS, [r for rows in study.comparisons.values() for r in rows]),
        "harmonization": (harmonize.COLUMNS, study.harmonization),
        "missing": (missing.COLUMNS, study.missing),
    }
    for name, (columns, rows) in tables.items():
        write_table(folder, f"{name}.tsv", columns, rows)
        write_whole(folder / f"{name}.json", json.dumps(dictionary_of(tuple(columns)), indent=1) + "\n")
    norms = norms_record(study.group, study.curves, population=study.population)
    write_whole(folder / "norms.json", json.dumps(norms, ensure_ascii=False, separators=(",", ":")) + "\n")
    _write_harmonized(folder, study.group, carried)
    _write_map(folder, study.atlas)


def _write_harmonized(folder: Path, group: Group, carried: Floats | None) -> None:
    """The amounts carried to one slice thickness: a line a scan, a column a site."""
    path = folder / "harmonized.parquet"
    if carried is None:
        path.unlink(missing_ok=True)
        return
    import pyarrow as pa
    import pyarrow.parquet as pq

    columns = {"unit": pa.array(group.text["unit"].tolist(), pa.string())}
    columns |= {
        f"{site}_{group.measure}": pa.array(carried[:, k], from_pandas=True)
        for k, site in enumerate(group.sites)
    }
    pq.write_table(pa.table(columns), path, compression="zstd", version="2.6")


def _write_map(folder: Path, found: AtlasMap | None) -> None:
    for what in _DISCRETE:
        path = folder / f"calcification_{what}.nii.gz"
        if found is None:
            path.unlink(missing_ok=True)
        else:
            words = f"brainsand: {what} of {found.scans} persons with calcium"
            write_whole(path, map_bytes(found, words=words, what=what))

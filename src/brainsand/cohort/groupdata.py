"""The cohort's tables as the group level sees them: a line a scan that counts, a column a site, phenotypes beside.

A scan counts where it is measured, its pixels were not seen before, and no contrast medium is in it. Sides of a site
are summed; what was not imaged is NaN, never 0.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from brainsand.errors import UsageError
from brainsand.model.own_norms import TOTAL
from brainsand.model.sites import SITES

Floats = NDArray[np.float64]
Bool = NDArray[np.bool_]
Objects = NDArray[np.object_]
MEASURES: Final = ("mass_mg", "volume_mm3")
UNIT_OF: Final = {"mass_mg": "mg", "volume_mm3": "mm³"}
_TEXT: Final = (
    "unit",
    "person",
    "sex",
    "manufacturer",
    "model_name",
    "contrast",
    "same_pixels_as",
    "missing_parts",
)
_REAL: Final = (
    *(
        "order",
        "age_years",
        "kvp",
        "thickness_mm",
        "slice_gap_mm",
        "noise_hu",
        "volume_mm3",
        "mass_mg",
        "tcs",
    ),
    "deposits",
)
NEEDED: Final = (*_TEXT, *_REAL, "version", "knowledge_version", "settings_hash")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Group:
    """``text`` and ``real`` are columns a scan; ``count`` and ``amounts[measure]`` are (scans, sites), NaN: not imaged.

    ``first``: the scan is the first that counts of its person. ``flow``: how many scans were left out, and why.
    """

    text: Mapping[str, Objects]
    real: Mapping[str, Floats]
    count: Floats
    amounts: Mapping[str, Floats]
    first: Bool
    flow: tuple[tuple[str, int], ...]
    programs: tuple[str, ...]
    phenotypes: Mapping[str, Objects] = field(default_factory=dict)

    @property
    def sites(self) -> tuple[str, ...]:
        """The names of the columns of ``count`` and ``amounts``: every site, and the whole."""
        return (*SITES, TOTAL)

    @property
    def measure(self) -> str:
        """Mass where it is known of nine in ten scans, else volume."""
        known = np.isfinite(self.real["mass_mg"]).mean() if len(self.first) else 0.0
        return "mass_mg" if known >= 0.9 else "volume_mm3"

    @property
    def thickness_mm(self) -> Floats:
        """As the header says, else the distance between slices."""
        said = self.real["thickness_mm"]
        return np.where(np.isfinite(said), said, self.real["slice_gap_mm"])

    @property
    def scanner(self) -> Objects:
        """Maker and model in one word; None where neither is known."""
        pairs = zip(self.text["manufacturer"], self.text["model_name"], strict=True)
        return np.array([" ".join(filter(None, p)) or None for p in pairs], object)

    def column(self, site: str) -> int:
        """The column of a site."""
        return self.sites.index(site)


def load_group(out: Path, people: Mapping[str, Mapping[str, str | None]] | None = None) -> Group:
    """The tables of ``OUT``, with what is known of people (``person`` to column to cell).

    Raises
    ------
    UsageError
        There are no tables, or no scan that counts.
    """
    import pyarrow.parquet as pq

    path = out / "scans.parquet"
    if not path.is_file():
        raise UsageError(f"{out} holds no scans.parquet; run the participant level first.")
    table = pq.read_table(path, columns=list(NEEDED))
    text = {name: _objects(table[name]) for name in _TEXT}
    real = {name: _floats(table[name]) for name in _REAL}
    keep, flow = _counting(text)
    if not keep.any():
        raise UsageError(f"No scan of {out} counts: {', '.join(f'{n} {w}' for w, n in flow)}.")
    count, amounts = _by_site(out / "sites.parquet", text["unit"], real, text["missing_parts"])
    kept = {name: column[keep] for name, column in text.items()}
    numbers = {name: column[keep] for name, column in real.items()}
    return Group(
        text=kept,
        real=numbers,
        count=count[keep],
        amounts={name: column[keep] for name, column in amounts.items()},
        first=_firsts(kept["person"], numbers["order"]),
        flow=flow,
        programs=_programs(table),
        phenotypes=_phenotypes(kept["person"], kept["unit"], people or {}),
    )


def _objects(column: Any) -> Objects:
    return np.asarray(column.to_numpy(zero_copy_only=False), object)


def _floats(column: Any) -> Floats:
    import pyarrow as pa

    return np.asarray(column.cast(pa.float64()).to_numpy(zero_copy_only=False), float)


def _counting(text: Mapping[str, Objects]) -> tuple[Bool, tuple[tuple[str, int], ...]]:
    again = np.array([s is not None for s in text["same_pixels_as"]], bool)
    contrast = np.isin(text["contrast"].astype(str), ("present", "suspected")) & ~again
    keep = ~again & ~contrast
    flow = (
        ("scans measured", len(keep)),
        ("left out: the same pixels as another scan", int(again.sum())),
        ("left out: contrast medium seen or said", int(contrast.sum())),
        ("scans that count", int(keep.sum())),
        ("persons", len(set(text["person"][keep]))),
    )
    return keep, flow


def _by_site(
    path: Path, units: Objects, real: Mapping[str, Floats], missing: Objects
) -> tuple[Floats, dict[str, Floats]]:
    """Sums over sides: (scans, sites + whole). NaN where a side was not imaged, or an amount is not known."""
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    table = pq.read_table(
        path, columns=["unit", "site", "imaged", "count", *MEASURES], read_dictionary=["unit", "site"]
    )
    row = _codes(table["unit"], units, pa, pc)
    column = _codes(table["site"], np.array(SITES, object), pa, pc)
    at, shape = row * len(SITES) + column, (len(units), len(SITES))
    imaged = table["imaged"].to_numpy(zero_copy_only=False).astype(bool)

    def summed(name: str) -> Floats:
        values = _floats(table[name])
        unknown = ~np.isfinite(values)
        total = np.bincount(at, weights=np.where(unknown, 0.0, values), minlength=shape[0] * shape[1])
        lost = np.bincount(at, weights=unknown | ~imaged, minlength=shape[0] * shape[1]) > 0
        return np.asarray(np.where(lost, np.nan, total).reshape(shape))

    cut = np.array([m is not None for m in missing], bool)
    wholes = {"count": real["deposits"], **{name: real[name] for name in MEASURES}}
    tables = {
        name: np.column_stack([summed(name), np.where(cut, np.nan, whole)]) for name, whole in wholes.items()
    }
    return tables.pop("count"), tables


def _codes(column: Any, names: Objects, pa: Any, pc: Any) -> NDArray[np.int64]:
    """Where each value stands among ``names``."""
    one = column.combine_chunks() if column.num_chunks != 1 else column.chunk(0)
    if isinstance(one, pa.ChunkedArray):
        one = pa.concat_arrays([c.dictionary_decode() for c in one.chunks]).dictionary_encode()
    places = pc.index_in(one.dictionary, value_set=pa.array(list(names), pa.string()))
    number = np.asarray(places.to_numpy(zero_copy_only=False), np.int64)
    return np.asarray(number[one.indices.to_numpy(zero_copy_only=False)])


def _firsts(person: Objects, order: Floats) -> Bool:
    """The first scan that counts of each person (by their order, then by line)."""
    _, who = np.unique(person.astype(str), return_inverse=True)
    sequence = np.lexsort((np.arange(len(person)), order, who))
    starts = np.r_[True, np.diff(who[sequence]) > 0] if len(sequence) else np.zeros(0, bool)
    out = np.zeros(len(person), bool)
    out[sequence[starts]] = True
    return out


def _programs(table: Any) -> tuple[str, ...]:
    parts = [table[name].unique().to_pylist() for name in ("version", "knowledge_version", "settings_hash")]
    if all(len(p) == 1 for p in parts):
        return (" ".join(str(p[0]) for p in parts),)
    columns = (table[name].to_pylist() for name in ("version", "knowledge_version", "settings_hash"))
    return tuple(sorted({" ".join(map(str, row)) for row in zip(*columns, strict=True)}))


def _phenotypes(
    person: Objects, unit: Objects, people: Mapping[str, Mapping[str, str | None]]
) -> dict[str, Objects]:
    """Cells of people by column, a line a scan; a table of scans is asked for the scan first."""
    names = sorted({name for row in people.values() for name in row})
    rows: list[Mapping[str, str | None]] = [
        people.get(u) or people.get(p) or {} for u, p in zip(unit, person, strict=True)
    ]
    return {name: np.array([row.get(name) for row in rows], object) for name in names}


def numbers_of(cells: Sequence[Any]) -> Floats | None:
    """A column of words as numbers; None where a word is none.

    >>> numbers_of(["1", None, "2.5"]).tolist(), numbers_of(["1", "yes"])
    ([1.0, nan, 2.5], None)
    """
    try:
        return np.array([np.nan if c is None else float(str(c).replace(",", ".")) for c in cells], float)
    except ValueError:
        return None

"""What the package knows, read once at the edge: norms by age, limits, and the sources behind them.

The files lie in ``brainsand/knowledge`` and are read through :mod:`importlib.resources`, so a zipped install
works too. Nothing further in opens a file: rooms are handed the mapping that :func:`load_norms` gives.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib import resources
from typing import Any

import yaml

from brainsand.model.knowledge import Knowledge
from brainsand.model.reference import Reference
from brainsand.read.atlas import load_atlas
from brainsand.read.compiled import plain_knowledge
from brainsand.read.conditions import condition_of, group_of
from brainsand.read.network import load_network
from brainsand.read.terms import load_terms
from brainsand.read.words import age_share_of, analyte_of, background_of, curve_of, history_word_of

# libyaml reads the norms in some 10 ms; the pure Python loader takes twenty times as long.
_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def load_reference(*, threads: int | None = None) -> Reference:
    """Everything ``pipeline.analyze`` leans on; the network on ``threads`` cores (None: on all)."""
    atlas, norms = load_atlas(), load_norms()
    knowledge = load_knowledge()
    return Reference(
        atlas=atlas,
        network=load_network(threads),
        norms=norms,
        version=f"{norms['version']}+conditions.{knowledge.version}+atlas.{atlas.version}",
        knowledge=knowledge,
        terms=load_terms(),
    )


def load_knowledge() -> Knowledge:
    """Conditions, groups, analytes, history words and base rates: all that the ranking is handed.

    Read from the compiled copy of the YAML (see ``read.compiled``), in some 60 ms of CPU time.

    Examples
    --------
    >>> knowledge = load_knowledge()
    >>> knowledge.group_of("hypopara_postsurgical").name
    'Hypoparathyroidism (all causes)'
    >>> knowledge.conditions["pfbc_pdgfb"].site("thalamus").facts[0].words
    '7 of 31'
    """
    return knowledge_of(plain_knowledge())


def knowledge_of(plain: Mapping[str, Any]) -> Knowledge:
    """The records of a gathered knowledge base (``read.gather.gathered``)."""
    conditions = {raw["id"]: raw for raw in plain["conditions"]}
    words = plain["background"]
    return Knowledge(
        version=plain["version"],
        hpo_version=plain["hpo_version"],
        conditions={name: condition_of(raw) for name, raw in conditions.items()},
        groups={raw["id"]: group_of(raw, conditions) for raw in plain["groups"]},
        analytes={raw["id"]: analyte_of(raw) for raw in plain["analytes"]},
        history={raw["id"]: history_word_of(raw) for raw in plain["history"]},
        background={raw["id"]: background_of(raw) for raw in words["features"]},
        population=tuple(age_share_of(raw) for raw in words["population"]),
        female_share=words["female_percent"] / 100.0,
        ordinary={raw["site"]: curve_of(raw) for raw in plain["ordinary"]},
    )


def load_norms() -> dict[str, Any]:
    """The norms, their limits and their references, as plain mappings.

    Returns
    -------
    dict
        ``version`` (str) · ``prevalence`` (list of rows, see ``norms.yaml``) · ``limits`` {name: row} ·
        ``youngest_years`` {site: row} · ``calcium_propensity`` {site: row} · ``kvp_thresholds`` {kvp: four
        HU} · ``references`` {key: row}. Each row keeps its ``cite`` or ``source``.

    Examples
    --------
    >>> norms = load_norms()
    >>> norms["kvp_thresholds"][120]
    (130.0, 200.0, 300.0, 400.0)
    >>> norms["limits"]["pallidum_ordinary_years"]["value"]
    40
    """
    raw = _read("norms.yaml")
    return {
        "version": str(raw["version"]),
        "prevalence": raw["prevalence"],
        "limits": {row["name"]: row for row in raw["limits"]},
        "youngest_years": {row["site"]: row for row in raw["youngest_years"]},
        "calcium_propensity": {row["site"]: row for row in raw["calcium_propensity"]},
        "kvp_thresholds": {float(row["kvp"]): tuple(map(float, row["hu"])) for row in raw["kvp_thresholds"]},
        "calibration": raw["calibration"],
        "volume_rule": _read("volume.yaml"),
        "references": {row["key"]: row for row in _read("references.yaml")},
    }


def _read(name: str) -> Any:
    text = resources.files("brainsand.knowledge").joinpath(name).read_text(encoding="utf-8")
    return yaml.load(text, Loader=_Loader)

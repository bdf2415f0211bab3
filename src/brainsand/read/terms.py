"""HPO without the network: load the vocabulary that ships with the package.

``knowledge/hpo.json.gz`` is made by ``tools/build_terms`` from HPO's own release files;
``knowledge/words/site_terms.yaml`` is our overlay of calcification sites. HPO's conditions of use ask that it be
cited, its version shown, and its content left as it is: see NOTICE.
"""

from __future__ import annotations

import gzip
import json
from importlib import resources
from typing import Any

import yaml

from brainsand.model.terms import Obsolete, SiteTerms, Terms


def load_terms() -> Terms:
    """All terms of the release, in some 60 ms of CPU time.

    Examples
    --------
    >>> terms = load_terms()
    >>> terms.get("HP:0001300").name
    'Parkinsonism'
    >>> terms.is_a("HP:0001300", "HP:0000707"), terms.calcified_sites("HP:0025041")
    (True, ('thalamus',))
    """
    raw = json.loads(gzip.decompress(_bytes("hpo.json.gz")))
    rows = raw["terms"]
    return Terms(
        version=raw["version"],
        names={row[0]: row[1] for row in rows},
        synonyms={row[0]: tuple(row[2]) for row in rows if row[2]},
        parents={row[0]: tuple(row[3]) for row in rows},
        diseases={row[0]: row[4] for row in rows},
        alternative=raw["alternative"],
        obsolete={id: _obsolete(*row) for id, row in raw["obsolete"].items()},
        total_diseases=raw["diseases"],
        sites=site_terms(),
    )


def site_terms() -> dict[str, SiteTerms]:
    """The overlay of calcification sites, by site."""
    raw = yaml.safe_load(_bytes("words/site_terms.yaml"))
    rows = (
        SiteTerms(site=row["site"], exact=tuple(row["exact"]), wider=tuple(row["wider"]))
        for row in raw["sites"]
    )
    return {row.site: row for row in rows}


def _obsolete(name: str, replaced_by: list[str], consider: list[str]) -> Obsolete:
    return Obsolete(name=name, replaced_by=tuple(replaced_by), consider=tuple(consider))


def _bytes(name: str) -> Any:
    return resources.files("brainsand.knowledge").joinpath(name).read_bytes()

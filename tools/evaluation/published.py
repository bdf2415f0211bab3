"""Published patients (``published_cases.yaml``, ``tools/evaluation/patients``) in the words of a patient file.

The file's own words are turned into the contract's one by one (``tools/evaluation/words.yaml``); what has no word of
the contract (a skin biopsy, a virus without an analyte) is left out, as a reader would have to.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from brainsand.model.knowledge import Knowledge
from brainsand.model.sites import LOBES
from evaluation.case import EvaluationCase

WORDS: dict[str, Any] = yaml.safe_load((Path(__file__).parent / "words.yaml").read_text(encoding="utf-8"))


def read_published(path: Path, knowledge: Knowledge) -> list[EvaluationCase]:
    """Every case of a file, or of all files of a folder by name, in its order."""
    texts = [file.read_text(encoding="utf-8") for file in files_of(path)]
    return [_case(row, knowledge) for text in texts for row in yaml.load(text, yaml.CSafeLoader)["cases"]]


def files_of(path: Path) -> list[Path]:
    """The file itself, or all of a folder, by name."""
    return sorted(path.glob("*.yaml")) if path.is_dir() else [path]


def _case(row: Mapping[str, Any], knowledge: Knowledge) -> EvaluationCase:
    groups, conditions = truth_of(row["diagnosis"], knowledge)
    paper = row.get("source_url") or row.get("source_ref") or row["id"]
    return EvaluationCase(
        id=row["id"],
        source="published",
        paper=str(paper),
        facts=facts_of(row),
        groups=groups,
        conditions=conditions,
        silent=frozenset(_names_of(row, str(paper))),
    )


def _names_of(row: Mapping[str, Any], paper: str) -> list[str]:
    """Every name of the paper that described the patient: its address, the PMID in it, and the case's ``source``."""
    return [
        paper,
        *(f"PMID:{n}" for n in re.findall(r"pubmed\D*?(\d{6,8})", paper)),
        *(str(one) for one in row.get("source") or []),
    ]


def truth_of(diagnosis: Mapping[str, Any], knowledge: Knowledge) -> tuple[frozenset[str], frozenset[str]]:
    """The groups and conditions that count as right: by OMIM id, by gene, and by the diagnosis's name."""
    omim = {f"OMIM:{n}" for n in [diagnosis.get("omim"), *diagnosis.get("omim_candidates", [])] if n}
    gene = diagnosis.get("gene")
    named = set(WORDS["diagnoses"].get(diagnosis["name"], []))
    found = {
        c.id
        for c in knowledge.conditions.values()
        if omim & set(c.omim) or (gene and gene in {g.symbol for g in c.genes} and not named) or c.id in named
    }
    groups = {knowledge.conditions[c].group for c in found} | {n for n in named if n in knowledge.groups}
    return frozenset(groups), frozenset(found)


def facts_of(row: Mapping[str, Any]) -> dict[str, Any]:
    """The case as the record of a patient file."""
    facts: dict[str, Any] = {
        "age_years": row.get("age_years"),
        "sex": {"female": "F", "male": "M"}.get(row.get("sex") or ""),
        "findings": _findings(row),
        "phenotype": _phenotype(row),
        "labs": _labs(row.get("labs") or []),
        "history": _history(row),
        "family": _family(row.get("family_history")),
    }
    return {name: value for name, value in facts.items() if value not in (None, [], {})}


def _findings(row: Mapping[str, Any]) -> list[dict[str, Any]]:
    found = []
    for seen in row["calcification"]:
        text = str(seen.get("morphology") or "").lower()
        found += [{"site": site} | _descriptors(seen, text) for site in _sites(seen["site"], text)]
    for site in row.get("absent_sites") or []:
        found += [{"site": s, "absent": True} for s in _sites(site, "")]
    return found


def _sites(site: str, text: str) -> list[str]:
    """The contract's sites; where the case file's word covers several, those that the text names, else the first."""
    sites = WORDS["sites"][site]
    named = [s for s in sites if s.split("_")[0] in text]
    return named or sites[:1]


def _descriptors(seen: Mapping[str, Any], text: str) -> dict[str, Any]:
    side = {"bilateral": "both"}.get(seen.get("side") or "", seen.get("side"))
    form = next((form for word, form in WORDS["forms"].items() if word in text), None)
    extent = seen.get("extent") if seen.get("extent") not in (None, "unknown") else None
    lobes = [lobe for lobe in LOBES if _root(lobe) in text]
    told = {
        "side": side,
        "morphology": form,
        "extent": extent,
        "in_mass": "mass" in text or None,
        "lobe": lobes,
    }
    return {name: value for name, value in told.items() if value}


def _root(lobe: str) -> str:
    """What a lobe begins with in words put together of two: fronto-parietal, temporo-occipital."""
    return {"frontal": "front", "parietal": "pariet", "temporal": "tempor", "occipital": "occipit"}.get(
        lobe, lobe
    )


def _phenotype(row: Mapping[str, Any]) -> list[dict[str, Any]]:
    observed = [{"id": p["hpo_id"], "label": p["label"]} for p in row.get("phenotype") or []]
    excluded = [
        {"id": p["hpo_id"], "label": p["label"], "excluded": True} for p in row.get("absent_phenotype") or []
    ]
    kept = {p["id"]: p for p in [*observed, *excluded] if p["id"]}
    return list(kept.values())


def _labs(labs: list[Mapping[str, Any]]) -> list[dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    for lab in labs:
        for analyte in WORDS["analytes"].get(lab["analyte"], []):
            flag = lab.get("flag")
            if flag in ("low", "normal", "high", "positive", "negative"):
                found.setdefault(analyte, {"analyte": analyte, "flag": flag})
    return list(found.values())


def _history(row: Mapping[str, Any]) -> list[str]:
    text = " ".join(row.get("history") or []).lower()
    terms = {p["label"] for p in row.get("phenotype") or []}
    return [
        word for word, cues in WORDS["history"].items() if any(cue in text or cue in terms for cue in cues)
    ]


def _family(text: str | None) -> dict[str, Any]:
    said = (text or "").lower()
    family: dict[str, Any] = {}
    if "consanguineous parents" in said:
        family["consanguinity"] = True
    relatives = [word for word, cues in WORDS["relatives"].items() if any(cue in said for cue in cues)]
    if relatives:
        family["affected_relatives"] = relatives
    return family

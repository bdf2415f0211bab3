"""A patient and what was found as a GA4GH Phenopacket v2: a mapping ready for JSON.

Calcium is written as HPO terms, with HPO's laterality modifiers (bilateral HP:0012832, right HP:0012834, left
HP:0012835). Laboratory values become measurements by LOINC, variants a genomic interpretation under the leading
condition, IN_PROGRESS: the ranking is no diagnosis, so ``diseases`` is not written. Subjects carry no identity.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from brainsand import __version__
from brainsand.model.finding import ORDINARY_KINDS
from brainsand.model.terms import Terms
from brainsand.model.vocabulary import Analyte

Record = dict[str, Any]

SCHEMA_VERSION: Final = "2.0"
SEXES: Final = {"F": "FEMALE", "M": "MALE", "U": "UNKNOWN_SEX"}
ACMG: Final = {
    "P": "PATHOGENIC", "LP": "LIKELY_PATHOGENIC", "VUS": "UNCERTAIN_SIGNIFICANCE", "LB": "LIKELY_BENIGN",
    "B": "BENIGN",
}  # fmt: skip
ZYGOSITY: Final = {
    "heterozygous": "GENO:0000135", "homozygous": "GENO:0000136", "hemizygous": "GENO:0000134",
    "compound_heterozygous": "GENO:0000402", "homoplasmic": "GENO:0000602", "heteroplasmic": "GENO:0000603",
}  # fmt: skip
MODIFIERS: Final = {
    "both": ("HP:0012832", "Bilateral"), "right": ("HP:0012834", "Right"), "left": ("HP:0012835", "Left"),
}  # fmt: skip
FLAG_TERMS: Final = {
    "low": ("PATO:0002301", "decreased quality"), "high": ("PATO:0002300", "increased quality"),
    "normal": ("PATO:0000461", "normal"), "positive": ("SCTID:10828004", "Positive"),
    "negative": ("SCTID:260385009", "Negative"),
}  # fmt: skip
_SIDES: Final[Mapping[str, tuple[str, ...]]] = {
    "both": ("left", "right"),
    "left": ("left",),
    "right": ("right",),
}
SOMEWHERE: Final = ("HP:0430048", "Intracranial calcification")
RESOURCES: Final = (
    ("hp", "human phenotype ontology", "http://purl.obolibrary.org/obo/hp.owl", "HP",
     "http://purl.obolibrary.org/obo/HP_"),
    ("geno", "Genotype Ontology", "http://purl.obolibrary.org/obo/geno.owl", "GENO",
     "http://purl.obolibrary.org/obo/GENO_"),
    ("loinc", "Logical Observation Identifiers Names and Codes", "https://loinc.org", "LOINC",
     "https://loinc.org/"),
    ("ucum", "Unified Code for Units of Measure", "https://ucum.org", "UCUM", "https://ucum.org/"),
    ("pato", "Phenotype And Trait Ontology", "http://purl.obolibrary.org/obo/pato.owl", "PATO",
     "http://purl.obolibrary.org/obo/PATO_"),
    ("sctid", "SNOMED Clinical Terms", "http://snomed.info/sct", "SCTID", "http://snomed.info/id/"),
    ("omim", "Online Mendelian Inheritance in Man", "https://omim.org", "OMIM", "https://omim.org/entry/"),
)  # fmt: skip


def phenopacket_of(
    patient: Mapping[str, Any],
    *,
    findings: Sequence[Mapping[str, Any]],
    differential: Mapping[str, Any] | None,
    terms: Terms,
    analytes: Mapping[str, Analyte],
    created: str,
) -> Record:
    """The Phenopacket of one patient.

    Parameters
    ----------
    patient : mapping
        The ``patient`` block of a case or diagnosis.
    findings : sequence of mappings
        ``{site, side, absent}`` of what was seen, from the scan or the patient file.
    differential : mapping, optional
        Variants are written under its leading condition.
    terms, analytes
        HPO, and the analytes with their LOINC codes.
    created : str
        ISO 8601.
    """
    packet: Record = {
        "id": "brainsand",
        "subject": _subject(patient),
        "phenotypicFeatures": [*_calcium(findings, terms), *_features(patient, terms)],
        "measurements": [m for lab in patient.get("labs") or [] if (m := _measurement(lab, analytes))],
        "interpretations": _interpretations(patient.get("variants") or [], differential),
        "metaData": _meta(created, terms),
    }
    return {name: value for name, value in packet.items() if value != []}


def phenopacket_of_case(
    record: Mapping[str, Any], *, terms: Terms, analytes: Mapping[str, Analyte], created: str
) -> Record:
    """The Phenopacket of a case (``case.json``): calcium that is ordinary is no feature of a patient."""
    return phenopacket_of(
        record["patient"],
        findings=[
            {"site": d["site"], "side": d["side"]}
            for d in record["deposits"]
            if d["kind"] not in ORDINARY_KINDS
        ],
        differential=record["differential"],
        terms=terms,
        analytes=analytes,
        created=created,
    )


def _subject(patient: Mapping[str, Any]) -> Record:
    subject: Record = {"id": "patient", "sex": SEXES.get(str(patient.get("sex")), "UNKNOWN_SEX")}
    age = patient.get("age_years")
    if age is not None:
        subject["timeAtLastEncounter"] = {"age": {"iso8601duration": duration(float(age))}}
    return subject


def duration(years: float) -> str:
    """Years as an ISO 8601 duration of years and months; under two months in days.

    >>> duration(47.5), duration(0.25), duration(0.04), duration(3.0)
    ('P47Y6M', 'P3M', 'P15D', 'P3Y')
    """
    if years < 2 / 12:
        return f"P{round(years * 365.25)}D"
    months = round(years * 12)
    text = (f"{months // 12}Y" if months >= 12 else "") + (f"{months % 12}M" if months % 12 else "")
    return f"P{text}"


def _calcium(findings: Sequence[Mapping[str, Any]], terms: Terms) -> list[Record]:
    """One feature a term: sides of all findings that it covers are joined."""
    sides: dict[str, set[str]] = {}
    absent: dict[str, bool] = {}
    for f in findings:
        term = calcium_term(str(f["site"]), terms)
        free = bool(f.get("absent"))
        if free and term in sides:
            continue
        if not free and absent.get(term):
            sides.pop(term, None)
        absent[term] = free
        sides.setdefault(term, set()).update(_SIDES.get(str(f.get("side")), ()))
    return [_feature(term, absent[term], sides[term], terms) for term in sides]


def calcium_term(site: str, terms: Terms) -> str:
    """The most special HPO term for calcium at a site."""
    if site == "basal_ganglia":
        return "HP:0002135"
    known = terms.sites.get(site)
    named = (*known.exact, *known.wider) if known else ()
    return named[0] if named else SOMEWHERE[0]


def _feature(term: str, excluded: bool, sides: set[str], terms: Terms) -> Record:
    feature: Record = {"type": _class(term, terms.names.get(term, SOMEWHERE[1]))}
    if excluded:
        return feature | {"excluded": True}
    word = "both" if {"left", "right"} <= sides else next(iter(sides), "")
    if word in MODIFIERS:
        feature["modifiers"] = [_class(*MODIFIERS[word])]
    return feature


def _features(patient: Mapping[str, Any], terms: Terms) -> list[Record]:
    found = []
    for term in patient.get("phenotype") or []:
        name = str(term["id"])
        feature: Record = {"type": _class(name, terms.names.get(name, str(term.get("label") or name)))}
        if term.get("excluded"):
            feature["excluded"] = True
        if term.get("onset_years") is not None:
            feature["onset"] = {"age": {"iso8601duration": duration(float(term["onset_years"]))}}
        modifiers = [_class(str(m), terms.names.get(str(m), str(m))) for m in term.get("modifiers") or []]
        found.append(feature | ({"modifiers": modifiers} if modifiers else {}))
    return found


def _measurement(lab: Mapping[str, Any], analytes: Mapping[str, Analyte]) -> Record | None:
    analyte = analytes.get(str(lab["analyte"]))
    if analyte is None or not analyte.loinc:
        return None
    code = _loinc(analyte, lab.get("unit"))
    measured: Record = {"assay": _class(f"LOINC:{code}", analyte.name)}
    if lab.get("value") is None:
        return measured | {"value": {"ontologyClass": _class(*FLAG_TERMS[str(lab["flag"])])}}
    unit = str(lab.get("unit") or analyte.unit)
    quantity: Record = {"unit": _class(f"UCUM:{unit}", unit), "value": float(lab["value"])}
    if lab.get("ref_low") is not None and lab.get("ref_high") is not None:
        limits = {"low": float(lab["ref_low"]), "high": float(lab["ref_high"])}
        quantity["referenceRange"] = {"unit": _class(f"UCUM:{unit}", unit), **limits}
    return measured | {"value": {"quantity": quantity}}


def _loinc(analyte: Analyte, unit: str | None) -> str:
    """The code that is reported in this unit, else the first."""
    fitting = [code for code, reported in analyte.loinc.items() if unit and reported.lower() == unit.lower()]
    return (fitting or list(analyte.loinc))[0]


def _interpretations(
    variants: Sequence[Mapping[str, Any]], differential: Mapping[str, Any] | None
) -> list[Record]:
    disease = _leading_disease(differential)
    if not variants or disease is None:
        return []
    rows = [_genomic(variant, number) for number, variant in enumerate(variants, start=1)]
    diagnosis = {"disease": disease, "genomicInterpretations": rows}
    return [{"id": "ranking", "progressStatus": "IN_PROGRESS", "diagnosis": diagnosis}]


def _leading_disease(differential: Mapping[str, Any] | None) -> Record | None:
    for group in (differential or {}).get("groups") or []:
        for member in group["members"]:
            if member["omim"]:
                return _class(str(member["omim"][0]), str(member["name"]))
    return None


def _genomic(variant: Mapping[str, Any], number: int) -> Record:
    symbol = str(variant["gene"])
    described: Record = {
        "id": f"variant-{number}",
        "geneContext": {"valueId": f"symbol:{symbol}", "symbol": symbol},
        "moleculeContext": "genomic",
    }
    if variant.get("hgvs"):
        described["expressions"] = [{"syntax": "hgvs", "value": str(variant["hgvs"])}]
    zygosity = str(variant.get("zygosity"))
    if zygosity in ZYGOSITY:
        described["allelicState"] = _class(ZYGOSITY[zygosity], zygosity.replace("_", " "))
    told: Record = {"variationDescriptor": described}
    if variant.get("acmg") in ACMG:
        told["acmgPathogenicityClassification"] = ACMG[str(variant["acmg"])]
    return {
        "subjectOrBiosampleId": "patient",
        "interpretationStatus": "CANDIDATE",
        "variantInterpretation": told,
    }


def _class(name: str, label: str) -> Record:
    return {"id": name, "label": label}


def _meta(created: str, terms: Terms) -> Record:
    stamp = created.replace("+00:00", "Z")
    resources = [
        {
            "id": key,
            "name": name,
            "url": url,
            "version": terms.version if key == "hp" else "unspecified",
            "namespacePrefix": prefix,
            "iriPrefix": iri,
        }
        for key, name, url, prefix, iri in RESOURCES
    ]
    return {
        "created": stamp,
        "createdBy": f"brainsand {__version__}",
        "resources": resources,
        "phenopacketSchemaVersion": SCHEMA_VERSION,
    }

"""What does a GA4GH Phenopacket say of a patient? Version 2 (ISO 4454:2022), as JSON, to the fields of a patient file.

Read: age and sex of the subject, phenotypic features (observed, excluded, onset, modifiers), measurements (LOINC to
analytes), variants of the interpretations. Never read: names, identifiers, dates of birth; and the diagnosis itself,
which would answer the question by the question (its variants are read: they are findings). A packet of another version
is read as far as its fields are those of version 2 or 1, and a caution says so.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

from brainsand.model.caution import Caution
from brainsand.read.checks import Record, Said, refusal
from brainsand.read.duration import years_of

Loinc = Mapping[str, tuple[str, str]]
"""LOINC code to (analyte, the unit the code is reported in, or "")."""

SEXES: Final = {"FEMALE": "F", "MALE": "M", "UNKNOWN_SEX": "U", "OTHER_SEX": "U"}
ACMG: Final = {
    "PATHOGENIC": "P", "LIKELY_PATHOGENIC": "LP", "UNCERTAIN_SIGNIFICANCE": "VUS", "LIKELY_BENIGN": "LB", "BENIGN": "B",
}  # fmt: skip
ZYGOSITY: Final = {
    "GENO:0000135": "heterozygous",
    "GENO:0000136": "homozygous",
    "GENO:0000134": "hemizygous",
    "GENO:0000402": "compound_heterozygous",
    "GENO:0000602": "homoplasmic",
    "GENO:0000603": "heteroplasmic",
}
#: Onset classes of HPO, in years (the middle of the class).
ONSET_YEARS: Final = {
    "HP:0030674": 0.0, "HP:0003577": 0.0, "HP:0003623": 0.04, "HP:0003593": 0.5, "HP:0011463": 3.0,
    "HP:0003621": 10.0, "HP:0011462": 28.0, "HP:0025708": 18.0, "HP:0025709": 25.0, "HP:0025710": 35.0,
    "HP:0003581": 28.0, "HP:0003596": 50.0, "HP:0003584": 65.0,
}  # fmt: skip
VERDICTS: Final = {"present": "positive", "positive": "positive", "absent": "negative", "negative": "negative",
                   "high": "high", "abnormally high": "high", "increased": "high", "elevated": "high", "low": "low",
                   "abnormally low": "low", "decreased": "low", "normal": "normal"}  # fmt: skip


READ: Final = ("id", "subject", "phenotypicFeatures", "measurements", "interpretations", "metaData")
"""The blocks that are read, or say nothing of the patient."""
VERDICT_IDS: Final = {
    "PATO:0002301": "low", "PATO:0002300": "high", "PATO:0000461": "normal", "SCTID:10828004": "positive",
    "SCTID:260385009": "negative",
}  # fmt: skip


def is_phenopacket(record: Mapping[str, Any]) -> bool:
    """Whether a parsed JSON object looks like a Phenopacket, or a Family with one in it.

    >>> is_phenopacket({"subject": {}, "metaData": {}}), is_phenopacket({"age_years": 47})
    (True, False)
    """
    names = set(map(camel, record))
    return (
        bool(names & {"subject", "proband", "members"} and "metaData" in names)
        or "phenotypicFeatures" in names
    )


def camel(name: str) -> str:
    """A field's name as Phenopackets write it in JSON; Protobuf's own spelling is read too.

    >>> camel("phenotypic_features"), camel("iso8601duration")
    ('phenotypicFeatures', 'iso8601duration')
    """
    return re.sub(r"(?<=[a-z])_([a-z])", lambda m: m[1].upper(), str(name))


def _in_camel(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {camel(name): _in_camel(part) for name, part in value.items()}
    return [_in_camel(part) for part in value] if isinstance(value, list) else value


def patient_record(packet: Mapping[str, Any], loinc: Loinc) -> tuple[Record, tuple[Caution, ...]]:
    """A patient file's record with what the packet says, ready for ``read.patient.patient_of``.

    Parameters
    ----------
    packet : mapping
        The parsed JSON.
    loinc : mapping of LOINC code to (analyte, unit)
        Which measurements are read.
    """
    said: Said = []
    packet = _in_camel(packet)
    if "members" in packet:
        raise refusal("The file is a Cohort.", "a Phenopacket of one person.", "Give its members one by one.")
    if isinstance(packet.get("proband"), Mapping):
        said.append(
            _caution("phenopacket_family", "The file is a Family: its proband is read, relatives are not.")
        )
        packet = packet["proband"]
    _check_version(packet, said)
    _say_unread(packet, said)
    subject = _mapping(packet.get("subject"), "subject", said)
    record: Record = {}
    if subject.get("dateOfBirth"):
        said.append(
            _caution("identity_removed", "The date of birth was dropped; only an age in years is kept.")
        )
    age = _age(subject)
    if age is not None:
        record["age_years"] = age
    elif subject.get("timeAtLastEncounter") or subject.get("ageAtCollection"):
        words = (
            "The age of the Phenopacket's subject could not be read and was left out: P47Y6M was expected."
        )
        said.append(_caution("phenopacket_age", words))
    sex = SEXES.get(str(subject.get("sex", "")).upper())
    if sex:
        record["sex"] = sex
    record["phenotype"] = _features(_list(packet.get("phenotypicFeatures"), "phenotypicFeatures", said), said)
    record["labs"] = _labs(_list(packet.get("measurements"), "measurements", said), loinc, said)
    record["variants"] = _variants(_list(packet.get("interpretations"), "interpretations", said))
    return {name: value for name, value in record.items() if value not in ([], None)}, tuple(said)


def _caution(code: str, words: str) -> Caution:
    return Caution(code=code, words=words)


def _check_version(packet: Mapping[str, Any], said: Said) -> None:
    meta = packet.get("metaData")
    version = str(meta.get("phenopacketSchemaVersion") or "") if isinstance(meta, Mapping) else ""
    if not version.startswith("2"):
        named = f"is of version {version}" if version else "names no version"
        words = (
            f"The Phenopacket {named}; version 2 was expected. What both share was read, the rest left out."
        )
        said.append(_caution("phenopacket_version", words))


def _say_unread(packet: Mapping[str, Any], said: Said) -> None:
    """Blocks that are there and not read; the diagnosis would answer the question by the question."""
    unread = [name for name, block in packet.items() if block and name not in READ]
    if unread:
        words = f"Not read of the Phenopacket: {', '.join(sorted(unread))}."
        said.append(_caution("phenopacket_unread", words))


def _mapping(value: Any, name: str, said: Said) -> Mapping[str, Any]:
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        said.append(
            _caution("phenopacket_field", f"{name} of the Phenopacket is no object and was left out.")
        )
        return {}
    return value


def _list(value: Any, name: str, said: Said) -> list[Mapping[str, Any]]:
    if value is None:
        return []
    if not isinstance(value, list):
        said.append(_caution("phenopacket_field", f"{name} of the Phenopacket is no list and was left out."))
        return []
    rows = [row for row in value if isinstance(row, Mapping)]
    if len(rows) < len(value):
        words = f"{len(value) - len(rows)} of the {name} of the Phenopacket are no objects and were left out."
        said.append(_caution("phenopacket_field", words))
    return rows


def _objects(value: Any) -> list[Mapping[str, Any]]:
    """The objects of a list; none where it is no list."""
    return [row for row in value if isinstance(row, Mapping)] if isinstance(value, list) else []


def _age(subject: Mapping[str, Any]) -> float | None:
    """Age at the last encounter (version 2) or at collection (version 1), years."""
    time = subject.get("timeAtLastEncounter")
    if not isinstance(time, Mapping):
        time = {"age": subject.get("ageAtCollection")}
    return _years(time)


def _years(time: Any) -> float | None:
    """Years of a TimeElement: age, range of ages (its middle), onset class, weeks of gestation (birth)."""
    if not isinstance(time, Mapping):
        return None
    if "gestationalAge" in time:
        return 0.0
    if isinstance(time.get("ontologyClass"), Mapping):
        return ONSET_YEARS.get(str(time["ontologyClass"].get("id")))
    if isinstance(time.get("ageRange"), Mapping):
        ends = [_duration(time["ageRange"].get(end)) for end in ("start", "end")]
        known = [y for y in ends if y is not None]
        return sum(known) / len(known) if known else None
    return _duration(time.get("age", time))


def _duration(age: Any) -> float | None:
    if isinstance(age, Mapping):
        age = age.get("iso8601duration") or age.get("age")
    return years_of(age) if isinstance(age, str) else None


def _features(features: Iterable[Mapping[str, Any]], said: Said) -> list[Record]:
    """The terms, as the packet has them; doubles are seen to where a patient file's are."""
    return [term for feature in features if (term := _feature(feature, said)) is not None]


def _feature(feature: Mapping[str, Any], said: Said) -> Record | None:
    kind = feature.get("type")
    term_id = str(kind.get("id", "")) if isinstance(kind, Mapping) else ""
    if not term_id.startswith("HP:"):
        words = f"A feature without an HPO id ({term_id or 'none'}) was left out."
        said.append(_caution("feature_not_hpo", words))
        return None
    excluded = any(feature.get(name) in (True, "true") for name in ("excluded", "negated"))
    term: Record = {"id": term_id, "excluded": excluded}
    if isinstance(kind, Mapping) and kind.get("label"):
        term["label"] = str(kind["label"])
    years = _years(feature.get("onset") or feature.get("ageOfOnset"))
    if years is not None and not excluded:
        term["onset"] = f"P{round(years * 12)}M"
    modifiers = [str(m["id"]) for m in _objects(feature.get("modifiers")) if m.get("id")]
    return term | ({"modifiers": modifiers} if modifiers else {})


def _labs(measurements: Iterable[Mapping[str, Any]], loinc: Loinc, said: Said) -> list[Record]:
    found = []
    for row in measurements:
        assay = row.get("assay")
        code = str(assay.get("id", "")) if isinstance(assay, Mapping) else ""
        analyte, unit = loinc.get(code.removeprefix("LOINC:"), ("", ""))
        if not analyte:
            label = assay.get("label", code) if isinstance(assay, Mapping) else code
            said.append(
                _caution("measurement_unknown", f"The measurement {label!s:.60} is not known and not used.")
            )
            continue
        lab = _lab(row, analyte, unit)
        if {"value", "flag"} & set(lab):
            found.append(lab)
        else:
            words = f"The measurement of {analyte.replace('_', ' ')} has no value that can be read and was left out."
            said.append(_caution("measurement_unreadable", words))
    return found


def _lab(row: Mapping[str, Any], analyte: str, unit: str) -> Record:
    lab: Record = {"analyte": analyte}
    value = row.get("value")
    if not isinstance(value, Mapping):
        return lab
    quantity = value.get("quantity")
    if isinstance(quantity, Mapping) and isinstance(quantity.get("value"), int | float):
        lab["value"] = float(quantity["value"])
        named = quantity.get("unit")
        text = str(named.get("label") or named.get("id") or "") if isinstance(named, Mapping) else ""
        lab["unit"] = text.removeprefix("UCUM:") or unit
        limits = quantity.get("referenceRange")
        if isinstance(limits, Mapping):
            ends = {end: limits.get(end) for end in ("low", "high")}
            lab |= {f"ref_{end}": float(x) for end, x in ends.items() if isinstance(x, int | float)}
    said = value.get("ontologyClass")
    if isinstance(said, Mapping):
        flag = VERDICT_IDS.get(str(said.get("id"))) or VERDICTS.get(str(said.get("label", "")).lower())
        lab |= {"flag": flag} if flag else {}
    return lab


def _variants(interpretations: Iterable[Mapping[str, Any]]) -> list[Record]:
    found = []
    for interpretation in interpretations:
        diagnosis = interpretation.get("diagnosis")
        rows = diagnosis.get("genomicInterpretations") if isinstance(diagnosis, Mapping) else None
        found += [v for row in _objects(rows) if (v := _variant(row))]
    return found


def _variant(row: Mapping[str, Any]) -> Record | None:
    told = row.get("variantInterpretation")
    told = told if isinstance(told, Mapping) else {}
    described = told.get("variationDescriptor")
    described = described if isinstance(described, Mapping) else {}
    gene = described.get("geneContext") or row.get("gene") or {}
    symbol = str(gene.get("symbol") or "") if isinstance(gene, Mapping) else ""
    if not symbol or row.get("interpretationStatus") == "REJECTED":
        return None
    variant: Record = {"gene": symbol}
    expressions = _objects(described.get("expressions"))
    hgvs = [e.get("value") for e in expressions if str(e.get("syntax", "")).startswith("hgvs")]
    state = described.get("allelicState")
    zygosity = ZYGOSITY.get(str(state.get("id"))) if isinstance(state, Mapping) else None
    acmg = ACMG.get(str(told.get("acmgPathogenicityClassification")))
    more = {"hgvs": hgvs[0] if hgvs else None, "zygosity": zygosity, "acmg": acmg}
    return variant | {name: value for name, value in more.items() if value}

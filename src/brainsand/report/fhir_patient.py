"""What was told of the patient, as FHIR: age, results, symptoms, history, variants; and the ranking of causes.

Codes stand only where they were looked up: LOINC in laboratories' published catalogues, the rest in HL7's own pages;
any other analyte is said in words. What somebody told is ``unknown`` in status: it was not verified here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from brainsand.model.vocabulary import Analyte, plain_unit
from brainsand.report.fhir_values import (
    HPO,
    LOINC,
    PRESENT,
    UCUM,
    Json,
    Names,
    absent,
    concept,
    hl7,
    quantity,
)

VERIFIED_LOINC: Final = frozenset({
    "17861-6", "2000-8", "1995-0", "2777-1", "2731-8", "1989-3", "62292-8", "19123-9", "2601-3", "6768-6", "2160-0",
    "2524-7", "2520-5", "2276-4", "2064-4", "13965-9",
})  # fmt: skip
_UCUM: Final = {
    "umol/l": "umol/L", "mmol/l": "mmol/L", "nmol/l": "nmol/L", "pmol/l": "pmol/L", "mg/dl": "mg/dL", "g/dl": "g/dL",
    "g/l": "g/L", "ng/ml": "ng/mL", "ug/l": "ug/L", "ug/dl": "ug/dL", "pg/ml": "pg/mL", "ng/l": "ng/L", "u/l": "U/L",
    "iu/l": "[IU]/L", "mu/l": "m[IU]/L", "miu/l": "m[IU]/L", "/ul": "/uL", "%": "%", "ug/24h": "ug/(24.h)",
    "umol/24h": "umol/(24.h)", "10^9/l": "10*9/L", "nmol/ml/min": "nmol/mL/min",
}  # fmt: skip
_FLAGS: Final = {
    "low": ("L", "Low"), "high": ("H", "High"), "normal": ("N", "Normal"), "positive": ("POS", "Positive"),
    "negative": ("NEG", "Negative"),
}  # fmt: skip


def told(
    patient: Mapping[str, Any],
    names: Names,
    *,
    analytes: Mapping[str, Analyte],
    history: Mapping[str, str],
) -> list[Json]:
    """All facts of the ``patient`` block but age and sex; ``history`` {word: what it means}."""
    subject = names.ref("Patient")
    return [
        *(_lab(n, lab, names, subject, analytes) for n, lab in enumerate(patient.get("labs") or [])),
        *(_symptom(n, term, names, subject) for n, term in enumerate(patient.get("phenotype") or [])),
        *(_history(word, history, names, subject) for word in patient.get("history") or []),
        *(_variant(n, row, names, subject) for n, row in enumerate(patient.get("variants") or [])),
    ]


def age(patient: Mapping[str, Any], names: Names) -> list[Json]:
    """The age at the scan; no resource where it is not known."""
    years = patient.get("age_years")
    if years is None:
        return []
    code = {"coding": [{"system": LOINC, "code": "30525-0", "display": "Age"}]}
    fields = {"status": "unknown", "code": code, "subject": names.ref("Patient")}
    return [names.resource("Observation", "age", **fields, valueQuantity=quantity(years, "a"))]


def _lab(
    number: int, lab: Mapping[str, Any], names: Names, subject: Json, analytes: Mapping[str, Analyte]
) -> Json:
    analyte, value, flag = analytes.get(str(lab["analyte"])), lab.get("value"), lab.get("flag")
    unit = str(lab.get("unit") or (analyte.unit if analyte else "") or "")
    said: Json = {"dataAbsentReason": absent()} if value is None else {"valueQuantity": _amount(value, unit)}
    limits = {
        side: _amount(lab[f"ref_{side}"], unit)
        for side in ("low", "high")
        if lab.get(f"ref_{side}") is not None
    }
    return names.resource(
        "Observation",
        f"lab/{number}",
        status="unknown",
        category=[hl7("observation-category", "laboratory", "Laboratory")],
        code=_assay(str(lab["analyte"]), analyte, unit),
        subject=subject,
        **said,
        interpretation=[hl7("v3-ObservationInterpretation", *_FLAGS[str(flag)])] if flag in _FLAGS else None,
        referenceRange=[limits] if limits else None,
    )


def _amount(value: float, unit: str) -> Json:
    """A result; its unit is coded where it is known how UCUM writes it."""
    code = _UCUM.get(plain_unit(unit))
    found: Json = {"value": value} | ({"unit": unit} if unit else {})
    return found | ({"system": UCUM, "code": code} if code else {})


def _assay(word: str, analyte: Analyte | None, unit: str) -> Json:
    if analyte is None:
        return {"text": word.replace("_", " ")}
    fitting = [
        c for c, u in analyte.loinc.items() if c in VERIFIED_LOINC and plain_unit(u) == plain_unit(unit)
    ]
    coded = {"coding": [{"system": LOINC, "code": fitting[0]}]} if fitting else {}
    return {**coded, "text": analyte.name}


def _symptom(number: int, term: Mapping[str, Any], names: Names, subject: Json) -> Json:
    """A symptom as a Condition: confirmed, or refuted where it was looked for and is not there."""
    excluded = bool(term.get("excluded"))
    status = ("refuted", "Refuted") if excluded else ("confirmed", "Confirmed")
    name, label, onset = str(term["id"]), term.get("label"), term.get("onset_years")
    coded = {"system": HPO, "code": name} | ({"display": str(label)} if label else {})
    return names.resource(
        "Condition",
        f"symptom/{number}",
        clinicalStatus=None if excluded else hl7("condition-clinical", "active", "Active"),
        verificationStatus=hl7("condition-ver-status", *status),
        code={"coding": [coded]} | ({"text": str(label)} if label else {}),
        subject=subject,
        onsetAge=None if onset is None or excluded else quantity(onset, "a"),
    )


def _history(word: str, meanings: Mapping[str, str], names: Names, subject: Json) -> Json:
    return names.resource(
        "Observation",
        f"history/{word}",
        status="unknown",
        code={"text": f"History of {meanings.get(word, word.replace('_', ' '))}"},
        subject=subject,
        valueCodeableConcept=concept(PRESENT),
    )


def _variant(number: int, row: Mapping[str, Any], names: Names, subject: Json) -> Json:
    parts = [
        {"code": {"text": what}, "valueCodeableConcept": {"text": str(row[key])}}
        for key, what in (
            ("gene", "Gene (HGNC symbol)"),
            ("hgvs", "Variant (HGVS)"),
            ("zygosity", "Zygosity"),
            ("acmg", "ACMG classification"),
        )
        if row.get(key)
    ]
    code = {"coding": [{"system": LOINC, "code": "69548-6", "display": "Genetic variant assessment"}]}
    return names.resource(
        "Observation",
        f"variant/{number}",
        status="unknown",
        category=[hl7("observation-category", "laboratory", "Laboratory")],
        code=code,
        subject=subject,
        valueCodeableConcept=concept(PRESENT),
        component=parts,
    )


def ranking(
    differential: Mapping[str, Any] | None, names: Names, *, basis: Iterable[Json], created: str
) -> list[Json]:
    """The ranked causes as a RiskAssessment: the chance of each, with what speaks for it in words."""
    groups = list((differential or {}).get("groups") or [])
    if not groups:
        return []
    return [
        names.resource(
            "RiskAssessment",
            status="preliminary",
            method={"text": "brainsand: docs/methods/differential.md"},
            subject=names.ref("Patient"),
            occurrenceDateTime=created,
            performer=names.ref("Device"),
            basis=list(basis),
            prediction=[_prediction(group) for group in groups],
            note=[{"text": str((differential or {}).get("words"))}]
            if (differential or {}).get("words")
            else None,
        )
    ]


def _prediction(group: Mapping[str, Any]) -> Json:
    omim = list(dict.fromkeys(str(o) for m in group.get("members") or [] for o in m.get("omim") or []))
    coded = [{"system": "http://www.omim.org", "code": o.removeprefix("OMIM:")} for o in omim]
    outcome: Json = ({"coding": coded} if coded else {}) | {"text": str(group["name"])}
    why = "; ".join(str(row["words"]) for row in (group.get("evidence") or [])[:5])
    return {"outcome": outcome, "probabilityDecimal": group["probability"]} | (
        {"rationale": why} if why else {}
    )

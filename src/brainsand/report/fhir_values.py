"""The small change of FHIR R4: codes, quantities with their doubt, references, identifiers.

A value that is not known becomes a ``dataAbsentReason``, never a number. Doubt (one standard deviation) rides on the
quantity as HL7's extension ``iso21090-uncertainty``.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from brainsand.model.codes import SCHEMES, Code
from brainsand.model.identifiers import uuid_of, uuid_text

Json = dict[str, Any]

UCUM: Final = "http://unitsofmeasure.org"
HPO: Final = "http://human-phenotype-ontology.org"
LOINC: Final = "http://loinc.org"
_HL7: Final = "http://terminology.hl7.org/CodeSystem"
_UNCERTAINTY: Final = "http://hl7.org/fhir/StructureDefinition/iso21090-uncertainty"
_URL_NAMESPACE: Final = bytes.fromhex("6ba7b8119dad11d180b400c04fd430c8")  # RFC 9562, 6.6

PRESENT: Final = Code(scheme="SCT", value="52101004", meaning="Present")
ABSENT: Final = Code(scheme="SCT", value="272519000", meaning="Absent")

# What a person writes, and the same in UCUM.
_UNITS: Final = {
    "mm3": ("mm³", "mm3"), "mm2": ("mm²", "mm2"), "mm": ("mm", "mm"), "mg": ("mg", "mg"), "HU": ("HU", "[hnsf'U]"),
    "HU mm3": ("HU mm³", "[hnsf'U].mm3"), "1": ("", "1"), "score": ("score", "{score}"),
    "deposits": ("deposits", "{deposits}"), "a": ("years", "a"),
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Names:
    """Identifiers of the resources of one bundle: drawn from the case, so the same case has the same.

    ``case`` is a text that stands for the case (sum of the scan, hash of the settings, study and series).
    """

    case: str

    def id(self, kind: str, key: object = "") -> str:
        """The identifier (a name-based UUID, version 5) of one resource.

        >>> names = Names(case="one")
        >>> names.id("Observation", 1) == names.id("Observation", 1), names.id("Patient")[14]
        (True, '5')
        """
        name = f"brainsand/{self.case}/{kind}/{key}".encode()
        digest = hashlib.sha1(_URL_NAMESPACE + name, usedforsecurity=False).digest()
        return uuid_text(uuid_of(digest, version=5))

    def ref(self, kind: str, key: object = "") -> Json:
        """A reference to it inside the bundle."""
        return {"reference": f"urn:uuid:{self.id(kind, key)}", "type": kind}

    def resource(self, kind: str, key: object = "", **fields: Any) -> Json:
        """A resource with its identifier; fields that are None, or empty lists or texts, are left out."""
        given = {name: value for name, value in fields.items() if value is not None and value not in ([], "")}
        return {"resourceType": kind, "id": self.id(kind, key), **given}


def concept(*codes: Code, text: str | None = None) -> Json:
    """A CodeableConcept."""
    coded: Json = {"coding": [coding(code) for code in codes]} if codes else {}
    said = text or (codes[0].meaning if codes else "")
    return coded | ({"text": said} if said else {})


def coding(code: Code) -> Json:
    """A Coding."""
    value = code.value if code.scheme != "UBERON" else f"UBERON:{code.value}"
    return {"system": SCHEMES[code.scheme].uri, "code": value, "display": code.meaning}


def hl7(system: str, code: str, display: str) -> Json:
    """A CodeableConcept of one of HL7's own code systems."""
    return {"coding": [{"system": f"{_HL7}/{system}", "code": code, "display": display}]}


def absent(reason: str = "unknown") -> Json:
    """Why a value is not there."""
    return hl7("data-absent-reason", reason, reason.capitalize())


def quantity(value: float, unit: str, *, pm: float | None = None) -> Json:
    """A Quantity with its unit in UCUM and, as an extension, one standard deviation."""
    shown, ucum = _UNITS[unit]
    found: Json = {} if pm is None else {"extension": [{"url": _UNCERTAINTY, "valueDecimal": pm}]}
    found |= {"value": value, "system": UCUM, "code": ucum}
    return found | ({"unit": shown} if shown else {})


def component(code: Json, value: Any, unit: str, *, pm: Any = None) -> Json:
    """One measured part of an observation, or why it is not known."""
    if not is_number(value):
        return {"code": code, "dataAbsentReason": absent()}
    return {"code": code, "valueQuantity": quantity(value, unit, pm=pm if is_number(pm) else None)}


def coded_component(code: Json, value: Json | None) -> Json:
    """One coded part of an observation, or why it is not known."""
    return (
        {"code": code, "dataAbsentReason": absent()}
        if value is None
        else {"code": code, "valueCodeableConcept": value}
    )


def is_number(value: Any) -> bool:
    """Whether a value of the record is a finite number."""
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def uid_identifier(uid: str) -> Json:
    """A DICOM UID as an Identifier."""
    return {"system": "urn:dicom:uid", "value": f"urn:oid:{uid}"}


def total(scores: Mapping[str, Any], name: str) -> tuple[Any, Any]:
    """A score's value and its standard deviation; None where it is not known."""
    value = scores.get(name)
    return (value.get("total"), value.get("pm")) if isinstance(value, Mapping) else (value, None)

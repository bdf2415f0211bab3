"""The case as an HL7 FHIR R4 bundle, for the electronic record.

Laid out as the HL7 guide "DICOM SR to FHIR Resource Mapping" (dicom-sr) maps a TID 1500 report, in R4's resources. The
bundle is a ``collection``: the guide takes Patient and ImagingStudy for granted at the receiver, so a ``transaction``
would tell it to make them again; and a ``document`` needs a Composition that somebody answers for, which a machine's
unread result has not. What comes out is ``preliminary`` until a person has read it and put a name to it.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any, Final

from brainsand import __version__
from brainsand.model import codes as known
from brainsand.model.codes import Code
from brainsand.model.correction import Review
from brainsand.model.vocabulary import Analyte
from brainsand.report.fhir_findings import findings, withdrawn
from brainsand.report.fhir_patient import age, ranking, told
from brainsand.report.fhir_values import Json, Names, coding, concept, hl7, uid_identifier
from brainsand.report.review import review_words

_XHTML: Final = "http://www.w3.org/1999/xhtml"
_CT: Final = Code(scheme="DCM", value="CT", meaning="Computed Tomography")
_GENDERS: Final = {"F": "female", "M": "male", "U": "unknown"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Image:
    """One DICOM instance of the series: its class and identifier, and its number."""

    sop_class: str
    sop_uid: str
    number: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """The report for people that goes with it: PDF or HTML."""

    content_type: str
    data: bytes


def bundle(
    record: Mapping[str, Any],
    *,
    headline: str,
    images: Sequence[Image],
    form: Form | None,
    analytes: Mapping[str, Analyte],
    history: Mapping[str, str],
    review: Review | None = None,
) -> Json:
    """The bundle of one case.

    Parameters
    ----------
    record : mapping
        ``case.json``.
    headline : str
        The finding in words: the report's conclusion.
    images : sequence of Image
        The scan's instances; empty for a NIfTI, which is then no ImagingStudy.
    form : Form, optional
        The report as a document.
    analytes, history
        What the words of the patient file mean.
    review : Review, optional
        What a person made of the reading: without a name the bundle stays ``preliminary``, with one it is ``final``.
    """
    scan, created = record["scan"], record["program"]["created"]
    names = _names(record)
    study = _study(scan, images, names)
    common = _common(study, created, names)
    found = [_reviewed(r, review) for r in findings(record, names, common)]
    facts = told(record["patient"], names, analytes=analytes, history=history)
    basis = [_ref(r) for r in [found[0], *facts]]
    report = _report(record, headline, form, found, names, has_study=bool(study)) | _signed(review, names)
    made = [report, *found, *ranking(record["differential"], names, basis=basis, created=created)]
    gone = withdrawn(review, scan["sha256"], names, common) if review else []
    resources = [
        _patient(record["patient"], names),
        *age(record["patient"], names),
        *study,
        _device(record["program"], names),
        *made,
        *gone,
        *facts,
        _provenance(made, created, scan, names, has_study=bool(study)),
        *_by_reader([*made, *gone], review, names),
    ]
    return _bundle(resources, created, names, review)


def _names(record: Mapping[str, Any]) -> Names:
    """Identifiers that this case and no other has, whatever a reader says of it."""
    scan = record["scan"]
    parts = (scan["sha256"], record["program"]["settings_hash"], scan["study_uid"], scan["series_uid"])
    return Names(case=" ".join(str(part) for part in parts))


def _common(study: Sequence[Json], created: str, names: Names) -> Json:
    """What every observation of the scan has."""
    common: Json = {"subject": names.ref("Patient"), "issued": created, "device": names.ref("Device")}
    return common | ({"derivedFrom": [names.ref("ImagingStudy")]} if study else {})


def _bundle(resources: Sequence[Json], created: str, names: Names, review: Review | None) -> Json:
    said = f"{review.at} {review.words}" if review else ""
    own = names.id("Bundle", said)
    return {
        "resourceType": "Bundle",
        "id": own,
        "language": "en",
        "identifier": {"system": "urn:ietf:rfc:3986", "value": f"urn:uuid:{own}"},
        "type": "collection",
        "timestamp": created,
        "entry": [{"fullUrl": f"urn:uuid:{r['id']}", "resource": r} for r in resources],
    }


def _ref(resource: Json) -> Json:
    return {"reference": f"urn:uuid:{resource['id']}", "type": resource["resourceType"]}


def _patient(patient: Mapping[str, Any], names: Names) -> Json:
    """Sex alone: the case holds no name, number or date. The receiver joins it by the study's UID."""
    return names.resource("Patient", gender=_GENDERS.get(str(patient["sex"])))


def _study(scan: Mapping[str, Any], images: Sequence[Image], names: Names) -> list[Json]:
    if not images or not scan["study_uid"] or not scan["series_uid"]:
        return []
    instances = [
        {
            "uid": i.sop_uid,
            "sopClass": {"system": "urn:ietf:rfc:3986", "code": f"urn:oid:{i.sop_class}"},
            "number": max(i.number, 0),
        }
        for i in images
    ]
    series = {
        "uid": scan["series_uid"],
        "modality": coding(_CT),
        "numberOfInstances": len(images),
        "bodySite": coding(known.HEAD),
        "instance": instances,
    }
    return [
        names.resource(
            "ImagingStudy",
            identifier=[uid_identifier(scan["study_uid"])],
            status="available",
            modality=[coding(_CT)],
            subject=names.ref("Patient"),
            numberOfSeries=1,
            numberOfInstances=len(images),
            series=[series],
        )
    ]


def _device(program: Mapping[str, Any], names: Names) -> Json:
    versions = (
        ("software", __version__),
        ("knowledge", program["knowledge_version"]),
        ("settings (SHA-256)", program["settings_hash"]),
    )
    return names.resource(
        "Device",
        status="active",
        manufacturer="The brainsand developers",
        deviceName=[{"name": "brainsand", "type": "model-name"}],
        type={"text": "Software: calcium in the brain on head CT; for research and decision support"},
        version=[{"type": {"text": name}, "value": value} for name, value in versions if value],
    )


def _report(
    record: Mapping[str, Any],
    headline: str,
    form: Form | None,
    found: list[Json],
    names: Names,
    *,
    has_study: bool,
) -> Json:
    level = known.SIGNIFICANCE.get(str((record["significance"] or {}).get("level")))
    means = [concept(known.CALCIUM_FINDING)] if record["deposits"] else []
    results = [_ref(r) for r in found if r["resourceType"] == "Observation"]
    created = record["program"]["created"]
    return names.resource(
        "DiagnosticReport",
        identifier=[{"system": "urn:ietf:rfc:3986", "value": f"urn:uuid:{names.id('DiagnosticReport')}"}],
        status="preliminary",
        category=[hl7("v2-0074", "RAD", "Radiology")],
        code=concept(known.HEAD_CT),
        subject=names.ref("Patient"),
        issued=created,
        result=results,
        imagingStudy=[names.ref("ImagingStudy")] if has_study else None,
        conclusion=headline,
        conclusionCode=[*means, *([concept(level)] if level else [])],
        presentedForm=[_attached(form, created)] if form else None,
    )


def _reviewed(resource: Json, review: Review | None) -> Json:
    """An observation that somebody answers for is final."""
    verified = review is not None and review.verifier is not None
    final = resource["resourceType"] == "Observation" and verified
    return resource | {"status": "final"} if final else resource


def _signed(review: Review | None, names: Names) -> Json:
    """Status and interpreter of a report that somebody answers for.

    FHIR's ``amended`` and ``corrected`` are for what was final before; the machine's reading never was.
    """
    if review is None or review.verifier is None:
        return {}
    return {"status": "final", "resultsInterpreter": [names.ref("Practitioner")]}


def _by_reader(made: Sequence[Json], review: Review | None, names: Names) -> list[Json]:
    """That a person corrected it, in words, and who that was where it was asked for."""
    if review is None:
        return []
    verifier = review.verifier
    who = names.ref("Practitioner") if verifier else {"display": "A reader, whose name is not told"}
    kind = "verifier" if verifier else "author"
    provenance = names.resource(
        "Provenance",
        "reader",
        text={"status": "generated", "div": f'<div xmlns="{_XHTML}">{escape(review_words(review))}</div>'},
        target=[_ref(r) for r in made],
        recorded=review.at,
        activity=hl7("v3-DataOperation", "UPDATE", "revise"),
        agent=[{"type": hl7("provenance-participant-type", kind, kind.capitalize()), "who": who}],
    )
    if verifier is None:
        return [provenance]
    named = names.resource("Practitioner", name=[{"text": verifier.name.replace("^", " ").strip()}])
    return [named, provenance]


def _attached(form: Form, created: str) -> Json:
    return {
        "contentType": form.content_type,
        "language": "en",
        "data": base64.b64encode(form.data).decode("ascii"),
        "size": len(form.data),
        "title": "Intracranial calcification on head CT",
        "creation": created,
    }


def _provenance(
    made: Sequence[Json], created: str, scan: Mapping[str, Any], names: Names, *, has_study: bool
) -> Json:
    """Who made it, when, and of what: of the study, and of the very pixels, by their sum."""
    keyed = "keyed " if scan.get("deidentified") else ""
    what = {"text": f"{keyed}SHA-256 over pixels and geometry"}
    pixels = {"identifier": {"type": what, "value": scan["sha256"]}}
    sources = [*([names.ref("ImagingStudy")] if has_study else []), pixels]
    return names.resource(
        "Provenance",
        target=[_ref(r) for r in made],
        recorded=created,
        activity=hl7("v3-DataOperation", "CREATE", "create"),
        agent=[
            {"type": hl7("provenance-participant-type", "assembler", "Assembler"), "who": names.ref("Device")}
        ],
        entity=[{"role": "source", "what": what} for what in sources],
    )

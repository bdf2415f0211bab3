"""What was found, as FHIR observations: the whole head, each site and side, each deposit, and where they lie.

As the HL7 guide "DICOM SR to FHIR Resource Mapping" turns a TID 1500 report: a measurement group becomes an Observation
(category 125007), its measurements components, its finding site a BodyStructure, its tracking identifier an identifier.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from brainsand.model import codes as known
from brainsand.model.codes import Code
from brainsand.model.correction import BY_READER, READER, Review
from brainsand.model.finding import Deposit
from brainsand.report.dicom_source import tracking_uid
from brainsand.report.fhir_values import (
    ABSENT,
    PRESENT,
    Json,
    Names,
    absent,
    coded_component,
    coding,
    component,
    concept,
    hl7,
    quantity,
    total,
    uid_identifier,
)
from brainsand.report.words import capital, site_words

_GROUP: Final = Code(scheme="DCM", value="125007", meaning="Measurement Group")
_DIAMETER: Final = Code(scheme="SCT", value="81827009", meaning="Diameter")
_BODY_SITE: Final = "http://hl7.org/fhir/StructureDefinition/bodySite"
_METHOD: Final = {"text": "brainsand: docs/methods/measure.md"}

Record = Mapping[str, Any]


def findings(record: Record, names: Names, common: Json) -> list[Json]:
    """Whole head first, then each site, each deposit, and the body structures they lie in.

    ``common`` are the fields that every observation of the scan has (subject, device, derivedFrom, issued).
    """
    sites, deposits = record["sites"], record["deposits"]
    places = list(dict.fromkeys((row["site"], row["side"]) for row in [*sites, *deposits]))
    return [
        _whole(record, names, common),
        *_scores(record["scores"], names, common),
        *(_site(row, deposits, names, common) for row in sites),
        *(_deposit(row, record["scan"]["sha256"], names, common) for row in deposits),
        *(_place(site, side, names, common["subject"]) for site, side in places),
    ]


def withdrawn(review: Review, sha256: str, names: Names, common: Json) -> list[Json]:
    """What the machine's bundle had and a reader took away, for a server that holds it already.

    A server takes the resource of the same identifier for a newer version: it is ``entered-in-error`` then, as FHIR has
    it (no value; code, subject and place stand), and the body structure of an emptied site is not active.
    """
    status = "entered-in-error"
    return [
        *(_rejected(d, review, sha256, names, common, status) for d in review.rejected),
        *(
            _observation(
                names,
                f"site/{site}/{side}",
                common,
                concept(known.CALCIUM_FINDING),
                group=True,
                status=status,
                bodySite=_body_site(site, side, names),
                note=[{"text": "A reader left no calcium here."}],
            )
            for site, side in review.emptied
        ),
        *(_place(site, side, names, common["subject"], active=False) for site, side in review.emptied),
    ]


def _rejected(d: Deposit, review: Review, sha256: str, names: Names, common: Json, status: str) -> Json:
    said = f": {note}" if (note := review.notes.get(d.id)) else "."
    return _observation(
        names,
        f"deposit/{d.id}",
        common,
        concept(known.CALCIUM_FINDING),
        group=True,
        status=status,
        identifier=[uid_identifier(tracking_uid(sha256, d.site, d.side, d.centre_lps_mm))],
        bodySite=_body_site(d.site, d.side, names),
        note=[{"text": f"Rejected by a reader{said}"}],
    )


def _observation(
    names: Names,
    key: str,
    common: Json,
    code: Json,
    *,
    group: bool = False,
    status: str = "preliminary",
    **fields: Any,
) -> Json:
    category = [hl7("observation-category", "imaging", "Imaging"), *([concept(_GROUP)] if group else [])]
    return names.resource("Observation", key, status=status, category=category, code=code, **common, **fields)


def _whole(record: Record, names: Names, common: Json) -> Json:
    """The head as a whole: whether there is calcium, what it means, and its members."""
    level = known.SIGNIFICANCE.get(str((record["significance"] or {}).get("level")))
    sites = record["sites"]
    members = [names.ref("Observation", key) for key in _SCORES if key in record["scores"]]
    members += [names.ref("Observation", _site_key(row)) for row in sites]
    return _observation(
        names,
        "whole",
        common,
        concept(known.CALCIUM_FINDING),
        group=True,
        valueCodeableConcept=concept(PRESENT if record["deposits"] else ABSENT),
        bodySite=concept(known.BRAIN),
        note=[{"text": c["words"]} for c in record["cautions"]],
        hasMember=members,
        component=[
            coded_component(concept(known.SIGNIFICANCE_CONCEPT), concept(level) if level else None),
            component(concept(known.DEPOSITS), len(record["deposits"]), "deposits"),
        ],
    )


_SCORES: Final = {
    "total_calcification_score": (known.TOTAL_CALCIFICATION_SCORE, "score"),
    "agatston_like": (known.AGATSTON_LIKE, "mm2"),
    "volume_mm3": (known.VOLUME, "mm3"),
    "mass_mg": (known.CALCIUM_MASS, "mg"),
    "excess_hu_mm3": (known.EXCESS, "HU mm3"),
}


def _scores(scores: Record, names: Names, common: Json) -> list[Json]:
    return [_score(key, scores, names, common) for key in _SCORES if key in scores]


def _score(key: str, scores: Record, names: Names, common: Json) -> Json:
    code, unit = _SCORES[key]
    value, pm = total(scores, key)
    said: Json = (
        {"dataAbsentReason": absent()} if value is None else {"valueQuantity": quantity(value, unit, pm=pm)}
    )
    basis = scores[key].get("basis") if isinstance(scores[key], Mapping) else None
    return _observation(
        names,
        key,
        common,
        concept(code),
        **said,
        bodySite=concept(known.BRAIN),
        note=[{"text": str(basis)}] if basis else None,
    )


def _site_key(row: Record) -> str:
    return f"site/{row['site']}/{row['side']}"


def _body_site(site: str, side: str, names: Names) -> Json:
    """The place in words and codes, with the BodyStructure that also says the side."""
    place = concept(*_codes(site, side), text=capital(site_words(site, side)))
    return {
        "extension": [{"url": _BODY_SITE, "valueReference": names.ref("BodyStructure", f"{site}/{side}")}],
        **place,
    }


def _codes(site: str, side: str) -> tuple[Code, ...]:
    """The site's own code and, where that is ours, the narrowest public one that holds it."""
    return tuple(dict.fromkeys((known.site_code(site, side), known.region_code(site, side))))


def _site(row: Record, deposits: Sequence[Record], names: Names, common: Json) -> Json:
    inside = [d for d in deposits if (d["site"], d["side"]) == (row["site"], row["side"])]
    return _observation(
        names,
        _site_key(row),
        common,
        concept(known.CALCIUM_FINDING),
        group=True,
        valueCodeableConcept=concept(PRESENT if row["count"] else ABSENT),
        bodySite=_body_site(row["site"], row["side"], names),
        hasMember=[names.ref("Observation", f"deposit/{d['id']}") for d in inside],
        component=[
            component(concept(known.DEPOSITS), row["count"], "deposits"),
            component(concept(known.VOLUME), row["volume_mm3"], "mm3", pm=row["volume_pm_mm3"]),
            component(concept(known.CALCIUM_MASS), row["mass_mg"], "mg", pm=row["mass_pm_mg"]),
            component(_peak(), row["peak_hu"], "HU"),
            component(concept(known.SHARE_FILLED), row["filled"], "1", pm=row["filled_pm"]),
            component(concept(known.AGATSTON_LIKE), row["agatston_like"], "mm2"),
        ],
    )


def _deposit(row: Record, sha256: str, names: Names, common: Json) -> Json:
    uid = tracking_uid(sha256, row["site"], row["side"], row["centre_lps_mm"])
    return _observation(
        names,
        f"deposit/{row['id']}",
        common,
        concept(known.CALCIUM_FINDING),
        group=True,
        identifier=[uid_identifier(uid)],
        valueCodeableConcept=concept(PRESENT),
        bodySite=_body_site(row["site"], row["side"], names),
        method=_METHOD,
        note=[{"text": text} for text in _notes(row)],
        component=_measures(row),
    )


def _notes(row: Record) -> list[str]:
    """Why it was called this kind, and what a reader said."""
    why = [f"{r['words']} [{r['rule']}; {r['source']}]" for r in row["kind_reasons"]]
    said = [capital(f"{BY_READER}.")] if row.get("source") == READER else []
    return [*said, *why, *([str(row["note"])] if row.get("note") else [])]


def _measures(row: Record) -> list[Json]:
    lobe = known.LOBES.get(str(row["lobe"]))
    return [
        coded_component(concept(known.KIND), concept(known.KINDS[row["kind"]])),
        coded_component(concept(known.MORPHOLOGY), concept(known.MORPHOLOGIES[row["morphology"]])),
        component(concept(known.PARTIAL_VOLUME), row["volume_mm3"], "mm3", pm=row["volume_pm_mm3"]),
        component(concept(known.THRESHOLD_VOLUME), row["threshold_volume_mm3"], "mm3"),
        component(concept(known.CALCIUM_MASS), row["mass_mg"], "mg", pm=row["mass_pm_mg"]),
        component(concept(known.EXCESS), row["excess_hu_mm3"], "HU mm3", pm=row["excess_pm_hu_mm3"]),
        component(_mean(), row["mean_hu"], "HU"),
        component(_peak(), row["peak_hu"], "HU"),
        component(concept(_DIAMETER, text="Largest diameter"), row["largest_diameter_mm"], "mm"),
        component(concept(known.AGATSTON_LIKE), row["agatston_like"], "mm2"),
        component(concept(known.CONFIDENCE), row["confidence"], "1"),
        *([coded_component({"text": "Lobe"}, concept(lobe))] if lobe else []),
    ]


def _peak() -> Json:
    return concept(known.ATTENUATION, text="Attenuation, largest")


def _mean() -> Json:
    return concept(known.ATTENUATION, text="Attenuation, mean")


def _place(site: str, side: str, names: Names, subject: Json, *, active: bool = True) -> Json:
    return names.resource(
        "BodyStructure",
        f"{site}/{side}",
        active=active,
        morphology=concept(known.CALCIFIED_STRUCTURE),
        location=concept(*_codes(site, side), text=capital(site_words(site, side))),
        locationQualifier=[{"coding": [coding(known.SIDES[side])]}],
        patient=subject,
    )

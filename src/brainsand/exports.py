"""What else may a case be written as? One entry a format of ``--also``; none is imported before it is asked for.

A format is a function from an :class:`Export` to the files it makes: name in the results' folder, content. It
writes nothing itself (``run`` does, whole or not at all), and its names stand in ``save.RESULTS``.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from brainsand.errors import NoImagesToPointTo, UsageError

if TYPE_CHECKING:
    from brainsand.model.case import Case
    from brainsand.model.reference import Reference
    from brainsand.read.scan import ReadScan
    from brainsand.report.dicom_source import Source
    from brainsand.report.fhir import Image

Files = Mapping[str, "bytes | str"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Export:
    """All a format may draw from: the case, its record (``case.json``), the scan it was read from (with the
    headers of its slices), the report's page, the moment it was made (ISO 8601, UTC), and the files of the formats
    before it in ``FORMATS`` that were asked for too.
    """

    case: Case
    record: dict[str, Any]
    scan: ReadScan
    reference: Reference
    page: str
    created: str
    made: Mapping[str, bytes | str] = field(default_factory=dict)


def _phenopacket(export: Export) -> Files:
    """The case as a GA4GH Phenopacket v2; its terms and analytes are those of the reference."""
    from brainsand.report.phenopacket import phenopacket_of_case
    from brainsand.save import json_text

    reference = export.reference
    if reference.knowledge is None or reference.terms is None:
        raise UsageError("--also phenopacket needs the conditions and terms, which this reference lacks.")
    packet = phenopacket_of_case(
        export.record,
        terms=reference.terms,
        analytes=reference.knowledge.analytes,
        created=export.created,
    )
    return {"phenopacket.json": json_text(packet)}


def _seg(export: Export) -> Files:
    """The deposits as a DICOM Segmentation on the scan's own frames; no file where there is no deposit."""
    from brainsand.report.dicom_seg import segmentation
    from brainsand.report.dicom_source import as_bytes

    dataset = segmentation(export.case, _source(export))
    return {} if dataset is None else {"seg.dcm": as_bytes(dataset)}


def _sr(export: Export) -> Files:
    """The findings as a DICOM structured report, with the SEG it points to (made once where both are asked for)."""
    from brainsand.report.dicom_source import as_bytes, from_bytes
    from brainsand.report.dicom_sr import structured_report

    files = {"seg.dcm": export.made["seg.dcm"]} if "seg.dcm" in export.made else dict(_seg(export))
    seg = files.get("seg.dcm")
    segments = from_bytes(seg) if isinstance(seg, bytes) else None
    report = structured_report(export.case, _source(export), segments)
    return {**files, "sr.dcm": as_bytes(report)}


def _sc(export: Export) -> Files:
    """The report's key pictures as Secondary Capture images."""
    from brainsand.report.dicom_capture import secondary_captures
    from brainsand.report.dicom_source import as_bytes

    pictures = secondary_captures(export.case, _source(export))
    return {f"sc/{n:04d}.dcm": as_bytes(picture) for n, picture in enumerate(pictures, start=1)}


def _pdf(export: Export) -> Files:
    """The printed report, and for a DICOM scan the same as an object to be filed beside it."""
    from brainsand.report.pdf import report_pdf

    pdf = report_pdf(export.case, created=export.created)
    if not export.scan.slices or _lacking(export.scan):
        return {"report.pdf": pdf}
    from brainsand.report.dicom_pdf import encapsulated_pdf
    from brainsand.report.dicom_source import as_bytes

    return {"report.pdf": pdf, "pdf.dcm": as_bytes(encapsulated_pdf(pdf, _source(export)))}


def _fhir(export: Export) -> Files:
    """The case as an HL7 FHIR R4 bundle, with the PDF in it where that was asked for too, else the page."""
    from brainsand.report.fhir import Form, bundle
    from brainsand.report.words import headline
    from brainsand.save import json_text

    pdf = export.made.get("report.pdf")
    form = Form(content_type="application/pdf", data=pdf) if isinstance(pdf, bytes) else None
    known = export.reference.knowledge
    found = bundle(
        export.record,
        headline=headline(export.case),
        images=_images(export.scan),
        form=form or Form(content_type="text/html", data=export.page.encode()),
        analytes=known.analytes if known else {},
        history={word.id: word.name for word in known.history.values()} if known else {},
        review=export.case.review,
    )
    return {"fhir.json": json_text(found)}


def _images(scan: ReadScan) -> tuple[Image, ...]:
    """Each instance of the scan once, in the order of the volume."""
    from brainsand.report.fhir import Image

    found = {
        s.sop_uid: Image(sop_class=s.sop_class or "", sop_uid=s.sop_uid, number=s.instance_number)
        for s in scan.slices
    }
    return () if not scan.slices or _lacking(scan) else tuple(found.values())


def _csv(export: Export) -> Files:
    """The case as tables for a spreadsheet or for R, with a dictionary of their columns."""
    from brainsand.report.csv_tables import dictionary, tables
    from brainsand.save import json_text

    files = {f"tables/{name}.csv": text for name, text in tables(export.record).items()}
    return {**files, "tables/datapackage.json": json_text(dictionary(export.record))}


def _source(export: Export) -> Source:
    return source_of(export.case, export.record, export.scan, export.created)


def source_of(case: Case, record: dict[str, Any], scan: ReadScan, created: str) -> Source:
    """The scan as DICOM objects made of it see it. Only a scan that passed :func:`check_scan` has one."""
    from brainsand.read.header import CT_IMAGE
    from brainsand.report.dicom_source import Source, SourceSlice

    how = case.acquisition
    # Neither when it was made nor what the folder was called makes another reading of it.
    said = {
        **record,
        "program": {**record["program"], "created": ""},
        "scan": {**record["scan"], "source": ""},
    }
    instances = [f"{uid} {frame}" for uid, frame in how.source_frames]
    verifier = case.review.verifier if case.review else None
    signed = [f"{verifier.name} {verifier.organization}"] if verifier else []
    slices = [
        SourceSlice(
            header=s.dataset,
            sop_class=s.sop_class or "",
            sop_uid=s.sop_uid,
            frame=None if s.sop_class == CT_IMAGE and s.frames == 1 else s.frame,
            position_mm=s.position_mm or (),
            orientation=s.orientation or (),
            spacing_mm=s.spacing_mm or (),
            thickness_mm=s.thickness_mm,
        )
        for s in scan.slices
    ]
    return Source(
        slices=tuple(slices),
        grid=scan.volume.grid,
        study_uid=how.study_uid or "",
        series_uid=how.series_uid or "",
        frame_of_reference_uid=how.frame_of_reference_uid,
        sha256=how.sha256,
        identity=json.dumps([said, instances, *signed], sort_keys=True),
        settings_hash=case.settings_hash,
        knowledge_version=case.knowledge_version,
        made=datetime.fromisoformat(created).astimezone(),
        review=case.review,
    )


def check_scan(also: Iterable[str], scan: ReadScan) -> None:
    """Refuse (UsageError), before the analysis, formats that lack a library or that this scan cannot be written as.

    The latter is a ``NoImagesToPointTo``: DICOM objects say which images they were made of, so they need a DICOM scan
    whose images have identifiers.
    """
    also = tuple(also)
    if "pdf" in also:
        from brainsand.report.pdf import check_pdf

        check_pdf()
    asked = ",".join(name for name in also if name in NEED_DICOM)
    if not asked:
        return
    if not scan.slices:
        raise NoImagesToPointTo(
            f"--also {asked} makes DICOM objects that point to the images they were made of, and a NIfTI has none. "
            f"Give the DICOM scan, or leave out {asked}."
        )
    lacking = _lacking(scan)
    if lacking:
        raise NoImagesToPointTo(
            f"--also {asked} makes DICOM objects that point to the images they were made of, and these have no "
            f"{' and no '.join(lacking)}. Give the original DICOM scan, or leave out {asked}."
        )


def _lacking(scan: ReadScan) -> list[str]:
    """The identifiers that a DICOM scan would need to be pointed at and does not have."""
    first = scan.slices[0]
    asked = (
        ("Study Instance UID", first.study_uid),
        ("Series Instance UID", first.series_uid),
        ("SOP Class UID", all(s.sop_class for s in scan.slices)),
        ("SOP Instance UID", all(s.sop_uid for s in scan.slices)),
    )
    return [name for name, there in asked if not there]


def _viewer(export: Export) -> Files:
    """What a viewer needs, and what a correction of the case is counted from (``brainsand serve``)."""
    from brainsand.viewing import view_files

    return view_files(export.case, export.scan, export.reference)


FORMATS: Final[Mapping[str, Callable[[Export], Files]]] = {
    "phenopacket": _phenopacket,
    "seg": _seg,
    "sr": _sr,
    "sc": _sc,
    "pdf": _pdf,
    "fhir": _fhir,
    "csv": _csv,
    "viewer": _viewer,
}
"""The further formats. A format stands here when it is built, not before."""

NEED_DICOM: Final = frozenset({"seg", "sr", "sc"})
"""Formats that only a DICOM scan can be written as."""

NOTHING: Final[Mapping[str, str]] = {
    "seg": "seg.dcm was not written: no calcium was found, and a DICOM Segmentation needs a segment.",
}
"""What is said of a format that had nothing to write."""

"""What else may a case be written as? One entry a format of ``--also``; none is imported before it is asked for.

A format is a function from an :class:`Export` to the files it makes: name in the results' folder, content. It
writes nothing itself (``run`` does, whole or not at all), and its names stand in ``save.RESULTS``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from brainsand.errors import UsageError

if TYPE_CHECKING:
    from brainsand.model.case import Case
    from brainsand.model.reference import Reference
    from brainsand.read.scan import ReadScan

Files = Mapping[str, "bytes | str"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Export:
    """All a format may draw from: the case, its record (``case.json``), the scan it was read from (with the
    headers of its slices), the report's page, and the moment it was made (ISO 8601, UTC).
    """

    case: Case
    record: dict[str, Any]
    scan: ReadScan
    reference: Reference
    page: str
    created: str


def _phenopacket(export: Export) -> Files:
    """The case as a GA4GH Phenopacket v2; its terms and analytes are those of the reference."""
    from brainsand.report.phenopacket import phenopacket_of
    from brainsand.save import json_text

    reference, case = export.reference, export.case
    if reference.knowledge is None or reference.terms is None:
        raise UsageError("--also phenopacket needs the conditions and terms, which this reference lacks.")
    ordinary = ("physiologic", "age_related", "vascular")
    packet = phenopacket_of(
        export.record["patient"],
        findings=[{"site": d.site, "side": d.side} for d in case.deposits if d.kind not in ordinary],
        differential=case.differential,
        terms=reference.terms,
        analytes=reference.knowledge.analytes,
        created=export.created,
    )
    return {"phenopacket.json": json_text(packet)}


def _viewer(export: Export) -> Files:
    """What a viewer needs, and what a correction of the case is counted from (``brainsand serve``)."""
    from brainsand.viewing import view_files

    return view_files(export.case, export.scan, export.reference)


FORMATS: Final[Mapping[str, Callable[[Export], Files]]] = {
    "phenopacket": _phenopacket,
    "viewer": _viewer,
}
"""The further formats. A format stands here when it is built, not before."""

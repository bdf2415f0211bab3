"""How is a scan made nameless, once and for everything that is written of it?

What is written draws on the scan as read: its facts, and the headers of its slices. Both are stripped here, straight
after reading, so that no format can forget it. The pictures' faces are the other half (``report.face``).
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, BinaryIO, Final, NoReturn

from brainsand.errors import unsaid
from brainsand.model.acquisition import Acquisition
from brainsand.model.caution import Caution
from brainsand.read.basic_profile import keyed_sum, profiled, uid_of
from brainsand.read.files import Item
from brainsand.read.header import SliceHeader

if TYPE_CHECKING:
    from pydicom.dataset import FileDataset

    from brainsand.read.scan import ReadScan

SOURCE: Final = "scan"
"""What the input is called once its own name may not be said."""


def without_identity(scan: ReadScan, key: bytes) -> ReadScan:
    """The scan with nobody's name, number, date or UID in it, and no name of a file or series.

    Parameters
    ----------
    scan : ReadScan
        As read.
    key : bytes
        UIDs and the pseudonym are hashed with it. The same key gives the same ones; who lacks it cannot tell
        what they stand for, nor try whether a guess is right.
    """
    profiles: dict[int, FileDataset] = {}
    slices = []
    for number, header in enumerate(scan.slices, start=1):
        data = profiles.get(id(header.dataset)) or profiled(header.dataset, key, patient=header.patient)
        profiles[id(header.dataset)] = data
        slices.append(_nameless_slice(header, data, number, key))
    return replace(
        scan,
        acquisition=_nameless_facts(scan.acquisition, key),
        choice_words=unsaid(scan.choice_words),
        slices=tuple(slices),
    )


def _nameless_slice(header: SliceHeader, data: FileDataset, number: int, key: bytes) -> SliceHeader:
    return replace(
        header,
        item=Item(name=f"slice {number}", size=0, open_at_most=_closed),
        dataset=data,
        patient=(str(data.PatientID), ""),
        sop_uid=uid_of(header.sop_uid, key),
        study_uid=_uid(header.study_uid, key),
        series_uid=_uid(header.series_uid, key),
        description="",
    )


def _closed(_most: int | None) -> BinaryIO:
    """The file behind a nameless slice stays shut: it holds the name."""
    return _refuse()


def _refuse() -> NoReturn:
    raise PermissionError("a de-identified slice has no file")


def _nameless_facts(facts: Acquisition, key: bytes) -> Acquisition:
    return replace(
        facts,
        source=SOURCE,
        # The sum of the pixels names a scan as a number would; identifiers made of it follow.
        sha256=keyed_sum(facts.sha256, key),
        series_uid=_uid(facts.series_uid, key),
        study_uid=_uid(facts.study_uid, key),
        frame_of_reference_uid=_uid(facts.frame_of_reference_uid, key),
        description=None,
        source_frames=tuple((uid_of(uid, key), frame) for uid, frame in facts.source_frames),
        cautions=tuple(Caution(code=c.code, words=unsaid(c.words)) for c in facts.cautions),
        deidentified=True,
    )


def _uid(uid: str | None, key: bytes) -> str | None:
    return None if uid is None else uid_of(uid, key)

"""Where do received objects lie until they are read? In a spool: each whole and on the disk, or not there.

``spool/STUDY/SERIES-INSTANCE.dcm``, every name a hash of a UID. An object is written beside, forced to the
disk and moved in by one rename before its sender is told that it is kept (decision 0004 does the same for
results). The same object sent again changes nothing, not even the file; another object under the same
UID replaces the file, and the study counts as changed.
"""

from __future__ import annotations

import os
import secrets
import shutil
import threading
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from brainsand.node.instance import (
    CT_ENDING,
    NO_RESOURCES,
    Instance,
    NotKept,
    data_set_of,
    file_name,
    folder_name,
)
from brainsand.node.options import MIB, Limits
from brainsand.save import force_names_to_disk

Kept = Literal["new", "same", "changed"]
_PARTS: Final = ".parts"


@dataclass(slots=True)
class _Size:
    """How much of something there is."""

    bytes: int = 0
    files: int = 0


class Spool:
    """The received objects of all studies. Safe to use from many threads of one process.

    Parameters
    ----------
    folder : Path
        Made when missing; what an interrupted write left is cleared away.
    limits : Limits
        What may be kept at most.
    make_room : callable
        Asked to free at least so many bytes (finished studies) before a send is refused; says whether it did.
    free_bytes : callable
        The bytes free on the disk of a folder.
    """

    def __init__(
        self,
        folder: Path,
        limits: Limits,
        *,
        make_room: Callable[[int], bool] = lambda _bytes: False,
        free_bytes: Callable[[Path], int] = lambda folder: shutil.disk_usage(folder).free,
    ) -> None:
        self._folder, self._limits = folder, limits
        self._make_room, self._free_bytes = make_room, free_bytes
        self._lock = threading.RLock()
        shutil.rmtree(folder / _PARTS, ignore_errors=True)
        (folder / _PARTS).mkdir(parents=True)
        self._series: dict[tuple[str, str], _Size] = defaultdict(_Size)
        self._studies: dict[str, _Size] = defaultdict(_Size)
        for study in self.studies():
            for name, entry in self.files(study).items():
                self._count(study, name, entry.st_size)

    def keep(self, instance: Instance, file: bytes) -> Kept:
        """File one object; once this returns, it is on the disk.

        Raises
        ------
        NotKept
            A limit is reached, or the disk is full or failing (0xA700); the spool is as it was.
        """
        place = self._folder / instance.study / instance.file_name
        before = _content(place)
        if before is not None and data_set_of(before) == data_set_of(file):
            return "same"
        try:
            with self._room_for(instance, len(file)):
                self._put(place, file)
        except OSError as fault:
            raise NotKept(NO_RESOURCES, f"the disk refuses: {fault.strerror or fault}") from fault
        if before is None:
            return "new"
        self._count(instance.study, instance.file_name, -len(before), files=-1)
        return "changed"

    def studies(self) -> tuple[str, ...]:
        """The studies in the spool, by name."""
        return tuple(sorted(entry.name for entry in os.scandir(self._folder) if entry.name != _PARTS))

    def files(self, study: str) -> Mapping[str, os.stat_result]:
        """The files of a study and what the disk says of each; empty where there is none."""
        try:
            return {entry.name: entry.stat() for entry in os.scandir(self._folder / study)}
        except FileNotFoundError:
            return {}

    def has(self, study_uid: str, series_uid: str, sop_uid: str) -> bool:
        """Whether a CT image is here."""
        name = file_name(series_uid, sop_uid, ending=CT_ENDING)
        return (self._folder / folder_name(study_uid) / name).exists()

    def folder_of(self, study: str) -> Path:
        """Where the objects of a study lie."""
        return self._folder / study

    @property
    def total_bytes(self) -> int:
        """All bytes kept."""
        with self._lock:
            return sum(size.bytes for size in self._studies.values())

    def remove(self, study: str) -> None:
        """Forget a study."""
        with self._lock:
            shutil.rmtree(self._folder / study, ignore_errors=True)
            self._studies.pop(study, None)
            for key in [key for key in self._series if key[0] == study]:
                del self._series[key]

    @contextmanager
    def _room_for(self, instance: Instance, size: int) -> Iterator[None]:
        """Hold ``size`` bytes for one object while it is written; give them back where that fails."""
        with self._lock:
            self._refuse_beyond_limits(instance, size)
            self._count(instance.study, instance.file_name, size)
        try:
            yield
        except BaseException:
            self._count(instance.study, instance.file_name, -size, files=-1)
            raise

    def _refuse_beyond_limits(self, instance: Instance, size: int) -> None:
        limits, study = self._limits, self._studies[instance.study]
        series = self._series[instance.study, instance.series]
        if study.files >= limits.study_instances:
            raise NotKept(NO_RESOURCES, f"the study has more than {limits.study_instances} objects")
        for what, held, most in (
            ("series", series.bytes, limits.series_mib),
            ("study", study.bytes, limits.study_mib),
        ):
            if held + size > most * MIB:
                raise NotKept(NO_RESOURCES, f"the {what} is larger than {most} MiB")
        lacking = max(
            self.total_bytes + size - limits.spool_mib * MIB,
            limits.free_mib * MIB + size - self._free_bytes(self._folder),
        )
        if lacking > 0 and not self._make_room(lacking):
            raise NotKept(NO_RESOURCES, "the spool is full")

    def _put(self, place: Path, file: bytes) -> None:
        part = self._folder / _PARTS / secrets.token_hex(8)
        try:
            with part.open("xb") as stream:
                stream.write(file)
                stream.flush()
                os.fsync(stream.fileno())
            with self._lock:  # so that the study's folder is not removed in between
                fresh = not place.parent.is_dir()
                place.parent.mkdir(exist_ok=True)
                part.rename(place)
        except BaseException:
            part.unlink(missing_ok=True)
            raise
        force_names_to_disk(place.parent, *([self._folder] if fresh else []))

    def _count(self, study: str, name: str, size: int, *, files: int = 1) -> None:
        with self._lock:
            for counted in (self._studies[study], self._series[study, name.partition("-")[0]]):
                counted.bytes += size
                counted.files += files


def _content(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None

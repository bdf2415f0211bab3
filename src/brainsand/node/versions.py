"""What exactly was read? Each time a study is read, its objects of that moment are held fast as a numbered version.

``versions/STUDY/N/`` holds ``scan/`` (links to the objects, which stay although the spool goes on changing),
``verdict.json`` (read or left, and why), later ``out/`` (the results) and at last ``closed`` (how it ended). A
version appears whole, by one rename; whoever restarts the node finds by these folders where it stood.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from brainsand.node.instance import CT_ENDING
from brainsand.node.spool import Spool
from brainsand.node.verdict import Verdict, verdict_on
from brainsand.save import force_names_to_disk, json_text

_SCHEMA: Final = "brainsand.verdict/1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """One reading of a study. ``key`` names its work in the queue."""

    study: str
    number: int
    folder: Path
    made: str
    verdict: Verdict

    @property
    def scan(self) -> Path:
        """The objects."""
        return self.folder / "scan"

    @property
    def out(self) -> Path:
        """Where its results are, or will be."""
        return self.folder / "out"

    @property
    def key(self) -> str:
        """Another one for each version, also for one made anew after an earlier one was forgotten."""
        return f"node {self.study} {self.number} {self.made}"

    @property
    def closed(self) -> str | None:
        """How it ended, once nothing more is to be done."""
        try:
            return (self.folder / "closed").read_text(encoding="utf-8")
        except FileNotFoundError:
            return None

    def close(self, how: str) -> None:
        """Nothing more is to be done."""
        (self.folder / "closed").write_text(how, encoding="utf-8")


class Versions:
    """All versions of all studies in ``folder``; what an interrupted start left is cleared away."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        for part in folder.glob("*/.part"):
            shutil.rmtree(part, ignore_errors=True)

    def make(self, study: str, spool: Spool) -> Version | None:
        """A new version of what the spool holds of a study, with its verdict; None where it holds nothing new."""
        files = spool.files(study)
        if not files or self._same_as_newest(study, files):
            return None
        number = max(self._numbers(study), default=0) + 1
        part = self._folder / study / ".part"
        shutil.rmtree(part, ignore_errors=True)
        (part / "scan").mkdir(parents=True)
        for name in files:
            os.link(spool.folder_of(study) / name, part / "scan" / name)
        verdict = verdict_on(part / "scan")
        made = datetime.now(UTC).isoformat(timespec="milliseconds")
        _write(part / "verdict.json", {"schema": _SCHEMA, "made": made, **verdict.as_record()})
        force_names_to_disk(part / "scan", part)
        part.rename(self._folder / study / str(number))
        force_names_to_disk(self._folder / study, self._folder)
        return self.get(study, number)

    def get(self, study: str, number: int) -> Version | None:
        """One version; None where it is not there (any more)."""
        folder = self._folder / study / str(number)
        try:
            record = json.loads((folder / "verdict.json").read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None
        return Version(
            study=study,
            number=number,
            folder=folder,
            made=record["made"],
            verdict=Verdict.from_record(record),
        )

    def of_key(self, key: str | None) -> Version | None:
        """The version whose work has this key in the queue; None for work of others."""
        words = (key or "").split(" ")
        if len(words) != 4 or words[0] != "node" or not words[2].isdigit():
            return None
        found = self.get(words[1], int(words[2]))
        return found if found is not None and found.key == key else None

    def of_study(self, study: str) -> tuple[Version, ...]:
        """The versions of a study, the oldest first."""
        found = (self.get(study, number) for number in sorted(self._numbers(study)))
        return tuple(version for version in found if version is not None)

    def all_open(self) -> Iterator[Version]:
        """Those with work left."""
        for folder in sorted(self._folder.iterdir()):
            yield from (version for version in self.of_study(folder.name) if version.closed is None)

    def holds(self, study: str, spool: Spool) -> bool:
        """Whether the newest version is of all that the spool holds of the study."""
        return self._same_as_newest(study, spool.files(study))

    def finished(self, study: str) -> float | None:
        """When the last work on a study ended (seconds since 1970); None while there is some left."""
        versions = self.of_study(study)
        if not versions or any(version.closed is None for version in versions):
            return None
        return max((version.folder / "closed").stat().st_mtime for version in versions)

    def remove(self, study: str) -> None:
        """Forget a study."""
        shutil.rmtree(self._folder / study, ignore_errors=True)

    def _numbers(self, study: str) -> list[int]:
        try:
            return [int(e.name) for e in os.scandir(self._folder / study) if e.name.isdigit()]
        except FileNotFoundError:
            return []

    def _same_as_newest(self, study: str, files: Mapping[str, os.stat_result]) -> bool:
        numbers = self._numbers(study)
        if not numbers:
            return False
        scan = self._folder / study / str(max(numbers)) / "scan"
        held = {entry.name: entry.stat() for entry in os.scandir(scan)}
        return _what_counts(held) == _what_counts(files)


def _what_counts(files: Mapping[str, os.stat_result]) -> dict[str, int]:
    """The CT images, by name and content (the inode); all objects where there is no CT.

    Whatever else comes to a study with CT, our own results among it, is no reason to read it again.
    """
    ct = {name: entry.st_ino for name, entry in files.items() if name.endswith(CT_ENDING)}
    return ct or {name: entry.st_ino for name, entry in files.items()}


def _write(path: Path, record: Mapping[str, Any]) -> None:
    with path.open("x", encoding="utf-8") as stream:
        stream.write(json_text(dict(record)))
        stream.flush()
        os.fsync(stream.fileno())

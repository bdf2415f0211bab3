"""How do results get onto the disk whole, or not at all?

Everything is first written into a hidden folder on the filesystem of ``OUT`` and forced to the disk; only
then does it take its place (``docs/decisions/0004-whole-or-not-at-all.md``):

- where ``OUT`` does not exist, the hidden folder is a sibling and *becomes* ``OUT`` by one rename;
- where ``OUT`` exists (results of an earlier run, a mounted folder, somebody's own folder), the hidden folder
  lies inside it. The earlier results are moved aside, the record first, and the new ones moved in, the
  record last. So a folder that holds ``case.json`` or ``refusal.json`` is whole, even after a power cut; a
  failure on the way puts the earlier results back. Files that are not results are never touched.
"""

from __future__ import annotations

import errno
import json
import os
import secrets
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from brainsand.errors import OutputError, UsageError

RECORDS: Final[tuple[str, ...]] = ("case.json", "refusal.json")
"""Whichever of these a folder holds says that the folder is whole."""

RESULTS: Final[tuple[str, ...]] = (
    *RECORDS,
    "report.html",
    "deposits.tsv",
    "deposits.json",
    "deposits.nii.gz",
    "sites.tsv",
    "sites.nii.gz",
    "phenopacket.json",
    "seg.dcm",
    "sr.dcm",
    "sc",
    "report.pdf",
    "pdf.dcm",
    "fhir.json",
    "tables",
    "viewer",
)
"""Every name a run on a scan may write into ``OUT``; no other file there is ever moved or removed."""

_WORDS: Final = {
    errno.ENOSPC: "the disk is full. Free some space, or choose another folder with -o.",
    errno.EDQUOT: "the disk quota is used up. Free some space, or choose another folder with -o.",
    errno.EACCES: "there is no permission to write there. Choose another folder with -o.",
    errno.EPERM: "there is no permission to write there. Choose another folder with -o.",
    errno.EROFS: "it lies on a read-only disk. Choose another folder with -o.",
    errno.ENAMETOOLONG: "its name is too long. Choose a shorter one with -o.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """Results on their way: ``folder`` is the hidden one, ``out`` the place they are meant for.

    ``names`` are the files and folders that may be written into ``out``, and replaced there.
    """

    folder: Path
    out: Path
    names: tuple[str, ...]

    def write(self, name: str, content: bytes | str) -> None:
        """Write one new file (text as UTF-8) and force it to the disk; ``OutputError`` when that fails.

        ``name`` may lie in one of the folders of ``names``: ``"dicom/0001.dcm"``.
        """
        path = self.folder / name
        if path.relative_to(self.folder).parts[0] not in self.names:
            raise ValueError(f"{name!r} is not among the names this run may replace: {', '.join(self.names)}")
        data = content.encode("utf-8") if isinstance(content, str) else content
        with _as_output_error(self.out):
            path.parent.mkdir(exist_ok=True)
            with path.open("xb") as stream:
                stream.write(data)
                stream.flush()
                os.fsync(stream.fileno())


@contextmanager
def whole_results(
    out: Path, *, names: tuple[str, ...] = RESULTS, records: tuple[str, ...] = RECORDS
) -> Iterator[Draft]:
    """A draft to fill; when the block ends well, its files become those of ``out``.

    Parameters
    ----------
    out : Path
        The folder of the results. When the block fails, or the files cannot be put in place, it is as it was.
    names : tuple of str
        What may be written into ``out``, and what an earlier run may have left there to be replaced.
    records : tuple of str
        Those of ``names`` that are taken away first and put in place last.

    Raises
    ------
    UsageError
        ``out`` is a file.
    OutputError
        It cannot be written; where there is no permission, this is known before the block begins.
    """
    out = out.resolve()
    if out.exists() and not out.is_dir():
        raise UsageError(f"{out} is a file; results need a folder. Name another one with -o.")
    made, folder = _open_draft(out)
    try:
        draft = Draft(folder=folder, out=out, names=names)
        yield draft
        with _as_output_error(out):
            force_names_to_disk(folder, *(p for p in folder.iterdir() if p.is_dir()))
            _take_place(draft, records)
    except BaseException:
        if not _holds_earlier(folder):
            shutil.rmtree(folder, ignore_errors=True)
        _remove_folders(made)
        raise
    shutil.rmtree(folder, ignore_errors=True)


def put_in_place(folder: Path, out: Path, *, names: tuple[str, ...], last: Mapping[str, str]) -> None:
    """Make the whole results in ``folder`` those of ``out``, as ``whole_results`` does with its draft.

    Parameters
    ----------
    folder : Path
        The results, each already on the disk; on the same filesystem as ``out``.
    out : Path
        Their place; results of an earlier run there (``names``) are replaced.
    last : mapping of str to str
        Files to add, after the records: whichever of them ``out`` holds says that all the others are there.

    Raises
    ------
    OutputError
        They cannot be put there; ``out`` is as it was.
    """
    draft = Draft(folder=folder, out=out.resolve(), names=names)
    for name, content in last.items():
        (folder / name).unlink(missing_ok=True)
        draft.write(name, content)
    with _as_output_error(out):
        force_names_to_disk(folder)
        _take_place(draft, (*RECORDS, *last))


def json_text(record: dict[str, Any]) -> str:
    """JSON for people and machines: indented, UTF-8, no NaN (ValueError), one newline at the end."""
    return json.dumps(record, indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def _open_draft(out: Path) -> tuple[list[Path], Path]:
    """Make the hidden folder (and say which folders above it had to be made); this proves we may write."""
    beside = out if out.is_dir() else out.parent
    missing = [p for p in (beside, *beside.parents) if not p.exists()]
    draft = beside / f".{secrets.token_hex(4)}.brainsand-part"
    made: list[Path] = []
    try:
        with _as_output_error(out):
            for folder in reversed(missing):
                folder.mkdir()
                made.append(folder)
            draft.mkdir()
    except OutputError:
        _remove_folders(made)
        raise
    return made, draft


def _take_place(draft: Draft, records: tuple[str, ...]) -> None:
    if draft.out.is_dir():
        _replace_inside(draft, records)
    else:
        draft.folder.rename(draft.out)
    force_names_to_disk(draft.out.parent)


def _replace_inside(draft: Draft, records: tuple[str, ...]) -> None:
    """Move earlier results aside and the new ones in; on any failure move everything back."""
    folder, out = draft.folder, draft.out
    rank = {name: place for place, name in enumerate(records, 1)}
    new = sorted((p.name for p in folder.iterdir()), key=lambda name: (rank.get(name, 0), name))
    earlier = [n for n in sorted(draft.names, key=lambda n: -rank.get(n, 0)) if (out / n).exists()]
    aside = folder / "earlier"
    aside.mkdir()
    undo: list[Callable[[], object]] = []

    def move(source: Path, target: Path) -> None:
        source.rename(target)
        undo.append(lambda: target.rename(source))

    try:
        for name in earlier:
            move(out / name, aside / name)
        for name in new:
            move(folder / name, out / name)
        force_names_to_disk(out)
    except BaseException:
        for step in reversed(undo):
            step()
        raise


def _holds_earlier(draft: Path) -> bool:
    """Whether earlier results could not be moved back: then the draft stays, their only copy."""
    aside = draft / "earlier"
    return aside.is_dir() and any(aside.iterdir())


def force_names_to_disk(*folders: Path) -> None:
    """Make the folders' lists of names lasting; needed after their files are (fsync(2), notes)."""
    if not hasattr(os, "O_DIRECTORY"):  # Windows has no handle on a folder to do this with
        return
    for folder in folders:
        handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _remove_folders(made: list[Path]) -> None:
    """Remove the folders this run made, innermost first, as far as they are empty."""
    for folder in reversed(made):
        try:
            folder.rmdir()
        except OSError:
            return


@contextmanager
def _as_output_error(place: Path) -> Iterator[None]:
    """Turn the operating system's refusal to write into words for a person."""
    try:
        yield
    except OSError as fault:
        words = _WORDS.get(fault.errno or 0, f"{fault.strerror or fault}.")
        raise OutputError(f"The results cannot be written to {place}: {words}") from fault

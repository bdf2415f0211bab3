"""The work called ``scan``: one head CT to a case, by the same road as every door (``run.run_scan``)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import fields, replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from brainsand.errors import UsageError
from brainsand.exports import FORMATS
from brainsand.progress import Progress
from brainsand.settings import Settings

if TYPE_CHECKING:
    from brainsand.model.reference import Reference

KIND = "scan"


def scan_payload(
    input: Path,
    *,
    patient_file: Path | None = None,
    age_years: float | None = None,
    sex: str | None = None,
    also: Iterable[str] = (),
    settings: Mapping[str, Mapping[str, Any]] | None = None,
    series: str | None = None,
    kvp: float | None = None,
    deidentify: bool = False,
    key_file: Path | None = None,
    house_key: Path | None = None,
) -> dict[str, Any]:
    """What ``Queue.put("scan", ...)`` needs; the words are those of ``run_scan``.

    ``settings`` names only what differs from the standard: ``{"find": {"clear_from_hu": 90.0}}``. With ``house_key``
    (a secret's file) the result tells whose scan it is by a word that only this key makes (``read.whose``).

    >>> scan_payload(Path("/in/head.nii.gz"), age_years=47)
    {'input': '/in/head.nii.gz', 'age_years': 47}
    """
    settings_of(settings or {})
    unknown = sorted(set(also := list(also)) - set(FORMATS))
    if unknown:
        raise UsageError(
            f"This version does not write {', '.join(unknown)}. It writes: {', '.join(FORMATS)}."
        )
    said = {
        "input": str(input.absolute()),
        "patient_file": str(patient_file.absolute()) if patient_file else None,
        "age_years": age_years,
        "sex": sex,
        "also": also or None,
        "settings": settings,
        "series": series,
        "kvp": kvp,
        "deidentify": deidentify or None,
        "key_file": str(key_file.absolute()) if key_file else None,
        "house_key": str(house_key.absolute()) if house_key else None,
    }
    return {name: value for name, value in said.items() if value is not None}


def warm() -> None:
    """Load what every scan needs, once a process."""
    from importlib import import_module

    for room in (
        "brainsand.pipeline",
        "brainsand.read.scan",
        "brainsand.report.page",
        "brainsand.nifti_file",
    ):
        import_module(room)
    the_reference()


def run(payload: Mapping[str, Any], folder: Path | None, progress: Progress) -> dict[str, Any]:
    """Analyze and save in ``folder``; what a list of cases shows of it.

    Raises
    ------
    InputRefused
        As ``run_scan``; ``folder`` then holds ``refusal.json``.
    UsageError
        The payload makes no sense.
    """
    from brainsand.read.secret import read_secret
    from brainsand.run import run_scan

    if folder is None:
        raise UsageError("A scan needs a place for its results: Queue.put(..., out=FOLDER).")
    made = run_scan(
        Path(_needed(payload, "input")),
        folder,
        patient_file=Path(payload["patient_file"]) if payload.get("patient_file") else None,
        age_years=payload.get("age_years"),
        sex=payload.get("sex"),
        also=payload.get("also", ()),
        settings=settings_of(payload.get("settings", {})),
        series=payload.get("series"),
        kvp=payload.get("kvp"),
        deidentify=payload.get("deidentify", False),
        key=read_secret(Path(payload["key_file"])) if payload.get("key_file") else None,
        reference=the_reference(),
        progress=progress,
    )
    case = made.case
    return {
        "headline": made.headline,
        "deposits": len(case.deposits),
        "significance": case.significance.get("level"),
        "cautions": [caution.code for caution in case.cautions],
        **_whose(payload),
    }


def _whose(payload: Mapping[str, Any]) -> dict[str, str]:
    """Whose scan it is, where somebody asked and the scan says it."""
    from brainsand.read.secret import read_secret
    from brainsand.read.whose import whose

    if not payload.get("house_key"):
        return {}
    word = whose(Path(payload["input"]), read_secret(Path(payload["house_key"])))
    return {} if word is None else {"person": word}


def settings_of(record: Mapping[str, Mapping[str, Any]]) -> Settings:
    """The standard settings with what ``record`` says; refused (UsageError) where it names none of them.

    >>> settings_of({"find": {"clear_from_hu": 90.0}}).find.clear_from_hu
    90.0
    """
    settings = Settings()
    for group, numbers in record.items():
        if group not in {field.name for field in fields(settings)}:
            raise UsageError(f"There are no settings {group!r}.")
        try:
            changed = replace(getattr(settings, group), **{name: _frozen(x) for name, x in numbers.items()})
        except TypeError as fault:
            raise UsageError(f"The settings {group!r} do not hold all of {', '.join(numbers)}.") from fault
        settings = replace(settings, **{group: changed})
    return settings


def _frozen(value: Any) -> Any:
    """JSON's lists as the tuples that settings hold."""
    return tuple(map(_frozen, value)) if isinstance(value, list) else value


@cache
def the_reference() -> Reference:
    """The reference, loaded once a process for every kind of work."""
    from brainsand.run import whole_reference

    return whole_reference()


def _needed(payload: Mapping[str, Any], name: str) -> str:
    if not payload.get(name):
        raise UsageError(f"The payload of a scan names no {name!r}. Make it with scan_payload.")
    return str(payload[name])

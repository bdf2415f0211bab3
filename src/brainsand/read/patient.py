"""What is known of the patient beside the image? A small JSON or YAML file, checked word by word.

A misspelt word is refused with the word that was meant, because leaving it out would change the answer
unnoticed. What is merely unknown is left out with a caution, and what names the patient is dropped at once.
"""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import yaml

from brainsand.model.caution import Caution
from brainsand.model.patient import Patient
from brainsand.read import vocabulary as words
from brainsand.read.checks import Record, Said, checked_number, known_fields, refusal
from brainsand.read.deidentify import coarse_age
from brainsand.read.duration import OLDEST_YEARS, years_of
from brainsand.read.entries import (
    family_of,
    findings_of,
    history_of,
    labs_of,
    phenotype_of,
    variants_of,
)
from brainsand.read.synonyms import SEXES

_MOST_BYTES: Final = 2**20


def read_patient(path: Path) -> tuple[Patient, tuple[Caution, ...]]:
    """Read a patient file; the fields are those of the contract, each of which may be missing.

    Refuses (:class:`~brainsand.errors.PatientFileError`) what cannot be
    parsed, a misspelt field or word (naming the right one),
    values that are none. What is merely impossible (an age of 190) or contradicts itself is left out with a
    caution, and the rest is used.
    """
    return patient_of(read_record(path))


def read_record(path: Path) -> Mapping[str, Any]:
    """The fields of a patient file as they stand there, unchecked; refuses what cannot be parsed."""
    if not path.is_file():
        raise refusal(
            f"There is no patient file at {path.name!r}.", "a JSON or YAML file.", "Check the path."
        )
    if path.stat().st_size > _MOST_BYTES:
        raise refusal(
            "The patient file is larger than 1 MiB.", "a short JSON or YAML file.", "Check the path."
        )
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as fault:
        raise refusal(
            f"The patient file is not UTF-8 text ({fault.reason}).", "JSON or YAML.", "Save it as UTF-8."
        ) from fault
    return _parsed(text)


def parse_patient(text: str) -> tuple[Patient, tuple[Caution, ...]]:
    """The patient in the text of a patient file (YAML, of which JSON is a part).

    Examples
    --------
    >>> patient, cautions = parse_patient("{age: P47Y6M, sex: F, history: [neck_surgery]}")
    >>> patient.age_years, patient.sex, patient.history, cautions
    (47.5, 'F', ('neck_surgery',), ())
    """
    return patient_of(_parsed(text))


def patient_of(record: Mapping[str, Any]) -> tuple[Patient, tuple[Caution, ...]]:
    """Check a patient record that was already parsed; see :func:`read_patient`."""
    said: Said = []
    known = known_fields(record, words.FIELDS, "the patient file", said)
    patient = Patient(
        age_years=_age(known, said),
        sex=_sex(known.get("sex")),
        findings=findings_of(known, said),
        phenotype=phenotype_of(known, said),
        labs=labs_of(known, said),
        history=history_of(known.get("history"), said),
        family=family_of(known.get("family"), said),
        variants=variants_of(known, said),
    )
    return patient, tuple(said)


def _parsed(text: str) -> Mapping[str, Any]:
    try:
        if text.lstrip().startswith("{"):
            try:
                record = json.loads(text, object_pairs_hook=_once)
            except json.JSONDecodeError:
                record = _yaml(text)
        else:
            record = _yaml(text)
    except (yaml.YAMLError, RecursionError) as fault:
        where = _place_of(fault)
        raise refusal(
            f"The patient file could not be parsed: {where}.", "JSON or YAML.", "Correct it."
        ) from fault
    if record is None:
        return {}
    if not isinstance(record, Mapping):
        raise refusal(
            "The patient file is no set of fields.",
            "fields such as `sex: F`.",
            "See docs/how-to/patient-file.md.",
        )
    return record


def _place_of(fault: Exception) -> str:
    """What is wrong and in which line, without the line itself: it may name somebody."""
    mark = getattr(fault, "problem_mark", None)
    problem = str(getattr(fault, "problem", None) or "it is nested too deep")
    return problem if mark is None else f"{problem}, line {mark.line + 1}"


def _yaml(text: str) -> Any:
    node = yaml.compose(text, Loader=yaml.SafeLoader)
    if node is not None:
        _refuse_yaml_tricks(text, node)
    return yaml.safe_load(text)


def _refuse_yaml_tricks(text: str, top: yaml.Node) -> None:
    """Refuse aliases (a short text of them can unfold without end) and fields that stand twice."""
    if any(isinstance(token, yaml.AliasToken) for token in yaml.scan(text, Loader=yaml.SafeLoader)):
        raise refusal("The patient file uses YAML aliases.", "plain values.", "Write the values out.")
    waiting = [top]
    while waiting:
        node = waiting.pop()
        if isinstance(node, yaml.MappingNode):
            _once([(key.value, None) for key, _ in node.value if isinstance(key, yaml.ScalarNode)])
            waiting += [part for pair in node.value for part in pair]
        elif isinstance(node, yaml.SequenceNode):
            waiting += node.value


def _once(pairs: list[tuple[str, Any]]) -> Record:
    twice = [name for name, count in Counter(name for name, _ in pairs).items() if count > 1]
    if twice:
        raise refusal(f"The field {twice[0]!r} stands twice.", "each field once.", "Join the two.")
    return dict(pairs)


def _age(known: Record, said: Said) -> float | None:
    """The age in years; one that nobody has is left out and said."""
    given = []
    if known.get("age_years") is not None:
        given.append(known["age_years"])
    if known.get("age") is not None:
        years = years_of(str(known["age"]))
        if years is None:
            raise refusal(
                f"The age is {str(known['age'])!r:.40}.",
                "an ISO 8601 duration such as P47Y6M, P18M (months) or P5D (days).",
                "Or give `age_years: 47`.",
            )
        given.append(years)
    for years in filter(_impossible, given):
        text = f"An age of {years:g} years is not possible (0 to {OLDEST_YEARS:g}): it was left out."
        said.append(Caution(code="age_impossible", words=text))
    given = [
        checked_number(years, "The age in years", highest=OLDEST_YEARS)
        for years in given
        if not _impossible(years)
    ]
    if len(given) == 2 and abs(given[0] - given[1]) > 1.0:
        raise refusal(f"age_years says {given[0]:g}, age {given[1]:g} years.", "one age.", "Leave one out.")
    return coarse_age(given[-1]) if given else None


def _impossible(value: Any) -> bool:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return False
    return not 0 <= value <= OLDEST_YEARS


def _sex(value: Any) -> str | None:
    if value is None:
        return None
    letter = SEXES.get(str(value).strip().lower(), str(value).strip().upper())
    if letter not in ("F", "M", "U"):
        raise refusal(f"The sex is {str(value)!r:.40}.", "F, M or U.", "Correct or leave it out.")
    return letter

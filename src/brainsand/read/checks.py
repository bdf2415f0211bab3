"""Is this value one a patient file may hold? Checks that say what came, what was needed and what to do."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from brainsand.errors import PatientFileError
from brainsand.model.caution import Caution
from brainsand.read.vocabulary import IDENTITY, nearest, plain_word

Record = dict[str, Any]
Said = list[Caution]

_CODE: Final = "bad_patient_file"


def known_fields(record: Any, known: tuple[str, ...], where: str, said: Said) -> Record:
    """The fields that are known; near misses are refused, identity and strange ones left out and said."""
    if not isinstance(record, Mapping):
        raise refusal(
            f"{where[:1].upper()}{where[1:]} is {record!r:.60}.",
            "a set of fields.",
            "See docs/how-to/patient-file.md.",
        )
    kept: Record = {}
    for name, value in record.items():
        if name in known:
            kept[name] = value
        elif str(name).lower() in IDENTITY:
            text = f"The field {name!r} names the patient; it was dropped and is not kept anywhere."
            said.append(Caution(code="identity_removed", words=text))
        elif meant := nearest(str(name), known):
            raise refusal(
                f"{where[:1].upper()}{where[1:]} has a field {name!r}.",
                f"one of {', '.join(known)}.",
                f"Did you mean {meant!r}?",
            )
        else:
            text = f"The field {str(name)!r:.60} in {where} is not known and was left out."
            said.append(Caution(code="unknown_field", words=text))
    return kept


def checked_word(
    value: Any,
    known: tuple[str, ...],
    what: str,
    said: Said | None = None,
    *,
    also: Mapping[str, str] | None = None,
) -> str | None:
    """A word of a list, in any case and with any separators, or one that ``also`` says means the same.

    A near miss is refused; a strange word too, or left out where ``said`` is given.
    """
    if (same := same_word(value, known, also or {})) is not None:
        return same
    meant = nearest(str(value), known)
    if meant is None and said is not None:
        text = f"The {what} {str(value)!r:.60} is not known and was left out; docs/evidence/words.md lists the words."
        said.append(Caution(code=f"unknown_{what.replace(' ', '_')}", words=text))
        return None
    todo = f"Did you mean {meant!r}?" if meant else "Use a word of the list."
    raise refusal(f"The {what} is {str(value)!r:.60}.", f"one of {', '.join(known)}.", todo)


def same_word(value: Any, known: tuple[str, ...], also: Mapping[str, str]) -> str | None:
    """The word of the list that ``value`` is, or means by ``also``; None for any other.

    >>> same_word("PTH", ("pth",), {}), same_word(5, ("P", "LP"), {"5": "P"}), same_word("pht", ("pth",), {})
    ('pth', 'P', None)
    """
    if isinstance(value, bool) or not isinstance(value, str | int):
        return None
    plain = plain_word(str(value))
    return {k.lower(): k for k in known}.get(plain) or also.get(plain)


def checked_number(value: Any, what: str, *, lowest: float = 0.0, highest: float = 1e9) -> float:
    """A finite number within its range; anything else, `true` and text included, is refused."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not lowest <= value <= highest:
        raise refusal(
            f"{what} is {value!r:.60}.",
            f"a number from {lowest:g} to {highest:g}.",
            "Correct or leave it out.",
        )
    return float(value)


def checked_flag(value: Any, what: str) -> bool:
    """True or false; anything else is refused."""
    if not isinstance(value, bool):
        raise refusal(f"{what} is {value!r:.60}.", "true or false.", "Correct or leave it out.")
    return value


def refusal(came: str, needed: str, todo: str) -> PatientFileError:
    """What came, what was needed, what to do."""
    return PatientFileError(came, needed=needed, todo=todo, code=_CODE)

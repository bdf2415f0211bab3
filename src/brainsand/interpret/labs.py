"""What do the laboratory values say, read together? Values to flags: low, normal, high, positive, negative.

A range that the laboratory gave is honoured before our own. Units are converted; a value that no living person has in
its unit is not used, and the unit that would fit is asked for. Three values are never read alone:

- total calcium is corrected for albumin, ``Ca + 0.02 x (40 - albumin g/L)`` mmol/L (Payne 1973,
  doi:10.1136/bmj.4.5893.643; it misleads in kidney failure and critical illness), unless ionized calcium is known,
  which then decides;
- parathyroid hormone is read against calcium: "normal" with low calcium is inappropriately low, with high calcium
  inappropriately high;
- low calcium or phosphate with low magnesium says that magnesium may be the cause.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from brainsand.model.caution import Caution
from brainsand.model.vocabulary import Analyte

#: HPO terms that are laboratory findings: they are read as labs, and not as symptoms a second time.
FLAG_OF_TERM: Final[Mapping[str, tuple[str, str]]] = {
    "HP:0002901": ("calcium", "low"),
    "HP:0003072": ("calcium", "high"),
    "HP:0002905": ("phosphate", "high"),
    "HP:0002148": ("phosphate", "low"),
    "HP:0002917": ("magnesium", "low"),
    "HP:0031817": ("pth", "low"),
    "HP:0003165": ("pth", "high"),
    "HP:0100512": ("vitamin_d_25oh", "low"),
    "HP:0003259": ("creatinine", "high"),
    "HP:0003155": ("alp", "high"),
    "HP:0002151": ("lactate_blood", "high"),
    "HP:0002490": ("lactate_csf", "high"),
    "HP:0012229": ("csf_pleocytosis", "positive"),
    "HP:0003281": ("ferritin", "high"),
    "HP:0010837": ("ceruloplasmin", "low"),
    "HP:0002160": ("homocysteine", "high"),
    "HP:0001873": ("platelets", "low"),
    "HP:0003493": ("ana", "positive"),
    "HP:0004923": ("phenylalanine", "high"),
}
NORMAL_ALBUMIN_G_L: Final = 40.0
CORRECTION_MMOL_PER_G: Final = 0.02
FLAGS: Final = ("low", "normal", "high", "positive", "negative")
VERDICTS: Final = ("positive", "negative")


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """All results as flags, with the words for each, and what could not be used.

    ``values`` {analyte: in its own unit, corrected}, where a number decided.
    """

    flags: Mapping[str, str]
    words: Mapping[str, str]
    cautions: tuple[Caution, ...] = ()
    notes: tuple[str, ...] = ()
    values: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Result:
    flag: str
    words: str
    value: float | None = None


def read_labs(
    labs: Sequence[Mapping[str, Any]],
    analytes: Mapping[str, Analyte],
    *,
    age_years: float | None = None,
    sex: str | None = None,
    terms: Sequence[str] = (),
) -> Panel:
    """Read the results of one patient together.

    Parameters
    ----------
    labs : sequence of mappings
        As a checked patient file has them: analyte, and a flag or a value with its unit or range.
    analytes : mapping of id to Analyte
        Units, ranges and what is plausible, of ``read.conditions.load_knowledge``.
    age_years, sex : optional
        Of the person; ranges depend on them.
    terms : sequence of str
        Observed HPO terms; those that are laboratory findings stand in where no value is given.
    """
    said: list[Caution] = []
    results: dict[str, _Result] = {}
    values = _plain_values(labs, analytes)
    for lab in labs:
        analyte = analytes.get(lab["analyte"])
        found = _result(lab, analyte, age_years, sex, values, said)
        if found is not None:
            _keep(results, lab["analyte"], found, said)
    for term in terms:
        name, flag = FLAG_OF_TERM.get(term, ("", ""))
        if name and name not in results:
            results[name] = _Result(flag=flag, words=f"{_name(analytes, name)} {flag}")
        elif name and results[name].flag != flag:
            words = f"A term says {_name(analytes, name)} {flag}, the result says {results[name].words}: it is used."
            said.append(Caution(code="lab_contradiction", words=words))
    return _together(results, analytes, said)


def _plain_values(labs: Sequence[Mapping[str, Any]], analytes: Mapping[str, Analyte]) -> dict[str, float]:
    found = {}
    for lab in labs:
        analyte = analytes.get(lab["analyte"])
        if analyte is not None and "value" in lab and "unit" in lab:
            value = analyte.in_own_unit(lab["value"], lab["unit"])
            if value is not None and _plausible(value, analyte):
                found[lab["analyte"]] = value
    return found


def _result(
    lab: Mapping[str, Any],
    analyte: Analyte | None,
    age_years: float | None,
    sex: str | None,
    values: Mapping[str, float],
    said: list[Caution],
) -> _Result | None:
    """One result as a flag; None (and a caution) where it cannot be used."""
    name = _capital(analyte.spoken) if analyte else lab["analyte"].replace("_", " ")
    if "value" not in lab:
        return _of_flag(lab, analyte, name, said)
    text = f"{name} {lab['value']:g}{' ' + lab['unit'] if lab.get('unit') else ''}"
    flag = _by_own_range(lab, analyte)
    if flag and (analyte is None or "unit" not in lab):
        return _own(lab, text, flag, None, said)
    if analyte is None:
        return None
    value = analyte.in_own_unit(lab["value"], lab.get("unit"))
    if value is None:
        return _unknown_unit(lab, analyte, text, flag, said)
    if not _plausible(value, analyte):
        _implausible(lab, analyte, text, said)
        return None
    if flag and not _same_unit(lab, analyte):
        lab, flag = _without_range(lab, text, said), None
    value, corrected = _corrected(lab["analyte"], value, values)
    if flag and not corrected:
        return _own(lab, text, flag, value, said)
    return _by_our_range(lab, analyte, value, f"{text}{corrected}", age_years, sex, said)


def _of_flag(
    lab: Mapping[str, Any], analyte: Analyte | None, name: str, said: list[Caution]
) -> _Result | None:
    """A result of which only a word is given; None (and a caution) where the test has no such result."""
    flag = lab["flag"]
    if analyte is not None and analyte.kind == "verdict":
        flag = _verdict(flag)
    elif analyte is not None and flag in VERDICTS and all(row.low is not None for row in analyte.ranges):
        words = f"{name} {flag} cannot be read and was left out: give low, normal or high."
        said.append(Caution(code="lab_unreadable", words=words))
        return None
    return _Result(flag=flag, words=f"{name} {flag}")


def _verdict(flag: str) -> str:
    """What a number's flag says of a test that is positive or negative.

    >>> _verdict("high"), _verdict("normal"), _verdict("positive")
    ('positive', 'negative', 'positive')
    """
    return {"high": "positive", "normal": "negative", "low": "negative"}.get(flag, flag)


def _own(lab: Mapping[str, Any], text: str, flag: str, value: float | None, said: list[Caution]) -> _Result:
    """A result by the laboratory's own range, which goes before a flag that says otherwise."""
    if lab.get("flag", flag) not in (flag, *(f for f in FLAGS if _verdict(f) == flag)):
        words = f"{text} is {flag} by the laboratory's range and flagged {lab['flag']}: the range is used."
        said.append(Caution(code="lab_flag_differs", words=words))
    return _Result(flag=flag, words=f"{text} ({flag}, by the laboratory's range)", value=value)


def _same_unit(lab: Mapping[str, Any], analyte: Analyte) -> bool:
    """Whether the range can be in the value's unit: its ends are values that a person may have."""
    ends = [lab[end] for end in ("ref_low", "ref_high") if lab.get(end)]
    own = [analyte.in_own_unit(end, lab.get("unit")) for end in ends]
    return all(end is None or _plausible(end, analyte) for end in own)


def _without_range(lab: Mapping[str, Any], text: str, said: list[Caution]) -> Mapping[str, Any]:
    given = " to ".join(f"{lab[end]:g}" for end in ("ref_low", "ref_high") if end in lab)
    words = (
        f"{text} comes with a range ({given}) that is not plausible in this unit: the range was left out and ours is "
        "used. Give both in one unit."
    )
    said.append(Caution(code="lab_range_implausible", words=words))
    return {name: found for name, found in lab.items() if not name.startswith("ref_")}


def _by_own_range(lab: Mapping[str, Any], analyte: Analyte | None) -> str | None:
    flag = "normal" if "ref_low" in lab or "ref_high" in lab else None
    if "ref_low" in lab and lab["value"] < lab["ref_low"]:
        flag = "low"
    if "ref_high" in lab and lab["value"] > lab["ref_high"]:
        flag = "high"
    return _verdict(flag) if flag and analyte is not None and analyte.kind == "verdict" else flag


def _by_our_range(
    lab: Mapping[str, Any],
    analyte: Analyte,
    value: float,
    text: str,
    age_years: float | None,
    sex: str | None,
    said: list[Caution],
) -> _Result | None:
    row = analyte.range_for(age_years, sex)
    low, high = (None, None) if row is None else (row.low, row.high)
    factor = analyte.in_own_unit(1.0, lab.get("unit")) or 1.0
    low = lab["ref_low"] * factor if "ref_low" in lab else low
    high = lab["ref_high"] * factor if "ref_high" in lab else high
    if low is None and high is None:
        if "flag" in lab:
            return _Result(flag=lab["flag"], words=f"{text} ({lab['flag']})", value=value)
        words = f"{text} cannot be read: no reference range is known. Give ref_low and ref_high, or a flag."
        said.append(Caution(code="lab_no_range", words=words))
        return None
    flag = (
        "low"
        if low is not None and value < low
        else "high"
        if high is not None and value > high
        else "normal"
    )
    flag = _verdict(flag) if analyte.kind == "verdict" else flag
    if "flag" in lab and lab["flag"] != flag:
        words = f"{text} is {flag} by the range and flagged {lab['flag']}: the flag of the file is kept."
        said.append(Caution(code="lab_flag_differs", words=words))
        flag = lab["flag"]
    return _Result(flag=flag, words=f"{text} ({flag})", value=value)


def _plausible(value: float, analyte: Analyte) -> bool:
    return analyte.plausible is None or analyte.plausible[0] <= value <= analyte.plausible[1]


def _implausible(lab: Mapping[str, Any], analyte: Analyte, text: str, said: list[Caution]) -> None:
    """Say that no living person has this, and which unit would make it one that is."""
    fitting = [
        unit
        for unit, factor in analyte.units.items()
        if analyte.plausible is not None
        and analyte.plausible[0] <= lab["value"] * factor <= analyte.plausible[1]
        and unit != lab.get("unit")
    ]
    meant = f" {' or '.join(fitting)} meant?" if fitting else " Check value and unit."
    words = f"{text} is not plausible and was left out:{meant}"
    said.append(Caution(code="lab_implausible", words=words))


def _unknown_unit(
    lab: Mapping[str, Any], analyte: Analyte, text: str, flag: str | None, said: list[Caution]
) -> _Result | None:
    known = ", ".join(analyte.units)
    flag = flag or lab.get("flag")
    todo = "Its flag or range was used." if flag else f"It was left out: give it in one of {known}."
    said.append(Caution(code="lab_unknown_unit", words=f"{text}: the unit is not known. {todo}"))
    return _Result(flag=flag, words=f"{text} ({flag})") if flag else None


def _corrected(name: str, value: float, values: Mapping[str, float]) -> tuple[float, str]:
    """Calcium corrected for albumin where both are known; anything else as it is."""
    albumin = values.get("albumin")
    if name != "calcium" or albumin is None or "ionized_calcium" in values:
        return value, ""
    right = value + CORRECTION_MMOL_PER_G * (NORMAL_ALBUMIN_G_L - albumin)
    return right, f", {right:.2f} mmol/L corrected for albumin"


def _keep(results: dict[str, _Result], name: str, found: _Result, said: list[Caution]) -> None:
    """Keep the first of two results of one analyte that contradict each other, and say so."""
    before = results.get(name)
    if before is not None and before.flag != found.flag:
        words = f"Two results contradict each other ({before.words}; {found.words}): the first is used."
        said.append(Caution(code="lab_contradiction", words=words))
        return
    results[name] = found


def _name(analytes: Mapping[str, Analyte], name: str) -> str:
    return _capital(analytes[name].spoken) if name in analytes else name.replace("_", " ")


def _capital(words: str) -> str:
    return words[:1].upper() + words[1:]


def _together(results: dict[str, _Result], analytes: Mapping[str, Analyte], said: list[Caution]) -> Panel:
    flags = {name: r.flag for name, r in results.items()}
    words = {name: r.words for name, r in results.items()}
    values = {name: r.value for name, r in results.items() if r.value is not None}
    notes: list[str] = []
    if "ionized_calcium" in flags:
        _let_ionized_decide(flags, words, notes)
        values.pop("calcium", None)
    calcium, pth = flags.get("calcium"), flags.get("pth")
    if pth == "normal" and calcium in ("low", "high"):
        flags["pth"] = calcium
        words["pth"] = f"{words['pth']}: inappropriately {calcium} beside {calcium} calcium"
        notes.append(f"A normal parathyroid hormone with {calcium} calcium is inappropriately {calcium}.")
    if flags.get("magnesium") == "low" and calcium == "low":
        notes.append(
            "Low magnesium by itself stops parathyroid hormone and lowers calcium: correct it first."
        )
    return Panel(flags=flags, words=words, cautions=tuple(said), notes=tuple(notes), values=values)


def _let_ionized_decide(flags: dict[str, str], words: dict[str, str], notes: list[str]) -> None:
    if flags.get("calcium") not in (None, flags["ionized_calcium"]):
        notes.append("Total and ionized calcium differ: the ionized one is read.")
    flags["calcium"] = flags.pop("ionized_calcium")
    words["calcium"] = words.pop("ionized_calcium")

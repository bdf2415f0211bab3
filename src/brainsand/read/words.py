"""The words of the patient file with their meaning, from ``knowledge/words``: analytes, history, base rates."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from brainsand.model.norms import NormCurve, log_odds_of
from brainsand.model.vocabulary import AgeShare, Analyte, Background, HistoryWord, Range
from brainsand.read.conditions import frequency_of, many

Plain = Mapping[str, Any]


def analyte_of(raw: Plain) -> Analyte:
    """One laboratory test from its row."""
    plausible = raw["plausible"]
    return Analyte(
        id=raw["id"],
        name=raw["name"],
        kind=raw["kind"],
        unit=raw["unit"],
        units={unit: float(factor) for unit, factor in raw["units"].items()},
        ranges=tuple(_range(row) for row in raw["ranges"]),
        plausible=None if plausible is None else (float(plausible[0]), float(plausible[1])),
        loinc=dict(raw["loinc"]),
        usual=dict(raw["usual"]),
        synonyms=many(raw.get("synonyms")),
        note=raw.get("note", ""),
    )


def history_word_of(raw: Plain) -> HistoryWord:
    """One word of the history from its row."""
    return HistoryWord(
        id=raw["id"],
        name=raw["name"],
        base=frequency_of(raw),
        asks=raw.get("asks", ""),
        hpo=many(raw.get("hpo")),
        implies=many(raw.get("implies")),
        synonyms=many(raw.get("synonyms")),
    )


def background_of(raw: Plain) -> Background:
    """One base rate from its row; percent there, fractions here."""
    return Background(
        id=raw["id"],
        label=raw["label"],
        child=raw["child"] / 100.0,
        adult=raw["adult"] / 100.0,
        elderly=raw["elderly"] / 100.0,
        trust=raw["trust"],
        source=many(raw.get("source")),
    )


def age_share_of(raw: Plain) -> AgeShare:
    """One age band of the people who get a head CT."""
    low, high = raw["age"]
    return AgeShare(
        age=(float(low), float(high)),
        share=raw["percent"] / 100.0,
        trust=raw["trust"],
        source=many(raw.get("source")),
    )


def curve_of(raw: Plain) -> NormCurve:
    """The curve of ordinary calcium of one site; percent there, log odds here."""
    return NormCurve(
        site=raw["site"],
        ages=tuple(float(age) for age, _ in raw["knots"]),
        log_odds=tuple(log_odds_of(percent) for _, percent in raw["knots"]),
        log_odds_sd=float(raw["log_odds_sd"]),
        male_log_odds=float(raw.get("male_log_odds", 0.0)),
        trust=raw["trust"],
        source=many(raw["source"]),
        basis=raw["basis"],
    )


def _range(raw: Plain) -> Range:
    low, high = raw["age"]
    return Range(
        age=(float(low), float(high)),
        low=None if raw["low"] is None else float(raw["low"]),
        high=None if raw["high"] is None else float(raw["high"]),
        trust=raw["trust"],
        source=many(raw.get("source")),
        sex=raw.get("sex"),
        note=raw.get("note", ""),
    )

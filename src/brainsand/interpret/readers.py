"""What would one say of it to a radiologist, a neurologist, a geneticist? A paragraph each, from what was counted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from brainsand.interpret.advice import TREATED
from brainsand.interpret.chance import percent
from brainsand.interpret.table import OTHER

READERS: Final = ("radiologist", "neurologist", "geneticist")
MOST: Final = 3
PICTURE: Final = ("site:", "side:", "form:", "lobe:", "extent:", "in_mass", "not:in_mass", "age")
"""Beginnings of the names of what an image says."""


def paragraphs_of(
    differential: Mapping[str, Any],
    steps: Sequence[Mapping[str, Any]],
    *,
    pattern: str | None,
    lab_notes: Sequence[str],
    not_inherited: Mapping[str, str] | None = None,
) -> dict[str, str]:
    """One paragraph a reader.

    Parameters
    ----------
    differential : mapping
        Of ``interpret.differential``.
    steps : sequence of mappings
        The next steps.
    pattern : str, optional
        The pattern in words, where there is an image.
    lab_notes : sequence of str
        What the laboratory values say together.
    not_inherited : mapping, optional
        Condition to the word for what its genes do, where none is inherited: somatic, susceptibility, de novo.
    """
    groups = [g for g in differential["groups"] if g["probability"] >= 0.03][:MOST]
    return {
        "radiologist": _radiologist(groups, differential, steps, pattern),
        "neurologist": _neurologist(groups, differential, steps, lab_notes),
        "geneticist": _geneticist(groups, steps, not_inherited or {}),
    }


def _radiologist(
    groups: Sequence[Mapping[str, Any]],
    d: Mapping[str, Any],
    steps: Sequence[Mapping[str, Any]],
    pattern: str | None,
) -> str:
    parts = [pattern] if pattern else []
    first = groups[0] if groups else None
    fits = _evidence(first, PICTURE) if first else ""
    if first and first["id"] == OTHER:
        parts.append(f"{str(d['words']).rstrip('.')}.")
    elif first and fits:
        parts.append(f"The picture fits {first['name']} best ({percent(first['probability'])}): {fits}.")
    elif first:
        parts.append(f"Of the picture nothing speaks for a cause; first stands {_named(first)}.")
    if first and first["id"] != OTHER:
        against = _evidence(first, ("site:", "no_site:", "side:", "lobe:", "extent:"), key="against")
        parts += [f"Against it: {against}."] if against else []
    parts += _pair(d)
    if d["unexplained"]:
        parts.append(f"Not explained by it: {'; '.join(d['unexplained'])}.")
    return " ".join([*parts, *_for(steps, "radiologist")])


def _neurologist(
    groups: Sequence[Mapping[str, Any]],
    d: Mapping[str, Any],
    steps: Sequence[Mapping[str, Any]],
    notes: Sequence[str],
) -> str:
    ranked = "; ".join(f"{g['name']} {percent(g['probability'])}{_treat(g)}" for g in groups)
    parts = [f"Ranked: {ranked}."] if ranked else []
    if groups:
        fits = _evidence(groups[0], ("HP:", "labs:", "history:", "family:"))
        parts += [f"What speaks for the first: {fits}."] if fits else []
    parts += list(notes)
    parts += [_treatment(g) for g in groups if g["treatable"] in TREATED and g["treatment"]]
    parts += _pair(d)
    return " ".join([*parts, *_for(steps, "neurologist")])


def _pair(d: Mapping[str, Any]) -> list[str]:
    """Two causes at once, where they are likely enough to be told."""
    return [
        f"Two causes at once: {' with '.join(pair['names'])} ({percent(pair['probability'])})."
        for pair in (d.get("together") or [])[:1]
    ]


def _named(group: Mapping[str, Any]) -> str:
    return f"{group['name']} ({percent(group['probability'])})"


GENE_FROM: Final = 0.05
"""A group whose likeliest gene holds less of it than this is most likely acquired."""


def _geneticist(
    groups: Sequence[Mapping[str, Any]], steps: Sequence[Mapping[str, Any]], not_inherited: Mapping[str, str]
) -> str:
    inherited = [g for g in groups if any(m["gene"] for m in g["members"])]
    parts = []
    for g in inherited:
        best = next(m for m in g["members"] if m["gene"])
        gene = f"likeliest gene {best['gene']} ({percent(best['probability'])})"
        if best["id"] in not_inherited:
            gene = f"{best['gene']} ({not_inherited[best['id']]}), which no panel of inherited genes shows"
        acquired = best["probability"] < GENE_FROM * g["probability"]
        parts.append(
            f"{g['name']} ({percent(g['probability'])}); {'most likely acquired' if acquired else gene}."
        )
        said = _evidence(g, ("variant:", "family:"))
        parts += [f"{said}."] if said else []
    if not parts:
        parts = [
            "No inherited condition stands among the likely ones; family history and age decide whether to test."
        ]
    return " ".join([*parts, *_for(steps, "geneticist")])


def _evidence(group: Mapping[str, Any], kinds: tuple[str, ...], *, key: str = "evidence") -> str:
    rows = [r for r in group[key] if str(r["finding"]).startswith(kinds)][:MOST]
    return ", ".join(f"{r['words']} (×{_figure(r['likelihood_ratio'])})" for r in rows)


def _figure(ratio: float) -> str:
    return f"{ratio:.0f}" if ratio >= 10 else f"{ratio:.2g}"


def _treat(group: Mapping[str, Any]) -> str:
    return " (treatable)" if group["treatable"] in ("yes", "preventable") else ""


def _treatment(group: Mapping[str, Any]) -> str:
    first = group["treatment"][0]
    return f"If it is {first['condition']}: {first['words']}"


def _for(steps: Sequence[Mapping[str, Any]], reader: str) -> list[str]:
    mine = [s for s in steps if reader in s["for"] and not (s.get("avoid") or s.get("once_proven"))][:MOST]
    never = [s for s in steps if s.get("avoid") and reader in s["for"]][:1]
    said = "; ".join(str(s["step"]).rstrip(".") for s in mine)
    told = [f"Next: {said}" + ("" if said.endswith("?") else ".")] if mine else []
    return told + [f"{str(s['step']).rstrip('.')}." for s in never]

"""Are the terms and genes of a patient ones we know? Replaced, asked back or kept, and said each time.

HPO ids change: a merged or renamed term is read as its successor; an id that is none is left out, with a suggestion by
its label. A gene that is in no condition stays (it weighs nothing), with a suggestion where its name is nearly one.
"""

from __future__ import annotations

import difflib
from collections.abc import Collection
from dataclasses import replace

from brainsand.model.caution import Caution
from brainsand.model.knowledge import Knowledge
from brainsand.model.patient import Patient
from brainsand.model.terms import Terms
from brainsand.read.checks import Record, Said
from brainsand.read.entries import FULL_ID, once


def with_known_words(
    patient: Patient, terms: Terms, knowledge: Knowledge
) -> tuple[Patient, tuple[Caution, ...]]:
    """The patient with current HPO ids, and what there is to say of his terms and genes."""
    said: Said = []
    current = [found for term in patient.phenotype if (found := _current(term, terms, said)) is not None]
    genes = {g.symbol for c in knowledge.conditions.values() for g in c.genes}
    for variant in patient.variants:
        _say_of_gene(str(variant["gene"]), genes, said)
    _say_of_family(patient, said)
    phenotype = _in_time(_consistent(once(current, said), terms, said), patient.age_years, said)
    return replace(patient, phenotype=phenotype), tuple(said)


def _consistent(phenotype: tuple[Record, ...], terms: Terms, said: Said) -> tuple[Record, ...]:
    """The terms without those excluded that lie above an observed one: no seizure, but focal seizures."""
    observed = [t["id"] for t in phenotype if not t["excluded"]]
    kept = []
    for term in phenotype:
        narrow = next((o for o in observed if term["excluded"] and terms.is_a(o, term["id"])), None)
        if narrow is None:
            kept.append(term)
            continue
        words = (
            f"{terms.names[term['id']]} is excluded while {terms.names[narrow]}, a kind of it, is observed: the "
            "exclusion was left out."
        )
        said.append(Caution(code="term_contradiction", words=words))
    return tuple(kept)


def _in_time(phenotype: tuple[Record, ...], age_years: float | None, said: Said) -> tuple[Record, ...]:
    """The terms without an onset that lies after the age given."""
    late = [t for t in phenotype if age_years is not None and t.get("onset_years", 0.0) > age_years + 1]
    for term in late:
        words = f"{term['label']} began at {term['onset_years']:g} years, after the age given: the onset was left out."
        said.append(Caution(code="onset_after_age", words=words))
    names = {t["id"] for t in late}
    return tuple(
        {k: v for k, v in t.items() if not k.startswith("onset")} if t["id"] in names else t
        for t in phenotype
    )


def _current(term: Record, terms: Terms, said: Said) -> Record | None:
    """The term under its current id; None where there is none."""
    name = term["id"]
    if not FULL_ID.match(name):
        padded = f"HP:{name[3:]:0>7}"
        meant = f" Did you mean {padded} ({terms.names[padded]})?" if padded in terms.names else ""
        words = f"{name} is no HPO id, which has seven digits, and was left out.{meant}"
        said.append(Caution(code="term_unknown", words=words))
        return None
    now = terms.current(name)
    if now is not None and now == name:
        return term | {"label": terms.names[now]}
    if now is not None:
        words = f"{name} is no longer in use: it was read as {now} ({terms.names[now]})."
        said.append(Caution(code="term_replaced", words=words))
        return term | {"id": now, "label": terms.names[now]}
    said.append(Caution(code="term_unknown", words=_unknown_words(term, terms)))
    return None


def _unknown_words(term: Record, terms: Terms) -> str:
    gone = terms.obsolete.get(term["id"])
    if gone is not None:
        others = [f"{t} ({terms.names[t]})" for t in (*gone.replaced_by, *gone.consider) if t in terms.names]
        meant = f" Consider {' or '.join(others)}." if others else ""
        return f"{term['id']} ({gone.name}) is obsolete with no single successor and was left out.{meant}"
    label = str(term.get("label") or "")
    by_label = next((t for t, n in terms.names.items() if label and n.lower() == label.lower()), None)
    meant = (
        f" Did you mean {by_label} ({terms.names[by_label]})?" if by_label else _near_ids(term["id"], terms)
    )
    return f"{term['id']} is no HPO term (release {terms.version}) and was left out.{meant}"


def _near_ids(name: str, terms: Terms) -> str:
    near = difflib.get_close_matches(name, _one_digit_off(name, terms), n=2, cutoff=0.8)
    if not near:
        return " Find it with `brainsand terms WORDS`."
    return f" Did you mean {' or '.join(f'{t} ({terms.names[t]})' for t in near)}?"


def _one_digit_off(name: str, terms: Terms) -> list[str]:
    digits = "0123456789"
    tried = [name[:i] + d + name[i + 1 :] for i in range(3, len(name)) for d in digits]
    swapped = [name[:i] + name[i + 1] + name[i] + name[i + 2 :] for i in range(3, len(name) - 1)]
    return [t for t in dict.fromkeys([*swapped, *tried]) if t in terms.names]


def _say_of_family(patient: Patient, said: Said) -> None:
    """Words of the family that are known and weigh nothing."""
    if set(patient.family.get("affected_relatives") or ()) == {"other"}:
        words = "An affected relative given as 'other' weighs nothing: name the nearest (parent, sibling, aunt ...)."
        said.append(Caution(code="family_weighs_nothing", words=words))
    if patient.family.get("inheritance") in ("sporadic", "de_novo"):
        given = patient.family["inheritance"].replace("_", " ")
        words = f"The inheritance {given!r} weighs nothing: a single case is what most causes show."
        said.append(Caution(code="family_weighs_nothing", words=words))


def _say_of_gene(symbol: str, genes: Collection[str], said: Said) -> None:
    if symbol.upper() in {g.upper() for g in genes}:
        return
    near = difflib.get_close_matches(symbol.upper(), sorted(genes), n=2, cutoff=0.75)
    meant = f" Did you mean {' or '.join(near)}?" if near else ""
    words = f"{symbol} is a gene of no condition here, so its variant weighs nothing.{meant}"
    said.append(Caution(code="gene_unknown", words=words))

"""What should be done next, once conditions are ranked? Tests that settle most, steps of the likely, genes, family.

First what is treatable and cannot wait; then the questions and tests that would change the ranking most, each with the
bits it is expected to tell; then what the likely conditions ask for; then a gene panel with the reason for each gene
and who else to scan; then what is done where a treatable cause is proven; last what not to do. Nothing already known is
asked again.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import numpy as np

from brainsand.interpret.chance import percent
from brainsand.interpret.chemistry import MINERAL
from brainsand.interpret.heredity import mode_of, modes_of
from brainsand.interpret.information import Answer
from brainsand.interpret.next_steps import URGENCY
from brainsand.interpret.rank import Ranking
from brainsand.model.knowledge import Advice, Condition

Step = dict[str, Any]

WORDS_OF_URGENCY: Final = {"urgent": "now", "now": "now", "soon": "soon", "routine": "routine"}
LIKELY: Final = 0.10
TREATABLE_FROM: Final = 0.05
"""A treatable group is followed up from this probability, any other from ``LIKELY`` (expert)."""
GENES_FROM: Final = 0.05
ORDINARY_FROM: Final = 0.8
"""From this probability ordinary calcium is let be (expert)."""
ASKED_MOST: Final = 5
TESTS_MOST: Final = 4
LEAST_BITS: Final = 0.05
SOON_BITS: Final = 0.15
METHOD: Final = "expected information, docs/methods/differential.md"
FOR_WHOM: Final[Mapping[str, tuple[str, ...]]] = {
    "lab": ("neurologist",),
    "history": ("neurologist",),
    "symptom": ("neurologist",),
    "site": ("radiologist",),
    "gene": ("geneticist",),
}
#: Features that no eye sees: of metabolism, of cells, of blood.
TESTED: Final = ("HP:0001939", "HP:0025354", "HP:0001871")
MINERALS: Final = frozenset({"calcium", "phosphate", "pth"})
#: Low calcium that is felt: seizure, tetany, paresthesia, long QT, laryngospasm, muscle spasm (doi:10.1530/EC-16-0056).
FELT: Final = ("HP:0001250", "HP:0001281", "HP:0003401", "HP:0001657", "HP:0025425", "HP:0003394")
LEAST_CALCIUM_MMOL: Final = 1.9
"""Under this (corrected for albumin) low calcium is an emergency, felt or not (doi:10.1530/EC-16-0056)."""
MOST_CALCIUM_MMOL: Final = 3.5
"""Over this high calcium is an emergency: arrhythmia, coma (doi:10.1530/EC-16-0055)."""
TREATED: Final = ("yes", "preventable", "partly")


def steps_of_ranking(ranking: Ranking, answers: Sequence[Answer]) -> tuple[Step, ...]:
    """The next steps, the treatable and the urgent first.

    Parameters
    ----------
    ranking : Ranking
        Of one patient.
    answers : sequence of Answer
        Open questions, the most telling first.
    """
    likely = _likely(ranking)
    if _is_ordinary(ranking):
        # Benign stays benign: an open question is put only where it tells much.
        answers = [a for a in answers if a.bits >= SOON_BITS]
        likely = [(c, p) for c, p in likely if not ranking.table.knowledge.group_of(c.id).benign]
    asked = list(_asked(ranking, answers))
    steps = [*_nothing_needed(ranking, asked), *_urgent(ranking, likely), *asked]
    steps += [
        *_of_conditions(ranking, likely),
        *_panel(ranking, answers),
        *_family(ranking, likely),
        *_treatments(ranking, likely),
        *_avoid(ranking, likely),
    ]
    steps = _once(steps)
    order = {id(step): place for place, step in enumerate(steps)}
    # What waits for a proof stands after the tests that bring it.
    return tuple(
        sorted(
            steps,
            key=lambda s: (
                URGENCY.index(s["urgency"]),
                bool(s.get("once_proven")),
                not s["treatable"],
                order[id(s)],
            ),
        )
    )


def _likely(ranking: Ranking) -> list[tuple[Condition, float]]:
    """The leading member of every group worth acting on, with the group's probability, best first."""
    table = ranking.table
    found = []
    for place in np.argsort(-ranking.groups):
        if table.group_ids[place] not in table.knowledge.groups:
            continue
        group, chance = table.knowledge.groups[table.group_ids[place]], float(ranking.groups[place])
        treated = group.treatable in TREATED and not group.benign
        if chance >= (TREATABLE_FROM if treated else LIKELY):
            members = np.flatnonzero(table.group_of == place)
            found.append((table.conditions[int(members[np.argmax(ranking.posterior[members])])], chance))
    return found


def _is_ordinary(ranking: Ranking) -> bool:
    """Whether ordinary calcium leads so surely that nothing need be asked because of it."""
    known = ranking.table.knowledge.groups.get(ranking.table.group_ids[int(np.argmax(ranking.groups))])
    return known is not None and known.benign and float(ranking.groups.max()) >= ORDINARY_FROM


def _nothing_needed(ranking: Ranking, asked: Sequence[Step]) -> Iterable[Step]:
    """That no test is needed, unless one is asked for (of what is asked, tests alone bring a treatment nearer)."""
    if _is_ordinary(ranking) and ranking.weights and not any(step["treatable"] for step in asked):
        yield _step(
            "No further test for the calcium.",
            f"It is most likely ordinary for the age ({percent(float(ranking.groups.max()))}).",
            ("radiologist", "neurologist"),
            "none",
            METHOD,
            treatable=False,
        )


def _urgent(ranking: Ranking, likely: Sequence[tuple[Condition, float]]) -> Iterable[Step]:
    """What cannot wait: calcium that is felt or far from normal; a newborn whose infection can still be proven."""
    seen = ranking.seen
    calcium = seen.values.get("calcium")
    if seen.flags.get("calcium") == "low":
        yield _treat_low_calcium(ranking, calcium)
    if seen.flags.get("calcium") == "high" and calcium is not None and calcium > MOST_CALCIUM_MMOL:
        yield _step(
            "Bring the high calcium down: saline into a vein, ECG; then a drug against resorption of bone.",
            f"Calcium is over {MOST_CALCIUM_MMOL:g} mmol/L: arrhythmia and coma threaten, whatever its cause.",
            ("endocrinologist", "neurologist"),
            "now",
            "doi:10.1530/EC-16-0055",
            treatable=True,
            alarm=True,
        )
    newborn = seen.age_years is not None and seen.age_years <= 21 / 365.25
    infections = [(c, p) for c, p in likely if c.id.startswith("congenital_")]
    if newborn and infections:
        yield _step(
            "PCR for cytomegalovirus in urine or saliva now; toxoplasma serology of mother and child.",
            f"{infections[0][0].name} ({percent(infections[0][1])}); the proof of infection before birth expires "
            "at three weeks, and treatment starts in the first month.",
            ("neonatologist", "infectious disease specialist"),
            "now",
            "PMID:28291720",
            treatable=True,
            alarm=True,
        )


def _treat_low_calcium(ranking: Ranking, calcium: float | None) -> Step:
    """Now where it is felt or very low, else soon."""
    names = ranking.table.terms
    felt = [names.names[t] for t in ranking.seen.terms if any(names.is_a(t, s) for s in FELT)]
    very_low = calcium is not None and calcium < LEAST_CALCIUM_MMOL
    why = "Calcium is low" + (f" (under {LEAST_CALCIUM_MMOL:g} mmol/L)" if very_low else "")
    why += f", and may be felt ({', '.join(felt[:3]).lower()})" if felt else ""
    return _step(
        "Treat low calcium (and magnesium where it is low) under control of ECG and blood.",
        f"{why}: this is treated before its cause is known.",
        ("endocrinologist", "neurologist"),
        "now" if felt or very_low else "soon",
        "doi:10.1530/EC-16-0056" if felt or very_low else "doi:10.1210/clinem/dgac391",
        treatable=True,
        alarm=bool(felt or very_low),
    )


def _asked(ranking: Ranking, answers: Sequence[Answer]) -> Iterable[Step]:
    """The questions and tests that tell most."""
    told = [a for a in answers if a.question.about != "gene" and a.bits >= LEAST_BITS][:ASKED_MOST]
    for a in told:
        verb = {"lab": "Measure", "history": "Ask", "symptom": "Look for", "site": "On CT"}[a.question.about]
        if a.question.about == "symptom" and any(ranking.table.terms.is_a(a.question.key, t) for t in TESTED):
            verb = "Test for"
        names = _told_apart(ranking, a)
        yield _step(
            f"{verb}: {a.question.words}",
            f"Expected to tell {a.bits:.2f} bits; bears most on {names}.",
            ("endocrinologist", "neurologist") if _is_mineral(a) else FOR_WHOM[a.question.about],
            "soon" if a.question.about == "lab" and a.bits >= SOON_BITS else "routine",
            METHOD,
            treatable=a.question.about == "lab",
        )


def _is_mineral(answer: Answer) -> bool:
    return answer.question.about == "lab" and bool(set(answer.question.key.split("+")) & set(MINERAL))


def _told_apart(ranking: Ranking, answer: Answer) -> str:
    table = ranking.table
    best = [
        int(g) for g in np.argsort(-answer.group_bits)[:2] if table.group_ids[g] in table.knowledge.groups
    ]
    return " and ".join(table.knowledge.groups[table.group_ids[g]].name for g in best) or "the groups"


def _of_conditions(ranking: Ranking, likely: Sequence[tuple[Condition, float]]) -> Iterable[Step]:
    """What the likely conditions themselves ask for."""
    for condition, chance in likely[:3]:
        tests = [a for a in condition.next_tests if not _said_better(a.text, known=set(ranking.seen.flags))]
        for advice in tests[:TESTS_MOST]:
            step = _from_advice(condition, chance, advice)
            # What only low calcium does to the heart waits where calcium is known to be normal.
            calm = ranking.seen.flags.get("calcium") == "normal" and "long QT" in advice.text
            yield {**step, "urgency": "routine"} if calm else step


def _said_better(text: str, *, known: set[str]) -> bool:
    """Whether a step says nothing, asks what is known, or says what the gene panel here says with reasons."""
    plain = text.lower()
    asked = known >= MINERALS and plain.startswith(("ca ", "ca,", "calcium")) and "pth" in plain
    asked |= known >= MINERALS | {"creatinine"} and plain.startswith("creatinine, p, ca, pth")
    return asked or plain.startswith(("none", "as ")) or "gene panel" in plain


def _urgency(said: str, chance: float) -> str:
    """What a condition calls urgent cannot wait once the condition is as likely as not; before that, soon."""
    word = WORDS_OF_URGENCY.get(said, "routine")
    return "soon" if word == "now" and chance < 0.5 else word


def _from_advice(condition: Condition, chance: float, advice: Advice) -> Step:
    source = ", ".join(advice.source) or (
        "expert" if advice.trust == "expert" else ", ".join(condition.sources[:1])
    )
    return _step(
        advice.text[:1].upper() + advice.text[1:],
        f"For {condition.name} ({percent(chance)}).",
        [who.replace("_", " ") for who in advice.to or condition.specialists[:2]],
        _urgency(advice.urgency, chance),
        source,
        treatable=condition.treatable in TREATED,
    )


def _panel(ranking: Ranking, answers: Sequence[Answer]) -> Iterable[Step]:
    """One gene panel: each gene with the condition it stands for and how probable that is.

    A group whose cause is most likely acquired (surgery of the neck for a hypoparathyroidism) asks for no panel,
    nor does what a panel of blood cannot show: an extra chromosome, a change in part of the body, a susceptibility.
    """
    table = ranking.table
    inherited = np.zeros(len(ranking.groups))
    for column, condition in enumerate(table.conditions):
        if any(mode_of(gene) != "none" for gene in condition.genes):
            inherited[int(table.group_of[column])] += ranking.posterior[column]
    told = {str(v["gene"]).upper() for v in ranking.seen.variants}
    rows: dict[str, tuple[float, str]] = {}
    for column, condition in enumerate(table.conditions):
        place = int(table.group_of[column])
        if inherited[place] < GENES_FROM:
            continue
        for gene in condition.genes:
            if gene.symbol.upper() not in told and mode_of(gene) != "none":
                why = f"{condition.name}, {'/'.join(gene.inheritance)}"
                rows.setdefault(gene.symbol, (float(ranking.posterior[column]), why))
    if not rows:
        return
    ordered = sorted(rows.items(), key=lambda item: (-item[1][0], item[0]))
    bits = sum(a.bits for a in answers if a.question.about == "gene")
    step = _step(
        "Gene panel (with copy number): " + ", ".join(symbol for symbol, _ in ordered),
        "; ".join(f"{symbol}: {why} ({percent(chance)})" for symbol, (chance, why) in ordered[:12]),
        ("geneticist", "neurologist"),
        "routine",
        METHOD,
        treatable=False,
    )
    yield {
        **step,
        "genes": [{"gene": g, "why": why, "probability": p} for g, (p, why) in ordered],
        "bits": bits,
    }


def _family(ranking: Ranking, likely: Sequence[tuple[Condition, float]]) -> Iterable[Step]:
    """Who else to scan or test."""
    for condition, chance in likely[:3]:
        for advice in condition.family[:2]:
            step = _from_advice(condition, chance, advice)
            yield {**step, "step": re.sub(r"^None\b", "No relative need be scanned or tested", step["step"])}
        if condition.family or chance < LIKELY:
            continue
        modes = modes_of(condition)
        if "AD" in modes and not ranking.table.knowledge.group_of(condition.id).benign:
            yield _step(
                "Head CT of both parents, and of grown-up brothers and sisters or children who want to know.",
                f"{condition.name} ({percent(chance)}) is inherited dominantly; carriers may be well.",
                ("geneticist", "neurologist"),
                "routine",
                ", ".join(condition.omim) or "expert",
                treatable=False,
            )


def _treatments(ranking: Ranking, likely: Sequence[tuple[Condition, float]]) -> Iterable[Step]:
    """What is done where a treatable cause is proven, the first of what the knowledge says of it."""
    for condition, chance in likely[:3]:
        group = ranking.table.knowledge.group_of(condition.id)
        if chance < LIKELY or group.benign or condition.treatable not in TREATED:
            continue
        for advice in condition.management[:1]:
            step = _from_advice(condition, chance, advice)
            words = f"If it is {condition.name}: {advice.text}"
            yield {**step, "step": words, "why": f"It stands at {percent(chance)}.", "once_proven": True}


def _avoid(ranking: Ranking, likely: Sequence[tuple[Condition, float]]) -> Iterable[Step]:
    for condition, chance in likely[:3]:
        for advice in condition.avoid[:2]:
            step = _from_advice(condition, chance, advice)
            plain = step["step"]
            words = (
                plain if plain.lower().startswith(("do not", "no ", "avoid", "never")) else f"Avoid: {plain}"
            )
            yield {**step, "step": words, "urgency": "none", "avoid": True}


def _step(
    step: str,
    why: str,
    for_whom: Sequence[str],
    urgency: str,
    source: str,
    *,
    treatable: bool,
    alarm: bool = False,
) -> Step:
    """``alarm``: the step by itself makes the whole finding urgent."""
    return {
        "alarm": alarm,
        "step": step,
        "why": why,
        "for": list(for_whom),
        "urgency": urgency,
        "source": source,
        "treatable": treatable,
    }


def _once(steps: Sequence[Step]) -> list[Step]:
    """Each step once, the first that says it."""
    kept: dict[str, Step] = {}
    for step in steps:
        kept.setdefault(step["step"].lower(), step)
    return list(kept.values())

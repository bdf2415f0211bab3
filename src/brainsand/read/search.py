"""Which HPO term is meant by these words? Search by names and synonyms, in any order, misspelt or British.

Each word of the query is looked for among the words of every name: the same word counts in full, one that begins alike
or is one or two letters off for less. Rare words weigh more than common ones (inverse document frequency), and a name
that says much besides is a worse match than one that says just that. The score is 0 to 1; 1 is the very name.
"""

from __future__ import annotations

import difflib
import math
import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from brainsand.model.terms import ABNORMALITY, Terms
from brainsand.model.vocabulary import TermHit

_IGNORED: Final = frozenset(
    ["a", "an", "and", "at", "by", "for", "in", "of", "on", "or", "the", "to", "with"]
)
#: British to American, longest first: HPO's names are American, its British synonyms are not complete.
_SPELLING: Final = (
    ("aemia", "emia"), ("haem", "hem"), ("oedema", "edema"), ("oesoph", "esoph"), ("paed", "ped"),
    ("anaes", "anes"), ("leuco", "leuko"), ("tumour", "tumor"), ("colour", "color"), ("behaviour", "behavior"),
    ("foet", "fet"), ("coeliac", "celiac"), ("caec", "cec"), ("orrhoea", "orrhea"), ("isation", "ization"),
    ("grey", "gray"), ("gynae", "gyne"), ("orthopae", "orthope"), ("naevus", "nevus"), ("naevi", "nevi"),
    ("tremour", "tremor"),
)  # fmt: skip
#: Everyday words and what HPO's names say for them; taken beside the word itself.
_ALSO: Final = {
    "brain": ("cerebral", "intracranial"), "bleed": ("hemorrhage",), "bleeding": ("hemorrhage",),
    "fit": ("seizure",), "epilepsy": ("seizure",), "convulsion": ("seizure",), "calcified": ("calcification",),
    "kidney": ("renal",), "liver": ("hepatic",), "heart": ("cardiac",), "lung": ("pulmonary",),
    "eye": ("ocular",), "muscle": ("muscular",), "skin": ("cutaneous",), "shaking": ("tremor",),
    "dement": ("dementia",), "forgetful": ("memory",), "weak": ("weakness",), "blind": ("blindness",),
    "deaf": ("deafness",), "yellow": ("jaundice",), "slow": ("bradykinesia", "delayed"), "stiff": ("rigidity",),
    "tumor": ("neoplasm",), "cancer": ("neoplasm",), "swelling": ("edema",), "raised": ("elevated", "increased"),
    "high": ("elevated", "increased"), "low": ("decreased", "reduced"), "squint": ("strabismus",),
    "parkinson": ("parkinsonism",), "clumsy": ("clumsiness",), "fall": ("falls",),
}  # fmt: skip
_SAME, _EVERYDAY, _BEGINS, _NEAR = 1.0, 0.9, 0.85, 0.7


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Index:
    """Every name of every term by its words: ``names`` (id, text, words); ``found`` word to positions in it."""

    terms: Terms
    names: tuple[tuple[str, str, frozenset[str]], ...]
    found: dict[str, list[int]]
    weights: dict[str, float]


def index_of(terms: Terms) -> Index:
    """The index of a vocabulary, in some 0.2 s."""
    names = [(id, name, frozenset(words_of(name))) for id, name in _all_names(terms)]
    found: dict[str, list[int]] = defaultdict(list)
    for position, (_, _, words) in enumerate(names):
        for word in words:
            found[word].append(position)
    weights = {word: math.log(len(names) / len(where)) for word, where in found.items()}
    return Index(terms=terms, names=tuple(names), found=dict(found), weights=weights)


def search(index: Index, text: str, *, most: int = 10) -> tuple[TermHit, ...]:
    """The terms that best fit the words, best first, each once; empty where no word is known.

    An HPO id finds its own term, an alternative id the term it was merged into.
    """
    by_id = _by_id(index.terms, text)
    if by_id:
        return by_id
    asked = words_of(text)
    gathered = _gather(index, asked)
    whole = sum(_weight(index, word) for word in asked)
    scored: dict[str, tuple[float, str]] = {}
    for position, hit in gathered.items():
        id, name, words = index.names[position]
        score = _score(index, hit, whole, words, asked) - _demerit(index.terms, id, name)
        if score > scored.get(id, (0.0, ""))[0]:
            scored[id] = (score, name)
    best = sorted(scored.items(), key=lambda item: (-item[1][0], len(item[1][1]), item[0]))[:most]
    hits = ((index.terms.get(id), score, name) for id, (score, name) in best)
    return tuple(TermHit(term=t, score=round(s, 3), matched=n) for t, s, n in hits if t is not None)


def words_of(text: str) -> list[str]:
    """The words that count, made alike: lower case, American, without plural s.

    >>> words_of("Haemorrhages of the grey matter")
    ['hemorrhage', 'gray', 'matter']
    """
    raw = re.findall(r"[a-z0-9]+", text.lower().replace("'s", ""))
    return [_alike(word) for word in raw if word not in _IGNORED]


def _alike(word: str) -> str:
    for british, american in _SPELLING:
        word = word.replace(british, american)
    if len(word) > 4 and word.endswith("ies"):
        return word[:-3] + "y"
    return (
        word[:-1] if len(word) > 3 and word.endswith("s") and not word.endswith(("ss", "us", "is")) else word
    )


def _all_names(terms: Terms) -> Iterable[tuple[str, str]]:
    for id, name in terms.names.items():
        yield id, name
        for synonym in terms.synonyms.get(id, ()):
            yield id, synonym


def _by_id(terms: Terms, text: str) -> tuple[TermHit, ...]:
    if not re.fullmatch(r"(?i)hp:?\s*\d{7}", text.strip()):
        return ()
    term = terms.get("HP:" + text.strip()[-7:])
    return () if term is None else (TermHit(term=term, score=1.0, matched=term.id),)


def _gather(index: Index, asked: list[str]) -> dict[int, float]:
    """For each name that has any of the words: the summed weight of what it has."""
    total: dict[int, float] = defaultdict(float)
    for word in dict.fromkeys(asked):
        best: dict[int, float] = {}
        for known, quality in _alternatives(index, word).items():
            for position in index.found[known]:
                best[position] = max(best.get(position, 0.0), quality)
        weight = _weight(index, word)
        for position, quality in best.items():
            total[position] += quality * weight
    return total


def _alternatives(index: Index, word: str) -> dict[str, float]:
    """Known words that ``word`` may stand for, each with how good a match it is."""
    found = {word: _SAME} if word in index.found else {}
    found |= {other: _EVERYDAY for other in _ALSO.get(word, ()) if other in index.found}
    if len(word) >= 4:
        stem = word[: max(4, min(len(word) - 3, 7))]
        for known in index.found:
            if known.startswith(stem) and known not in found:
                found[known] = _BEGINS * difflib.SequenceMatcher(None, word, known).ratio()
    if not found and len(word) >= 4:
        near = difflib.get_close_matches(word, index.found, n=4, cutoff=0.78)
        found = {known: _NEAR * difflib.SequenceMatcher(None, word, known).ratio() for known in near}
    return found


def _weight(index: Index, word: str) -> float:
    """How telling a word is; one that is not known weighs as the rarest, so that it counts as missed."""
    return index.weights.get(word, math.log(len(index.names)) * 0.7)


def _score(index: Index, hit: float, whole: float, words: frozenset[str], asked: list[str]) -> float:
    spare = sum(index.weights[word] for word in words if word not in asked)
    name = sum(index.weights[word] for word in words)
    return hit / (whole + 0.35 * min(spare, name) + 1e-9)


def _demerit(terms: Terms, id: str, name: str) -> float:
    """A synonym stands a little behind a name, and what is no abnormality (onset, inheritance) behind both."""
    plain = 0.0 if name == terms.names[id] else 0.02
    return plain if ABNORMALITY in terms.ancestors(id) else plain + 0.1

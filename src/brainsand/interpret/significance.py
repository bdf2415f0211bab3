"""What does it mean for the person, in one word? From a benign finding to a marker of serious disease.

none · incidental (ordinary calcium) · follow_up (something left open) · work_up (calcium that deserves a
cause) · urgent (possible acute blood; calcium in a newborn, where the tests for infection have a deadline).
The highest level that any rule reaches holds; ``why`` lists every reason, those of the highest level first.
It weighs images and age alone: symptoms and laboratory values can raise it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from brainsand.interpret.norm import Norms, cite
from brainsand.model.finding import ORDINARY_KINDS, Deposit, SetAside

LEVELS: Final = ("none", "incidental", "follow_up", "work_up", "urgent")
#: Bright blood smaller than this may be noise or a vessel: look again, no alarm (expert), mm3.
BLOOD_MM3: Final = 100.0
#: Three weeks of life, in which an infection from before birth can still be told from a later one.
NEWBORN_YEARS: Final = 21 / 365.25
GROWN_YEARS: Final = 20.0
"""From here on ordinary calcium is as common as the norms say; in the young much of it is uncommon."""
#: Rules whose verdict means a mass may be there.
MASS_RULES: Final = ("pineal_large", "habenula_large", "choroid_plexus_large", "meningeal_mass")


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """All that significance and next steps look at."""

    deposits: tuple[Deposit, ...]
    set_aside: tuple[SetAside, ...]
    age_years: float | None
    norms: Norms

    def of_kind(self, kind: str) -> tuple[Deposit, ...]:
        """The deposits of one kind."""
        return tuple(d for d in self.deposits if d.kind == kind)

    def with_rule(self, *rules: str) -> tuple[Deposit, ...]:
        """The deposits whose reasons name one of these rules."""
        return tuple(d for d in self.deposits if any(r.rule in rules for r in d.kind_reasons))

    def blood_mm3(self) -> float:
        """Volume set aside as blood outside the vessels, mm3: the largest piece."""
        pieces = (a.volume_mm3 for a in self.set_aside if a.reason == "blood" and not a.in_vessel)
        return max(pieces, default=0.0)


Reached = tuple[str, str, str] | None


def significance_of(
    deposits: Sequence[Deposit], *, set_aside: Sequence[SetAside], age_years: float | None, norms: Norms
) -> dict[str, Any]:
    """The level, why, and the source of the deciding reason.

    Parameters
    ----------
    deposits : sequence of Deposit
        Kinds decided.
    set_aside : sequence of SetAside
        Bright things judged not to be calcium; blood among them matters.
    age_years : float or None
        Of the person.
    norms : mapping
        Of ``read.knowledge.load_norms``.

    Returns
    -------
    dict
        ``{level, why: [sentences], source}``; ``source`` is that of the first reason.
    """
    scene = Scene(deposits=tuple(deposits), set_aside=tuple(set_aside), age_years=age_years, norms=norms)
    reached = [found for rule in _RULES if (found := rule(scene)) is not None]
    if not reached:
        words = "No intracranial calcification was found."
        reached = [("none", words, cite(norms, "house"))]
    reached.sort(key=lambda found: -LEVELS.index(found[0]))
    return {"level": reached[0][0], "why": [words for _, words, _ in reached], "source": reached[0][2]}


def plainly_ordinary(deposits: Sequence[Deposit], *, age_years: float | None, names: Sequence[str]) -> bool:
    """Whether all calcium is ordinary for a grown person.

    ``names`` are the pattern's (``pattern.names_of``); broad layered sheets ("lamellar falx") are not plain.
    """
    grown = age_years is not None and age_years >= GROWN_YEARS
    kinds = all(d.kind in ORDINARY_KINDS for d in deposits)
    return bool(deposits) and grown and kinds and "lamellar falx" not in names


def _blood(s: Scene) -> Reached:
    volume = s.blood_mm3()
    if not volume:
        return None
    source = cite(s.norms, "dect_2023")
    if volume >= BLOOD_MM3:
        return "urgent", f"{volume:.0f} mm3 bright as acute blood was set aside: look at it first.", source
    return "follow_up", f"A small spot ({volume:.0f} mm3) bright as blood was set aside: look again.", source


def _newborn(s: Scene) -> Reached:
    if s.age_years is None or s.age_years > NEWBORN_YEARS or not s.deposits:
        return None
    words = "Calcium in a newborn is never ordinary, and tests for infection before birth have three weeks."
    return "urgent", words, cite(s.norms, "livingston_2014")


def _ectopic(s: Scene) -> Reached:
    found = s.of_kind("ectopic")
    if not found:
        return None
    sites = ", ".join(sorted({d.site.replace("_", " ") for d in found}))
    words = f"Calcium in brain tissue where it is not ordinary ({sites}) deserves a cause."
    return "work_up", words, found[0].kind_reasons[0].source


def _mass(s: Scene) -> Reached:
    found = s.with_rule(*MASS_RULES)
    if not found:
        return None
    reason = next(r for r in found[0].kind_reasons if r.rule in MASS_RULES)
    return "work_up", reason.words, reason.source


def _open(s: Scene) -> Reached:
    found = [d for d in s.of_kind("indeterminate") if not any(r.rule in MASS_RULES for r in d.kind_reasons)]
    if not found:
        return None
    words = f"{len(found)} deposit(s) could not be called ordinary or not: {found[0].kind_reasons[0].words}"
    return "follow_up", words, found[0].kind_reasons[0].source


def _early_vessel(s: Scene) -> Reached:
    found = s.with_rule("vessel_early")
    if not found:
        return None
    return "follow_up", found[0].kind_reasons[0].words, found[0].kind_reasons[0].source


def _ordinary(s: Scene) -> Reached:
    found = [d for d in s.deposits if d.kind in ORDINARY_KINDS]
    if not found:
        return None
    sites = ", ".join(sorted({d.site.replace("_", " ") for d in found}))
    return "incidental", f"Ordinary calcium: {sites}.", found[0].kind_reasons[0].source


_RULES: Final[tuple[Callable[[Scene], Reached], ...]] = (
    _blood,
    _newborn,
    _ectopic,
    _mass,
    _open,
    _early_vessel,
    _ordinary,
)

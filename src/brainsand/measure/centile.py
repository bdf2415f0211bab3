"""Where does this scan stand among the people of the user's own cohort? A centile a site, and of the whole.

By mass where both have it, else by volume, as both sum deposits of one site over both sides. Misleads where the
cohort was scanned with other slices (said), was chosen for a disease, or is far smaller than its smooth curves look.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from brainsand.model.caution import Caution
from brainsand.model.own_norms import EVERYBODY, TOTAL, OwnNorms

MEASURES: Final = ("mass_mg", "volume_mm3")
_THICKNESS_SLACK: Final = 0.25
"""Slices thinner or thicker than the cohort's by more than this share are said to differ."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Amount:
    """What one site holds of a measure, and its deviation."""

    value: float
    pm: float


def own_centiles(
    norms: OwnNorms,
    amounts: Mapping[str, Mapping[str, Amount]],
    *,
    age_years: float | None,
    sex: str | None,
    thickness_mm: float | None,
) -> tuple[dict[str, Any] | None, tuple[Caution, ...]]:
    """The centiles of a case.

    Parameters
    ----------
    norms : OwnNorms
    amounts : mapping
        Of each measure, the amount by site (``total`` is the whole); a site that was not imaged is left out.
    age_years, sex, thickness_mm
        Of the person and the scan.

    Returns
    -------
    record, cautions
        ``measure``, ``total`` with ``low`` and ``high`` (percent; None without calcium), ``any_share`` (0 to 1),
        ``by_site`` the same, ``sex``, ``persons``, ``population``, ``basis``. None where nothing can be said.
    """
    measure = next((m for m in MEASURES if m in amounts and norms.curve(TOTAL, m, sex)), None)
    whole = norms.curve(TOTAL, measure, sex) if measure else None
    if age_years is None or measure is None or whole is None or not whole.speaks_at(age_years):
        return None, (_silent(norms, age_years, whole is not None),)
    rows = {
        site: _row(norms, site, measure, amount, age_years, sex)
        for site, amount in amounts[measure].items()
        if norms.curve(site, measure, sex) is not None
    }
    total = rows.pop(TOTAL, None)
    record = {
        "measure": measure,
        **{key: None if total is None else total[name] for key, name in _TOTALS.items()},
        "unit": "centile",
        "by_site": rows,
        "age_years": age_years,
        "sex": whole.sex,
        "population": norms.population,
        "persons": norms.persons,
        "norms_sha256": norms.sha256,
        "basis": _basis(norms, measure, whole.sex),
    }
    return record, _protocol_cautions(norms, thickness_mm)


_TOTALS: Final = {"total": "centile", "low": "low", "high": "high", "any_share": "any_share"}


def _row(
    norms: OwnNorms, site: str, measure: str, amount: Amount, age_years: float, sex: str | None
) -> dict[str, Any]:
    curve = norms.curve(site, measure, sex)
    if curve is None or not curve.speaks_at(age_years):
        return {"value": amount.value, "centile": None, "low": None, "high": None, "any_share": None}
    found = curve.centile(amount.value, age_years, value_pm=amount.pm)
    # A tenth of a centile is finer than any cohort knows.
    return {
        "value": amount.value,
        "centile": None if found is None else round(found.centile, 1),
        "low": None if found is None else round(found.low, 1),
        "high": None if found is None else round(found.high, 1),
        "any_share": round(curve.any_share(age_years), 4),
    }


def _basis(norms: OwnNorms, measure: str, sex: str) -> str:
    unit = "mass" if measure == "mass_mg" else "volume"
    who = "both sexes" if sex == EVERYBODY else {"F": "women", "M": "men"}.get(sex, sex)
    return f"of {unit}, against {who} of {norms.persons} persons ({norms.population}; {norms.name})"


def _silent(norms: OwnNorms, age_years: float | None, known: bool) -> Caution:
    if age_years is None:
        return Caution(code="own_norms_no_age", words="The age is not known, so the own norms say nothing.")
    if not known:
        return Caution(code="own_norms_no_curve", words=f"{norms.name} holds no curve for the whole brain.")
    words = f"{norms.name} holds nobody of {age_years:g} years, so no centile is given."
    return Caution(code="own_norms_age", words=words)


def _protocol_cautions(norms: OwnNorms, thickness_mm: float | None) -> tuple[Caution, ...]:
    if norms.thickness_mm is None or thickness_mm is None:
        return ()
    low, high = norms.thickness_mm
    if low * (1 - _THICKNESS_SLACK) <= thickness_mm <= high * (1 + _THICKNESS_SLACK):
        return ()
    words = (
        f"Slices of {thickness_mm:g} mm are compared with a cohort of {low:g} to {high:g} mm: thin slices show small "
        "deposits that thick ones do not, so centiles of small amounts do not compare."
    )
    return (Caution(code="own_norms_protocol", words=words),)

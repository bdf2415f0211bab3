"""How is a comparison shown? Its rows, sums and pictures as a page has them, and what of it readers have corrected.

The comparison follows the readers (``comparisons``): what they rejected is in no row and no sum, and is named apart.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final

from brainsand.model.correction import READER
from brainsand.pair_view import FOLDER
from brainsand.report.followup_words import STATE_ORDER, STATE_WORDS, signed, unsigned
from brainsand.report.sections import figure_words
from brainsand.report.words import and_list, capital, site_words
from brainsand.web.comparisons import DONE, RECORD, Pair, as_on_a_page, results_of, status
from brainsand.web.desk import Desk
from brainsand.web.figures import figure
from brainsand.web.files import pair_records
from brainsand.web.worklist import row_record

WHICH: Final = ("earlier", "later")
MISMATCH_WORDS: Final = {
    "thickness": "slice thickness", "voltage": "tube voltage", "voltage_unknown": "tube voltage (not known of both)",
    "scanner_unknown": "perhaps scanner (not known of both)",
}  # fmt: skip
FATE_WORDS: Final = {
    "split": "one deposit then, several now",
    "merged": "several deposits then, one now",
    "regrouped": "its parts changed",
}
Record = Mapping[str, Any]


def shown_pair(desk: Desk, pair: Pair) -> dict[str, Any]:
    """What the page of two cases is drawn from; ``made`` is None until they are compared."""
    told = status(desk, pair)
    rows = {row.id: row for row in (pair.one, pair.two)}
    ids = [told["earlier"] or pair.one.id, told["later"] or pair.two.id]
    found: dict[str, Any] = {
        "rows": [row_record(rows[id]) for id in ids],
        "told": told,
        "made": None,
        "files": [],
    }
    if told["state"] != DONE:
        return found
    place = results_of(desk, pair)
    compared, beside = (
        json.loads((place / name).read_text(encoding="utf-8")) for name in (RECORD, f"{FOLDER}/pair.json")
    )
    return {**found, "made": page_of(compared, beside), "files": pair_records(place)}


def page_of(compared: Record, pair: Record) -> dict[str, Any]:
    """Everything a page shows of ``compare.json``.

    Parameters
    ----------
    compared, pair : mapping
        ``compare.json`` and ``pair/pair.json``.
    """
    unit = _unit(compared)
    scans = list(zip(compared["scans"], WHICH, strict=True))
    rows = [_track(t, pair, unit) for t in compared["deposits"]]
    rows.sort(key=lambda row: row.pop("rank"))
    return {
        "unit": unit,
        "headline": compared["headline"],
        "rows": rows,
        "rejected": [_rejected(d, which) for s, which in scans for d in s.get("rejected", ())],
        "sums": [_sum(s, unit) for s in [*compared["sites"], compared["whole"]]],
        "cautions": [as_on_a_page(c["words"]) for c in compared["cautions"]],
        "scans": [_scan(s) for s in compared["scans"]],
        "years": compared["pairs"][-1]["years"],
        "judged": _judged(compared["pairs"][-1]),
    }


def _unit(compared: Record) -> str:
    """Mass where the voltage of both scans is known, else what stands above the tissue."""
    changes = [
        t["changes"][-1] for t in compared["deposits"] if t["changes"][-1]["excess_hu_mm3"] is not None
    ]
    return "mg" if all(c["mass_mg"] is not None for c in changes) else "HU mm³"


def _rejected(d: Record, which: str) -> str:
    """A deposit that a reader took out of the comparison, in words."""
    note = f": {d['note']}" if d["note"] else ""
    return f"{which} scan, deposit {d['id']}, {site_words(d['site'], d['side'], d['lobe'])}{note}"


def _track(t: Record, pair: Record, unit: str) -> dict[str, Any]:
    change = t["changes"][-1]
    return {
        "number": t["number"],
        "site": capital(site_words(t["site"], t["side"], t["lobe"])),
        "kind": t["kind"],
        "corrected": t.get("source") == READER,
        "fate": FATE_WORDS.get(t["fate"] or ""),
        "found": [_numbers(amount["ids"], pair["numbers"][k]) for k, amount in enumerate(t["amounts"])],
        "place": pair["places_ras_mm"].get(str(t["number"])),
        "picture": t["number"] in pair["pictures"],
        "rank": (STATE_ORDER.index(change["state"]), -_sureness(change), t["number"]),
        **_state(change),
        **_amounts(t["amounts"], change, unit),
    }


def _numbers(ids: Sequence[int], numbers: Record) -> list[int | None]:
    """The numbers that a scan's case has for deposits of the comparison."""
    return [numbers.get(str(ours)) for ours in ids]


def _sum(s: Record, unit: str) -> dict[str, Any]:
    place = capital(site_words(s["site"], s["side"])) if "site" in s else None
    change = s["changes"][-1]
    return {
        "site": place,
        "left_out": len(s["left_out"]),
        **_state(change),
        **_amounts(s["amounts"], change, unit),
    }


def _state(change: Record) -> dict[str, Any]:
    why = "" if change["obstacle"] is None else change["obstacle"].replace("_", " ")
    return {
        "state": change["state"],
        "words": STATE_WORDS[change["state"]],
        "obstacle": why,
        "why": change["words"],
    }


def _amounts(amounts: Sequence[Record], change: Record, unit: str) -> dict[str, Any]:
    """Then, now and the change: of the volume, and of the mass."""
    name, pm = ("mass_mg", "mass_pm_mg") if unit == "mg" else ("excess_hu_mm3", "excess_pm_hu_mm3")
    return {
        "volume": [amount_words(a["volume_mm3"], a["volume_pm_mm3"]) for a in amounts],
        "mass": [amount_words(a[name], a[pm]) for a in amounts],
        "volume_change": _difference(change["volume_mm3"]),
        "mass_change": _difference(change[name]),
    }


def amount_words(value: float | None, pm: float | None) -> str:
    """An amount with its doubt; where little is there, with the decimals that the doubt deserves.

    >>> amount_words(770.4, 117.2), amount_words(-0.214, 0.16), amount_words(0.0, 8.74), amount_words(None, None)
    ('770 ± 117', '−0.21 ± 0.16', '0.0 ± 8.7', '–')
    """
    if value is None or pm is None:
        return figure(value)
    like = max(abs(value), pm)
    sign = "−" if value < 0 and float(figure_words(-value, like=like)) else ""
    return f"{sign}{figure_words(abs(value), like=like)} ± {figure_words(pm, like=like)}"


def _difference(d: Record | None) -> dict[str, str] | None:
    """A change in words: with its deviation, in percent, the smallest detectable one, and by year.

    >>> told = {"value": 3.0, "pm": 0.5, "sdc": 0.98, "percent": 30.0, "per_year": 1.5, "per_year_pm": 0.25}
    >>> sorted(_difference(told).items())
    [('detectable', '0.98'), ('percent', '+30 %'), ('pm', '0.5'), ('value', '+3.0'), ('year', '+1.5 ± 0.2')]
    """
    if d is None:
        return None
    year = "" if d["per_year"] is None else signed(d["per_year"])
    if year and d["per_year_pm"] is not None:
        year += f" ± {unsigned(d['per_year_pm'], like=d['per_year'] or d['per_year_pm'])}"
    return {
        "value": signed(d["value"]),
        "pm": unsigned(d["pm"], like=d["value"] or d["pm"]),
        "percent": "" if d["percent"] is None else f"{signed(d['percent'], like=100)} %",
        "detectable": unsigned(d["sdc"]),
        "year": year,
    }


def _sureness(change: Record) -> float:
    d = change["excess_hu_mm3"]
    return 0.0 if d is None or not d["pm"] else abs(d["value"]) / float(d["pm"])


def _scan(s: Record) -> dict[str, Any]:
    laid = s["alignment"]
    return {
        "years": "–" if s["years"] is None else f"{s['years']:.2f}",
        "thickness": figure(s["thickness_mm"]),
        "kvp": "–" if s["kvp"] is None else f"{s['kvp']:.0f}",
        "kernel": s["kernel"] or "–",
        "contrast": s["contrast"],
        "deposits": s["deposits"],
        "turned": f"{laid['turned_deg']:.1f}",
        "shifted": f"{laid['shifted_mm']:.0f}",
        "gap": "–" if laid["skull_gap_mm"] is None else f"{laid['skull_gap_mm']:.2f}",
        "cautions": [c["words"] for c in s["cautions"]],
    }


def _judged(pair: Record) -> str:
    differ = and_list([MISMATCH_WORDS.get(m, m) for m in pair["mismatches"]]) or "nothing"
    return (
        f"Of how the scans were made, {differ} differs; a deviation of {100 * (pair['share_pm'] or 0):.0f} % of the "
        f"amount is added for it. {pair['comparisons']} comparisons were made; a change is one beyond "
        f"{pair['deviations']:.2f} deviations, by which all of them together go wrong once in twenty unchanged pairs. "
        "Detectable is the smallest change of one number by itself that error does not make in 19 of 20 cases: no "
        "change shown does not mean none."
    )

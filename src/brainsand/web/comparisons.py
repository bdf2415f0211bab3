"""Two cases of one person compared: asked for, made by the workers, kept, and told how far it is.

What was asked lies in ``asked.json`` with the case that came later, its results in a folder named after the question
(``stamp``): the same question is answered once, another one replaces it. What readers say of the two cases is part of
the question: where they have corrected something since, it is asked anew. The files say what is done, the queue what is
under way; so a restart loses nothing, and a copy of the cases' files holds their comparisons.
"""

from __future__ import annotations

import hashlib
import json
import re
import secrets
import shutil
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Row

from brainsand import __version__
from brainsand.jobs import Job
from brainsand.jobs.compare_job import KIND, compare_payload
from brainsand.pair_view import FOLDER
from brainsand.read.standing import standing_record
from brainsand.save import json_text
from brainsand.web.accounts import Person
from brainsand.web.cases import OPEN, get_case, input_of
from brainsand.web.desk import Desk
from brainsand.web.refused import Refused

ASKED: Final = "asked.json"
RECORD: Final = "compare.json"
VOUCHABLE: Final = ("different_patients", "different_heads")
"""Refusals that somebody may answer by vouching that it is one person."""
DONE: Final = "done"
NOT_ASKED: Final = "not asked for"


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What is to be compared, and how. ``first`` is the case of the earlier scan; None: as the headers' days say, else
    in the order the cases came in."""

    first: str | None = None
    years: float | None = None
    same_person: bool = False
    same_scanner: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What is known beside both scans, in the order the cases came in: facts of the patient, what readers corrected."""

    facts: list[dict[str, Any]]
    corrected: list[dict[str, Any]]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Pair:
    """Two cases that somebody may see, in the order they came in."""

    one: Row[Any]
    two: Row[Any]

    @property
    def ids(self) -> tuple[str, str]:
        """Of both."""
        return self.one.id, self.two.id


def pair_of(desk: Desk, person: Person, a: str, b: str) -> Pair:
    """Both cases; 404 where one is not there or another team's, 422 where they are one."""
    rows = [get_case(desk.store, id, person) for id in (a, b)]
    if rows[0].id == rows[1].id:
        raise Refused(422, "same_case", "A case is not compared with itself.", "Choose another one.")
    one, two = sorted(rows, key=lambda row: int(row.number))
    return Pair(one=one, two=two)


def ask_for(desk: Desk, pair: Pair, question: Question, who: str) -> None:
    """Have two cases compared; nothing is made twice."""
    for row in (pair.one, pair.two):
        if row.state != DONE:
            words = f"Case {row.number} is {row.state}."
            raise Refused(409, "not_ready", words, "Wait until both are analyzed.")
    if question.first not in (None, *pair.ids):
        raise Refused(
            422, "first", "The earlier case is neither of the two.", "Give the id of one, or leave it out."
        )
    _ask(desk, pair, question, who)


def _ask(desk: Desk, pair: Pair, question: Question, who: str) -> dict[str, Any]:
    """Put the question, as the cases stand; what was kept of it."""
    known = _known(desk, pair)
    stamp = _stamp(desk, question, known)
    asked = {**asdict(question), **asdict(known), "stamp": stamp, "who": who, "at": time.time()}
    _drop_others(desk, pair, stamp)
    _keep(desk, pair, asked)
    _queue(desk, pair, question, known, stamp)
    return asked


def status(desk: Desk, pair: Pair) -> dict[str, Any]:
    """How far it is: what was asked, the state, and why it was not done; asked anew where a case was corrected."""
    asked = _standing_question(desk, pair)
    found: dict[str, Any] = {
        "cases": list(pair.ids), "earlier": None, "later": None, "state": NOT_ASKED, "stage": None, "share": 0.0,
        "code": None, "reason": None, "remedy": None, "may_vouch": False,
        **{name: asked.get(name) for name in ("first", "years", "who", "at")},
        **{name: bool(asked.get(name)) for name in ("same_person", "same_scanner")},
    }  # fmt: skip
    if not asked:
        return found
    place, job = _place(desk, pair, asked["stamp"]), _job(desk, pair, asked["stamp"])
    if job is not None and job.state in OPEN:
        return {**found, "state": job.state, "stage": job.stage, "share": job.share}
    if (place / RECORD).is_file():
        return {**found, "state": DONE, "share": 1.0, **_order(place, pair, asked["first"])}
    if (refusal := _json(place / "refusal.json")) is not None:
        return {**found, "state": "failed", **_refusal(refusal)}
    if job is not None and job.state != DONE:
        return {**found, "state": job.state, "code": job.code, "reason": job.reason, "remedy": job.remedy}
    # A copy was restored while it was under way, or its results are gone: the question stands.
    _queue(desk, pair, _question(asked), _known(desk, pair), asked["stamp"])
    return {**found, "state": "queued"}


def _standing_question(desk: Desk, pair: Pair) -> dict[str, Any]:
    """What was asked, of the cases as they stand now; empty where nothing was."""
    asked = _asked(desk, pair)
    settled = not asked or any(row.state != DONE for row in (pair.one, pair.two))
    if settled or asked.get("corrected", [{}, {}]) == _known(desk, pair).corrected:
        return asked
    return _ask(desk, pair, _question(asked), asked["who"])


def _question(asked: Mapping[str, Any]) -> Question:
    return Question(**{name: asked[name] for name in ("first", "years", "same_person", "same_scanner")})


def results_of(desk: Desk, pair: Pair) -> Path:
    """The folder of the results, of the cases as they stand; 404 where there are none."""
    asked = _standing_question(desk, pair)
    place = _place(desk, pair, asked["stamp"]) if asked else None
    if place is None or not (place / RECORD).is_file():
        raise Refused(404, "not_compared", "These cases are not compared.", "Have them compared first.")
    return place


def is_compared(desk: Desk, one: Row[Any], other: Row[Any]) -> bool:
    """Whether somebody has asked for the comparison of two cases."""
    first, last = sorted((one, other), key=lambda row: int(row.number))
    return (desk.folder.comparison(last.id, first.id) / ASKED).is_file()


def _known(desk: Desk, pair: Pair) -> Known:
    records = [desk.readings.now(row).record for row in (pair.one, pair.two)]
    return Known(facts=[_facts(r) for r in records], corrected=[standing_record(r) for r in records])


def _facts(record: Mapping[str, Any]) -> dict[str, Any]:
    """Age and sex as they stand: all of the patient that a comparison looks at."""
    patient = record["patient"]
    return {name: patient[name] for name in ("age_years", "sex") if patient.get(name) is not None}


def _stamp(desk: Desk, question: Question, known: Known) -> str:
    """The question's name: another one where another answer may come."""
    made_by = [__version__, desk.readings.ground.weigher.table.knowledge.version]
    text = json.dumps([asdict(question), asdict(known), made_by], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def _home(desk: Desk, pair: Pair) -> Path:
    return desk.folder.comparison(pair.two.id, pair.one.id)


def _place(desk: Desk, pair: Pair, stamp: str) -> Path:
    return _home(desk, pair) / stamp


def _key(pair: Pair, stamp: str) -> str:
    return f"{pair.one.id} {pair.two.id} {stamp}"


def _job(desk: Desk, pair: Pair, stamp: str) -> Job | None:
    return desk.queue.find(KIND, _key(pair, stamp))


def _asked(desk: Desk, pair: Pair) -> dict[str, Any]:
    return _json(_home(desk, pair) / ASKED) or {}


def _keep(desk: Desk, pair: Pair, asked: Mapping[str, Any]) -> None:
    home = _home(desk, pair)
    home.mkdir(parents=True, exist_ok=True)
    part = home / f".{secrets.token_hex(4)}.brainsand-part"
    part.write_text(json_text(dict(asked)), encoding="utf-8")
    part.rename(home / ASKED)


def _drop_others(desk: Desk, pair: Pair, stamp: str) -> None:
    """Let go of what was asked before in another way, under way or done."""
    before = _asked(desk, pair).get("stamp")
    if before in (None, stamp):
        return
    if (job := _job(desk, pair, before)) is not None:
        desk.queue.cancel(job.id)
    shutil.rmtree(_place(desk, pair, before), ignore_errors=True)


def _queue(desk: Desk, pair: Pair, question: Question, known: Known, stamp: str) -> None:
    """Put it into the queue; a job that is done and whose results are gone is asked for anew."""
    order = [1, 0] if question.first == pair.two.id else [0, 1]
    rows = [(pair.one, pair.two)[k] for k in order]
    payload = compare_payload(
        [input_of(desk.folder, row.id) for row in rows],
        [desk.folder.result(row.id) for row in rows],
        facts=[known.facts[k] for k in order],
        corrected=[known.corrected[k] for k in order],
        as_given=question.first is not None,
        interval_years=question.years,
        same_person=question.same_person,
        same_scanner=question.same_scanner,
    )
    out = _place(desk, pair, stamp)
    job = desk.queue.put(KIND, payload, key=_key(pair, stamp), out=out)
    if job.state == DONE and not (out / RECORD).is_file():
        desk.queue.requeue(job.id)


def _order(place: Path, pair: Pair, first: str | None) -> dict[str, str]:
    """Which case is the earlier one: as it was asked for, or as the job found (``pair.json``)."""
    asked = [1, 0] if first == pair.two.id else [0, 1]
    found = (_json(place / FOLDER / "pair.json") or {}).get("order", [0, 1])
    earlier, later = (pair.ids[asked[k]] for k in found)
    return {"earlier": earlier, "later": later}


def _refusal(refusal: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "code": refusal["code"],
        "reason": f"{refusal['came']} Needed: {refusal['needed']}",
        "remedy": as_on_a_page(refusal["todo"]),
        "may_vouch": refusal["code"] in VOUCHABLE,
    }


def as_on_a_page(words: str) -> str:
    """Words of the command for somebody who looks at a page, where its options are fields of a form.

    >>> as_on_a_page("Where it was one scanner, say so with --same-scanner.")
    'Where it was one scanner, say so below.'
    """
    return re.sub(r"\bwith --[a-z-]+", "below", words)


def _json(path: Path) -> dict[str, Any] | None:
    with suppress(OSError, ValueError):
        record = json.loads(path.read_text(encoding="utf-8"))
        return record if isinstance(record, dict) else None
    return None

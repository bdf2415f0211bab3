"""How is it said that a reader corrected the machine's reading? In one sentence, and in a list of what was rejected."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from brainsand.model.case import Case
from brainsand.model.correction import BY_READER, READER, Review
from brainsand.model.finding import Deposit
from brainsand.report.words import and_list, capital, site_words


def review_words(review: Review) -> str:
    """What a person made of the reading, in a sentence; who answers for it where that was asked for.

    >>> review_words(Review(at="", changed=(2, 5), facts=True))
    'Corrected by a reader: 2 deposits put elsewhere or called otherwise and facts of the patient changed.'
    """
    told = [
        _counted(review.rejected, "rejected"),
        _counted(review.changed, "put elsewhere or called otherwise"),
        "facts of the patient changed" if review.facts else "",
    ]
    said = and_list([words for words in told if words]) or "notes alone"
    first = f"{capital(review.words)}: {said}." if review.corrects else f"{capital(review.words)} as it is."
    if review.verifier is None:
        return first
    return f"{first} Verified by {review.verifier.name}, {review.verifier.organization}."


def review_html(case: Case) -> str:
    """What was corrected, for the report; nothing where nobody looked at the reading."""
    review = case.review
    if review is None:
        return ""
    rows = [_rejected(d, review.notes.get(d.id)) for d in review.rejected]
    rows += [
        f"Deposit {d.id}, {site_words(d.site, d.side, d.lobe)}: {note}"
        for d in case.deposits
        if (note := review.notes.get(d.id))
    ]
    listed = "".join(f"<li>{escape(row)}</li>" for row in rows)
    return f"<p>{escape(review_words(review))}</p>" + (f"<ul>{listed}</ul>" if listed else "")


def followed_words(case: Case, *, scan: int) -> str:
    """That a comparison follows what a reader said of one of its scans, and what that was; empty where that is nothing.

    It is told of each deposit, by its number: a sum without it can then be worked out again.
    """
    review = case.review
    if review is None or not (review.rejected or review.changed):
        return ""
    gone = [f"deposit {d.id} ({site_words(d.site, d.side, d.lobe)}) is rejected" for d in review.rejected]
    put = [
        f"deposit {d.id} is called {site_words(d.site, d.side, d.lobe)}, {d.kind.replace('_', ' ')}"
        for d in case.deposits
        if d.id in review.changed
    ]
    return f"Scan {scan} is counted as a reader corrected it: {and_list([*gone, *put])}."


def mark_html(d: Deposit) -> str:
    """That a reader put a deposit where it is said to lie, or called it what it is called."""
    return f'<br><span class="note">{BY_READER}</span>' if d.source == READER else ""


def _rejected(d: Deposit, note: str | None) -> str:
    words = f"Rejected: deposit {d.id} of the machine, {site_words(d.site, d.side, d.lobe)}"
    return f"{words}: {note}" if note else words


def _counted(rows: Sequence[object], what: str) -> str:
    return f"{len(rows)} deposit{'' if len(rows) == 1 else 's'} {what}" if rows else ""

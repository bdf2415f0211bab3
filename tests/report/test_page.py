"""The page stands alone, escapes what it is given and holds what a reader needs, in order."""

from __future__ import annotations

import dataclasses
import re
import time
from html.parser import HTMLParser

import numpy as np
import pytest

from brainsand.model.caution import Caution
from brainsand.model.finding import KindReason
from brainsand.model.patient import Patient
from brainsand.report.page import report_html
from brainsand.report.words import headline

from .fake_case import fake_case, fake_deposit

CREATED = "2026-11-05T09:30:00Z"
EVIL = '"><script>alert(1)</script><img src=x onerror=alert(2)>'


class Page(HTMLParser):
    """The tags, attributes and headings of a page; fails on tags left open."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.open, self.headings, self.links, self.words = [], [], [], [], []
        self.feed(text)
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.links += [v for k, v in attrs if k in ("src", "href", "action", "srcset")]
        assert not [k for k, _ in attrs if k.startswith("on")]
        if tag not in ("meta", "br"):
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append(tag)
        self.links += [v for k, v in attrs if k in ("src", "href")]

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if self.open and self.open[-1] in ("h1", "h2", "h3"):
            self.headings.append((self.open[-1], data))
        if self.open and self.open[-1] != "style":
            self.words.append(data)


def many():
    kinds = ("ectopic", "indeterminate", "age_related", "vascular", "physiologic")
    sites = ("cortex", "putamen", "thalamus", "cerebellum", "dura", "caudate")
    return [
        fake_deposit(
            i,
            sites[i % 6],
            ("left", "right")[i // 6 % 2],
            kind=kinds[i % 5],
            volume=8.0 + (60 - i) / 10,
            at=(25 + (7 * i) % 40, 25 + (11 * i) % 60, 20 + (13 * i) % 56),
        )
        for i in range(1, 61)
    ]


def test_the_page_stands_alone():
    page = Page(report_html(fake_case(fake_deposit(1, "pineal", "midline")), created=CREATED))
    assert all(link.startswith(("data:image/png;base64,", "#")) for link in page.links)
    assert not {"script", "link", "iframe", "object", "form"} & set(page.tags)


def test_headings_come_in_order():
    case = fake_case(fake_deposit(1, "pineal", "midline"), differential={"groups": [{"name": "PFBC"}]})
    titles = [t for tag, t in Page(report_html(case, created=CREATED)).headings if tag != "h3"]
    assert titles == [
        "Intracranial calcification on head CT",
        "Deposits",
        "Sites of note",
        "Overview",
        "Pattern",
        "Possible causes",
        "Next steps",
        "Set aside",
        "Cautions",
        "Sums by site",
        "Scores",
        "Methods",
    ]


def test_the_finding_and_its_significance_stand_at_the_top():
    case = fake_case(fake_deposit(1, "pineal", "midline"))
    words = " ".join(" ".join(Page(report_html(case, created=CREATED)).words).split())
    finding = " ".join(headline(case).split())
    assert words.index(finding) < words.index("Incidental") < words.index("Deposits")
    assert "50 years, female" in words
    assert "2026-11-05 09:30" in words
    assert "not a medical device" in words


def test_text_from_outside_cannot_run():
    deposit = dataclasses.replace(
        fake_deposit(1, "pineal", "midline"),
        kind_reasons=(KindReason(rule=EVIL, words=EVIL, source=EVIL),),
    )
    case = fake_case(
        deposit,
        cautions=(Caution(code="x", words=EVIL),),
        scores={EVIL: {"total": 1, "basis": EVIL}},
        pattern={"words": EVIL},
        significance={"level": EVIL, "why": [EVIL, {"words": EVIL, "source": EVIL}], "source": EVIL},
        next_steps=({"step": EVIL, "why": EVIL, "for": [EVIL], "urgency": EVIL, "source": EVIL},),
        differential={"groups": [{"name": EVIL, "evidence": [{"words": EVIL}]}], "unexplained": [EVIL]},
        knowledge_version=EVIL,
        settings_hash=EVIL,
    )
    how = dataclasses.replace(case.acquisition, source=EVIL, kernel=EVIL, manufacturer=EVIL)
    text = report_html(dataclasses.replace(case, acquisition=how), created=EVIL)
    page = Page(text)
    assert "script" not in page.tags
    assert "img" not in page.tags
    assert "<script" not in text


def test_the_same_case_gives_the_same_page():
    case = fake_case(fake_deposit(1, "putamen", "left"), fake_deposit(2, "putamen", "right"))
    assert report_html(case, created=CREATED) == report_html(case, created=CREATED)


def test_a_case_without_deposits_still_shows_the_head():
    page = Page(report_html(fake_case(sites=()), created=CREATED))
    assert page.tags.count("image") == 6
    assert "Sites of note" not in [t for _, t in page.headings]
    assert any("No intracranial calcification was found" in w.replace("\u00a0", " ") for w in page.words)


def test_sixty_deposits_keep_their_table_and_only_eight_galleries():
    text = report_html(fake_case(*many()), created=CREATED)
    page = Page(text)
    assert len([t for tag, t in page.headings if tag == "h3"]) == 8
    assert text.count("<details>") == 60
    assert "4 further sites are in the table above." in text
    assert len(text.encode()) < 4_000_000


def test_ten_deposits_take_less_than_a_second_of_one_core():
    case = fake_case(*many()[:10])
    start = time.process_time()
    report_html(case, created=CREATED)
    assert time.process_time() - start < 1.0


def test_a_head_cut_off_or_empty_is_drawn_without_complaint():
    case = fake_case(fake_deposit(1, "pineal", "midline"))
    hu = case.picture.head_hu.copy()
    hu[50:] = -1024
    inside = case.picture.head_inside.copy()
    inside[50:] = False
    cut = dataclasses.replace(case.picture, head_hu=hu, head_inside=inside)
    assert "2 cm" in report_html(dataclasses.replace(case, picture=cut), created=CREATED)
    none = dataclasses.replace(case.picture, head_hu=np.full_like(hu, -1024), head_inside=inside & False)
    assert "2 cm" in report_html(dataclasses.replace(case, picture=none), created=CREATED)


def test_a_missing_age_and_missing_values_are_said_and_not_made_up():
    case = fake_case(
        fake_deposit(1, "pineal", "midline", volume=None), patient=Patient(), scores={"agatston_like": None}
    )
    text = report_html(case, created=CREATED)
    assert "age not known, sex not known" in text
    assert "100 mm³ above threshold" in text
    assert not re.search(r"\b(nan|None)\b(?!</)", re.sub(r"base64,[^\"]+", "", text))


def test_treatable_causes_are_marked_and_evidence_keeps_its_source():
    evidence = [{"words": "Both pallida", "likelihood_ratio": 6.1, "source": "a paper"}]
    group = {"name": "Hypoparathyroidism", "probability": 0.41, "treatable": True, "evidence": evidence}
    text = report_html(fake_case(differential={"groups": [group]}), created=CREATED)
    assert "Hypoparathyroidism (treatable)" in text
    assert "Both pallida</span>" in text
    assert "× 6.1" in text
    assert "a paper" in text
    assert "41 %" in text


@pytest.mark.parametrize("level", ["none", "incidental", "follow_up", "work_up", "urgent"])
def test_every_level_of_significance_has_a_word(level):
    text = report_html(fake_case(significance={"level": level, "why": []}), created=CREATED)
    assert f'<span class="level {level}">{level.replace("_", "-").capitalize()}</span>' in text

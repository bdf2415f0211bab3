"""The printed report: short, whole, alone, the same twice, and readable by a machine as by a person."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys

import pytest

from brainsand.errors import UsageError
from brainsand.model.caution import Caution
from brainsand.report import pdf as pdf_module
from brainsand.report.pdf import pdf_of, report_pdf
from brainsand.report.sheet import MOST_CAUTIONS, MOST_STEPS, sheet_html
from brainsand.report.sheet_tables import MOST_DEPOSITS

from .fake_case import fake_case, fake_deposit

CREATED = "2026-11-05T09:30:00+00:00"
KINDS = ("ectopic", "indeterminate", "age_related", "vascular", "physiologic")
SITES = ("cortex", "putamen", "thalamus", "cerebellum", "dura", "caudate", "vessel_wall", "falx")
EVIL = '"><script>alert(1)</script><img src="http://example.org/x.png">'


def crowded():
    """A case with more of everything than the sheet has room for."""
    deposits = [
        fake_deposit(
            n,
            SITES[n % len(SITES)],
            ("left", "right")[n % 2],
            volume=float(5 + 4 * n),
            kind=KINDS[n % len(KINDS)],
            at=(30 + n % 30, 25 + n % 60, 25 + n % 45),
        )
        for n in range(1, 101)
    ]
    steps = tuple(
        {"step": f"Step {n} of the many", "why": "x", "for": ["neurologist"], "urgency": "soon"}
        for n in range(1, 31)
    )
    cautions = tuple(Caution(code=f"c{n}", words=f"Caution {n} lowers trust.") for n in range(1, 21))
    return fake_case(*deposits, next_steps=steps, cautions=cautions)


def told(pdf, *words):
    """What a program of Poppler says of a PDF; skips where it is not installed."""
    if shutil.which(words[0]) is None:
        pytest.skip(f"{words[0]} (Debian package poppler-utils) is not installed")
    return subprocess.run([*words, "-"], input=pdf, capture_output=True, check=True).stdout.decode()


@pytest.fixture(scope="module")
def printed():
    pytest.importorskip("weasyprint", reason="WeasyPrint (the extra pdf) is not installed")
    return report_pdf(crowded(), created=CREATED)


def test_a_crowded_case_fills_four_pages_at_most(printed):
    pages = int(re.search(r"Pages:\s+(\d+)", told(printed, "pdfinfo"))[1])
    assert 2 <= pages <= 4


def test_it_has_a_title_a_language_and_tags(printed):
    said = told(printed, "pdfinfo")
    assert "Intracranial calcification: fake" in said
    assert re.search(r"Tagged:\s+yes", said)
    assert re.search(r"Page size:.*A4", said)
    loose = pdf_module._weasyprint().HTML(string=sheet_html(fake_case(), created=CREATED))
    assert b"/Lang (en)" in loose.write_pdf(pdf_variant="pdf/ua-1", uncompressed_pdf=True)


def test_its_text_can_be_selected(printed):
    said = " ".join(told(printed, "pdftotext", "-").split())
    for words in ("Intracranial calcification on head CT", "Common at this age.", "not a medical device"):
        assert words in said


def test_the_same_case_gives_the_same_bytes_but_for_its_moment():
    pytest.importorskip("weasyprint")
    case = fake_case(fake_deposit(1, "putamen", "left"))
    assert report_pdf(case, created=CREATED) == report_pdf(case, created=CREATED)
    other = sheet_html(case, created="2026-11-06T09:30:00+00:00")
    assert other.replace("2026-11-06", "2026-11-05") == sheet_html(case, created=CREATED)


def test_nothing_is_fetched_from_anywhere(monkeypatch):
    pytest.importorskip("weasyprint")
    opened = []
    monkeypatch.setattr("socket.socket.connect", lambda *a: opened.append(a))
    page = '<html lang="en"><title>t</title><img alt="x" src="http://localhost:9/x.png"><p>words</p></html>'
    assert pdf_of(page).startswith(b"%PDF-")
    assert opened == []
    assert not re.findall(r'(?:src|href)="(?!data:)', sheet_html(crowded(), created=CREATED))


def test_what_is_left_out_is_said():
    page = sheet_html(crowded(), created=CREATED)
    assert f"And {100 - MOST_DEPOSITS} smaller" in page
    assert f"And {30 - MOST_STEPS} more" in page
    assert f"And {20 - MOST_CAUTIONS} more" in page
    assert "Step 1 of the many" in page
    assert f"Step {MOST_STEPS + 1} of the many" not in page


def test_the_gravest_deposits_are_shown_first():
    few = [fake_deposit(n, "dura", "left", volume=900.0, kind="physiologic") for n in range(2, 40)]
    page = sheet_html(fake_case(fake_deposit(1, "thalamus", "left", kind="ectopic"), *few), created=CREATED)
    assert "<td>Left thalamus" in page


def test_every_picture_carries_its_style_and_its_words():
    page = sheet_html(fake_case(fake_deposit(1, "putamen", "left")), created=CREATED)
    pictures = page.count('<svg class="panel"')
    assert pictures >= 8
    assert len(re.findall(r'<svg class="panel"[^>]*><title>[^<]+</title><style>', page)) == pictures


def test_a_head_without_calcium_has_a_sheet_too():
    page = sheet_html(fake_case(), created=CREATED)
    assert "No intracranial calcification was found" in page
    assert "<p>None.</p>" in page


def test_words_from_outside_are_escaped():
    deposit = fake_deposit(1, "putamen", "left")
    case = fake_case(
        deposit,
        cautions=(Caution(code="x", words=EVIL),),
        significance={"level": "urgent", "why": [EVIL, {"words": EVIL}]},
        next_steps=({"step": EVIL, "for": EVIL, "urgency": EVIL},),
        pattern={"words": EVIL},
        differential={
            "words": EVIL,
            "groups": [{"id": "x", "name": EVIL, "probability": 1.0, "treatable": EVIL}],
            "readers": {EVIL: EVIL},
        },
    )
    page = sheet_html(case, created=CREATED)
    assert "<script>" not in page
    assert 'src="http' not in page
    assert page.count("&lt;script&gt;") >= 8


def test_without_weasyprint_it_is_said_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "weasyprint", None)
    with pytest.raises(UsageError, match=r"pip install 'brainsand\[pdf\]'"):
        report_pdf(fake_case(), created=CREATED)

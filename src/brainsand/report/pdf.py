"""The report as PDF: the printed sheet set by WeasyPrint, with text that can be selected and read aloud.

Tagged (PDF/UA-1), with its language and title set; nothing is fetched from anywhere. Equal cases give equal bytes but
for the moment they were made. WeasyPrint is an extra: ``pip install brainsand[pdf]``.
"""

from __future__ import annotations

import hashlib
from typing import Any

from brainsand.errors import UsageError
from brainsand.model.case import Case
from brainsand.report.sheet import sheet_html

MISSING = (
    "--also pdf needs WeasyPrint, which is not installed here (or not the Pango library it draws with): "
    "pip install 'brainsand[pdf]'."
)


def report_pdf(case: Case, *, created: str) -> bytes:
    """The printed report of one case; ``UsageError`` where WeasyPrint is missing."""
    return pdf_of(sheet_html(case, created=created))


def check_pdf() -> None:
    """Refuse (UsageError), before any work is done, where no PDF can be made."""
    _weasyprint()


def pdf_of(html: str) -> bytes:
    """One HTML document as PDF. The identifier is drawn from the document, so it is its own fingerprint."""
    weasyprint = _weasyprint()
    document = weasyprint.HTML(string=html, url_fetcher=_fetcher(weasyprint), base_url=None)
    mark = hashlib.sha256(html.encode()).hexdigest()[:32].encode()
    made: bytes = document.write_pdf(pdf_variant="pdf/ua-1", pdf_identifier=mark)
    return made


def _weasyprint() -> Any:
    try:
        import weasyprint
    except (ImportError, OSError) as fault:  # OSError: its shared libraries are not there
        raise UsageError(MISSING) from fault
    return weasyprint


def _fetcher(weasyprint: Any) -> Any:
    """Opens what the document carries in itself, and nothing else."""
    from weasyprint.urls import URLFetcher

    return URLFetcher(allowed_protocols=("data",))

"""What has every page of ours alike? One HTML file that needs nothing else, in sections, and says when it was made."""

from __future__ import annotations

from html import escape
from typing import Final

# Even a name that slipped through escaping could load and run nothing.
POLICY: Final = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"


def document(title: str, body: str, *, style: str, policy: str = POLICY) -> str:
    """The whole file; ``title`` is text, ``body`` HTML."""
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>{escape(title)}</title><style>{style}</style></head>\n<body>\n{body}\n</body></html>\n"
    )


def section(title: str, inner: str) -> str:
    """A section with its heading (text) over what it holds (HTML)."""
    return f"<section><h2>{escape(title)}</h2>{inner}</section>"


def moment_words(created: str) -> str:
    """A moment in ISO 8601, for people.

    >>> moment_words("2026-03-01T09:30:12+00:00")
    '2026-03-01 09:30 UTC'
    """
    return created.replace("T", " ")[:16] + (" UTC" if created.endswith(("Z", "+00:00")) else "")

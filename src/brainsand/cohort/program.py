"""Which program reads the scans: version, knowledge and settings in one word; results of another are made anew."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from brainsand import __version__
from brainsand.settings import Settings, settings_hash


def program_of(norms: Path | None = None, also: Iterable[str] = ()) -> str:
    """The word that goes into every scan's key, with the further formats. Loads the knowledge (half a second)."""
    from dataclasses import replace

    from brainsand.read.knowledge import load_reference

    settings = Settings()
    if norms is not None:
        from brainsand.read.own_norms import read_own_norms

        settings = replace(
            settings, measure=replace(settings.measure, own_norms_sha256=read_own_norms(norms).sha256)
        )
    words = (__version__, load_reference(threads=1).version, settings_hash(settings), *sorted(set(also)))
    return " ".join(words)

"""brainsand: finds, places, measures and explains calcium in the brain on head CT.

The names below are loaded when first asked for, so ``import brainsand`` and ``brainsand --help`` stay quick.

>>> import brainsand
>>> brainsand.__version__.count(".")
2
>>> brainsand.nothing
Traceback (most recent call last):
...
AttributeError: module 'brainsand' has no attribute 'nothing'
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from brainsand.compare import compare_scans
    from brainsand.diagnosis import diagnose
    from brainsand.model.case import Case
    from brainsand.pipeline import analyze
    from brainsand.read.scan import read_scan
    from brainsand.run import run_scan
    from brainsand.settings import Settings

__version__ = "0.1.0"
__all__ = ["Case", "Settings", "__version__", "analyze", "compare_scans", "diagnose", "read_scan", "run_scan"]

_HOME: Final = {
    "Case": "brainsand.model.case",
    "Settings": "brainsand.settings",
    "analyze": "brainsand.pipeline",
    "compare_scans": "brainsand.compare",
    "diagnose": "brainsand.diagnosis",
    "read_scan": "brainsand.read.scan",
    "run_scan": "brainsand.run",
}


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'brainsand' has no attribute {name!r}")
    return getattr(import_module(_HOME[name]), name)


def __dir__() -> list[str]:
    return sorted(__all__)

"""Where the shared real scans lie; tests that want them skip where they are absent."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # so that tests find `samples`


@pytest.fixture(scope="session")
def shared_data() -> Path:
    given = os.environ.get("BRAINSAND_SHARED")
    beside = Path(__file__).resolve().parents[2].parent / "shared"
    data = (Path(given) if given else beside) / "data"
    if not data.is_dir():
        pytest.skip("the shared scans are not here (set BRAINSAND_SHARED to the folder that holds data/)")
    return data

"""``python -m brainsand`` is the command ``brainsand``."""

from __future__ import annotations

import sys

from brainsand.cli.main import main

if __name__ == "__main__":
    sys.exit(main())

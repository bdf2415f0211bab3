"""The compiled knowledge base as plain mappings, read with the standard library alone.

``tools/build_knowledge`` writes it from the YAML (``read.gather``); ``brainsand info`` reads it before anything heavy.
"""

from __future__ import annotations

import gzip
import json
from importlib import resources
from typing import Any, Final

COMPILED: Final = "compiled.json.gz"
ACKNOWLEDGEMENT: Final = (
    "This product uses the Human Phenotype Ontology (release {version}). "
    "Find out more at https://hpo.jax.org. Gargano et al., Nucleic Acids Res 2024;52:D1333-D1346."
)


def plain_knowledge() -> dict[str, Any]:
    """Everything the YAML says, in some 10 ms; ``read.knowledge.load_knowledge`` makes records of it."""
    packed = resources.files("brainsand.knowledge").joinpath(COMPILED).read_bytes()
    plain: dict[str, Any] = json.loads(gzip.decompress(packed))
    return plain

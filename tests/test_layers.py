"""The floors of the house, where an import contract cannot see: files, clock, environment, chance, data.

The contracts themselves stand in ``pyproject.toml`` (``tool.importlinter``) and run in ``make lint``; here it
is only tried that they cover the house.
"""

from __future__ import annotations

import ast
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SRC = ROOT / "src" / "brainsand"
CORE = (
    "arrays",
    "model",
    "quality",
    "anatomy",
    "find",
    "measure",
    "locate",
    "interpret",
    "followup",
    "phantom",
    "report",
    "pipeline.py",
    "following.py",
    "comparing.py",
    "nifti_file.py",
    "progress.py",
    "settings.py",
    "errors.py",
)
FORBIDDEN_MODULES = {
    "os",
    "pathlib",
    "tempfile",
    "shutil",
    "glob",
    "subprocess",
    "socket",
    "urllib",
    "time",
    "random",
    "secrets",
    "uuid",
    "logging",
}
FORBIDDEN_CALLS = {"open", "input", "print", "now", "today", "utcnow", "environ", "getenv", "seed"}
CHANCE_HANDED_IN = {"Generator", "SeedSequence", "BitGenerator"}


def core_files():
    places = [SRC / name for name in CORE]
    inside = [path for place in places for path in sorted(place.rglob("*.py"))]
    return inside + [place for place in places if place.is_file()]


def impurities(source):
    """What a piece of core code does that it must not, as readable words.

    >>> impurities("import os.path")
    ['line 1: import os.path']
    """
    found = []
    for node in ast.walk(ast.parse(source)):
        line = f"line {getattr(node, 'lineno', 0)}: "
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
            found += [f"{line}import {name}" for name in names if name.split(".")[0] in FORBIDDEN_MODULES]
        elif isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] in FORBIDDEN_MODULES:
            found.append(f"{line}from {node.module}")
        elif isinstance(node, ast.Call):
            found += [line + words for words in impure_call(node)]
    return found


def impure_call(call):
    name = ast.unparse(call.func)
    last = name.rpartition(".")[2]
    if name in FORBIDDEN_CALLS or ("." in name and last in FORBIDDEN_CALLS - {"open", "input", "print"}):
        yield f"{name}()"
    owner = name.rpartition(".")[0]
    if owner in ("np.random", "numpy.random") and last not in CHANCE_HANDED_IN:
        seeded = last == "default_rng" and call.args
        if not seeded:
            yield f"{name}()"


@pytest.mark.parametrize("path", core_files(), ids=lambda p: p.relative_to(SRC).as_posix())
def test_the_core_opens_no_file_reads_no_clock_and_draws_no_chance(path):
    assert impurities(path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    "source",
    [
        "import os",
        "from pathlib import Path",
        "import time",
        "open('x')",
        "datetime.now()",
        "np.random.normal()",
        "np.random.default_rng()",
        "random_state = np.random.seed(3)",
        "print('hello')",
    ],
)
def test_what_is_forbidden_is_found(source):
    assert impurities(source)


@pytest.mark.parametrize(
    "source",
    ["import io", "rng.normal()", "np.random.default_rng(3)", "Image.open(stream)", "x: np.random.Generator"],
)
def test_what_is_allowed_is_let_through(source):
    assert not impurities(source)


def test_knowledge_is_data_and_holds_no_code():
    files = list((SRC / "knowledge").rglob("*.py"))
    assert [p.name for p in files] == ["__init__.py"]
    body = ast.parse(files[0].read_text(encoding="utf-8")).body
    assert all(isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) for node in body)


def test_nobody_inside_imports_the_public_face_but_for_the_version():
    for path in SRC.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and node.module == "brainsand":
                names = {alias.name for alias in node.names} - {"__version__"}
                rooms = {name for name in names if (SRC / name).is_dir() or (SRC / f"{name}.py").is_file()}
                assert names == rooms, f"{path.relative_to(SRC)} takes {names - rooms} from the public face"
            if isinstance(node, ast.Import):
                assert "brainsand" not in {alias.name for alias in node.names}, path


def test_the_floors_name_every_room_of_the_plan():
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    floors = next(c for c in contracts if c["type"] == "layers")
    named = {room.strip(" ()") for floor in floors["layers"] for room in floor.split("|")}
    there = {p.stem for p in SRC.iterdir() if (p.suffix == ".py" or p.is_dir()) and p.name[0] not in "_."}
    assert floors["exhaustive"] is True
    assert there <= named

"""Help comes at once: nothing heavy is loaded before a command runs."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from brainsand import __version__
from brainsand.cli.main import COMMANDS, main, parser
from brainsand.model.sites import SITES

SRC = Path(__file__).parents[2] / "src"
HEAVY = (
    "numpy",
    "scipy",
    "pydicom",
    "nibabel",
    "SimpleITK",
    "PIL",
    "yaml",
    "cc3d",
    "asyncio",
    "importlib.metadata",
)


def python(code):
    """Run ``code`` in a fresh interpreter and give the finished process."""
    environment = {**os.environ, "PYTHONPATH": str(SRC)}
    command = [sys.executable, "-W", "error", "-c", code]
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)


@pytest.mark.parametrize("words", [["--help"], ["--version"], ["analyze", "--help"], ["info", "--json"]])
def test_help_and_info_load_nothing_heavy(words):
    done = python(
        "import sys\n"
        "from brainsand.cli.main import main\n"
        f"try: main({words!r})\n"
        "except SystemExit as end: assert not end.code\n"
        f"print('loaded:', [name for name in {HEAVY!r} if name in sys.modules])"
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == "loaded: []"


def test_the_public_face_loads_late_and_names_everything_it_promises():
    done = python(
        "import sys, brainsand\n"
        "assert 'numpy' not in sys.modules\n"
        "assert set(dir(brainsand)) == set(brainsand.__all__)\n"
        "assert brainsand.Settings().find.clear_from_hu > 0\n"
        "assert brainsand.Case.__name__ == 'Case'\n"
    )
    assert done.returncode == 0, done.stderr


def test_help_costs_little_beyond_starting_python():
    """Under 0.3 s is asked; measured beside a bare start, so that a busy machine does not fail it."""

    def fastest(code):
        took = []
        for _ in range(3):
            began = time.perf_counter()
            assert python(code).returncode == 0
            took.append(time.perf_counter() - began)
        return min(took)

    bare = fastest("pass")
    helped = fastest("from brainsand.cli.main import parser; parser().format_help()")
    assert helped < 0.3 + bare


@pytest.mark.parametrize("command", [c.__name__.rpartition(".")[2] for c in COMMANDS])
def test_every_command_has_help_with_an_example_and_a_voice(command, capsys):
    with pytest.raises(SystemExit) as end:
        main([command, "--help"])
    words = capsys.readouterr().out
    assert end.value.code == 0
    assert f"  brainsand {command}" in words.partition("example")[2]
    assert "--quiet" in words
    assert "--verbose" in words


def test_the_top_help_names_every_command_and_that_it_is_no_medical_device():
    words = " ".join(parser().format_help().split())
    assert "not a medical device" in words
    for command in COMMANDS:
        assert command.__name__.rpartition(".")[2] in words


def test_the_version_is_said(capsys):
    with pytest.raises(SystemExit):
        main(["--version"])
    assert capsys.readouterr().out == f"brainsand {__version__}\n"


def test_info_tells_scripts_the_sites_and_formats(capsys):
    assert main(["info", "--json"]) == 0
    facts = json.loads(capsys.readouterr().out)
    assert facts["schema"] == "brainsand.info/1"
    assert facts["version"] == __version__
    assert facts["sites"] == list(SITES)
    assert "case.json" in facts["formats"]["write"]
    assert {"name", "knowledge_version", "sides", "lobes", "conditions"} <= set(facts)


def test_info_tells_scripts_the_conditions_their_groups_and_the_version_of_hpo(capsys):
    assert main(["info", "--json"]) == 0
    facts = json.loads(capsys.readouterr().out)
    assert {"id": "tsc", "name": "Tuberous sclerosis complex", "group": "tsc"} in facts["conditions"]
    assert {c["group"] for c in facts["conditions"]} == {g["id"] for g in facts["groups"]}
    assert facts["hpo"]["version"] == "2025-01-16"
    assert "Human Phenotype Ontology" in facts["hpo"]["acknowledgement"]


def test_info_tells_people_too(capsys):
    assert main(["info"]) == 0
    assert f"brainsand {__version__}" in capsys.readouterr().out


def test_python_m_brainsand_is_the_command():
    environment = {**os.environ, "PYTHONPATH": str(SRC)}
    command = [sys.executable, "-m", "brainsand", "--version"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout == f"brainsand {__version__}\n"

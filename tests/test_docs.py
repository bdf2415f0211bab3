"""What the documents promise is there."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
import yaml

from brainsand.cli.main import COMMANDS, parser

ROOT = Path(__file__).parents[1]
PAGES = [
    ROOT / "README.md",
    ROOT / "CHANGELOG.md",
    ROOT / "CONTRIBUTING.md",
    *sorted((ROOT / "docs").rglob("*.md")),
]
TARGETS = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))


def blocks(page, language):
    return re.findall(rf"```{language}\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL)


def commands(page):
    """Every line of every shell block, without its comment."""
    lines = (line.split(" #")[0].strip() for block in blocks(page, "sh") for line in block.splitlines())
    return [line for line in lines if line]


def test_the_first_two_commands_of_the_readme_are_make_demo_and_make_test():
    assert commands(ROOT / "README.md")[:2] == ["make demo", "make test"]


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.relative_to(ROOT).as_posix())
def test_every_make_command_on_a_page_is_in_the_makefile(page):
    wanted = {word for line in commands(page) if line.startswith("make ") for word in line.split()[1:]}
    wanted |= set(re.findall(r"`make ([a-z]+)", page.read_text(encoding="utf-8")))
    assert wanted <= TARGETS


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.relative_to(ROOT).as_posix())
def test_the_package_is_installed_from_this_folder_with_extras_that_there_are(page):
    asked = re.findall(r"pip install [\"']?(\.|brainsand)\[([a-z,]+)\]", page.read_text(encoding="utf-8"))
    assert {place for place, _ in asked} <= {"."}  # nobody publishes it under its name
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    assert {name for _, names in asked for name in names.split(",")} <= set(extras)


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.relative_to(ROOT).as_posix())
def test_every_link_on_a_page_leads_somewhere(page):
    links = re.findall(r"\]\(([^)#\s]+)[^)]*\)", page.read_text(encoding="utf-8"))
    broken = [link for link in links if "://" not in link and not (page.parent / link).exists()]
    assert broken == []


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.relative_to(ROOT).as_posix())
def test_every_analyze_line_on_a_page_is_good_grammar(page):
    built = {c.__name__.rpartition(".")[2] for c in COMMANDS}
    for line in commands(page):
        words = re.split(r"\s*(?:\|\|?|&&|;)\s*", line)[0].split()
        if words[:1] == ["brainsand"] and words[1] in built:
            parser().parse_args(words[1:])


def test_the_python_on_a_page_is_python():
    for page in PAGES:
        for block in blocks(page, "python"):
            compile(block, str(page), "exec")


def test_the_yaml_on_a_page_is_yaml():
    for page in PAGES:
        for block in blocks(page, "yaml"):
            assert yaml.safe_load(block)


def test_the_readme_says_what_it_is_not():
    assert "not a medical device" in (ROOT / "README.md").read_text()


def test_make_alone_lists_every_target():
    text = (ROOT / "Makefile").read_text()
    assert ".DEFAULT_GOAL := help" in text
    assert set(re.findall(r"^([a-z]+):.*##", text, re.MULTILINE)) == TARGETS


def test_the_command_line_page_names_every_option():
    page = (ROOT / "docs" / "reference" / "cli.md").read_text(encoding="utf-8")
    top = parser()
    for action in top._subparsers._group_actions[0].choices.values():
        assert f"## {action.prog}" in page
        for option in action._option_string_actions:
            assert option in page, f"{action.prog} {option}: run make docs"

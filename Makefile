# `make` alone lists what can be made. Every line is a plain tool in .venv, which is made when it is missing.

PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
OUT ?= out

.DEFAULT_GOAL := help
.PHONY: help demo test lint format bench accuracy precision followup projections evaluate presets worked cohort docs \
	objects knowledge orthanc clean

help: ## list what can be made
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## */  make \1\t/' | expand -t 18

demo: $(READY) ## make a virtual patient, analyze it, write its report into out/demo
	$(BIN)/brainsand demo $(OUT)/demo

test: $(READY) ## run every test
	$(BIN)/python -m pytest -n 2 --dist loadfile

lint: $(READY) ## check style, types, and that rooms import downwards only
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(READY) ## put the style right
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: $(READY) ## seconds and memory of every stage on 28, 160 and 320 slices of 512 x 512, then accuracy, precision, and the queue
	$(BIN)/python tools/bench.py --accuracy --precision
	$(BIN)/python tools/bench_queue.py --warm

accuracy: $(READY) ## accuracy on all virtual patients (half an hour), into docs/limits.md
	PYTHONPATH=tools $(BIN)/python -m accuracy --full --write

precision: $(READY) ## error and coverage of the measures on virtual patients (a quarter of an hour), into docs/limits.md
	PYTHONPATH=tools $(BIN)/python -m precision --patients 2 --whole 1 --write

followup: $(READY) ## false and true change over virtual people scanned six times (a quarter of an hour), into docs/methods
	PYTHONPATH=tools $(BIN)/python -m followup_bench --people 10 --write

projections: $(READY) ## check scanner and measures against simulated X-ray projections (2 minutes), into docs
	PYTHONPATH=tools:src $(BIN)/python -m projections --write

EVIDENCE ?= ../shared/evidence
evaluate: $(READY) ## rank the published patients and print the tables (EVIDENCE=folder); WRITE=1 brings the docs up to date
	PYTHONPATH=tools $(BIN)/python -m evaluation --evidence $(EVIDENCE) $(if $(WRITE),--write docs) $(if $(PEERS),--peers)

presets: $(READY) ## rank virtual patients of every preset by image and age alone (10 minutes), into docs
	PYTHONPATH=tools $(BIN)/python -m evaluation.presets --write docs

worked: $(READY) ## write the rankings of the six worked patients into docs/worked-patients.md
	$(BIN)/python tools/worked.py

PATIENTS ?= 200
cohort: $(READY) ## read PATIENTS=200 virtual patients with one and two workers, kill it three times, compare the tables
	PYTHONPATH=tools $(BIN)/python -m cohort_trial --patients $(PATIENTS)

docs: $(READY) ## write docs/reference (commands, codes) from the program and docs/evidence from the knowledge base
	$(BIN)/python tools/docs.py
	$(BIN)/python tools/evidence.py

SCANS ?= $(wildcard ../shared/data/ge_head_tilt)
objects: $(READY) ## hold the DICOM objects against other people's checkers, into docs (SCANS=folders)
	$(BIN)/python tools/check_objects.py --write $(SCANS)

knowledge: $(READY) ## check the knowledge base and write its compiled copy; run it after correcting a condition
	PYTHONPATH=tools $(BIN)/python -m build_knowledge

orthanc: $(READY) ## try the DICOM node against a real Orthanc, installed where it is missing (WHAT="demo kill web many")
	PYTHONPATH=tools:src $(BIN)/python -m orthanc $(WHAT)

clean: ## remove what was made
	rm -rf $(VENV) $(OUT) .bench .mypy_cache .pytest_cache .ruff_cache .import_linter_cache

# Where the system's Python has no ensurepip (Debian without python3-venv), its own pip fills the new folder.
# Dependency groups need pip 25.1.
$(READY): pyproject.toml
	$(PYTHON) -m venv $(VENV) || ( \
	  $(PYTHON) -m venv --clear --without-pip $(VENV) && \
	  $(PYTHON) -m pip --python $(BIN)/python install --quiet pip )
	$(BIN)/python -m pip install --quiet --upgrade "pip>=25.1"
	$(BIN)/python -m pip install --quiet --editable ".[web]" --group dev
	touch $@

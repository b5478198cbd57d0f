# The developer's day. Each target installs what it needs by itself, into .venv.

PYTHON ?= python3
STAGE ?= dev
ARGS ?=

BIN := .venv/bin
READY := .venv/.installed
UV := $(shell command -v uv 2>/dev/null)

# Without compiled files each of the many short-lived processes would compile its libraries anew.
unexport PYTHONDONTWRITEBYTECODE

PAGE := $(if $(wildcard studio/package.json),studio/dist/index.html)
PAGE_SOURCES := docs/openapi.json \
  $(shell find studio \( -name node_modules -o -name dist \) -prune -o -type f -print 2>/dev/null)

.DEFAULT_GOAL := help
.PHONY: help demo up studio test screenshots faults chaos lint types format package validate bench deploy docs locks clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-9s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: $(READY) $(PAGE) ## a whole show with real video in the sandbox, seen by a viewer and recorded
	@$(BIN)/showrunner demo $(ARGS)

up: $(READY) $(PAGE) ## the sandbox with the stack in it, until Ctrl-C
	@$(BIN)/showrunner up $(ARGS)

studio: $(READY) $(PAGE) ## build the page, if what it is made of has changed

# Many tests wait for something: there are more workers than a small machine has cores.
test: $(READY) $(PAGE) ## all tests
	@$(BIN)/python -m tests.browser
	@$(BIN)/python -m pytest -n 4 --no-loadscope-reorder $(ARGS)

screenshots: $(READY) $(PAGE) ## the page's pictures for the docs, from the tests that run a show in it
	@mkdir -p build/screenshots
	@SCREENSHOTS=build/screenshots $(BIN)/python -m pytest -q tests/e2e/test_studio_show.py \
	  tests/state_machines/test_execution_view.py tests/state_machines/test_page_desk.py

faults: $(READY) ## every fault in every state of a show, in virtual time; ARGS="a part of a case's name"
	@$(BIN)/python -m tests.simulation.matrix $(ARGS)

SEED ?=
SESSIONS ?= 6
chaos: $(READY) ## random shows with random trouble; SEED=n SESSIONS=m, ARGS="--seeds 1000" for a night
	@$(BIN)/python -m tests.simulation.chaos $(or $(SEED),new) $(SESSIONS) $(ARGS)

lint: $(READY) ## ruff: rules and format
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(READY) ## mypy, strict
	$(BIN)/mypy

format: $(READY) ## put the code into ruff's format
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

package: $(READY) ## build/package/deployment.zip and sam.yaml
	@$(BIN)/python -m infra.package

validate: $(READY) ## cfn-lint, asl-validator, and a look into the zip
	@$(BIN)/python -m infra.validate

deploy: $(READY) $(PAGE) ## put STAGE on AWS; ARGS="--input-cidr CIDR" the first time
	@$(BIN)/showrunner deploy --stage $(STAGE) $(ARGS)

bench: $(READY) $(PAGE) ## all figures, into docs/benchmarks.md; ARGS="NAME ..." for some
	@$(BIN)/python -m benchmarks $(ARGS)

docs: $(READY) ## draw the state machines, write the API's document, and list the rules that the tests prove
	$(BIN)/python -m showrunner.diagram state_machines/session.asl.json > docs/session.svg
	$(BIN)/python -m showrunner.diagram state_machines/cleanup.asl.json > docs/cleanup.svg
	$(BIN)/python -m showrunner.diagram state_machines/recording.asl.json > docs/recording.svg
	$(BIN)/python -m showrunner.diagram state_machines/archive.asl.json > docs/archive.svg
	$(BIN)/python -m showrunner.diagram state_machines/fallback.asl.json > docs/fallback.svg
	$(BIN)/python -m showrunner.diagram state_machines/sweep.asl.json > docs/sweep.svg
	$(BIN)/python -m showrunner.diagram state_machines/wake.asl.json > docs/wake.svg
	$(BIN)/python -m workflows.openapi > docs/openapi.json
	$(BIN)/python -m tests.rules

LOCK := uv pip compile pyproject.toml --generate-hashes --no-header --no-emit-index-url --quiet
locks: ## pin the newest versions that pyproject.toml allows (needs uv)
	$(LOCK) --universal --python-version 3.11 --upgrade --no-annotate --output-file requirements.txt
	$(LOCK) --universal --python-version 3.11 --upgrade --all-extras --constraint requirements.txt --output-file requirements/dev.txt
	$(LOCK) --python-platform x86_64-manylinux_2_28 --python-version 3.13 --extra video --constraint requirements/dev.txt --no-annotate --output-file requirements/video.txt

clean: ## remove what was built and installed
	rm -rf build studio/dist studio/node_modules .venv .pytest_cache .mypy_cache .ruff_cache .hypothesis *.egg-info
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

studio/dist/index.html: $(READY) $(PAGE_SOURCES)
	@$(BIN)/python -m infra.studio
	@touch $@

# Made again when what it is made of has changed.
$(READY): requirements/dev.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' || \
	  { echo "Showrunner needs Python 3.11 to 3.13. Say which: make PYTHON=python3.12 ..." >&2; exit 2; }
ifdef UV
	@test -x $(BIN)/python || uv venv --quiet --python "$(PYTHON)" .venv
	uv pip install --quiet --python $(BIN)/python --require-hashes -r requirements/dev.txt
	@uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation --editable .
else
	@test -x $(BIN)/python || "$(PYTHON)" -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.txt
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
endif
	@touch $@

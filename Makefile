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

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
  $(if $(API_KEY),--api-key $(API_KEY)) $(if $(TENANT),--tenant $(TENANT)) \
  $(if $(LAMBDA_ENDPOINT),--lambda-endpoint $(LAMBDA_ENDPOINT))

demo: install  ## a conversation through everything, in this terminal; PROVIDER=openai for a real model
	@$(BIN)/python -m local.demo $(STACK_OPTIONS)

local: install  ## the same stack until Ctrl-C; PORT=, API_KEY=, AWS_PORT=, PROVIDER_PORT=, PROVIDER=openai
	@$(BIN)/python -m local.serve $(STACK_OPTIONS) --logs .local/logs

test: install  ## all tests
	@$(BIN)/python -m pytest -n 3 --dist loadfile --no-loadscope-reorder

.PHONY: faults load

faults: install  ## every effect of every scenario with every fault; one of them alone: docs/reliability.md
	@$(BIN)/python -m pytest -q -m faults tests/faults -n 3 --dist worksteal

load: install  ## 200 runs at once, then 2,000 in a row
	@$(BIN)/python -m pytest -q -m load tests/faults tests/e2e

lint: install  ## format, lint, types, template
	@$(BIN)/python -m pip install --quiet -r tests/requirements-lint.txt
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy layers/understudy/understudy functions local operate bench
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

.PHONY: build deploy package-check sam-local sam-test validate scan sbom lock
.PHONY: api-key ask budget webhook import-threads orphans

$(SAM_VENV)/.installed: operate/requirements-sam.txt
	@echo "Setting up $(SAM_VENV) (a minute, once)"
	@test -x $(SAM_VENV)/bin/python || $(PYTHON) -m venv $(SAM_VENV)
	@$(SAM_VENV)/bin/python -m pip install --quiet -r $<
	@touch $@

build: $(SAM_VENV)/.installed  ## what is deployed, in .aws-sam/build; ARCHITECTURE=x86_64 for sam local
	@MAKEFLAGS= MAKELEVEL= PATH="$(abspath $(SAM_VENV))/bin:$$PATH" AWS_EC2_METADATA_DISABLED=true \
	  $(SAM) build --cached --parallel --cache-dir $(CACHE) --parameter-overrides Architecture=$(ARCHITECTURE)

STACK := understudy-$(STAGE)

deploy: install $(SAM_VENV)/.installed  ## to AWS, with parameters/STAGE.json; STAGE=dev|prod, PARAMETERS='Name=value …' for once
	@MAKE="$(MAKE)" $(BIN)/python -m operate.deploy --stage $(STAGE) --architecture $(ARCHITECTURE) --sam $(SAM)
export PARAMETERS

package-check: install  ## builds for both processors and looks into what would be shipped
	@mkdir -p .aws-sam; for architecture in x86_64 arm64; do echo package for $$architecture; \
	  $(MAKE) --no-print-directory build ARCHITECTURE=$$architecture >.aws-sam/build.log 2>&1 || { cat .aws-sam/build.log; exit 1; }; \
	  UNDERSTUDY_BUILT=$$architecture $(BIN)/python -m pytest -q tests/sam/test_artifacts.py || exit 1; done

sam-local: install  ## the functions in containers, against the embedded AWS; PORT=, SAM_PORT=
	@$(MAKE) --no-print-directory build ARCHITECTURE=x86_64
	@SAM=$(SAM) $(BIN)/python -m local.sam $(if $(SAM_PORT),--sam-port $(SAM_PORT)) $(STACK_OPTIONS)

sam-test: install  ## every function and event in a container, where there is a container engine
	@$(MAKE) --no-print-directory build ARCHITECTURE=x86_64
	@SAM=$(SAM) $(BIN)/python -m pytest -q tests/sam/test_containers.py

validate: $(SAM_VENV)/.installed  ## the template, by AWS's own tools
	@AWS_EC2_METADATA_DISABLED=true AWS_DEFAULT_REGION=us-east-1 $(SAM) validate --lint
	@AWS_EC2_METADATA_DISABLED=true AWS_DEFAULT_REGION=us-east-1 $(SAM) validate

# Which deployment the commands below are for: what `make local` runs, if it does and no STAGE is given.
HERE := $(if $(filter file,$(origin STAGE)),$(wildcard .local/env))
KEY_FILE := .local/$(if $(HERE),local,$(STACK)).key
OPERATE = $(if $(HERE),. ./$(HERE);) $(BIN)/python -m operate.

api-key: install  ## a key for TENANT=…; make ask uses the last one
	@mkdir -p .local && umask 077 && $(OPERATE)api_key create $(or $(TENANT),$(error TENANT=… says whose key it is)) --stack $(STACK) | tee $(KEY_FILE)

ask: install  ## MESSAGE="…" to a deployment, or to make local; prints the answer
	@$(if $(HERE),. ./$(HERE);) if [ -f $(KEY_FILE) ]; then export UNDERSTUDY_API_KEY="$${UNDERSTUDY_API_KEY:-$$(cat $(KEY_FILE))}"; fi; \
	$(BIN)/python -W ignore::DeprecationWarning -m operate.ask "$$MESSAGE" --stack $(STACK) $(if $(MODEL),--model $(MODEL))
export MESSAGE

budget: install  ## ARGS="set acme --tenant-month 100", "show acme"
	@$(OPERATE)budget $(ARGS) --stack $(STACK)

webhook: install  ## ARGS=register|rotate|show; needs OPENAI_API_KEY
	@$(OPERATE)webhook $(or $(ARGS),show) --stack $(STACK)

orphans: install  ## what the provider keeps for nobody; REMOVE=1 removes it
	@$(OPERATE)orphans --stack $(STACK) $(if $(REMOVE),--remove)

import-threads: install  ## FILE=threads.ndjson for TENANT=…; see docs/migrating.md
	@$(OPERATE)import_threads $(TENANT) $(FILE) --stack $(STACK)

# checkov pins what others use in newer versions, so it lives apart.
CHECKOV_VENV := .venv-checkov

$(CHECKOV_VENV)/.installed: operate/requirements-checkov.txt
	@echo "Setting up $(CHECKOV_VENV) (a minute, once)"
	@test -x $(CHECKOV_VENV)/bin/python || $(PYTHON) -m venv $(CHECKOV_VENV)
	@$(CHECKOV_VENV)/bin/python -m pip install --quiet -r $<
	@touch $@

scan: install $(CHECKOV_VENV)/.installed  ## security scanners, without the network
	@$(BIN)/python -m pip install --quiet -r tests/requirements-lint.txt -r operate/requirements-scan.txt
	$(BIN)/bandit -q -c .bandit.yaml -r layers/understudy/understudy functions operate
	@# Names like secret_arn are no secrets, and ruff's S105 to S107 look at what is assigned to them. Lock files are
	@# hashes, sample events have ETags. A made-up password in a test has a pragma beside it.
	git ls-files -z | xargs -0 $(BIN)/detect-secrets-hook --disable-plugin KeywordDetector \
	  --exclude-files '(\.lock|\.ndjson)$$' --exclude-files '^events/'
	$(CHECKOV_VENV)/bin/checkov -f template.yaml --config-file .checkov.yaml
	@for stage in dev prod; do mkdir -p .aws-sam/plain && $(BIN)/python -m local.aws.plain $$stage > .aws-sam/plain/$$stage.json && \
	  echo checkov and cfn-lint on the transform of $$stage && \
	  $(CHECKOV_VENV)/bin/checkov -f .aws-sam/plain/$$stage.json --config-file .checkov.yaml && \
	  $(BIN)/cfn-lint -r us-east-1 -t .aws-sam/plain/$$stage.json $(NOT_IN_TRANSFORM) || exit 1; done

# E3601 takes a JSONata expression for a wrong type; W1030 and W1020 look at defaults of conditional parts.
NOT_IN_TRANSFORM := --ignore-checks E3601 W1030 W1020 W3005

sbom: $(SAM_VENV)/.installed  ## what the layers ship, in CycloneDX, as .aws-sam/sbom.json
	@mkdir -p .aws-sam && cat layers/*/requirements.lock > .aws-sam/shipped.txt && \
	$(SAM_VENV)/bin/cyclonedx-py requirements --output-reproducible -o .aws-sam/sbom.json .aws-sam/shipped.txt && echo .aws-sam/sbom.json

COMPILE_LOCK = $(SAM_VENV)/bin/uv pip compile --quiet --generate-hashes --only-binary :all: \
  --python-platform x86_64-manylinux_2_34 --python-version 3.13 --no-header --no-annotate

lock: $(SAM_VENV)/.installed  ## the layers' packages with all that they need, pinned with hashes
	$(COMPILE_LOCK) layers/dependencies/requirements.txt -o layers/dependencies/requirements.lock
	@# Without what the dependencies layer has, so that no package is shipped twice.
	shared=$$(sed -n 's/^\([a-z0-9-]*\)==.*/--no-emit-package \1/p' layers/dependencies/requirements.lock); \
	for layer in openai database identity; do \
	  $(COMPILE_LOCK) layers/$$layer/requirements.txt -c layers/dependencies/requirements.lock $$shared -o layers/$$layer/requirements.lock; \
	done

.PHONY: bench

bench: install  ## measures everything, writes docs/benchmarks.md, fails over budget; QUICK=1, SUITE=1 for make test and demo too
	@$(BIN)/python -m pip install --quiet -r bench/requirements.txt
	@$(BIN)/python -m bench $(if $(SUITE),--suite) $(if $(QUICK),--quick --to .local/bench)

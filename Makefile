# `make help` lists the targets. Each target installs what it needs the first time.
SHELL := /bin/bash
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# Creates an environment and installs locked packages into it, with uv; INSTALLER=pip does without uv.
INSTALL := $(PYTHON) requirements/install.py
export INSTALLER ?= uv
# Packages are compiled when they are first imported. Without this, an environment that forbids
# writing .pyc files would compile them at every start, which takes several seconds.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help install demo local test test-busy lint

help:  ## List the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

# What the demo, make local and the command line need.
$(VENV)/.demo: requirements/demo.lock requirements/uv.lock requirements/install.py pyproject.toml
	@echo "Installing packages into $(VENV) (once)"
	@$(INSTALL) $(VENV) requirements/demo.lock --editable .
	@touch $@

# What tests, checks and benchmarks need beside that.
$(VENV)/.dev: $(VENV)/.demo requirements/dev.lock
	@echo "Installing development tools into $(VENV) (once)"
	@$(INSTALL) $(VENV) requirements/demo.lock requirements/dev.lock
	@touch $@

install: $(VENV)/.dev  ## Create .venv with everything that development needs

STACK_OPTIONS = $(if $(PROVIDER),--provider $(PROVIDER)) $(if $(PORT),--port $(PORT)) \
  $(if $(AWS_PORT),--aws-port $(AWS_PORT)) $(if $(PROVIDER_PORT),--provider-port $(PROVIDER_PORT)) \
  $(if $(API_KEY),--api-key $(API_KEY)) $(if $(TENANT),--tenant $(TENANT)) \
  $(if $(LAMBDA_ENDPOINT),--lambda-endpoint $(LAMBDA_ENDPOINT)) $(if $(QUIET),--quiet)

demo: $(VENV)/.demo  ## Run a sample conversation on local AWS, in this terminal; PROVIDER=openai asks a real model, PICTURE=docs/demo.svg draws scene 1
	@$(BIN)/python -m local.demo $(STACK_OPTIONS) $(if $(PICTURE),--picture $(PICTURE))

local: $(VENV)/.demo  ## Run the same stack until Ctrl-C; OPEN=1 opens the console; PORT=, API_KEY=, PROVIDER=openai, PARAMETERS='Name=value …', QUIET=1
	@OPEN=$(OPEN) $(BIN)/python -m local.serve $(STACK_OPTIONS) --logs .local/logs

test: install  ## Run all tests, or one file or test with FILE=tests/…
	@$(BIN)/python -m pytest $(if $(FILE),'$(FILE)',-n 2 --dist loadgroup --no-loadscope-reorder)

test-busy: install  ## Run make test twice in a row while four busy loops keep the machine busy
	@trap 'kill $$loops 2>/dev/null' EXIT; trap 'exit 130' INT TERM; loops=; \
	for each in 1 2 3 4; do while :; do :; done & loops="$$loops $$!"; done; \
	for round in 1 2; do echo Round $$round of 2; $(MAKE) --no-print-directory test || exit 1; done

.PHONY: faults load mutants

POINTS := tests/faults/test_points.py::test_every_point_is_survived
# What decides which points or mutants are in a sample.
SEED ?= $(shell git rev-parse --short HEAD)

faults: install  ## Inject every fault into every scenario; POINT='id', FILE=tests/…, or SAMPLE=60 that SEED= decides on (docs/reliability.md)
	@$(if $(SAMPLE),echo "A sample of $(SAMPLE) points with SEED=$(SEED)")
	@$(if $(SAMPLE),FAULTS_SAMPLE=$(SAMPLE) FAULTS_SEED=$(SEED)) $(BIN)/python -m pytest -q -m faults \
	  $(if $(POINT),'$(POINTS)[$(POINT)]',$(if $(FILE),'$(FILE)',tests/faults -n $(if $(SAMPLE),2,3) --dist worksteal))

mutants: install  ## Make a small mistake for each guarantee and check that a test fails; NAMES='…', or SAMPLE=12 that SEED= decides on
	@$(BIN)/python -m tests.mutants $(NAMES) $(if $(SAMPLE),--sample $(SAMPLE) --seed $(SEED))

load: install  ## Load tests: 200 runs at once, then 2,000 one after the other
	@$(BIN)/python -m pytest -q -m load tests/faults tests/e2e

lint: install  ## Check formatting, style, types and the template
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy layers/understudy/understudy functions local operate bench requirements
	$(BIN)/cfn-lint -r us-east-1 -t template.yaml

# --- build, deploy, operate

SAM_VENV := .venv-sam
SAM := $(abspath $(SAM_VENV))/bin/sam
ARCHITECTURE ?= arm64
STAGE ?= dev
export ARCHITECTURE
export SAM_CLI_TELEMETRY := 0
# SAM does not notice a change of layers/Makefile, so its checksum is part of the cache's name.
CACHE := .aws-sam/cache/$(ARCHITECTURE)-$(shell cksum < layers/Makefile | cut -d' ' -f1)

.PHONY: build deploy package-check sam-local sam-test validate scan sbom lock
.PHONY: api-key ask budget smoke webhook import migrate orphans usage why

$(SAM_VENV)/.installed: requirements/sam.lock requirements/uv.lock requirements/install.py
	@echo "Installing SAM into $(SAM_VENV) (once)"
	@$(INSTALL) $(SAM_VENV) requirements/sam.lock
	@touch $@

build: $(SAM_VENV)/.installed  ## Build what is deployed into .aws-sam/build; ARCHITECTURE=x86_64 for sam local
	@MAKEFLAGS= MAKELEVEL= PATH="$(abspath $(SAM_VENV))/bin:$$PATH" AWS_EC2_METADATA_DISABLED=true \
	  $(SAM) build --cached --parallel --cache-dir $(CACHE) --parameter-overrides Architecture=$(ARCHITECTURE)

STACK := understudy-$(STAGE)

deploy: install $(SAM_VENV)/.installed  ## Deploy to AWS with parameters/STAGE.json; STAGE=dev|prod, PARAMETERS='Name=value …' for this deploy
	@MAKE="$(MAKE)" $(BIN)/python -m operate.deploy --stage $(STAGE) --architecture $(ARCHITECTURE) --sam $(SAM)
	@mkdir -p .local && echo $(STACK) > .local/deployed
export PARAMETERS

package-check: install  ## Build for both processors and check what would be shipped
	@mkdir -p .aws-sam; for architecture in x86_64 arm64; do echo package for $$architecture; \
	  $(MAKE) --no-print-directory build ARCHITECTURE=$$architecture >.aws-sam/build.log 2>&1 || { cat .aws-sam/build.log; exit 1; }; \
	  UNDERSTUDY_BUILT=$$architecture $(BIN)/python -m pytest -q tests/sam/test_artifacts.py || exit 1; done

sam-local: $(VENV)/.demo  ## Run the functions in containers against local AWS; PORT=, SAM_PORT=
	@$(MAKE) --no-print-directory build ARCHITECTURE=x86_64
	@SAM=$(SAM) $(BIN)/python -m local.sam $(if $(SAM_PORT),--sam-port $(SAM_PORT)) $(STACK_OPTIONS)

sam-test: install  ## Run every function with every sample event in a container; needs a container engine
	@$(MAKE) --no-print-directory build ARCHITECTURE=x86_64
	@SAM=$(SAM) $(BIN)/python -m pytest -q tests/sam/test_containers.py

validate: $(SAM_VENV)/.installed  ## Check the template with AWS's own tools
	@AWS_EC2_METADATA_DISABLED=true AWS_DEFAULT_REGION=us-east-1 $(SAM) validate --lint
	@AWS_EC2_METADATA_DISABLED=true AWS_DEFAULT_REGION=us-east-1 $(SAM) validate

# The commands below work on STACK= or STAGE= if one is given, else on what `understudy` finds: the
# running `make local`, else the last deployment.
UNDERSTUDY := $(BIN)/understudy
ON := $(if $(filter command environment,$(origin STAGE) $(origin STACK)),--stack $(STACK))

api-key: $(VENV)/.demo  ## Create an API key for TENANT=…, and save it for make ask
	@$(UNDERSTUDY) api-key create $(or $(TENANT),$(error Give the key's tenant: make api-key TENANT=acme)) --save $(ON)

ask: $(VENV)/.demo  ## Ask MESSAGE="…" and print the answer; MODEL=
	@$(UNDERSTUDY) ask "$$MESSAGE" $(if $(MODEL),--model $(MODEL)) $(ON)
export MESSAGE

smoke: $(VENV)/.demo  ## Check the deployment of STAGE=… in two minutes: runs, tools, files, drops; MODEL=, a few cents
	@$(UNDERSTUDY) smoke $(if $(MODEL),--model $(MODEL)) $(ON)

budget: $(VENV)/.demo  ## Set or show limits: ARGS="set acme --tenant-month 100", ARGS="show acme"
	@$(UNDERSTUDY) budget $(if $(ARGS),$(ARGS) $(ON),--help)

webhook: $(VENV)/.demo  ## Register, rotate or show the provider's webhook: ARGS=register; needs OPENAI_API_KEY
	@$(UNDERSTUDY) webhook $(or $(ARGS),show) $(ON)

usage: $(VENV)/.demo  ## Report usage and cost of TENANT=… or of all tenants; ARGS="--by thread --start 2027-01-15"
	@$(UNDERSTUDY) usage $(or $(TENANT),--all-tenants) $(ARGS) $(ON)

why: $(VENV)/.demo  ## Show what RUN=run_… did and waited for, and why it ended
	@$(UNDERSTUDY) why $(or $(RUN),$(error Give the run: make why RUN=run_…)) $(ON)

orphans: $(VENV)/.demo  ## List files at the provider that nothing needs; REMOVE=1 and REMOVE_UNUSED=1 remove them
	@$(UNDERSTUDY) orphans $(if $(REMOVE),--remove) $(if $(REMOVE_UNUSED),--remove-unused) $(ON)

import: $(VENV)/.demo  ## Import threads from FILE=threads.ndjson for TENANT=… (docs/migrating.md)
	@$(UNDERSTUDY) import $(or $(TENANT),$(error Give the tenant: make import TENANT=acme FILE=threads.ndjson)) $(FILE) $(ON)

migrate: $(VENV)/.demo  ## Copy everything from ENDPOINT=… (FROM=azure|openai) to TENANT=…; DRY_RUN=1, THREADS=ids.txt; needs SOURCE_API_KEY
	@$(UNDERSTUDY) migrate $(or $(TENANT),$(error Give the tenant: make migrate TENANT=acme ENDPOINT=https://…)) \
	  --from $(or $(FROM),azure) --endpoint $(ENDPOINT) $(if $(DRY_RUN),--dry-run) $(if $(THREADS),--threads $(THREADS)) $(ON)

# An environment of its own: checkov pins older versions of packages that the others use.
CHECKOV_VENV := .venv-checkov

$(CHECKOV_VENV)/.installed: requirements/checkov.lock requirements/uv.lock requirements/install.py
	@echo "Installing checkov into $(CHECKOV_VENV) (once)"
	@$(INSTALL) $(CHECKOV_VENV) requirements/checkov.lock
	@touch $@

scan: install $(CHECKOV_VENV)/.installed  ## Run the security scanners, without the network
	$(BIN)/bandit -q -c .bandit.yaml -r layers/understudy/understudy functions operate requirements
	@# The keyword detector reports names such as secret_arn; ruff's S105 to S107 check what is assigned to them.
	@# Lock files contain hashes, sample events ETags. A made-up password in a test has a pragma beside it.
	git ls-files -z | xargs -0 $(BIN)/detect-secrets-hook --disable-plugin KeywordDetector \
	  --exclude-files '(\.lock|\.ndjson)$$' --exclude-files '^events/'
	$(CHECKOV_VENV)/bin/checkov -f template.yaml --config-file .checkov.yaml
	@for stage in dev prod; do mkdir -p .aws-sam/plain && $(BIN)/python -m local.aws.template $$stage > .aws-sam/plain/$$stage.json && \
	  echo checkov and cfn-lint on the transform of $$stage && \
	  $(CHECKOV_VENV)/bin/checkov -f .aws-sam/plain/$$stage.json --config-file .checkov.yaml && \
	  $(BIN)/cfn-lint -r us-east-1 -t .aws-sam/plain/$$stage.json $(NOT_IN_TRANSFORM) || exit 1; done

# E3601 reports a JSONata expression as a wrong type; W1030, W1033 and W1020 report defaults of conditional parts.
NOT_IN_TRANSFORM := --ignore-checks E3601 W1030 W1033 W1020 W3005

sbom: $(SAM_VENV)/.installed  ## Write what the layers ship to .aws-sam/sbom.json, in CycloneDX
	@mkdir -p .aws-sam && cat layers/*/requirements.lock > .aws-sam/shipped.txt && \
	$(SAM_VENV)/bin/cyclonedx-py requirements --output-reproducible -o .aws-sam/sbom.json .aws-sam/shipped.txt && echo .aws-sam/sbom.json

COMPILE := eval "$$($(INSTALL) $(VENV) --settings)" && $(BIN)/uv pip compile --quiet --generate-hashes --no-header --no-annotate
# What Lambda runs.
COMPILE_LAYER := $(COMPILE) --only-binary :all: --python-platform x86_64-manylinux_2_34 --python-version 3.13
# What a machine of any system runs, with the oldest Python.
COMPILE_HERE := $(COMPILE) --universal --fork-strategy fewest --python-version 3.11
LAYERS := dependencies openai database identity
# Leaves out packages that another lock has, so that each is pinned in one place.
without = $$(sed -n 's/^\([a-z0-9-]*\)==.*/--no-emit-package \1/p' $(1))

lock: $(VENV)/.demo  ## Pin all packages with hashes: layers/*/requirements.lock and requirements/*.lock
	$(COMPILE_LAYER) layers/dependencies/requirements.txt -o layers/dependencies/requirements.lock
	for layer in $(filter-out dependencies,$(LAYERS)); do \
	  $(COMPILE_LAYER) layers/$$layer/requirements.txt -c layers/dependencies/requirements.lock \
	    $(call without,layers/dependencies/requirements.lock) -o layers/$$layer/requirements.lock || exit 1; \
	done
	$(COMPILE_HERE) --group demo $(LAYERS:%=layers/%/requirements.txt) $(LAYERS:%=-c layers/%/requirements.lock) -o requirements/demo.lock
	$(COMPILE_HERE) --group demo --group dev $(LAYERS:%=layers/%/requirements.txt) -c requirements/demo.lock \
	  $(call without,requirements/demo.lock) -o requirements/dev.lock
	for group in sam checkov site uv; do $(COMPILE_HERE) --group $$group -o requirements/$$group.lock || exit 1; done

SITE_VENV := .venv-site

$(SITE_VENV)/.installed: requirements/site.lock requirements/uv.lock requirements/install.py
	@echo "Installing Sphinx into $(SITE_VENV) (once)"
	@$(INSTALL) $(SITE_VENV) requirements/site.lock
	@touch $@

.PHONY: site bench

site: $(SITE_VENV)/.installed  ## Build the documentation into .local/site; fails for broken links; LINKS=1 also asks other sites
	@rm -rf .local/site && $(SITE_VENV)/bin/sphinx-build -q -W --keep-going -c docs . .local/site
	@$(if $(LINKS),$(SITE_VENV)/bin/sphinx-build -q -W --keep-going -b linkcheck -c docs . .local/site-links)
	@echo .local/site/index.html

bench: install  ## Measure everything, write docs/benchmarks.md, fail over budget; QUICK=1, SUITE=1 also times make test and demo
	@$(BIN)/python -m bench $(if $(SUITE),--suite) $(if $(QUICK),--quick --to .local/bench)

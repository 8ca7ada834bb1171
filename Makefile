# Every target is one call of the command line; `make demo` runs them all on the sample corpus.
#
#   CORPUS   a known corpus (bert-mrc-theseus preprocess --list); real ones are read from $BMT_CORPORA
#   ENCODER  e5-small-zh, or the folder of a BERT
#   RUN      where data, models and logs go
#   MODEL    what predicts: a model folder; default: RUN's if RUN is given, else the one that comes with the package
#   SEED     of everything random
#   STAGE0, STAGE1, STAGE2, PREPROCESS, PREDICT, SERVE   further options of the command behind a target
#   VENV         the environment with everything in it; PREDICT_VENV: the small one of `predict` and `serve`, where VENV is not set up

CORPUS ?= sample
ENCODER ?= e5-small-zh
RUN ?= runs/$(CORPUS)
SEED ?= 42
MODEL ?= $(if $(filter-out file,$(origin RUN)),$(RUN)/stage2/best)
PYTHON ?= python3
VENV ?= .venv
PREDICT_VENV ?= .venv-predict

BMT := $(VENV)/bin/bert-mrc-theseus
READY := $(VENV)/.ready
DATA := $(RUN)/data
DEMO := runs/demo
FIGURES := $(CURDIR)/.stress-figures
# What takes longest comes first.
STRESS := $(wildcard tests/cli/test_kills.py tests/output/test_round_trips.py tests/preprocess/readers/test_anything.py \
	tests/prediction/test_any_text.py tests/cli/test_any_command_line.py tests/test_memory.py \
	tests/model_files/test_damaged_files.py tests/model_files/test_damaged_content.py tests/service/test_openapi.py \
	tests/training/test_devices.py \
	tests/test_guides.py tests/test_examples.py)

.DEFAULT_GOAL := help
.PHONY: help setup demo preprocess train-stage0 train-stage1 train-stage2 stage0 stage1 stage2 evaluate predict serve \
	test stress lint docs figures models clean FORCE

help:  ## This list
	@sed -nE 's/^([a-z0-9-]+)[a-z0-9 -]*:.*##/\1|/p' $(MAKEFILE_LIST) | awk -F'|' '{printf "  make %-14s%s\n", $$1, $$2}'
	@echo "Variables: CORPUS=$(CORPUS) ENCODER=$(ENCODER) RUN=$(RUN) SEED=$(SEED); see the top of the Makefile"

# This project, with EXTRAS, in the environment of a target; standard output is left to results.
define install
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed: make PYTHON=python3.11")'
	@echo "setting up $(@D): $(COST)" >&2
	@$(PYTHON) -m venv $(@D) >&2
	@$(@D)/bin/python -m pip install --disable-pip-version-check $(PIP_OPTIONS) --editable '.$(EXTRAS)' >&2
	@touch $@
endef

$(READY): EXTRAS = [train,serve,dev]
$(READY): COST = TensorFlow and the tools of development, 1 GB to download, some minutes
$(READY): pyproject.toml
	$(install)

# Compiled when it is first used: what is never imported costs neither time nor space.
$(PREDICT_VENV)/%: PIP_OPTIONS = --no-compile
$(PREDICT_VENV)/.ready: EXTRAS =
$(PREDICT_VENV)/.ready: COST = what prediction needs (no TensorFlow), 80 MB to download, 270 MB on the disk
$(PREDICT_VENV)/.ready: pyproject.toml
	$(install)

$(PREDICT_VENV)/.ready-serve: EXTRAS = [serve]
$(PREDICT_VENV)/.ready-serve: COST = what the service needs beside it
$(PREDICT_VENV)/.ready-serve: $(PREDICT_VENV)/.ready
	$(install)

# What predicts: the environment with everything in it, if there is one.
ifneq ($(wildcard $(READY)),)
PREDICTOR := $(BMT)
PREDICT_READY := $(READY)
SERVE_READY := $(READY)
else
PREDICTOR := $(PREDICT_VENV)/bin/bert-mrc-theseus
PREDICT_READY := $(PREDICT_VENV)/.ready
SERVE_READY := $(PREDICT_VENV)/.ready-serve
endif

setup: $(READY)  ## Virtual environment with everything in it

# A stamp changes only when the settings written in it do, so that other settings make a stage out of date.
$(RUN)/.data: SETTINGS = $(CORPUS) $(PREPROCESS)
$(RUN)/.stage0: SETTINGS = $(ENCODER) $(SEED) $(STAGE0)
$(RUN)/.stage1: SETTINGS = $(SEED) $(STAGE1)
$(RUN)/.stage2: SETTINGS = $(SEED) $(STAGE2)
$(RUN)/.data $(RUN)/.stage0 $(RUN)/.stage1 $(RUN)/.stage2: FORCE
	@mkdir -p $(RUN)
	@echo '$(SETTINGS)' | cmp -s - $@ || echo '$(SETTINGS)' > $@

$(DATA)/corpus.json: $(RUN)/.data $(wildcard data/queries/*.toml) $(wildcard data/sample/*.jsonl) | $(READY)
	$(BMT) preprocess $(CORPUS) --out $(DATA) $(PREPROCESS)

# Out of date: start again, in a folder of its own until that is done. Interrupted: go on.
AGAIN = $(if $(wildcard $(@D).new),--resume,$(if $(wildcard $@),--overwrite,--resume))

$(RUN)/stage0/report.json: $(DATA)/corpus.json $(RUN)/.stage0 | $(READY)
	$(BMT) train $(DATA) --run $(RUN) --stage 0 --encoder $(ENCODER) --seed $(SEED) $(STAGE0) $(AGAIN)

$(RUN)/stage1/report.json: $(RUN)/stage0/report.json $(RUN)/.stage1 | $(READY)
	$(BMT) train $(DATA) --run $(RUN) --stage 1 --seed $(SEED) $(STAGE1) $(AGAIN)

$(RUN)/stage2/report.json: $(RUN)/stage1/report.json $(RUN)/.stage2 | $(READY)
	$(BMT) train $(DATA) --run $(RUN) --stage 2 --seed $(SEED) $(STAGE2) $(AGAIN)

preprocess: $(DATA)/corpus.json  ## Corpus files -> RUN/data
train-stage0 stage0: $(RUN)/stage0/report.json  ## Fine-tune the predecessor (12 layers)
train-stage1 stage1: $(RUN)/stage1/report.json  ## Replace its modules by the successor's (6 layers)
train-stage2 stage2: $(RUN)/stage2/report.json  ## Fine-tune the successor alone

evaluate: $(RUN)/stage2/report.json  ## Strict F1 of all three stages on test
	$(BMT) evaluate $(RUN) $(DATA) --report $(RUN)/evaluation.json

predict:  ## Entities of TEXT=file, by MODEL, or by RUN's, or by the bundled model
	@test -n "$(TEXT)" || { echo "say which file: make predict TEXT=file" >&2; exit 2; }
	@for file in $(TEXT); do \
		test "$$file" = - || test -e "$$file" || { echo "TEXT: there is no $$file" >&2; exit 2; }; done
	@$(MAKE) --no-print-directory $(PREDICT_READY) >&2
	@$(PREDICTOR) predict $(MODEL:%=--model %) $(TEXT) $(PREDICT)

serve: $(SERVE_READY)  ## The HTTP service, by MODEL, or by RUN's, or by the bundled model; options in SERVE
	@$(PREDICTOR) serve $(MODEL) $(SERVE)

demo:  ## The whole way on the sample corpus, in minutes
	@$(MAKE) --no-print-directory evaluate CORPUS=sample RUN=$(DEMO) \
		STAGE0="--epochs 6 --tokens 512 --learning-rate 1e-4" \
		STAGE1="--epochs 4 --tokens 512 --learning-rate 1e-4" STAGE2="--epochs 3 --tokens 512 --learning-rate 1e-4"
	@$(MAKE) --no-print-directory predict RUN=$(DEMO) TEXT=data/sample/sentences.txt PREDICT="--format text"

test: $(READY)  ## All tests; those of real corpora too, where BMT_CORPORA names their folder
	$(VENV)/bin/python -m pytest

stress: $(READY)  ## The tests of docs/reliability.md at length, from SEED; up to half an hour
	@rm -f $(FIGURES)
	@echo "seed $(SEED)"
	@BMT_STRESS=$(SEED) BMT_STRESS_FIGURES=$(FIGURES) $(VENV)/bin/python -m pytest --hypothesis-seed=$(SEED) --dist load $(STRESS); \
		status=$$?; cat $(FIGURES); exit $$status

lint: $(READY)  ## Style and types
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/mypy bert_mrc_theseus preprocess data

docs: $(READY)  ## The documentation site, Chinese and English: build/site
	$(VENV)/bin/python -m pip install --quiet --disable-pip-version-check --editable '.[docs]'
	$(VENV)/bin/python docs/_site/build.py

figures: $(READY)  ## The tables of README and the guides, from docs/results
	$(VENV)/bin/python -m docs._figures

models: $(READY)  ## Models to be bundled, from the corpora in BMT_CORPORA and the word lists in LEXICONS
	BMT=$(BMT) bash data/models/train.sh

release-check:  ## sdists and wheels, of code and models: built, checked, installed into clean environments of every Python at hand
	@.ci/release-check

clean:  ## Remove the virtual environments; runs/ stays
	rm -rf $(VENV) $(PREDICT_VENV)

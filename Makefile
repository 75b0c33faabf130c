# Davy's commands. `make` alone lists them.
#
# PYTHON   which Python makes .venv (3.11 or newer), found by itself otherwise
# JOBS     how many processes share the tests that need no whole demo, one more than processors since
#          most tests wait now and then; each has services of its own
# PIP_ARGS passed to pip, e.g. another index for torch's CPU or CUDA build: see infra/install.py

ifndef PYTHON
PYTHON := $(shell for name in python3.11 python3 python3.12 python3.13; do \
    $$name -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$name && break; \
  done)
endif
ifeq ($(PYTHON),)
$(error Davy needs Python 3.11 or newer. Say where it is: make PYTHON=/path/to/python3.11 ...)
endif
PY := .venv/bin/python
SETUP := $(PYTHON) infra/install.py
JOBS ?= 3
# Where the tests are that need a whole demo: to look through all others takes ten seconds.
DEMO_TESTS := tests/browser tests/chaos tests/demo

export PYTHONPATH := platform:.
export PIP_ARGS
# Container images often set it; then each process of a demo or a test run compiles all of Davy anew.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help setup setup-dev demo stop demo-check test screens drill drill-kills drill-radosgw lint i18n i18n-check bench replay-bench accuracy weeks train-miner train-miner-dark train-ppe lock clean

help: ## list these commands
	@grep -hE '^[a-z0-9-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z0-9-]+):.*## /  make \1\t/' | expand -t 25

setup: ## make .venv, install the pins, fetch the weights, build the frontend
	@$(SETUP) run

setup-dev:
	@$(SETUP) dev

demo: setup ## run the demo mine; Ctrl-C stops it
	@exec $(PY) -m infra.demo up

stop: ## stop a demo that runs in another terminal
	@$(PY) -m infra.demo stop

demo-check: setup ## run the demo mine until its first alarm and clip; prints one JSON line
	@exec $(PY) -m infra.demo check

test: setup-dev ## run all tests
	@$(SETUP) browser
	@$(PY) -m pytest -n $(JOBS) --dist loadfile --no-loadscope-reorder -m "not demo" $(ARGS); first=$$?; \
	$(PY) -m pytest -o testpaths="$(DEMO_TESTS)" -m "demo and not drill" $(ARGS); second=$$?; \
	for rc in $$first $$second; do case $$rc in 0|5) ;; *) exit $$rc;; esac; done; \
	[ $$first$$second != 55 ] # nothing ran

screens: setup-dev ## draw the main pages of the demo mine into docs/screens
	@$(SETUP) browser
	@$(PY) -m pytest tests/browser/screens.py $(ARGS)

drill: setup-dev ## kill each part under load, the store for a whole minute; docs/performance.md has the last run
	DAVY_STORE_AWAY_S=60 $(PY) -m pytest tests/chaos -s $(ARGS)

drill-kills: setup-dev ## kill every part at random for ARGS="--minutes 30"; every clip is held against the truth
	@exec $(PY) -W ignore -m infra.kills $(ARGS)

drill-radosgw: setup-dev ## clips, locks, holds, versions, lifecycle on a real Ceph radosgw (apt: radosgw ceph-mon ceph-osd)
	DAVY_RADOSGW=1 $(PY) -m pytest tests/radosgw -v $(ARGS)

lint: setup-dev ## style, types, the arrows between packages, missing migrations
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	$(PY) -m mypy workers
	.venv/bin/lint-imports
	DAVY_DB_POOL=0 $(PY) -W ignore manage.py makemigrations --check --dry-run

i18n: setup-dev ## put new strings into the translations (apps/locale), take stale ones out
	@$(PY) -m infra.translate update

i18n-check: setup-dev ## fail on a string that is not translated, is stale, or has other placeholders
	@$(PY) -m infra.translate check

bench: setup-dev ## measure; prints figures, asserts none
	@exec $(PY) -m bench $(ARGS)

replay-bench: setup-dev ## replay a quiet camera-hour on one core; prints one JSON line
	@OMP_NUM_THREADS=1 exec $(PY) -W ignore -m bench replay $(ARGS)

accuracy: setup-dev ## score the engine on labelled clips, against last time; ARGS="--bank DIR" takes your own
	@exec $(PY) -m workers.accuracy $(ARGS)

weeks: setup-dev ## watch camera health alone over camera-weeks of loops; ARGS=640 hours take 50 minutes
	@exec $(PY) -m workers.accuracy.weeks $(ARGS)

train-ppe: setup-dev ## train the network for helmets and vests (workers/models/ppe.md); FRAMES="--rendered DIR"
	@$(PY) -m workers.train.pictures --out var/train/real
	@exec $(PY) -m workers.train.ppe --real var/train/real --out var/train/ppe $(FRAMES) $(ARGS)

train-miner: setup ## render, train and measure the miner's network anew; ARGS="--steps 50" for a try
	@exec $(PY) -m workers.train.miner $(ARGS)

train-miner-dark: setup ## the network for dark pictures (docs/models/miner-dark.md): minutes on a GPU, hours without
	@$(PY) -m workers.train.weights --further 1.65 --out var/train/dark/start.safetensors
	@exec $(PY) -m workers.train.miner --start var/train/dark/start.safetensors --out var/train/dark \
	  --weights var/train/dark/tuned.safetensors --card var/train/dark/card.md --train-pictures 8570 \
	  --steps 3220 --seed 7 --rendered 30 --real 28 --warm-up 50 --memory-scores 0.5 \
	  --memory-boxes 0.25 --others 0.1 --darkened 0.75 --swapped 0.35 $(ARGS)

lock: setup-dev ## write the exact pins from the .in files
	@$(PY) infra/lock.py

clean: ## remove what was built; keeps var/
	rm -rf .venv frontend/node_modules frontend/dist .pytest_cache .mypy_cache .ruff_cache
	find . -name __pycache__ -type d -not -path './.venv/*' -prune -exec rm -rf {} +

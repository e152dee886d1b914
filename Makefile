# Every target does its own set-up: `make reproduce` and `make test` work on a fresh clone, without root.
PYTHON ?= python3
CORES ?= all
SEED ?= 1
CAMPAIGNS ?= graphs cores mutations serial
SHELL := /bin/bash
BIN := .venv/bin
export PATH := $(CURDIR)/$(BIN):$(PATH)

# Bytecode is what makes Snakemake start in 2 s instead of 9, and caches need a home that can be written.
unexport PYTHONDONTWRITEBYTECODE PYTHONPATH PYTHONHOME
ifneq ($(shell test -d "$(HOME)" -a -w "$(HOME)" && echo writable),writable)
export HOME := $(CURDIR)/.cache/home
endif

.PHONY: help reproduce paper compare env doctor export collect retrain docs test soak lint bench validate-cycles lock \
  keys deploy rollback monitor push pull bench-scale

# Stops with one line if a target is called without what it needs: $(call need,MODEL SCHEME).
need = $(if $(strip $(foreach name,$(1),$(if $($(name)),,no))),$(error needed: make $@ $(patsubst %,%=…,$(1))))

# Sets up the environment, makes all that config/config.yaml asks for, and prints the table.
reproduce: env
	@snakemake --cores $(CORES) --no-hooks
	@python -m scripts.show_table

# This list.
help:
	@awk '/^#/ { said = said "\n    " substr($$0, 3); next } /^[a-z][a-z -]*:/ && said { print "make " $$1 said } { said = "" }' \
	  FS=: Makefile

# Figures (SVG, PDF, PNG) and tables (LaTeX, Markdown, CSV) with their hashes: results/paper/.
paper: env
	@snakemake --cores $(CORES) --no-hooks results/paper/manifest.json
	@echo "results/paper/"

# Data, weights and results to and from the remote of .dvc/config: docs/sharing.md.
push pull: env
	@python -m scripts.share $@

# What got worse than BASE: a git revision, which is reproduced once in .cache/compare/, or a folder with results.
compare: env
	@python -m scripts.compare "$(BASE)"

# The locked environment in .venv; every target brings it up to date.
env: .venv/.ready

# Debian's python3 without python3-venv can still make an environment; then the system's pip fills it.
.venv/.ready: envs/bootstrap.lock.txt envs/train.lock.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { echo "error: $(PYTHON) is missing \
	or older than 3.11; name another one: make PYTHON=/path/to/python3.11 $(MAKECMDGOALS)" >&2; exit 1; }
	@mkdir -p "$$HOME"
	@$(PYTHON) -m venv .venv >/dev/null 2>&1 || $(PYTHON) -m venv --without-pip .venv
	@if [ -x $(BIN)/pip ]; then pip="$(BIN)/python -m pip"; else pip="$(PYTHON) -m pip --python $(BIN)/python"; fi; \
	  $$pip --version >/dev/null 2>&1 || { echo "error: $(PYTHON) has neither venv nor pip; install one of them, \
	for example by: apt-get install python3-venv" >&2; exit 1; }; \
	  $$pip --disable-pip-version-check install --quiet --require-hashes -r envs/bootstrap.lock.txt
	@echo "Installing the locked environment"
	@uv pip sync --quiet --python $(BIN)/python --require-hashes envs/bootstrap.lock.txt envs/train.lock.txt
	@uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation -e .
	@python -m firmware.emulator.counter
	@touch $@

# What this machine has and lacks. WRITE=1 drafts config/lab.yaml from the boards that are plugged in.
doctor: env
	@python -m scripts.doctor $(if $(WRITE),--write)

EXPORT = --model "$(MODEL)" --scheme "$(SCHEME)" --as "$(AS)" --board "$(BOARD)" --name "$(NAME)" $(if $(OUT),--out "$(OUT)") \
  $(if $(FORCE),--force)
# A cell as a library: MODEL=… SCHEME=… AS=arduino, espidf or c. BOARD=… takes the kernels of its core; NAME=… and OUT=…
# are its C name and folder; FORCE=1 although the cell does not fit: docs/export.md.
export: env
	@$(call need,MODEL SCHEME AS)
	@files=$$(python -m scripts.export_model $(EXPORT) --needs) && snakemake --cores $(CORES) --no-hooks --quiet all -- $$files && \
	  python -m scripts.export_model $(EXPORT)

COLLECT = --board "$(BOARD)" --dataset "$(DATASET)" --label "$(LABEL)" --seconds "$(SECONDS)" $(if $(PORT),--port "$(PORT)") \
  $(if $(WINDOW),--window "$(WINDOW)") $(if $(SAMPLES),--samples "$(SAMPLES)")
# Windows from the sensor of BOARD=…, to data/recorded/DATASET/LABEL/, until there are SECONDS=… of them. PORT=… is that of
# a board that runs the streaming image already, SAMPLES=file.csv what a virtual one's sensor gives.
collect: env
	@$(call need,BOARD DATASET LABEL SECONDS)
	@python -m scripts.collect_data $(COLLECT)

# Does training again give the same .tflite? MODELS="kws_mlp har_cnn1d", which have been trained here.
retrain: env
	@$(call need,MODELS)
	@python -m scripts.retrain $(MODELS)

# docs/config.md, catalogue.md and table.md, from the classes and files that they describe.
docs: env
	@python -m scripts.write_config_reference
	@python -m scripts.write_catalogue

# Signing keys, in keys/, which git ignores: docs/deploy.md.
keys: env
	@python -m scripts.deployment.keys

DEPLOY = --model "$(MODEL)" --scheme "$(SCHEME)" --board "$(BOARD)" $(if $(PORT),--port $(PORT)) \
  $(if $(VERSION),--image-version "$(VERSION)") $(if $(SECURITY),--security-counter $(SECURITY)) \
  $(if $(BUDGET_MS),--budget-ms $(BUDGET_MS))
# The image of a cell, MODEL=… SCHEME=… BOARD=…, signed, to devices. PORT="…" names one or more serial ports, the first
# device first; without it the device is a virtual one that stays. VERSION=1.2.3 SECURITY=… BUDGET_MS=…: docs/deploy.md.
deploy: keys
	@$(call need,MODEL SCHEME BOARD)
	@snakemake --cores $(CORES) --no-hooks --quiet all -- results/cells/$(MODEL)/$(SCHEME)/$(BOARD)/measurement.json
	@python -m scripts.deploy $(DEPLOY)

# Back to the image before: as deploy.
rollback: env
	@$(call need,MODEL SCHEME BOARD)
	@python -m scripts.deploy $(DEPLOY) --rollback

# Heartbeats of the devices at PORT="…", or of the virtual ones, on a page on loopback and in results/monitor.sqlite.
monitor: env
	@python -m scripts.monitor $(if $(PORT),--port $(PORT))

# Lint and all tests, on two cores; some twenty minutes.
test: lint
	@pytest -n 2 --dist loadfile --no-loadscope-reorder

# Long campaigns, seeded: random graphs, hostile files, serial faults. SEED=7 COUNT=100 CAMPAIGNS=serial change what is run.
soak: env
	@for campaign in $(CAMPAIGNS); do python -m tests.soak $$campaign --seed $(SEED) $(if $(COUNT),--count $(COUNT)) || exit 1; done

# ruff, as the tests ask for it.
lint: env
	@ruff check
	@ruff format --check

# Modelled cycles against published ones; writes the stated error of each core.
validate-cycles: env
	@python -m scripts.validate_cycles

# How fast the virtual board is here; instructions, cycles and bytes of the four MLPerf Tiny topologies.
bench: env
	@python -m scripts.bench
	@python -m scripts.bench_engine

# Dry runs and pages of 100, 1,000 and 10,000 cells, and what a job costs before it does anything.
bench-scale: env
	@python -m tests.bench_scale

# Newest versions that envs/*.in allows; core is resolved with the versions of train, so that one environment serves both.
lock: env
	@cd envs && uv pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes --no-annotate bootstrap.in -o bootstrap.lock.txt
	@cd envs && uv pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes --no-annotate train.in -o train.lock.txt
	@cd envs && uv pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes --no-annotate core.in -c train.lock.txt -o core.lock.txt

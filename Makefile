# All targets do their own set-up in .venv. Windows: see docs/building.md.
PYTHON ?= python3
# PyPI's torch for Linux carries CUDA; for a CPU-only machine see docs/building.md.
TORCH ?= torch==2.13.0
VENV := .venv
PIP := $(VENV)/bin/python -m pip --disable-pip-version-check --quiet

.PHONY: demo test lint generated pictures benchmark gpu matrix clean

demo: $(VENV)/.installed
	$(VENV)/bin/python tools/demo.py

test: $(VENV)/.installed-dev
	$(VENV)/bin/python -m pytest $(ARGS)

lint: $(VENV)/.installed-dev
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/pyright --pythonpath $(VENV)/bin/python
	DO_NOT_TRACK=1 $(VENV)/bin/comfy --skip-prompt --no-enable-telemetry node validate

# Schemas, English labels, workflows, blueprint: whatever is derived from the nodes.
generated: $(VENV)/.installed
	$(VENV)/bin/python tools/generate/build_all.py

# Thumbnails and the pictures of the help pages, by running the workflows: minutes.
pictures: generated
	$(VENV)/bin/python tools/generate/example_pictures.py
	$(VENV)/bin/python tools/generate/build_pictures.py
	$(VENV)/bin/python tools/demo.py --picture web/docs/before_after.jpg

benchmark: $(VENV)/.installed-benchmark
	$(VENV)/bin/python tools/measure/benchmark.py all --json benchmark.json --figure benchmark.png

# On a machine with an NVIDIA GPU: tests, memory, speed, 20 minutes at most. TORCH=torch for a torch with CUDA.
gpu: $(VENV)/.installed-dev
	$(VENV)/bin/python tools/measure/gpu_report.py --docs docs/measurements.md

# On other versions of numpy, OpenCV, Pillow and Python: an hour.
matrix: $(VENV)/.installed
	$(VENV)/bin/python tools/measure/version_matrix.py --torch "$(TORCH)" --docs docs/building.md

$(VENV)/.installed: pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(PIP) install $(TORCH)
	$(PIP) install -e .
	touch $@

$(VENV)/.installed-dev: $(VENV)/.installed
	$(PIP) install -e ".[dev]"
	touch $@

$(VENV)/.installed-benchmark: $(VENV)/.installed
	$(PIP) install -e ".[benchmark]"
	touch $@

clean:
	rm -rf $(VENV) demo

# Two commands: `make course` for a look at everything, `make test` for authors. Both set up .venv first.
# Needs Python 3.11 or newer, git and make. Another Python: make PYTHON=python3.12 course

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
SAMPLE := build/sample-class
CHAPTERS := $(wildcard book/*.ipynb)
LIBRARY := $(shell find coursekit -name '*.py')

# BLAS and OpenMP on one thread: the tests run in two processes, and the arrays are small.
export OMP_NUM_THREADS ?= 1
# Programs started by a rule find those of .venv first (nbgrader starts jupyter kernels by name).
export PATH := $(CURDIR)/$(BIN):$(PATH)

.PHONY: course test lint setup clean
.DELETE_ON_ERROR:

course: book/_build/.made $(SAMPLE)/.graded
	@cat $(SAMPLE)/.graded
	@echo
	@echo "The book:               book/_build/html/index.html"
	@echo "The released exercises: exercises/release"
	@echo "To do the first:        $(BIN)/coursekit lab conv_forward"
	@echo "The sample class:       $(SAMPLE)/submitted"
	@echo "Its feedback pages:     $(SAMPLE)/feedback"
	@echo "Its grades:             $(SAMPLE)/grades.csv"

test: setup lint
	@echo "== tests of the library, the exercises, the grading and the book =="
	pytest -n 2 --dist loadfile --durations 20
	@echo "== the chapters, run and compared with their stored outputs =="
	pytest -n 2 --dist loadfile --nbval --nbval-current-env --nbval-sanitize-with tests/book/nbval.cfg $(CHAPTERS)

lint: setup
	@echo "== style, types, imports, spelling =="
	ruff check .
	ruff format --check .
	mypy
	lint-imports
	codespell $$(git ls-files)

setup: $(VENV)/.made

$(VENV)/.made: pyproject.toml constraints.txt
	@echo "== setting up $(VENV): some minutes, and about 6 GB, the first time =="
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and \
		f"{sys.executable} is Python {sys.version.split()[0]}; coursekit needs 3.11 or newer. Try: make PYTHON=python3.11 $(MAKECMDGOALS)")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade pip
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[book,grade,hub,dev]'
	@touch $@

book/_build/.made: $(VENV)/.made $(CHAPTERS) $(wildcard book/*.md book/*.bib book/*.yml book/_static/*) _config.yml
	@echo "== building the book =="
	coursekit book
	@touch $@

$(SAMPLE)/.graded: $(VENV)/.made $(LIBRARY) $(wildcard exercises/*.py exercises/source/*/*)
	@echo "== releasing the exercises, grading the sample class =="
	coursekit release
	coursekit sample-class $(SAMPLE)
	coursekit grade conv_forward --course $(SAMPLE) --expected $(SAMPLE)/expected.json > $(SAMPLE)/table.txt
	coursekit feedback conv_forward --course $(SAMPLE)
	coursekit export --course $(SAMPLE) --to $(SAMPLE)/grades.csv
	@mv $(SAMPLE)/table.txt $@

clean:
	rm -rf build book/_build exercises/release

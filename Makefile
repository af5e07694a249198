# make study   set up, and answer the question for scikit-learn's handwritten digits
# make test    set up, and run the tests
# make test-faults   set up, and run the long form of the fault tests: hours
# make bench   set up, with the libraries that it is compared with, and measure: 15 minutes
# make lint    set up, and run ruff, mypy and import-linter
# make atlas   set up, and train what is not done of the atlas: hours, or ARGS='run --time 60' minutes;
#              ARGS=contribute writes its results to a file, ARGS=pages the pages

PYTHON ?= python3
BIN := .venv/bin
READY := .venv/ready

.PHONY: study test test-faults bench lint atlas clean

study: $(READY)
	$(BIN)/augury study

# Two processes, each with one thread: most tests train small networks, or wait for a command.
test: $(READY)
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n 2 --dist loadfile

test-faults: $(READY)
	$(BIN)/python -m pytest -m faults

bench: $(READY)
	@$(BIN)/python -m pip install --disable-pip-version-check --quiet --editable '.[bench]' || \
	  echo 'not all libraries to compare with could be installed; measuring without them' >&2
	$(BIN)/python -m benchmarks.processor

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

ARGS ?= run

atlas: $(READY)
	$(BIN)/python -m benchmarks.atlas $(ARGS)

$(READY): pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo 'augury needs Python 3.11 or newer; name it with: make PYTHON=python3.11 ...' >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip' 2>/dev/null || \
	  { echo 'this Python cannot make environments; on Debian and Ubuntu: apt install python3-venv' >&2; exit 1; }
	@echo 'Setting up .venv: PyTorch and the rest, a few minutes the first time ...'
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --disable-pip-version-check --quiet --editable '.[dev]'
	@touch $(READY)

clean:
	rm -rf .venv build dist

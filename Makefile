# make run    the app on http://127.0.0.1:8000 (PORT and HOST choose another place)
# make test   every test, with the servers and the browser it needs
# make gpu    the engines' contract and measurements on a card        make rehearse  the same, small, on the CPU
# make bench  the measurements        make lint   style, types and the direction of imports
# make pins   new exact versions, after a change in pyproject.toml
# make clean  everything that setup and tests made, never your data in var/

SHELL := /bin/sh
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/ready
# Test files run side by side, each process with servers of its own; in the order found, so that browsers come last.
SIDE_BY_SIDE := -n auto --maxprocesses 4 --dist loadfile --no-loadscope-reorder
# On a card each process takes one engine after the other; its settings are in tests/gpu/pytest.ini.
BY_ENGINE := -n auto --maxprocesses 12 --dist loadgroup
CANDIDATES := python3.11 python3.12 python3.13 python3.14 python3
# Where there is no NVIDIA card, torch without CUDA: a tenth of the size. Set it empty to take what pip offers.
TORCH_CPU := https://download.pytorch.org/whl/cpu
OLD_ENOUGH := import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))

.PHONY: setup run test gpu rehearse bench lint format pins clean

setup: $(READY)

$(READY): pyproject.toml constraints.txt
	@set -eu; python="$${PYTHON:-}"; \
	for candidate in $${PYTHON:-$(CANDIDATES)}; do \
		if "$$candidate" -c '$(OLD_ENOUGH)' >/dev/null 2>&1; then python="$$candidate"; found=yes; break; fi; \
	done; \
	if [ -z "$${found:-}" ]; then \
		echo "Circle Take needs Python 3.11 or newer with its venv module; none of these is one: $${PYTHON:-$(CANDIDATES)}." >&2; \
		echo "Install it (Debian and Ubuntu: apt install python3 python3-venv), or name it: make PYTHON=/path/to/python3.11" >&2; \
		exit 1; \
	fi; \
	echo "Setting up $(VENV) with $$("$$python" --version). The first time takes a minute or two."; \
	if ! $(BIN)/python -c '$(OLD_ENOUGH)' >/dev/null 2>&1; then rm -rf $(VENV); "$$python" -m venv $(VENV); fi; \
	torch=$$(grep '^torch==' constraints.txt); \
	if ! command -v nvidia-smi >/dev/null 2>&1; then \
		$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --retries 1 --timeout 30 \
			--extra-index-url $(TORCH_CPU) "$$torch"; \
	fi; \
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --requirement constraints.txt; \
	touch $(READY)

run: setup
	@exec $(BIN)/python manage.py up

test: setup
	@$(BIN)/python -m tests.chromium
	@$(BIN)/python -m tests.firefox
	@$(BIN)/python -m pytest $(SIDE_BY_SIDE) $(ARGS)

gpu: setup
	@$(BIN)/python -m pytest tests/gpu $(BY_ENGINE) $(ARGS)
	@$(BIN)/python -m tests.gpu.measure

rehearse: setup
	@REHEARSE=1 $(BIN)/python -m pytest tests/gpu $(BY_ENGINE) $(ARGS)
	@$(BIN)/python -m tests.gpu.measure --rehearse

bench: setup
	@$(BIN)/python -m tests.chromium
	@$(BIN)/python -m tests.bench $(ARGS)

lint: setup
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@if command -v npx >/dev/null 2>&1 && [ -f jsconfig.json ]; then npx --yes -p typescript@5 tsc -p jsconfig.json; fi

format: setup
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

pins: setup
	@$(BIN)/python -m tests.pins

clean:
	@rm -rf $(VENV) .mypy_cache .ruff_cache .import_linter_cache .hypothesis tests/output
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

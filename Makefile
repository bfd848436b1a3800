# Set-up, and everything that is done with it. `make run` and `make test` need nothing but Python 3.11+ and git.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.ready
EXAMPLE := resources/examples/first-cnn.netwright
QT_PACKAGES := libglib2.0-0 libegl1 libgl1 libfontconfig1 libxkbcommon0 libdbus-1-3 libxcb-cursor0 libxcb-icccm4 libxcb-keysyms1 \
	libxcb-image0 libxcb-render-util0 libxcb-xinerama0 libxcb-randr0 libxcb-shape0 libxkbcommon-x11-0
TEST_PACKAGES := xvfb xdotool

.PHONY: run test slow fast lint format benchmarks clean

run: $(STAMP)
	@.ci/packages $(QT_PACKAGES)
	@if [ -n "$$DISPLAY$$WAYLAND_DISPLAY" ] || [ "$$(uname)" = Darwin ]; then \
		$(BIN)/netwright; \
	else \
		echo "There is no display here, so the example runs in the terminal: it is trained, judged, exported and verified."; \
		$(BIN)/netwright train $(EXAMPLE) && run=$$(ls -td runs/first-cnn-* | head -n 1) && $(BIN)/netwright evaluate $$run \
		&& $(BIN)/netwright export $$run -o $$run/model.onnx && echo "Made: $$run with document.netwright, net.py, metrics.jsonl, checkpoints/, model.onnx"; \
	fi

test: $(STAMP)
	@.ci/packages $(QT_PACKAGES) $(TEST_PACKAGES)
	$(BIN)/python -m pytest -n auto --dist worksteal -m "not slow"

slow: $(STAMP)
	@.ci/packages $(QT_PACKAGES) $(TEST_PACKAGES)
	$(BIN)/python -m pytest -n auto --dist worksteal -m slow

fast: $(STAMP)
	$(BIN)/python -m pytest -n auto -m "not slow and not gui"

lint: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(STAMP)
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

benchmarks: $(STAMP)
	$(BIN)/python -m pytest tests/benchmarks --benchmark-enable -s

$(STAMP): pyproject.toml constraints.txt
	@$(PYTHON) -m venv $(VENV) || (.ci/packages python3-venv && $(PYTHON) -m venv --clear $(VENV))
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[dev]'
	@touch $(STAMP)

clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis

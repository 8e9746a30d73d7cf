# Everything a developer or a trying-out newcomer runs. Each target prepares what it needs.
.PHONY: run setup test check check-style check-types check-imports check-web check-house fmt promises full fuzz soak long-call bench bench-janus image sbom clean
.DEFAULT_GOAL := run

PYTHON ?= $(shell command -v python3.11 || command -v python3)
UV := $(or $(shell command -v uv),.venv-boot/bin/uv)
BIN := .venv/bin
ARGS ?=
# Each module is compiled once, whatever the shell says, and not in each of the processes that tests start by the hundred.
export PYTHONPYCACHEPREFIX := $(CURDIR)/build/pycache
unexport PYTHONDONTWRITEBYTECODE
# What tests and benches need of the system; the kernel again, since a compiler may have come.
PREPARE := tools/prepare.sh && $(BIN)/python tools/kernel.py
# Tests that others may run beside, and how two run at once until there are none left for either.
BESIDE := (beside or not (promise or alone))
TWO := -n 2 --dist worksteal

run: setup                ## Start a demo chain at http://localhost:8080
	@exec $(BIN)/passline serve --demo $(ARGS)

setup: .venv/.synced      ## Prepare without starting
	@$(BIN)/python tools/web.py build
	@$(BIN)/python tools/kernel.py

test: setup               ## All four rings, then the web client's own
	@$(PREPARE)
	@status=0; set -x; \
	$(BIN)/pytest -q -m "unit or link" $(TWO) $(ARGS) || status=1; \
	$(BIN)/pytest -q -m "flow and $(BESIDE)" $(TWO) $(ARGS) || status=1; \
	$(BIN)/pytest -q -m "browser and $(BESIDE)" $(TWO) $(ARGS) || status=1; \
	$(BIN)/pytest -q -m "(flow or browser) and not $(BESIDE)" $(ARGS) || status=1; \
	$(BIN)/python tools/web.py exec vitest run || status=1; \
	exit $$status

check: check-style check-types check-imports check-web check-house  ## All that needs no running system; -k goes on

check-style: setup
	$(BIN)/ruff check
	$(BIN)/ruff format --check

check-types: setup
	$(BIN)/mypy

check-imports: setup
	$(BIN)/lint-imports

check-web: setup
	$(BIN)/python tools/web.py exec tsc --noEmit
	$(BIN)/oxlint -c web/.oxlintrc.json web/src
	$(BIN)/python tools/web.py exec prettier --check .

check-house: setup
	$(BIN)/pytest -q tests/house

fmt: setup                ## Put everything into shape
	$(BIN)/ruff check --fix
	$(BIN)/ruff format
	$(BIN)/python tools/web.py exec prettier --write .

promises: setup           ## What must hold under faults: reliability tests on the real system
	@$(PREPARE)
	@$(UV) sync --frozen --quiet --inexact --group fuzz
	$(BIN)/pytest -q --full -m promise $(ARGS)

full: setup               ## What is too long for make test and is no promise
	@$(PREPARE)
	$(BIN)/pytest -q --full -m "full_only and not promise" --ignore tests/soak $(ARGS)

fuzz: setup               ## Guided fuzzing of every parser, a minute each: make fuzz FUZZ_SECONDS=600 ARGS="-k sdp"
	@$(UV) sync --frozen --quiet --inexact --group fuzz
	FUZZ_SECONDS=$${FUZZ_SECONDS:-60} $(BIN)/pytest -q --full tests/fuzz/test_fuzz.py $(ARGS)

soak: setup               ## Twenty people come and go for twenty minutes: what ages? make soak MINUTES=5
	@$(PREPARE)
	MINUTES=$${MINUTES:-20} $(BIN)/pytest -q -s --full tests/soak/test_twenty_minutes.py $(ARGS)

long-call: setup          ## Half an hour of recording with loss: are sound and picture in step? make long-call MINUTES=5
	@$(PREPARE)
	MINUTES=$${MINUTES:-30} $(BIN)/pytest -q -s --full tests/recorder/test_flow_sync.py $(ARGS)

bench: setup              ## The figures of docs/performance.md
	@$(PREPARE)
	$(BIN)/passline bench sfu --json
	$(BIN)/passline bench room --json
	$(BIN)/passline bench join --json
	$(BIN)/passline bench call --json
	$(BIN)/passline bench calls --json
	$(BIN)/passline bench record --json
	$(BIN)/passline bench messages --json

bench-janus: setup        ## Forwarding beside Janus, six minutes of a quiet machine: figures, plot and tables in docs/
	@$(PREPARE)
	@mkdir -p build
	$(BIN)/passline bench sfu --peer janus --json > build/beside-janus.json
	@mv build/beside-janus.json docs/evidence/beside-janus.json
	$(BIN)/python -m passline.bench.beside_janus_docs

image:                    ## The container image; make image ARGS="signaling media recorder" for parts
	@tools/image.sh $(ARGS)

sbom: setup               ## What Passline is made of, CycloneDX, in dist/sbom
	@UV_PROJECT_ENVIRONMENT=build/sbom $(UV) sync --frozen --quiet --no-dev --no-install-project --python "$(PYTHON)"
	@$(UV) run --quiet --no-project --with "cyclonedx-bom>=7" python tools/sbom.py \
	  --environment build/sbom/bin/python --output dist/sbom

clean:                    ## Forget everything prepared; data stay
	rm -rf .venv .venv-boot web/node_modules signaling/static build dist

.venv-boot/bin/uv:
	@test -n "$(PYTHON)" || { echo "Passline needs Python 3.11 or newer: install python3."; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Passline needs Python 3.11 or newer; $(PYTHON) is older."; exit 1; }
	@$(PYTHON) -m venv .venv-boot || \
	  { rm -rf .venv-boot; echo "Python cannot make environments here: apt-get install python3-venv"; exit 1; }
	@.venv-boot/bin/python -m pip install --quiet --disable-pip-version-check uv

.venv/.synced: pyproject.toml uv.lock | $(UV)
	@$(UV) sync --frozen --quiet --python "$(PYTHON)"
	@touch $@

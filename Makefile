# Each target explains itself: `make` lists them. CI and pre-commit call these and nothing else.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
KAFKA := .kafka
KAFKA_POM := tests/bus/kafka/pom.xml
# The console's charts: the version, and the hash of its package as npm publishes it.
UPLOT := 1.6.32
UPLOT_SHA512 := KIMVnG68zvu5XXUbC4LQEPnhwOxBuLyW1AHtpm6IKTXImkbLgkMy+jabjLgSLMasNuGGzQm/ep3tOkyTxpiQIw==
# As many as there are cores; 0 for none beside pytest itself.
WORKERS ?= auto

.DEFAULT_GOAL := help

.PHONY: help
help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: run
run: $(VENV)/.run ## Set up and run the whole service on this machine (http://127.0.0.1:1708)
	$(BIN)/satupintu run

.PHONY: demo
demo: $(VENV)/.run ## Send invented messages through all four doors and show what became of each
	$(BIN)/satupintu demo

.PHONY: test
test: $(VENV)/.dev ## Set up and run the tests; what is not on this machine is skipped and said
	$(BIN)/pytest -n $(WORKERS) --maxprocesses 6 --dist loadfile --no-loadscope-reorder

.PHONY: check
check: lint test ## All that CI looks at: lint, then the tests

.PHONY: lint
lint: $(VENV)/.dev ## Format, lint, types, import contracts, schemas, alerts
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m app.schemas --check
	$(BIN)/python -m app.alert_rules --check

.PHONY: fix
fix: $(VENV)/.dev ## Format and mend what can be mended by itself
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

.PHONY: goldens
goldens: $(VENV)/.dev ## Rewrite the journeys' files; read the diff
	$(BIN)/pytest -q tests/journeys -k each_stage --goldens

.PHONY: schemas
schemas: $(VENV)/.dev ## Rewrite the JSON Schemas and the AsyncAPI document; read the diff
	$(BIN)/python -m app.schemas

.PHONY: alerts
alerts: $(VENV)/.dev ## Rewrite Prometheus's alerts from the thresholds; read the diff
	$(BIN)/python -m app.alert_rules

.PHONY: screenshots
screenshots: $(VENV)/.dev ## Take the README's screenshots again (needs chromium); look at them
	$(BIN)/python -m tests.end_to_end.browser.screenshots

.PHONY: kafka
kafka: $(KAFKA)/.ready ## Fetch Apache Kafka for the tests (needs Java 17 and Maven)

.PHONY: graph
graph: $(VENV)/.dev ## Print the layers of each package, cycles, and imports against the order of packages
	$(BIN)/python -m tests.support.import_graph

.PHONY: vendor
vendor: ## Fetch the console's chart library by its pinned hash into the tree (needs npm); read the diff
	rm -rf .vendor
	mkdir .vendor
	cd .vendor && npm pack --silent uplot@$(UPLOT)
	test '$(UPLOT_SHA512)' = "$$(openssl dgst -sha512 -binary .vendor/uplot-$(UPLOT).tgz | openssl base64 -A)"
	tar -xzf .vendor/uplot-$(UPLOT).tgz -C .vendor
	cp .vendor/package/dist/uPlot.iife.min.js .vendor/package/dist/uPlot.min.css monitor/console/static/
	cp .vendor/package/LICENSE monitor/console/static/uPlot.LICENSE
	rm -rf .vendor

.PHONY: lock
lock: $(VENV)/.dev ## Choose the newest dependencies and pin them with their hashes
	$(BIN)/pip install -q uv
	$(BIN)/uv pip compile -q --upgrade $(LOCK) pyproject.toml -o constraints.txt
	$(BIN)/uv pip compile -q --upgrade $(LOCK) pyproject.toml --group dev -c constraints.txt -o constraints-dev.txt

.PHONY: clean
clean: ## Remove what was set up; the data folder stays
	rm -rf $(VENV) $(KAFKA) .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache *.egg-info

LOCK := --universal --generate-hashes --no-emit-index-url --no-header --python-version 3.11

# A stamp each: the second time there is nothing to do.
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

$(KAFKA)/.ready: $(KAFKA_POM)
	mvn -q -B -f $(KAFKA_POM) dependency:copy-dependencies -DoutputDirectory=$(CURDIR)/$(KAFKA)/libs
	@touch $@

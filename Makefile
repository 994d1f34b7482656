# The two commands of the README, and their parts.

# The first that is new enough: Ubuntu 22.04's python3 is not.
PYTHON ?= $(or $(shell for p in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done),python3)
VENV ?= .venv
BIN := $(VENV)/bin
PIP := $(BIN)/pip install --quiet --disable-pip-version-check
# Of Debian's archive, where the host's own apt sources name none.
MIRROR ?=
# Guests at once in the project's own checks; set-up limits them to what the host holds.
JOBS ?= 2

.PHONY: help run check bench hosts mutants nested crowd setup guest lint picture unit pythons functional clean

help:
	@echo "make run    set up everything and run the tests (avocado run pin_tests)"
	@echo "make check  set up everything and run the project's own checks"
	@echo "make bench  set up everything and measure what a verdict costs (benchmarks/)"
	@echo "make hosts  run the tests on other hosts, in roots of theirs (docs/hosts.md); needs root"
	@echo "make nested run the sets under KVM on a host without it (docs/kvm.md); needs root"
	@echo "make mutants alter the rules, and see which changes no unit test notices (docs/mutants.md)"
	@echo "make crowd  run 32 guests at once, as a host of 64 cores does"
	@echo "make pythons the unit tests on each Python from 3.11 on that the host has"
	@echo "make clean  remove what was built in this folder"

run: setup
	$(BIN)/avocado run pin_tests

setup: $(VENV)/installed guest

# Asks dpkg, and apt only if something is missing.
.PHONY: packages check-packages
packages:
	@$(PYTHON) -m avocado_pin.host.packages
check-packages:
	@$(PYTHON) -m avocado_pin.host.packages --with-checks

$(VENV)/installed: setup.py avocado_pin/__init__.py | packages
	@echo "        Python packages into $(VENV) ..."
	@start=$$(date +%s) && $(PYTHON) -m venv $(VENV) && $(PIP) --editable . && touch $@ && \
		printf '%6ss Python packages into $(VENV): done\n' $$(($$(date +%s) - start))

$(VENV)/installed-checks: $(VENV)/installed
	@echo "        Python packages of the checks into $(VENV) ..."
	@start=$$(date +%s) && $(PIP) --editable '.[checks]' && touch $@ && \
		printf '%6ss Python packages of the checks: done\n' $$(($$(date +%s) - start))

guest: $(VENV)/installed packages
	@$(BIN)/python -m avocado_pin.vt.own_setup
	@$(BIN)/avocado pin-bootstrap $(if $(MIRROR),--mirror $(MIRROR))

check: check-packages $(VENV)/installed-checks lint unit pythons guest functional

bench: setup
	$(BIN)/python -m benchmarks

# With UBUNTU_MIRROR=URI also on Ubuntu.
hosts: $(VENV)/installed-checks
	@$(PYTHON) -m avocado_pin.host.packages --with-hosts
	$(BIN)/pytest --verbose --durations 0 selftests/hosts

# 32 guests at once, as a host of 64 cores runs them; they take about 15 GB of memory.
crowd: $(VENV)/installed-checks guest
	$(BIN)/pytest --quiet --durations 0 selftests/crowd

# With other sets or kernels: make nested NESTED='--sets pin_smoke --kernels bookworm'
NESTED ?=
nested: $(VENV)/installed
	@$(PYTHON) -m avocado_pin.host.packages --with-hosts
	$(BIN)/python -m selftests.nested $(NESTED)

# Of what is committed, an hour and more; of some only: make mutants MUTANTS='avocado_pin.rules.*'
MUTANTS ?=
mutants: $(VENV)/installed-checks
	$(PIP) --editable '.[mutants]'
	rm -rf build/mutants
	git clone --quiet . build/mutants
	cd build/mutants && $(abspath $(BIN))/mutmut run $(MUTANTS)
	cd build/mutants && $(abspath $(BIN))/mutmut results
	cd build/mutants && $(abspath $(BIN))/mutmut export-cicd-stats && cat mutants/mutmut-cicd-stats.json

lint: check-packages $(VENV)/installed-checks
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/codespell $$(git ls-files)
	clang-format --dry-run --Werror benchmarks/*.c kmod/*.[ch] kmod/tests/*.[ch] workload/*.[ch] workload/*/*.[ch]
	for script in avocado_pin/*/scripts/*.sh avocado_pin/initramfs/files/init selftests/*/*.sh; do sh -n $$script || exit 1; done

# The packages as a picture, of their imports; needs Graphviz.
picture: $(VENV)/installed-checks
	$(BIN)/python -m selftests.picture

unit: $(VENV)/installed-checks
	$(BIN)/pytest --quiet --numprocesses $(JOBS) selftests/unit

# The unit tests on each other Python that the host has, in environments of their own.
pythons: $(VENV)/installed-checks
	@for python in python3.11 python3.12 python3.13 python3.14; do \
		$$python -c 'import ensurepip, venv' 2>/dev/null || continue; \
		test "$$($$python --version)" != "$$($(BIN)/python --version)" || continue; \
		echo "        unit tests on $$($$python --version)"; \
		$$python -m venv $(VENV)/pythons/$$python && \
		$(VENV)/pythons/$$python/bin/pip install --quiet --disable-pip-version-check --editable '.[checks]' && \
		$(VENV)/pythons/$$python/bin/pytest --quiet --numprocesses $(JOBS) selftests/unit || exit 1; \
	done

functional: $(VENV)/installed-checks guest
	$(BIN)/pytest --quiet --numprocesses $(JOBS) --durations 10 selftests/functional

clean:
	rm -rf $(VENV) build *.egg-info .mypy_cache .pytest_cache .ruff_cache
	$(MAKE) -C workload clean

# `make` alone lists the targets. Variables go behind the target: make run API_PORT=8001
PYTHON ?= python3
COMPOSE ?= docker compose
KUBECTL ?= kubectl
ARGS =
OVERLAY = local
SECRETS = kubernetes/overlays/$(OVERLAY)/secrets.env
NAME =
VENV := .venv
# Exists once the environment holds exactly what requirements-dev.txt says.
INSTALLED := $(VENV)/.installed
LOCK := $(VENV)/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header
SERVICES := inference_api/requirements inference_api/requirements-lightgbm inference_api/requirements-xgboost \
  inference_api/requirements-trainer mlflow/requirements locust/requirements

# For what needs no installation: the first of these that is 3.9 or later.
PLAIN_PYTHON = $(or $(shell for python in $(PYTHON) python3.13 python3.12 python3.11 python3.10 python3.9 python; do \
  $$python -c 'import sys; sys.exit(sys.version_info < (3, 9))' 2>/dev/null && echo $$python && break; done),$(PYTHON))

# Each process would compile MLflow and scikit-learn anew, which takes five seconds.
unexport PYTHONDONTWRITEBYTECODE
# Each process with one thread for its arithmetic; one whose share is done takes over from another.
PARALLEL := OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 $(VENV)/bin/python -m pytest --dist worksteal
# The integration tests wait for their services half of the time: two processes more than cores.
PROCESSES = $$(($$(getconf _NPROCESSORS_ONLN) + 2))

.PHONY: help run doctor secrets test test-unit check format lock audit key up down load predictions kubernetes kubernetes-secrets kubernetes-keys test-kubernetes bench bench-quick capacity soak stress trial clean

help: ## esta lista
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-18s %s\n", $$1, $$2}' Makefile

run: $(INSTALLED) ## el stack sin Docker: MLflow en SQLite, entrenador y API (API_PORT, MLFLOW_PORT)
	@exec $(VENV)/bin/python -m local_stack

doctor: ## qué falla en esta instalación, por qué y con qué se arregla; basta Python 3.9 (ARGS=--json)
	@$(PLAIN_PYTHON) -m doctor $(ARGS)

secrets: ## escribe un .env con contraseñas al azar, antes del primer arranque
	@$(PLAIN_PYTHON) -m env_file $(ARGS)

# What takes all cores, or exists once on a machine, runs alone after the others.
test: $(INSTALLED) ## todas las pruebas; sin Docker se omiten las e2e (ARGS="tests/unit -x")
ifeq ($(ARGS),)
	@$(PARALLEL) -n $(PROCESSES) --durations 20 -m "not alone" tests/unit tests/integration; code=$$?; \
	  $(VENV)/bin/python -m pytest --durations 40 -m "alone or e2e" tests/integration tests/e2e && exit $$code
else
	@$(VENV)/bin/python -m pytest $(ARGS)
endif

test-unit: $(INSTALLED) ## las pruebas unitarias, en un minuto (ARGS="-k lane")
	@$(PARALLEL) -n logical tests/unit $(ARGS)

check: $(INSTALLED) ## formato, estilo y tipos
	@$(VENV)/bin/ruff format --check . && $(VENV)/bin/ruff check .
	@$(VENV)/bin/mypy

format: $(INSTALLED) ## corrige el formato y lo que ruff sabe corregir
	@$(VENV)/bin/ruff format . && $(VENV)/bin/ruff check --fix .

lock: $(INSTALLED) ## recompila los requirements.txt (ARGS=--upgrade para subir versiones)
	@$(LOCK) $(ARGS) requirements-dev.in -o requirements-dev.txt
	@for name in $(SERVICES); do $(LOCK) $(ARGS) -c requirements-dev.txt $$name.in -o $$name.txt || exit 1; done
	@$(LOCK) $(ARGS) audit/requirements.in -o audit/requirements.txt

audit: $(VENV)/bin/python ## vulnerabilidades conocidas de las versiones fijadas
	@$(VENV)/bin/python -m audit

key: ## una clave de API para la puerta, en secrets/api-keys (NAME=ana)
	@$(PYTHON) gateway/new_key.py "$(NAME)" $(ARGS)

up: ## el stack con Docker Compose
	$(COMPOSE) -f docker-compose-api.yml up --build

down: ## detiene las pruebas de carga y el stack (ARGS=-v borra también los datos)
	$(COMPOSE) -f docker-compose-load-testing.yml down $(ARGS)
	$(COMPOSE) -f docker-compose-api.yml --profile monitoring down $(ARGS)

load: ## las pruebas de carga con Docker Compose (interfaz en http://localhost:8089)
	$(COMPOSE) -f docker-compose-load-testing.yml up --build

# The table to write, and the log's folder; without a folder, the volume of the Compose stack.
OUTPUT = predictions.csv
FOLDER =

predictions: $(if $(FOLDER),$(INSTALLED)) ## el registro de predicciones en una tabla (OUTPUT=tabla.parquet, ARGS="--since 2026-11-01", FOLDER=.local-stack/prediction-log)
ifeq ($(FOLDER),)
	@$(COMPOSE) -f docker-compose-api.yml run --rm -T predictions --format "$(patsubst .%,%,$(suffix $(OUTPUT)))" $(ARGS) > "$(OUTPUT).part" \
	  && mv "$(OUTPUT).part" "$(OUTPUT)" || { code=$$?; rm -f "$(OUTPUT).part"; exit $$code; }
else
	@PYTHONPATH=inference_api $(VENV)/bin/python -m src.service.prediction_export --folder "$(FOLDER)" \
	  --output "$(OUTPUT)" $(ARGS)
endif

# The template of a job that exists cannot be changed. A job that runs is one that may run again.
# Passwords of a managed database are not ours to make.
kubernetes: ## el stack en el clúster de kubectl (KUBECTL="kubectl --context NOMBRE", OVERLAY=production)
	@[ $(OVERLAY) != local ] || [ -e $(SECRETS) ] || kubernetes/new-secrets.sh $(SECRETS)
	$(KUBECTL) -n taller5 delete job create-bucket mlflow-migrate model-trainer --ignore-not-found
	$(KUBECTL) apply -k kubernetes/overlays/$(OVERLAY)

kubernetes-secrets: ## contraseñas nuevas para el clúster, una sola vez
	@kubernetes/new-secrets.sh $(SECRETS)

# A changed file reaches the pods that run within a minute or two, and the gateway reads it again.
GATEWAY_SECRETS = $(wildcard secrets/*)
kubernetes-keys: ## lleva al clúster lo que hay en secrets/: claves de API y certificado
	@[ -n "$(GATEWAY_SECRETS)" ] || { echo 'Error: secrets/ está vacía. Una clave de API: make key NAME=ana' >&2; exit 1; }
	@$(KUBECTL) -n taller5 create secret generic gateway-secrets --dry-run=client -o yaml \
	  $(addprefix --from-file=,$(GATEWAY_SECRETS)) | $(KUBECTL) apply --server-side -f -

# Without a KUBECTL that is given, a cluster of its own: the tests delete what they find.
test-kubernetes: $(INSTALLED) ## el stack en un clúster de prueba, que necesita Docker (KUBECTL="kubectl --context NOMBRE": en ese)
	@$(if $(filter file,$(origin KUBECTL)),,KUBECTL="$(KUBECTL)" )ARGS="$(ARGS)" .ci/kubernetes

bench: $(INSTALLED) ## compara con otros servidores y escribe docs/performance.md; pide wrk (ARGS="--repeats 5", ARGS=--help)
	@$(VENV)/bin/python -m benchmarks $(ARGS)

bench-quick: $(INSTALLED) ## lo mismo en dos minutos: esta API, los límites y el mejor de los demás
	@$(VENV)/bin/python -m benchmarks --quick

capacity: $(INSTALLED) ## el mínimo de CPU y memoria para 10 000 usuarios, en el stack levantado (ARGS=--quick, ARGS=--help)
	@PYTHONPATH=locust $(VENV)/bin/python -m capacity $(ARGS)

soak: $(INSTALLED) ## resistencia: todos los usuarios durante diez minutos (ARGS="--minutes 60")
	@PYTHONPATH=locust $(VENV)/bin/python -m capacity soak $(ARGS)

stress: $(INSTALLED) ## sobrecarga: más de lo que puede, y de vuelta
	@PYTHONPATH=locust $(VENV)/bin/python -m capacity stress $(ARGS)

trial: $(INSTALLED) ## la escalera con límites dados, varias veces (ARGS="--cpus 0.15 --memory 160 --runs 3")
	@PYTHONPATH=locust $(VENV)/bin/python -m capacity trial $(ARGS)

clean: ## borra el entorno, las cachés y los datos de `make run`
	rm -rf $(VENV) .local-stack .bench .mypy_cache .pytest_cache .ruff_cache .hypothesis

$(VENV)/bin/python:
	@for python in $(PYTHON) python3.13 python3.12 python3.11; do \
	  if $$python -c 'import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then \
	    echo "Creando $(VENV) con $$($$python --version)..."; exec $$python -m venv --clear $(VENV); fi; done; \
	echo 'Error: hace falta Python 3.11 o posterior con su módulo venv; aquí hay:' "$$($(PYTHON) --version 2>&1)." >&2; \
	echo '  Debian o Ubuntu: sudo apt install python3-venv. Otro intérprete: make run PYTHON=/ruta/a/python3.12' >&2; exit 1

# uv installs in seconds what takes pip a minute; its own version and hashes come from the same file.
$(INSTALLED): requirements-dev.txt $(VENV)/bin/python
	@$(VENV)/bin/python -c 'import pip, sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || \
	  { echo 'Error: el $(VENV) que hay es de un Python anterior a 3.11 o no tiene pip. Bórralo con: rm -rf $(VENV)' >&2; exit 1; }
	@echo 'Instalando las dependencias en $(VENV)...'
	@sed -n '/^uv==/,/# via/p' requirements-dev.txt > $(VENV)/uv.txt
	@$(VENV)/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r $(VENV)/uv.txt
	@VIRTUAL_ENV=$(VENV) $(VENV)/bin/uv pip sync --quiet --require-hashes requirements-dev.txt
	@touch $@

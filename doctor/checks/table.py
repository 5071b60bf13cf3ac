"""All checks, in the order of the report: what the later ones need comes first."""

from __future__ import annotations

from doctor.checks.api import find_api_problems
from doctor.checks.bucket import find_bucket_problems
from doctor.checks.containers import find_container_problems
from doctor.checks.database import find_database_problems
from doctor.checks.engine import find_engine_problems
from doctor.checks.env_file import find_env_file_problems
from doctor.checks.gateway import find_gateway_problems
from doctor.checks.images import find_image_problems
from doctor.checks.local_stack import find_local_problems
from doctor.checks.machine import find_machine_problems
from doctor.checks.mlflow_server import find_mlflow_problems
from doctor.checks.passwords import find_public_passwords
from doctor.checks.ports import find_port_problems
from doctor.checks.values import find_refused_values
from doctor.checkup import Check

CHECKS = (
    Check("engine", "Docker y Compose", find_engine_problems),
    Check("env-file", "Archivo .env", find_env_file_problems),
    Check("values", "Valores", find_refused_values),
    Check("passwords", "Contraseñas públicas", find_public_passwords),
    Check("gateway", "Puerta", find_gateway_problems),
    Check("machine", "Memoria, disco y límites", find_machine_problems),
    Check("ports", "Puertos", find_port_problems),
    Check("images", "Imágenes", find_image_problems),
    Check("containers", "Contenedores", find_container_problems),
    Check("database", "Base de datos", find_database_problems),
    Check("bucket", "Bucket", find_bucket_problems),
    Check("mlflow", "MLflow", find_mlflow_problems),
    Check("api", "API", find_api_problems),
    Check("local-stack", "make run", find_local_problems),
)

"""`python -m doctor`: check this copy of the project and tell what is wrong."""

from __future__ import annotations

import argparse
import io
import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from doctor.checks.table import CHECKS
from doctor.checkup import exit_code, run_checks
from doctor.installation import inspect_installation
from doctor.report import as_json, as_text

_ROOT = Path(__file__).resolve().parents[1]
_PROGRAMS = ("inference_api", "mlflow")
_DESCRIPTION = """\
Comprueba Docker, .env, puertos, contenedores, base de datos, bucket, MLflow y API, y dice de cada problema qué es,
por qué importa y con qué se arregla. Solo lee: no cambia nada, y todas sus peticiones van a esta máquina.

código de salida de python3 -m doctor: 0 todo bien, 1 avisos, 2 fallos (make lo cambia por 2 si no es 0)
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run all checks; returns the exit code."""
    parser = argparse.ArgumentParser(
        prog="python3 -m doctor", description=_DESCRIPTION, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--json", action="store_true", help="el informe como JSON, para programas")
    options = parser.parse_args(arguments)
    # The code that reads the settings of the API, and that of the passwords, is asked what it refuses.
    sys.path.extend(str(_ROOT / folder) for folder in _PROGRAMS)
    start = time.monotonic()
    results = run_checks(CHECKS, inspect_installation(_ROOT, os.environ))
    report = as_json if options.json else as_text
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")  # a terminal that is not UTF-8
    sys.stdout.write(report(results, time.monotonic() - start) + "\n")
    return exit_code(results)


if __name__ == "__main__":
    sys.exit(main())

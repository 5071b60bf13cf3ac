"""`python -m local_stack`: the whole stack in the foreground until Ctrl-C."""

import argparse
import os
import sys

from local_stack.console import say
from local_stack.errors import StackError
from local_stack.interrupt import Interrupt, InterruptedRunError
from local_stack.lock import locked
from local_stack.settings import read_settings
from local_stack.stack import serve

_DESCRIPTION = """\
Arranca MLflow (SQLite), entrena y registra el modelo de referencia si no hay ninguno, y sirve la API.
Ctrl-C lo detiene todo.

variables (también como make run NOMBRE=valor):
  API_PORT          puerto de la API (8000)
  API_HOST          dirección de la API (127.0.0.1; 0.0.0.0 la abre a la red)
  MLFLOW_PORT       puerto de MLflow (8005)
  LOCAL_STACK_HOME  carpeta de datos y registros (.local-stack)
  REGISTERED_MODEL_NAME, MODEL_ALIAS, CHALLENGER_ALIAS, CANARY_HEADER, MODEL_POLL_SECONDS, LOG_LEVEL, ALLOW_PICKLE,
  PREDICTION_LOG_PERCENT: como en la API

código de salida: 0 detenido por el usuario, 1 falló un programa, 2 no se arrancó nada
"""


def main() -> int:
    """Run the stack; returns the exit code."""
    argparse.ArgumentParser(
        prog="python -m local_stack", description=_DESCRIPTION, formatter_class=argparse.RawDescriptionHelpFormatter
    ).parse_args()
    try:
        with Interrupt() as interrupt:
            settings = read_settings(os.environ)
            with locked(settings.home):
                serve(settings, interrupt)
    except InterruptedRunError:
        say("Detenido.")
    except StackError as error:
        say(f"Error: {error}", sys.stderr)
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""Write the prediction log as one table: `python -m src.service.prediction_export`."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Sequence

from src.service.prediction_export.command_line import parse
from src.service.prediction_export.errors import ExportError
from src.service.prediction_export.export import export

EXIT_FAILURE = 1


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one export; returns the exit code."""
    options = parse(arguments, os.environ)
    try:
        export(options, _say)
    except ExportError as error:
        _say(f"error: {error}")
        return EXIT_FAILURE
    except BrokenPipeError:  # as of `| head`; nothing more can be written, not even when Python ends
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return EXIT_FAILURE
    except OSError as error:
        _say(f"error: {error.filename or 'the output'}: {error.strerror}")
        return EXIT_FAILURE
    except KeyboardInterrupt:
        _say("interrupted")
        return 128 + signal.SIGINT
    return 0


def _say(text: str) -> None:
    sys.stderr.write(f"{text}\n")


if __name__ == "__main__":
    sys.exit(main())

"""The errors, each with the exit code of the program."""


class BenchmarkError(Exception):
    """An error that is shown as one message without a traceback."""

    exit_code = 1


class NotStartedError(BenchmarkError):
    """Nothing was measured: a wrong option, a missing program, a target that is not this machine."""

    exit_code = 2


class ServerFailedError(BenchmarkError):
    """One server cannot be measured; the others continue, and the table gives the reason."""


class NoAnswerError(ServerFailedError):
    """A server runs but answered nothing under one load; other loads are still measured."""

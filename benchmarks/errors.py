"""What can go wrong, each with the exit code of the program."""


class BenchmarkError(Exception):
    """A sentence for the person at the terminal, without a traceback."""

    exit_code = 1


class NotStartedError(BenchmarkError):
    """Nothing was measured: a wrong option, a missing program, a target that is not this machine."""

    exit_code = 2


class ServerFailedError(BenchmarkError):
    """One server cannot take part; the others go on, and the table says why."""


class NoAnswerError(ServerFailedError):
    """A server lives but answered nothing under one load; under others it may."""

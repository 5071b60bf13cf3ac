"""The load generator's unit tests share one process with all others, which must not feel Locust."""

import pytest

# Importing Locust replaces sockets, threads and sleep in the whole process. The code under test asks gevent for its own
# sockets, so it needs nothing of that, and the other tests of this run must keep the real ones.
with pytest.MonkeyPatch.context() as _patch:
    _patch.setenv("LOCUST_SKIP_MONKEY_PATCH", "1")
    import locust  # noqa: F401

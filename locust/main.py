"""Locust's entry point: `locust -f main.py`. The environment chooses the user and the shape, see `scenario.py`."""

from __future__ import annotations

import os
import sys

from locust import events

import collector
from preflight import Preflight
from scenario import Scenario, SettingError

try:
    _scenario = Scenario.from_environ(os.environ)
except SettingError as error:
    sys.exit(f"locust: {error}")

# Locust offers every class that it finds in this file, and one shape takes the UI's inputs away: so only what was
# chosen is defined. Master and workers must have been given the same choice.
if _scenario.user == "lean":
    from lean_user import LeanUser

    class PredictUser(LeanUser):
        """One plain socket per user."""

        request_timeout = _scenario.request_timeout

else:
    from fast_user import FastUser

    class PredictUser(FastUser):  # type: ignore[no-redef]
        """Locust's FastHttpUser."""

        request_timeout = _scenario.request_timeout


if _scenario.steps is not None:
    from shape import StepsShape

    class Staircase(StepsShape):
        """So many more users every so many seconds."""

    Staircase.steps = _scenario.steps


Preflight(_scenario).listen(events)
collector.listen(events)

"""Locust's entry point: `locust -f main.py`. The environment chooses the user and the shape, see `scenario.py`."""

from __future__ import annotations

import os
import sys

from locust import events

from load import gc_tuning, report_files
from load.arrivals import Arrivals
from load.metrics import MetricsEndpoint
from load.preflight import Preflight
from load.recorder import Recorder
from load.scenario import Scenario, SettingError
from load.user_count_file import UserCountFile

try:
    _scenario = Scenario.from_environ(os.environ)
except SettingError as error:
    sys.exit(f"locust: {error}")

_arrivals: Arrivals | None = None

# Locust offers every user class that it finds in this file, and a shape class removes the inputs of the UI: so only
# the chosen classes are defined. Master and workers need the same choice.
if _scenario.user == "lean":
    from load.lean_user import LeanUser

    class PredictUser(LeanUser):
        """One plain socket per user."""

        request_timeout = _scenario.request_timeout
        api_key = _scenario.api_key
        ca_file = _scenario.ca_file

elif _scenario.user == "open":
    from load.open_user import OpenUser

    _arrivals = Arrivals(_scenario.arrival_rate)
    events.spawning_complete.add_listener(_arrivals.begin)
    events.test_stop.add_listener(_arrivals.stop)

    class PredictUser(OpenUser):  # type: ignore[no-redef]
        """One plain socket that sends when a request is due."""

        request_timeout = _scenario.request_timeout
        api_key = _scenario.api_key
        ca_file = _scenario.ca_file
        arrivals = _arrivals  # type: ignore[assignment]  # made above

else:
    from load.fast_user import FastUser

    class PredictUser(FastUser):  # type: ignore[no-redef]
        """Locust's FastHttpUser."""

        request_timeout = _scenario.request_timeout
        api_key = _scenario.api_key
        ca_file = _scenario.ca_file


if _scenario.ramp is not None:
    from load.shape import RampShape

    class PredictShape(RampShape):
        """The chosen ramp."""

    PredictShape.ramp = _scenario.ramp


report_files.listen(events)
Preflight(_scenario).listen(events)
MetricsEndpoint(_scenario.metrics_port).listen(events)
gc_tuning.listen(events)
if _scenario.record is not None:
    Recorder(_scenario.record).listen(events)
if _scenario.users_file is not None:
    UserCountFile(_scenario.users_file, _arrivals).listen(events)

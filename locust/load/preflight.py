"""Checks before a run: one that cannot work is refused, with the reason, before its first user starts."""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass
from typing import Any

import gevent
from flask import Response, jsonify, request
from gevent import GreenletExit
from locust.env import Environment
from locust.event import Events
from locust.runners import STATE_RUNNING, STATE_SPAWNING, MasterRunner, WorkerRunner
from locust.web import WebUI

from load import open_files
from load.payload import NoPayloadError, fetch_payload, remember_payload
from load.scenario import Scenario
from load.shape import worker_count
from load.target_url import TargetError, base_url

_RETRY_SECONDS = 1.0

logger = logging.getLogger(__name__)


class RefusedError(Exception):
    """The run must not start; the message says why."""


@dataclass(frozen=True)
class Preflight:
    """The checks before a run, called by Locust's events."""

    scenario: Scenario

    def listen(self, events: Events) -> None:
        """Register for Locust's events."""
        events.init.add_listener(self.on_init)
        events.test_start.add_listener(self.on_test_start)

    def on_init(self, environment: Environment, web_ui: WebUI | None = None, **_: Any) -> None:
        """Prepare the process; check a run that starts by itself (one started in the UI is checked when it starts)."""
        open_files.raise_limit()
        if isinstance(environment.runner, WorkerRunner):
            return
        if web_ui is not None and web_ui.app is not None:
            web_ui.app.before_request(lambda: self._check_start_request(environment))
        options = environment.parsed_options
        if options is not None and (options.headless or options.autostart):
            try:
                self.payload(environment.host, self.scenario.api_wait)
            except RefusedError as refusal:
                logger.error("The run does not start: %s", refusal)  # noqa: TRY400 - a refusal needs no traceback
                raise SystemExit(1) from None

    def on_test_start(self, environment: Environment, **_: Any) -> None:
        """Store the payload for the users; Locust sends it to the workers with the command line's options."""
        runner = environment.runner
        if isinstance(runner, WorkerRunner):
            return
        try:
            self._check_workers(environment)
            body = self.payload(environment.host, wait=0)
        except RefusedError as refusal:
            logger.error("The run does not start: %s", refusal)  # noqa: TRY400 - a refusal needs no traceback
            _cancel_start(environment)
            raise GreenletExit from None
        environment.host = str(environment.host).rstrip("/")
        remember_payload(environment, body)
        if environment.shape_class is not None:
            environment.shape_class.reset_time()
        logger.info("Every request to %s sends the API's own example: %s", environment.host, body)

    def payload(self, host: str | None, wait: float) -> str:
        """The body to send; waits up to `wait` seconds for the API.

        Raises:
            RefusedError: When the API does not give one in time.
        """
        deadline = time.monotonic() + wait
        try:
            base = base_url(host, self.scenario.user)
        except TargetError as error:
            raise RefusedError(str(error)) from None
        while True:
            try:
                return fetch_payload(base, self.scenario.api_key, self.scenario.ca_file)
            except NoPayloadError as error:
                left = deadline - time.monotonic()
                if left <= 0:
                    raise RefusedError(str(error)) from None
                logger.info("Waiting for the API, %.0f s more: %s", left, error)
                gevent.sleep(min(_RETRY_SECONDS, left))

    def _check_workers(self, environment: Environment) -> None:
        runner = environment.runner
        workers = worker_count(runner)
        if isinstance(runner, MasterRunner) and workers == 0:
            raise RefusedError("no worker is connected: start one with `--scale locust-worker=1`")
        if self.scenario.ramp is not None and (reason := self.scenario.ramp.refusal(workers)) is not None:
            raise RefusedError(reason)

    def _check_start_request(self, environment: Environment) -> Response | None:
        """Refuse a start from the UI, which shows the message; None lets the request pass."""
        runner = environment.runner
        if request.endpoint != "locust.swarm" or runner is None or runner.state in {STATE_SPAWNING, STATE_RUNNING}:
            return None
        host = request.form.get("host") or environment.host
        try:
            self._check_workers(environment)
            self.payload(host, self.scenario.api_wait)
        except RefusedError as refusal:
            logger.error("The run does not start: %s", refusal)  # noqa: TRY400 - a refusal needs no traceback
            return jsonify({"success": False, "message": f"The run does not start: {refusal}", "host": host})
        return None


def _cancel_start(environment: Environment) -> None:
    """Undo a start that Locust has begun: end a process without UI, and let the UI start again."""
    runner = environment.runner
    if runner is None:
        return
    if environment.parsed_options is not None and environment.parsed_options.headless:
        environment.process_exit_code = 1
        gevent.spawn(runner.quit)
        return
    # While Locust has a greenlet for the shape, it takes the shape for a running one.
    if runner.shape_greenlet is gevent.getcurrent():
        runner.shape_greenlet = None
    runner.shape_last_tick = None
    gevent.spawn(runner.stop)

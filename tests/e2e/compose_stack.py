"""The real Compose stack, used as by a person: with the command line and over HTTP."""

import contextlib
import json
import math
import os
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

API = "docker-compose-api.yml"
LOAD_TESTING = "docker-compose-load-testing.yml"
PROJECT = "taller5-e2e"
SAMPLE = {"feature1": 5.3, "feature2": 2.1, "feature3": 0.8}
# A limit for a failed start; no test asserts a time.
UP_WITHIN_SECONDS = 240


class StackError(AssertionError):
    """The stack failed; the message has the end of its logs."""


@dataclass(frozen=True)
class Stack:
    """A Compose project on a clean copy of the checkout.

    Attributes:
        checkout: The copy of the checkout; tests may write `.env` there.
        environment: The environment of the commands, without the project's variables of the caller's shell.
        url: The address of the gateway.
    """

    checkout: Path
    environment: Mapping[str, str] = field(repr=False)
    url: str = "http://127.0.0.1:8000"

    def command(self, *arguments: str, file: str = API) -> list[str]:
        """The command line of `docker compose` with these arguments."""
        return ["docker", "compose", "-f", file, *arguments]

    def environment_for(self, file: str = API) -> dict[str, str]:
        """The environment for one of the two Compose files, which are separate projects."""
        return {**self.environment, "COMPOSE_PROJECT_NAME": PROJECT if file == API else f"{PROJECT}-load"}

    def compose(
        self, *arguments: str, file: str = API, check: bool = True, seconds: float = 900
    ) -> subprocess.CompletedProcess[str]:
        """Run `docker compose` in the checkout and return its output.

        Raises:
            StackError: It failed, and `check` is true.
        """
        done = subprocess.run(
            self.command(*arguments, file=file),
            cwd=self.checkout,
            env=self.environment_for(file),
            capture_output=True,
            text=True,
            check=False,
            timeout=seconds,
            stdin=subprocess.DEVNULL,
        )
        if check and done.returncode:
            said = f"{done.stdout[-2000:]}{done.stderr[-4000:]}"
            raise StackError(f"{' '.join(done.args)} exited {done.returncode}\n{said}")
        return done

    @contextlib.contextmanager
    def attached(self, *arguments: str, override: str = "") -> Iterator[subprocess.Popen[bytes]]:
        """Run `docker compose up` in the foreground, as in README; the containers keep running afterwards.

        Args:
            arguments: Options of `up`.
            override: Name of a second Compose file.
        """
        log = self.checkout / "up.log"
        with log.open("wb") as output:
            process = subprocess.Popen(
                self.command(*(("-f", override) if override else ()), "up", *arguments),
                cwd=self.checkout,
                env=self.environment_for(),
                stdout=output,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
                start_new_session=True,
            )
        try:
            yield process
        finally:
            # Compose stops the containers when it is interrupted, or when the `docker` command around it ends.
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()

    def predict(self) -> httpx.Response:
        """Send one prediction."""
        return httpx.post(f"{self.url}/predict", json=SAMPLE, timeout=10)

    def serves(self, refusals: list[httpx.Response] | None = None) -> bool:
        """Whether a prediction succeeds now; any other answer is added to `refusals`."""
        with contextlib.suppress(httpx.TransportError):
            answer = self.predict()
            if answer.status_code == httpx.codes.OK and math.isfinite(answer.json()["prediction"]):
                return True
            if refusals is not None:
                refusals.append(answer)
        return False

    def wait_until_serving(
        self, up: subprocess.Popen[bytes] | None = None, refusals: list[httpx.Response] | None = None
    ) -> float:
        """Wait for the first prediction.

        Args:
            up: A `docker compose up` in the foreground that must not end in the meantime.
            refusals: Takes the answers that come before.

        Returns:
            The seconds that it took.

        Raises:
            StackError: None came, or `up` gave up.
        """
        start = time.monotonic()
        while not self.serves(refusals):
            if up is not None and up.poll() is not None:
                raise StackError(f"`up` gave up with exit code {up.returncode}\n{self._log_end()}")
            if time.monotonic() - start > UP_WITHIN_SECONDS:
                raise StackError(f"no prediction within {UP_WITHIN_SECONDS} s\n{self._log_end()}")
            time.sleep(0.25)
        return time.monotonic() - start

    def ensure_serving(self) -> None:
        """Start the stack with one replica and the images of this checkout, unless it runs."""
        if not self.serves():
            self.compose("up", "--build", "-d")
            self.wait_until_serving()

    def start_servers(self) -> None:
        """Start the servers with the Compose files and `.env`, without the jobs."""
        self.compose("up", "-d", "--no-deps", "mysql", "minio", "mlflow", "fastapi-app", "gateway")

    def containers(self) -> list[dict[str, Any]]:
        """Inspect the containers of the project."""
        client = ["docker", "ps", "-aq", "--filter", f"label=com.docker.compose.project={PROJECT}"]
        identifiers = subprocess.run(client, capture_output=True, text=True, check=True).stdout.split()
        return [inspect_container(identifier) for identifier in identifiers]

    def containers_of(self, service: str) -> list[dict[str, Any]]:
        """Inspect the containers of one service."""
        return [found for found in self.containers() if service_of(found) == service]

    def replicas(self) -> list[str]:
        """The names of the API's running containers."""
        listed = self.compose("ps", "fastapi-app", "--format", "{{.Name}}", "--status", "running")
        return listed.stdout.split()

    def _log_end(self) -> str:
        logs = self.compose("logs", "--no-color", "--tail", "40", check=False).stdout
        states = self.compose("ps", "-a", check=False).stdout
        return f"{states}\n{logs[-8000:]}"


def inspect_container(name: str) -> dict[str, Any]:
    """The result of `docker inspect` for a container.

    Raises:
        StackError: There is none of this name.
    """
    done = subprocess.run(["docker", "inspect", name], capture_output=True, text=True, check=False)
    if done.returncode:
        raise StackError(f"no container {name}: {done.stderr.strip()}")
    found: dict[str, Any] = json.loads(done.stdout)[0]
    return found


def service_of(container: dict[str, Any]) -> str:
    """The service that an inspected container belongs to."""
    name: str = container["Config"]["Labels"]["com.docker.compose.service"]
    return name

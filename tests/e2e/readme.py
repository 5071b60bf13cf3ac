"""The commands of README, run unchanged by a shell in the checkout."""

from __future__ import annotations

import json
import re
import subprocess
import time
from dataclasses import dataclass

from shown_json import resembles

from tests.e2e.compose_stack import API, LOAD_TESTING, Stack, StackError
from tests.unit.docs.exercised import LITERALLY, commands, plain
from tests.unit.docs.markdown import Block, Document

COMMANDS = commands()
ANSWERS_WITHIN_SECONDS = 180
# The steps of the load test take seconds instead of minutes; the commands are the same.
SHORT_STAIRS = {
    "LOCUST_STEP_USERS": "20",
    "LOCUST_STEP_SECONDS": "2",
    "LOCUST_MAX_USERS": "60",
    "LOCUST_HOLD_SECONDS": "5",
}
# Commands that end at Ctrl-C only: the tests run them in the background.
_FOREGROUND = re.compile(r"docker compose -f \S+ up(?! -d)\b")


@dataclass(frozen=True)
class Reader:
    """A reader who follows a document."""

    stack: Stack

    def follow(self, document: Document, section: str) -> None:
        """Follow a section: write its files, run its commands, and compare their answers.

        Raises:
            StackError: A command failed, or an answer is not what the page shows.
        """
        blocks = document.section(section)
        for block, following in zip(blocks, [*blocks[1:], None], strict=True):
            if block.language == "dotenv":
                (self.stack.checkout / ".env").write_text(f"{block.text}\n", encoding="utf-8")
            elif block.language == "python":
                (self.stack.checkout / "registrar.py").write_text(f"{block.text}\n", encoding="utf-8")
            elif block.language == "bash":
                shown = following.text if following is not None and following.language == "json" else None
                self._copy(block, shown)

    def type(self, script: str) -> subprocess.CompletedProcess[str]:
        """Run some lines in a shell; the caller checks the exit code."""
        file = LOAD_TESTING if LOAD_TESTING in script else API
        return subprocess.run(
            ["bash", "-euo", "pipefail", "-c", _FOREGROUND.sub(r"\g<0> -d", script)],
            cwd=self.stack.checkout,
            env={**self.stack.environment_for(file), **(SHORT_STAIRS if file == LOAD_TESTING else {})},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=900,
        )

    def says(self, script: str) -> str:
        """The output of some lines, of both streams."""
        done = self.type(script)
        return done.stdout + done.stderr

    def _copy(self, block: Block, shown: str | None) -> None:
        """Run the commands of a block that can be run unchanged."""
        commands = [command for command in block.commands if COMMANDS[plain(command)] == LITERALLY]
        script = "\n".join(commands)
        # A new model is served after some seconds; until then the request is repeated.
        asks = all(command.startswith("curl") for command in commands)
        deadline = time.monotonic() + (ANSWERS_WITHIN_SECONDS if asks else 0)
        while problem := self._problem(script, shown, asks=asks):
            if time.monotonic() > deadline:
                raise StackError(f"{block.section}: {script}\n{problem}")
            time.sleep(1)

    def _problem(self, script: str, shown: str | None, *, asks: bool) -> str:
        done = self.type(script)
        said = f"{done.stdout[-3000:]}{done.stderr[-3000:]}"
        if done.returncode:
            return f"exit code {done.returncode}\n{said}"
        if shown is not None:
            return "" if resembles(json.loads(done.stdout), json.loads(shown)) else f"shown is {shown}, said {said}"
        return said if asks and '"error":"' in done.stdout and "/ready" not in script else ""


def wait_for(words: str, reader: Reader, script: str) -> str:
    """Run a command until its output has the words, regardless of case.

    Raises:
        StackError: It never does.
    """
    deadline = time.monotonic() + ANSWERS_WITHIN_SECONDS
    while words.lower() not in (said := reader.says(script)).lower():
        if time.monotonic() > deadline:
            raise StackError(f"{script} never says {words!r}, but:\n{said[-4000:]}")
        time.sleep(0.5)
    return said

"""The prediction log: samples answered requests, and writes them in a thread beside the event loop."""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Sequence
from random import random
from time import time
from typing import Any, Final

from src.service.prediction.model import LoadedModel, Outcome
from src.service.prediction_log.log_folder import DISK_FULL, NOT_WRITABLE, WRITE_FAILED, LogFolder, LogLimits
from src.service.prediction_log.record import RecordFields, SampledRequest, lines_of
from src.service.schema.validator import Row
from src.settings import Settings

logger = logging.getLogger(__name__)

MAX_ROWS: Final = 10_000
"""Most rows that wait. The rows of the reference model take 5 MB."""
MAX_BYTES: Final = 4 << 20
"""Most bytes of bodies whose rows wait: rows may hold long texts."""
GATHER_SECONDS: Final = 0.5
"""Time for which rows are gathered after each write: the thread wakes up twice a second at most, unless many wait, and
a row that comes alone is written at once."""
WRITE_BYTES: Final = 256 << 10
"""Size of one write, so that the text of all waiting rows is never in memory at once."""
CLOSE_SECONDS: Final = 2.0
"""Time to write what waits when the service stops."""
QUEUE_FULL: Final = "queue_full"
NOT_JSON: Final = "not_json"
INTERNAL_ERROR: Final = "internal_error"
REASONS: Final = (QUEUE_FULL, DISK_FULL, NOT_WRITABLE, WRITE_FAILED, NOT_JSON, INTERNAL_ERROR)
_MEGABYTE: Final = 1 << 20
_DAY: Final = 86_400.0


class PredictionLog:
    """Takes the requests of the event loop, and writes the sampled ones in a thread.

    Each number is changed by one of the two threads only, so that none of them needs a lock.

    Attributes:
        percent: Share of the requests that are written, 0 to 100.
        records: Rows that were written.
        dropped: Rows that were not, by reason.
    """

    def __init__(self, percent: float, folder: LogFolder) -> None:
        """Touch no file yet.

        Args:
            percent: Share of the requests that are written.
            folder: Where they are written.
        """
        self.percent = percent
        self.records = 0
        self.dropped = dict.fromkeys(REASONS, 0)
        self._folder = folder
        self._queue: deque[SampledRequest] = deque()
        self._fields: RecordFields | None = None
        self._added_rows = self._added_bytes = 0
        self._taken_rows = self._taken_bytes = 0
        self._work, self._hurry = threading.Event(), threading.Event()
        self._stopping = False
        # A daemon: a disk that does not answer must not keep the process.
        self._thread = threading.Thread(target=self._run, name="prediction-log", daemon=True)

    @classmethod
    def of(cls, settings: Settings) -> PredictionLog | None:
        """The log of these settings; None when it is off."""
        if not settings.prediction_log_percent:
            return None
        kept = settings.prediction_log_keep_mb * _MEGABYTE
        # Before a new file there is room for it: with one as large as all that is kept, no other would stay.
        file = min(settings.prediction_log_file_mb * _MEGABYTE, kept // 2)
        limits = LogLimits(file, kept, settings.prediction_log_keep_days * _DAY)
        return cls(settings.prediction_log_percent, LogFolder(settings.prediction_log_dir, limits))

    def describe(self) -> dict[str, Any]:
        """The log for `GET /model`."""
        return {"percent": self.percent, "folder": str(self._folder.path), "problem": self._folder.problem}

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def close(self, limit_seconds: float = CLOSE_SECONDS) -> None:
        """Write what waits, and end the thread.

        Args:
            limit_seconds: How long to wait for the disk.
        """
        self._stopping = True
        self._hurry.set()
        self._work.set()
        self._thread.join(limit_seconds)
        if self._thread.is_alive():
            left = self._added_rows - self._taken_rows
            logger.warning("the prediction log was not written to its end", extra={"waiting_rows": left})

    def add(  # noqa: PLR0913 - called for each request: an object for them would cost more than the sampling
        self,
        request_id: bytes,
        rows: Sequence[Row],
        outcomes: Sequence[Outcome],
        model: LoadedModel,
        *,
        version: str,
        size: int,
    ) -> None:
        """Take a request that was answered with status 200, if it is one of the sample. It never raises or waits.

        Args:
            request_id: The id in its response.
            rows: Its rows.
            outcomes: One for each row.
            model: The model that validated the rows.
            version: The model version that answered.
            size: Bytes of its body.
        """
        if random() * 100 >= self.percent:  # noqa: S311 - a sample, not a secret
            return
        waiting = self._added_rows - self._taken_rows
        is_over = waiting + len(rows) > MAX_ROWS or self._added_bytes - self._taken_bytes + size > MAX_BYTES
        if is_over and waiting:  # one large request passes when nothing waits
            self.dropped[QUEUE_FULL] += len(rows)
            return
        fields = self._fields
        if fields is None or fields.schema is not model.schema:
            fields = self._fields = RecordFields.of(model)
        self._added_rows += len(rows)
        self._added_bytes += size
        self._queue.append(SampledRequest(time(), request_id, rows, outcomes, fields, version, size))
        # After the append: the thread clears the event before it takes what is there.
        if not self._work.is_set():
            self._work.set()
        if waiting + len(rows) > MAX_ROWS // 4 and not self._hurry.is_set():
            self._hurry.set()

    def _run(self) -> None:
        while not self._stopping:
            has_work = self._work.wait(self._folder.seconds_to_maintenance())
            self._step()
            if has_work:
                self._hurry.wait(GATHER_SECONDS)
        self._step()  # what came before the end was noticed
        self._folder.close()

    def _step(self) -> None:
        self._work.clear()
        if not self._stopping:
            self._hurry.clear()
        try:
            self._write_waiting()
            self._folder.maintain()
        except Exception:  # the thread must not end: the log would be silent from then on
            logger.exception("the prediction log failed")
            done = self.records + sum(self.dropped[reason] for reason in REASONS if reason != QUEUE_FULL)
            self.dropped[INTERNAL_ERROR] += self._taken_rows - done

    def _write_waiting(self) -> None:
        """Write what waits now; what comes meanwhile belongs to the next step."""
        text: list[bytes] = []
        size = 0
        for _place in range(len(self._queue)):
            request = self._queue.popleft()
            self._taken_rows += len(request.rows)
            self._taken_bytes += request.size
            for line in lines_of(request):
                if line is None:
                    self.dropped[NOT_JSON] += 1
                    continue
                text.append(line)
                size += len(line)
                if size >= WRITE_BYTES:
                    self._write(text)
                    text, size = [], 0
        if text:
            self._write(text)

    def _write(self, lines: list[bytes]) -> None:
        reason = self._folder.write(b"".join(lines))
        if reason is None:
            self.records += len(lines)
        else:
            self.dropped[reason] += len(lines)

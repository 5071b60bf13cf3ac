"""The time that a user waits between an answer and its next request: uniform between two bounds, in seconds."""

from __future__ import annotations

import math
from typing import Final

MIN_SECONDS: Final = 1.0
MAX_SECONDS: Final = 2.5
MEAN_SECONDS: Final = (MIN_SECONDS + MAX_SECONDS) / 2
STANDARD_DEVIATION_SECONDS: Final = (MAX_SECONDS - MIN_SECONDS) / math.sqrt(12)

"""Run schemathesis' command line, for a description whose dates have limits that JSON Schema cannot tell."""

from datetime import datetime
from typing import Final

import schemathesis
from hypothesis import strategies as st
from schemathesis.cli import schemathesis as command_line

# JSON Schema has no limits for dates; the description has them in words.
_MOMENTS: Final = st.datetimes(datetime(1677, 9, 22), datetime(2262, 4, 11))  # noqa: DTZ001 - the offset is appended

if __name__ == "__main__":
    schemathesis.openapi.format("date", _MOMENTS.map(lambda moment: moment.date().isoformat()))
    schemathesis.openapi.format("date-time-local", _MOMENTS.map(datetime.isoformat))
    schemathesis.openapi.format("date-time", _MOMENTS.map(lambda moment: f"{moment.isoformat()}Z"))
    command_line()

"""Run schemathesis' command line, for a description whose dates and CSV have limits that JSON Schema cannot tell."""

from datetime import datetime
from typing import Final

import schemathesis
from hypothesis import strategies as st
from schemathesis.cli import schemathesis as command_line

# JSON Schema has no limits for dates; the description has them in words.
_MOMENTS: Final = st.datetimes(datetime(1677, 9, 22), datetime(2262, 4, 11))  # noqa: DTZ001 - the offset is appended

# A table with the columns of the model that test_openapi.py serves.
_CELLS: Final = (
    st.sampled_from(["red", "blue", '"a, ""b"""']),
    st.one_of(st.just(""), st.floats(allow_nan=False, allow_infinity=False).map(repr)),
    st.sampled_from(["true", "False", "1"]),
    st.integers(-(2**63), 2**63 - 1).map(str),
    _MOMENTS.map(str),
)
_TABLES: Final = st.lists(st.tuples(*_CELLS).map(",".join), min_size=1, max_size=5).map(
    lambda rows: "\n".join(["colour,size,flag,n,when", *rows])
)

if __name__ == "__main__":
    schemathesis.openapi.format("date", _MOMENTS.map(lambda moment: moment.date().isoformat()))
    schemathesis.openapi.format("date-time-local", _MOMENTS.map(datetime.isoformat))
    schemathesis.openapi.format("date-time", _MOMENTS.map(lambda moment: f"{moment.isoformat()}Z"))
    schemathesis.openapi.format("csv", _TABLES)
    command_line()

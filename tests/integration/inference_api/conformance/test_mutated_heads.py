"""Targets with parts replaced anywhere, and headers that change how a body is read."""

from collections.abc import Callable
from typing import Final

import pytest
from head_parts import LINES, PARTS
from http_request import BATCH, PREDICT, post
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from request_samples.mlflow_scoring import INVOCATIONS, csv, text
from request_samples.open_inference import INFER, OF_VERSION, body_of, columns
from service_process import Service
from sum_rows import row
from wire import Client
from wire_answer import Comparable

CASES: Final = 400
MAX_LENGTH: Final = 4  # of what is replaced
TARGETS: Final = [PREDICT, BATCH, b"/predict?probabilities=true", INFER, OF_VERSION, INVOCATIONS]
BODIES: Final = [row(1), b"[%b]" % row(1), body_of(columns(1)), text(1), csv(1), b"[]", b"{}", b""]


@st.composite
def requests(draw: st.DrawFn) -> bytes:
    """A request with any body."""
    target = draw(st.sampled_from(TARGETS))
    for _ in range(draw(st.sampled_from([0, 1, 2]))):
        start = draw(st.integers(0, len(target)))
        end = draw(st.integers(start, min(len(target), start + MAX_LENGTH)))
        target = target[:start] + draw(st.sampled_from(PARTS)) + target[end:]
    lines = draw(st.lists(st.sampled_from(LINES), max_size=3))
    return post(draw(st.sampled_from(BODIES)), *lines, path=target, media_type=None)


@pytest.mark.timeout(900)  # a failure is made smaller before it is shown
@settings(max_examples=CASES, derandomize=True, deadline=None, suppress_health_check=list(HealthCheck))
@given(request_=requests())
def test_mutated_heads(request_: bytes, services: Callable[[str], Service]) -> None:
    """Whatever the target and the headers are, the lane's response is the route's, and no fault."""
    by_route, by_lane = (_response(services(lane), request_) for lane in ("route", "lane"))
    assert by_route == by_lane
    assert by_route.status_line.split()[1] in {"200", "400", "404", "405", "413", "415", "422"}, by_route


def _response(service: Service, request: bytes) -> Comparable:
    with Client(service.url) as client:
        client.send(request)
        answer = client.answer()
    assert answer is not None
    return answer.comparable(None)

"""One connection per user: kept open, reopened when that is safe, and failing when it is not."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing

import gevent
import pytest

from load.connection import Connection
from load.response import ClosedWithoutAnswerError, MalformedResponseError
from load.target_url import TargetUrl
from tests.unit.locust.load.doubles import (
    PREDICTION,
    ByteByByteServer,
    ClosingServer,
    IdleClosingServer,
    PredictionServer,
    SilentServer,
    TruncatingServer,
    UnreadClosingServer,
    free_port,
    http,
)

REQUEST = b"POST /predict HTTP/1.1\r\nHost: test\r\nContent-Length: 2\r\n\r\n{}"


Connect = Callable[..., Connection]


@pytest.fixture
def connect() -> Iterator[Connect]:
    """Opens connections to a server, and closes them after the test."""
    with ExitStack() as open_connections:

        def to(server: PredictionServer, timeout: float = 5) -> Connection:
            return open_connections.enter_context(closing(Connection(TargetUrl.parse(server.url), timeout)))

        yield to


def let_server_close() -> None:
    """Give the server time to close a connection, and the kernel to pass that on."""
    gevent.sleep(0.05)


def test_requests_share_one_connection(connect: Connect) -> None:
    """A user opens one connection and sends all its requests on it."""
    with PredictionServer() as server:
        connection = connect(server)
        for _ in range(5):
            response = connection.exchange(REQUEST)
            assert (response.status, response.body) == (200, PREDICTION)
        assert server.connections == 1
        assert server.requests == [REQUEST] * 5


@pytest.mark.parametrize("reset", [False, True])
def test_connection_closed_while_idle_is_reopened(connect: Connect, reset: bool) -> None:  # noqa: FBT001 - pytest's way to parametrize
    """When a server closes an idle connection, the next request opens a new one: no failure, no second prediction."""
    with IdleClosingServer(reset=reset) as server:
        connection = connect(server)
        for _ in range(3):
            assert connection.exchange(REQUEST).status == 200
            let_server_close()
        assert server.connections == 3
        assert len(server.requests) == 3


def test_close_at_the_moment_of_a_request_is_not_a_failure(connect: Connect) -> None:
    """Whichever comes first, the close or the request: the request never fails and is never answered twice."""
    with IdleClosingServer() as server:
        connection = connect(server)
        for _ in range(300):
            assert connection.exchange(REQUEST).status == 200
        assert len(server.requests) == 300


def test_close_instead_of_an_answer_is_a_failure(connect: Connect) -> None:
    """A new connection that is closed after the request fails: the request may have been executed."""
    with ClosingServer() as server:
        with pytest.raises(ClosedWithoutAnswerError):
            connect(server).exchange(REQUEST)
        assert len(server.requests) == 1


def test_close_instead_of_an_answer_on_an_open_connection_is_a_failure(connect: Connect) -> None:
    """A server that read the request and closed has failed; a second try would hide it."""
    with ClosingServer(after=2) as server:
        connection = connect(server)
        assert connection.exchange(REQUEST).status == 200
        assert connection.exchange(REQUEST).status == 200
        with pytest.raises(ClosedWithoutAnswerError):
            connection.exchange(REQUEST)
        assert server.connections == 1
        assert len(server.requests) == 3


def test_request_that_the_server_closed_unread_is_sent_again(connect: Connect) -> None:
    """When a server closes a connection before it read the request that had arrived, that is no failure."""
    with UnreadClosingServer() as server:
        connection = connect(server)
        for _ in range(3):
            assert connection.exchange(REQUEST).status == 200
        assert server.connections == 3
        assert len(server.requests) == 3


def test_request_after_a_failure_opens_a_new_connection(connect: Connect) -> None:
    """A failure ends its connection only, not the user."""
    with ClosingServer(after=1) as server:
        connection = connect(server)
        outcomes = []
        for _ in range(4):
            try:
                outcomes.append(connection.exchange(REQUEST).status)
            except ClosedWithoutAnswerError:
                outcomes.append(0)
        assert outcomes == [200, 0, 200, 0]


def test_truncated_answer_is_a_failure(connect: Connect) -> None:
    """An answer that ends too early is a failure."""
    with TruncatingServer() as server, pytest.raises(ClosedWithoutAnswerError):
        connect(server).exchange(REQUEST)


def test_missing_answer_ends_with_the_timeout(connect: Connect) -> None:
    """A server that never answers costs the timeout, no more."""
    with SilentServer() as server, pytest.raises(TimeoutError):
        connect(server, timeout=0.1).exchange(REQUEST)


def test_slow_bytes_do_not_prolong_the_timeout(connect: Connect) -> None:
    """The timeout is for the whole answer, not for each of its bytes."""
    with ByteByByteServer() as server, pytest.raises(TimeoutError):
        connect(server, timeout=0.1).exchange(REQUEST)


def test_late_answer_is_not_taken_for_the_next(connect: Connect) -> None:
    """After a timeout the connection is closed, so the late answer is never read."""
    with ByteByByteServer() as server:
        connection = connect(server, timeout=0.1)
        with pytest.raises(TimeoutError):
            connection.exchange(REQUEST)
        with pytest.raises(TimeoutError):
            connection.exchange(REQUEST)
        assert server.connections == 2


def test_connection_close_header_is_obeyed(connect: Connect) -> None:
    """After `Connection: close` the next request opens a new connection."""
    with PredictionServer(http(PREDICTION, "200 OK", "Connection: close")) as server:
        connection = connect(server)
        for _ in range(2):
            assert connection.exchange(REQUEST).status == 200
        assert server.connections == 2


def test_server_that_does_not_speak_http_is_named(connect: Connect) -> None:
    """Another protocol on the port has its own error."""
    with PredictionServer(b"SSH-2.0-OpenSSH_9.2p1\r\n\r\n") as server, pytest.raises(MalformedResponseError):
        connect(server).exchange(REQUEST)


def test_refused_connection() -> None:
    """A port without a server refuses the connection."""
    with pytest.raises(ConnectionRefusedError):
        Connection(TargetUrl.parse(f"http://127.0.0.1:{free_port()}"), 5).exchange(REQUEST)


def test_ipv6(connect: Connect) -> None:
    """An IPv6 address works as an IPv4 one."""
    try:
        server = PredictionServer(address="::1")
    except OSError:
        pytest.skip("this machine has no IPv6")
    with server:
        assert connect(server).exchange(REQUEST).status == 200


def test_killed_user_leaves_no_answer_behind(connect: Connect) -> None:
    """A user that is killed while it waits closes its connection, so that the rest of the answer is never read."""
    with SilentServer() as server:
        connection = connect(server)
        user = gevent.spawn(connection.exchange, REQUEST)
        let_server_close()
        user.kill()
        assert connection._socket is None

"""What each connection sends, derived from a seed and its number."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from typing import Final

from protocol_bodies import ProtocolBodies
from request_pool import EVERY

from fuzzing import heads
from fuzzing.bodies import Bodies, Body
from fuzzing.exchange import Ending, Exchange, Expected, Plan
from fuzzing.heads import Request

_KEY_LINES: Final = [
    *(
        b"X-API-Key: wrong",
        b"X-API-Key:",
        b"X-API-Key: \xff",
        b"X-API-Key: %00",
        b"X-API-Key: " + b"k" * 5000,
        b"X_API_Key: x",
    ),
    *(b"Authorization: Bearer wrong", b"Authorization: Bearer", b"Authorization:", b"Authorization: Basic YTpi"),
    *(
        b"Authorization: Bearer \xff\0",
        b"Authorization: Digest x",
        b"Authorization: Bearer  a  b",
        b"Authorization: bearer\tx",
    ),
]
# An end that is uncertain swallows or splits what follows, so that such a request is the last one of its connection.
_UNFRAMED: Final = 0.4
_LONGEST_SEED: Final = 20_000  # of the samples that are damaged


@dataclass(frozen=True)
class Known:
    """A valid request whose response was asked for before.

    Attributes:
        body: Its body.
        status: The status.
        answer: The body of the response.
    """

    body: Body
    status: int
    answer: bytes


class Plans:
    """Makes the plan of each connection."""

    def __init__(self, model: ProtocolBodies, known: Sequence[Known], seed: int, key: bytes | None = None) -> None:
        """Prepare.

        Args:
            model: Its valid bodies.
            known: Requests with known responses.
            seed: Determines every plan together with its number.
            key: A key that the gateway accepts; None when it asks for none.
        """
        self._bodies, self._known, self._seed, self._key = Bodies(model), known, seed, key
        self._samples = [sample for sample in EVERY if sample.method != "HEAD" and len(sample.build(1)) < _LONGEST_SEED]

    def plan(self, number: int) -> Plan:
        """The plan of a connection."""
        random = Random(f"{self._seed}:{number}")
        in_turn = random.random() < 0.6
        exchanges = [self._known_exchange(random, number, place) for place in range(random.choice((0, 1, 1, 2)))]
        exchanges += [self._framed(random, in_turn=in_turn) for _ in range(random.choice((1, 2, 4)))]
        random.shuffle(exchanges)
        if random.random() < _UNFRAMED:
            exchanges.append(self._unframed(random))
        else:
            exchanges.append(self._known_exchange(random, number, len(exchanges)))
        cuts = [random.random() for _ in range(random.choice((0, 0, 0, 1, 3, 12)))]
        return Plan(number, exchanges, in_turn, cuts, random.choices(list(Ending), (4, 4, 1))[0])

    def _known_exchange(self, random: Random, number: int, place: int) -> Exchange:
        known = random.choice(self._known)
        name = f"known-{number}-{place}"
        lines = self._valid_key(random, (f"X-Request-ID: {name}".encode(),))
        content = heads.plain(known.body, lines).content()
        expected = Expected(known.status, known.answer, name)
        return Exchange(content, path=known.body.path.decode(), kind="known", expected=expected)

    def _framed(self, random: Random, *, in_turn: bool) -> Exchange:
        body = self._bodies.any(random)
        lines, has_key = self._some_key(random)
        request = heads.plain(body, lines)
        way = random.random()
        if way < 0.15:
            request = heads.odd_first_line(random, body, request)
            if request.method in {"HEAD", "CONNECT"} and not in_turn:
                request = heads.plain(body, lines)
        elif way < 0.35:
            request = heads.odd_lines(random, request)
        elif way < 0.5:
            request = heads.chunked(random, request)
        return self._exchange(request, body, has_key=has_key)

    def _unframed(self, random: Random) -> Exchange:
        body = self._bodies.any(random)
        lines, has_key = self._some_key(random)
        request = heads.plain(body, lines)
        way = random.random()
        if way < 0.3:
            return self._exchange(heads.odd_length(random, request), body, has_key=has_key)
        if way < 0.5:
            return self._exchange(heads.odd_chunks(random, request), body, has_key=has_key)
        content, kind, method = request.content(), "cut off", "POST"
        if way < 0.65:
            content = content[: random.randrange(len(content))]
        elif way < 0.8:
            content, kind = heads.damaged(random, content), "damaged"
        elif way < 0.95:
            sample = random.choice(self._samples)
            content, kind, method = (
                heads.damaged(random, sample.build(random.randrange(99))),
                "damaged sample",
                sample.method,
            )
        else:
            content, kind = heads.garbage(random), "garbage"
        path = body.path.partition(b"?")[0].decode("latin-1")
        return Exchange(content, method, path, kind, is_framed=False, has_key=has_key)

    @staticmethod
    def _exchange(request: Request, body: Body, *, has_key: bool) -> Exchange:
        path = body.path.partition(b"?")[0].decode("latin-1")
        return Exchange(request.content(), request.method, path, request.kind, request.is_framed, has_key)

    def _valid_key(self, random: Random, lines: tuple[bytes, ...] = ()) -> tuple[bytes, ...]:
        if self._key is None:
            return lines
        return (*lines, random.choice((b"X-API-Key: ", b"Authorization: Bearer ")) + self._key)

    def _some_key(self, random: Random) -> tuple[tuple[bytes, ...], bool]:
        """Header lines with a key, and whether it may be valid."""
        if self._key is None or random.random() < 0.6:
            return self._valid_key(random), True
        lines = [random.choice(_KEY_LINES) for _ in range(random.choice((0, 1, 2)))]
        return tuple(lines), False


def known_bodies(model: ProtocolBodies) -> list[Body]:
    """Valid bodies for every path."""
    bodies = Bodies(model)
    random = Random(json.dumps(model.row))
    found = {body.path + body.content: body for body in (bodies.valid(random) for _ in range(100))}
    return list(found.values())

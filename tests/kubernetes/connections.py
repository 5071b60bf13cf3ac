"""Run inside of a pod: keeps connections to the gateway open; the argument is its name.

Each line of standard input is the number of connections to have. When all of them have sent a prediction, those that
were open before once more, one line of standard output tells how many were answered with 200.
"""

import asyncio
import sys

BODY = b'{"feature1": 5.3, "feature2": 2.1, "feature3": 0.8}'
HEAD = b"POST /predict HTTP/1.1\r\nHost: gateway\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
AT_ONCE = 100
Connection = tuple[asyncio.StreamReader, asyncio.StreamWriter]


async def _predict(connection: Connection) -> bool:
    reader, writer = connection
    writer.write(HEAD % len(BODY) + BODY)
    head = await reader.readuntil(b"\r\n\r\n")
    lines = dict(line.split(b": ", 1) for line in head.lower().split(b"\r\n")[1:] if line)
    await reader.readexactly(int(lines[b"content-length"]))
    return head.startswith(b"HTTP/1.1 200 ")


async def main(host: str) -> None:
    """Follow standard input until it ends."""
    connections: list[Connection] = []
    while line := await asyncio.to_thread(sys.stdin.readline):
        while len(connections) < int(line):
            more = min(AT_ONCE, int(line) - len(connections))
            connections += await asyncio.gather(*(asyncio.open_connection(host, 8000) for _ in range(more)))
        answered = 0
        for begin in range(0, len(connections), AT_ONCE):
            answered += sum(await asyncio.gather(*map(_predict, connections[begin : begin + AT_ONCE])))
        print(f"{answered} answered", flush=True)  # noqa: T201 - the interface


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))

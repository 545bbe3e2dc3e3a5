"""A lean load generator: prepared requests over keep-alive connections to this machine.

It runs as a process of its own, so that what it costs shows in nobody else's figures:

    python -m app.bench.load < order.json

The order is a JSON object with the fields of `Order`; what came of it is printed as one line of
JSON with the fields of `Outcome`.
"""

import asyncio
import json
import sys
import time
from collections import Counter
from collections.abc import Callable, Coroutine, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from itertools import cycle
from typing import Any, TypeVar, cast

T = TypeVar("T")

HOST = "127.0.0.1"
"""Load goes to this machine and nowhere else."""

_PATIENCE = 30.0
"""Seconds that answers may take after the last request was sent."""


class AnswerUnreadable(Exception):
    """The server sent something that is not an HTTP/1.1 answer of known length."""


def prepared(
    method: str,
    path: str,
    *,
    token: str | None = None,
    body: bytes | None = None,
    content_type: str = "application/json",
    headers: Mapping[str, str] | None = None,
) -> bytes:
    """One request as it goes over the wire."""
    lines = [f"{method} {path} HTTP/1.1", f"Host: {HOST}"]
    if token is not None:
        lines.append(f"Authorization: Bearer {token}")
    if body is not None:
        lines += [f"Content-Type: {content_type}", f"Content-Length: {len(body)}"]
    lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + (body or b"")


@dataclass(frozen=True)
class Order:
    """What to send, for how long."""

    port: int
    requests: Sequence[bytes] = field(repr=False)
    connections: int = 50
    seconds: float = 2.0
    """After so long nothing more is sent."""
    again: bool = False
    """Whether to begin anew when all requests have been sent; else that is the end."""

    def to_json(self) -> str:
        """As a process of its own takes it."""
        plain = {**asdict(self), "requests": [one.decode("latin-1") for one in self.requests]}
        return json.dumps(plain)

    @classmethod
    def from_json(cls, text: str) -> "Order":
        """The order that `to_json` wrote."""
        given = json.loads(text)
        given["requests"] = [one.encode("latin-1") for one in given["requests"]]
        return cls(**given)


@dataclass(frozen=True)
class Outcome:
    """What was answered."""

    sent: int
    """Requests sent; without `Order.again`, that many from the beginning of the list."""
    statuses: Mapping[int, int]
    """How many answers of each HTTP status."""
    lost: int
    """Requests without an answer: the connection was closed or the time was up."""
    seconds: float
    """From the first request to the last answer."""
    p50_ms: float
    p99_ms: float
    """How long answers took: half of them, and all but a hundredth."""
    first_unexpected: str = ""
    """The first answer with a status of 400 or more, for a person to read."""

    @property
    def answered(self) -> int:
        """Answers of any status."""
        return sum(self.statuses.values())

    @property
    def per_second(self) -> float:
        """Answers in a second."""
        return self.answered / self.seconds if self.seconds else 0.0

    def to_json(self) -> str:
        """One line."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> "Outcome":
        """The outcome that `to_json` wrote."""
        given = json.loads(text)
        given["statuses"] = {int(status): many for status, many in given["statuses"].items()}
        return cls(**given)


class _Tally:
    """What all connections share."""

    def __init__(self, order: Order) -> None:
        self.requests: Iterator[bytes] = iter(
            cycle(order.requests) if order.again else order.requests
        )
        self.seconds = order.seconds
        self.began = self.until = self.last_answer = 0.0
        self.sent = 0
        self.statuses: Counter[int] = Counter()
        self.took: list[float] = []
        self.first_unexpected = ""

    def begin(self) -> None:
        """The time runs from here."""
        self.began = self.last_answer = time.perf_counter()
        self.until = self.began + self.seconds

    def next(self, now: float) -> bytes | None:
        """The next request to send, if there is one and time for it."""
        if now >= self.until:
            return None
        request = next(self.requests, None)
        if request is not None:
            self.sent += 1
        return request


class _Connection(asyncio.Protocol):
    """One connection, which sends the next request when it has the answer to the last one."""

    def __init__(self, tally: _Tally) -> None:
        self._tally = tally
        self._buffer = b""
        self._asked_at = 0.0
        self._transport: asyncio.Transport | None = None
        self.ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # A cast, since uvloop's transports have the methods and not the base class.
        self._transport = cast(asyncio.Transport, transport)

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.ended.done():
            self.ended.set_result(None)

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        try:
            length = length_of(self._buffer)
        except AnswerUnreadable as error:
            if not self.ended.done():
                self.ended.set_exception(error)
            self._close()
            return
        if length is None or len(self._buffer) < length:
            return
        answer, self._buffer = self._buffer[:length], self._buffer[length:]
        now = time.perf_counter()
        tally = self._tally
        status = int(answer[9:12])
        tally.statuses[status] += 1
        tally.took.append(now - self._asked_at)
        tally.last_answer = now
        if status >= 400 and not tally.first_unexpected:
            tally.first_unexpected = answer.decode("utf-8", "replace")[:1000]
        self.ask(now)

    def ask(self, now: float) -> None:
        """Send the next request, or close."""
        request = self._tally.next(now)
        if request is None or self._transport is None:
            self._close()
            return
        self._asked_at = now
        self._transport.write(request)

    def _close(self) -> None:
        if self._transport is not None:
            self._transport.close()


def length_of(answer: bytes) -> int | None:
    """How many bytes the answer at the beginning has in all; None while its head is incomplete.

    Raises AnswerUnreadable for what is no answer, and for one that does not say its length.
    """
    end = answer.find(b"\r\n\r\n")
    if end < 0:
        return None
    head = answer[:end].lower()
    if not head.startswith(b"http/1.1 ") or not head[9:12].isdigit():
        raise AnswerUnreadable(f"no HTTP/1.1 answer: {answer[:80]!r}")
    if head[9:12] in (b"204", b"304"):
        return end + 4
    _, found, rest = head.partition(b"\r\ncontent-length:")
    if not found:
        raise AnswerUnreadable(f"the answer does not say its length: {answer[:end]!r}")
    return end + 4 + int(rest.partition(b"\r\n")[0])


async def run(order: Order) -> Outcome:
    """Send what is ordered. Raises OSError when nobody listens, AnswerUnreadable."""
    loop = asyncio.get_running_loop()
    tally = _Tally(order)
    made = [
        await loop.create_connection(lambda: _Connection(tally), HOST, order.port)
        for _ in range(order.connections)
    ]
    connections = [connection for _, connection in made]
    tally.begin()
    for connection in connections:
        connection.ask(tally.began)
    _, late = await asyncio.wait(
        [connection.ended for connection in connections], timeout=order.seconds + _PATIENCE
    )
    for transport, connection in made:
        if connection.ended in late:
            transport.abort()
    for connection in connections:
        if connection.ended.done():
            connection.ended.result()
    took = sorted(tally.took)
    return Outcome(
        sent=tally.sent,
        statuses=dict(sorted(tally.statuses.items())),
        lost=tally.sent - len(took),
        seconds=tally.last_answer - tally.began,
        p50_ms=_share(took, 0.50),
        p99_ms=_share(took, 0.99),
        first_unexpected=tally.first_unexpected,
    )


def _share(took: Sequence[float], share: float) -> float:
    """Milliseconds within which that share of the answers came."""
    return round(took[int(share * (len(took) - 1))] * 1000, 3) if took else 0.0


def run_fast(work: Callable[[], Coroutine[Any, Any, T]]) -> T:
    """Run on the loop that uvicorn uses, where the system has it."""
    try:
        from uvloop import new_event_loop
    except ImportError:
        return asyncio.run(work())
    with asyncio.Runner(loop_factory=new_event_loop) as runner:
        return runner.run(work())


def main() -> None:
    """Take an order from standard input; print its outcome."""
    order = Order.from_json(sys.stdin.read())
    print(run_fast(lambda: run(order)).to_json())


if __name__ == "__main__":
    main()

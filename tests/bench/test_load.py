"""The load generator, against a server of a few lines that does as it is told."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from itertools import count

import pytest

from app.bench.load import HOST, AnswerUnreadable, Order, Outcome, length_of, prepared, run
from app.bench.processes import BenchFailed, expect, load

HELLO = prepared("GET", "/hello")


def answer(status: int, body: bytes = b"{}") -> bytes:
    return b"HTTP/1.1 %d X\r\nContent-Length: %d\r\n\r\n%s" % (status, len(body), body)


@asynccontextmanager
async def answering(reply: Callable[[int, bytes], bytes | None]) -> AsyncIterator[int]:
    """A server; `reply` gets the number of the request and its head, None closes the connection."""
    numbers = count()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                said = reply(next(numbers), head)
                if said is None:
                    break
                writer.write(said)
                await writer.drain()
        except asyncio.IncompleteReadError:
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(serve, HOST, 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        await server.wait_closed()


async def test_every_answer_is_counted_by_its_status():
    async with answering(lambda n, _: answer((200, 201, 503)[n % 3])) as port:
        outcome = await run(Order(port, [HELLO] * 300, connections=7, seconds=60))
    assert outcome.statuses == {200: 100, 201: 100, 503: 100}
    assert (outcome.sent, outcome.answered, outcome.lost) == (300, 300, 0)
    assert outcome.first_unexpected.startswith("HTTP/1.1 503")


async def test_requests_go_out_once_each_and_in_their_order():
    seen = []

    def reply(_: int, head: bytes) -> bytes:
        seen.append(head.split()[1])
        return answer(200)

    requests = [prepared("GET", f"/{number}") for number in range(20)]
    async with answering(reply) as port:
        await run(Order(port, requests, connections=1, seconds=60))
    assert seen == [b"/%d" % number for number in range(20)]


async def test_the_same_requests_go_out_again_until_the_time_is_up():
    seen = []

    def reply(n: int, head: bytes) -> bytes:
        seen.append(head.split()[1])
        return answer(200)

    requests = [prepared("GET", "/a"), prepared("GET", "/b"), prepared("GET", "/c")]
    async with answering(reply) as port:
        outcome = await run(Order(port, requests, connections=1, seconds=0.05, again=True))
    expected = [request.split()[1] for request in requests] * len(seen)
    assert seen == expected[: outcome.sent]
    assert outcome.answered == outcome.sent == len(seen)


async def test_a_request_whose_connection_is_closed_counts_as_lost():
    async with answering(lambda n, _: answer(200) if n < 4 else None) as port:
        outcome = await run(Order(port, [HELLO] * 10, connections=1, seconds=60))
    assert (outcome.sent, outcome.answered, outcome.lost) == (5, 4, 1)


async def test_answers_that_arrive_in_pieces_are_put_together():
    body = b"x" * 300_000
    async with answering(lambda *_: answer(200, body)) as port:
        outcome = await run(Order(port, [HELLO] * 6, connections=2, seconds=60))
    assert outcome.statuses == {200: 6}


async def test_what_is_no_answer_stops_the_load():
    async with answering(lambda *_: b"SSH-2.0-server\r\n\r\n") as port:
        with pytest.raises(AnswerUnreadable):
            await run(Order(port, [HELLO], connections=1, seconds=60))


async def test_a_process_of_its_own_counts_the_same():
    async with answering(lambda n, _: answer(201 if n % 2 else 200)) as port:
        outcome = await load(Order(port, [HELLO] * 50, connections=5, seconds=60))
    assert outcome.statuses == {200: 25, 201: 25}


async def test_a_load_with_lost_requests_is_a_failure():
    async with answering(lambda *_: None) as port:
        with pytest.raises(BenchFailed, match="1 of 1 requests were not answered"):
            await load(Order(port, [HELLO], connections=1, seconds=60))


@pytest.mark.parametrize(
    ("head", "length"),
    [
        (b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello", 43),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nX: y\r\n\r\n", 44),
        (b"HTTP/1.1 204 No Content\r\n\r\n", 27),
        (b"HTTP/1.1 200 OK\r\nContent-Len", None),
    ],
)
def test_an_answer_ends_where_its_head_says(head, length):
    assert length_of(head) == length


def test_an_answer_without_its_length_cannot_be_read():
    with pytest.raises(AnswerUnreadable):
        length_of(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n")


def test_a_prepared_request_says_who_asks_and_how_long_its_body_is():
    request = prepared(
        "POST", "/v1/x", token="t.t.t", body="ñ".encode(), headers={"If-Match": '"1"'}
    )
    assert request == (
        b"POST /v1/x HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer t.t.t\r\n"
        b'Content-Type: application/json\r\nContent-Length: 2\r\nIf-Match: "1"\r\n\r\n\xc3\xb1'
    )


def test_orders_and_outcomes_survive_the_way_between_processes():
    order = Order(4711, [prepared("POST", "/", body='{"name": "Ñ"}'.encode())], 3, 1.5, True)
    assert Order.from_json(order.to_json()) == order
    outcome = Outcome(5, {200: 4, 503: 1}, 0, 1.25, 3.0, 9.0, "HTTP/1.1 503")
    assert Outcome.from_json(outcome.to_json()) == outcome
    assert outcome.per_second == 4.0


def test_an_answer_that_nobody_expects_stops_the_benchmark():
    outcome = Outcome(5, {201: 4, 500: 1}, 0, 1.0, 0.0, 0.0, "HTTP/1.1 500 Oh")
    with pytest.raises(BenchFailed, match=r"\{201: 4, 500: 1\} instead of 201: HTTP/1.1 500 Oh"):
        expect(outcome, 201)
    assert expect(outcome, 201, 500) is outcome

"""Processes that are measured, and the programs that measure beside them."""

import os
from pathlib import Path
from time import process_time

import httpx
import pytest

from app.adapters.embedded import EmbeddedPostgres
from app.bench import signing
from app.bench.load import HOST
from app.bench.pgbench import DATABASE, PgBench
from app.bench.processes import BenchFailed, Process, output_of, python, server
from app.bench.site import answering


async def test_the_hello_server_answers_and_ends_with_its_block():
    with server(["app.bench.hello", "{fd}"], {}) as hello:
        await answering(hello, "/hello")
        async with httpx.AsyncClient(base_url=f"http://{HOST}:{hello.port}") as http:
            assert (await http.get("/hello")).json() == {"hello": "world"}
    with pytest.raises(ProcessLookupError):
        os.kill(hello.pid, 0)


def test_a_process_that_has_gone_tells_no_cpu_time():
    with server(["app.bench.hello", "{fd}"], {}) as hello:
        pass
    assert hello.cpu_seconds() is None


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="this system has no /proc")
def test_cpu_time_is_that_of_the_whole_process_in_seconds():
    """Also that of threads and of what it started, so that only the difference is known here."""
    this = Process(os.getpid(), port=0)
    before, known = this.cpu_seconds(), process_time()
    assert before is not None
    while process_time() - known < 0.4:
        sum(range(10_000))
    after = this.cpu_seconds()
    assert after is not None
    assert after - before == pytest.approx(process_time() - known, abs=0.15)


async def test_a_program_that_fails_says_why():
    with pytest.raises(BenchFailed, match=r"(?s)no_such_module ended with 1.*No module named"):
        await output_of(python("app.bench.no_such_module"))


async def test_a_program_that_does_not_end_is_stopped():
    with pytest.raises(BenchFailed, match="did not end within"):
        await output_of(["sleep", "60"], patience=0.05)


async def test_pgbench_says_its_rate(server: EmbeddedPostgres):
    pgbench = PgBench(server)
    await pgbench.prepare(scale=1)
    try:
        assert await pgbench.transactions_per_second(1) > 0
    finally:
        server.drop_database(DATABASE)


async def test_bare_signatures_have_a_rate():
    assert await signing.measured(0.05) > 0

"""Timestamps from authorities of every kind, the obliging and the others."""

import asyncio
import shutil
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from asn1crypto import cms, tsp

from app.adapters.edc.pki.timestamp_protocol import AuthorityFailed
from app.adapters.edc.pki.timestamps import HttpAuthority, TimestampAuthority, Timestamps
from app.adapters.edc.pki.tokens import open_token
from app.adapters.memory.timestamps import ANY_POLICY, MemoryAuthority
from app.domain.clock import Clock, SystemClock
from app.domain.credentials.levels import TimestampUnavailable
from tests.adapters.edc.openssl_tsa import POLICY, openssl_tsa
from tests.adapters.issuing.raising import SetClock, a_web, raising
from tests.pki.authority import TestPki

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
DATA = b"what is stamped"


@pytest.fixture
def clock(pki: TestPki):
    yield SetClock(NOW, pki)
    pki.now = None
    pki.broken.clear()


@pytest.fixture
async def web():
    async with a_web(seconds=2) as opened:
        yield opened


def asking(pki: TestPki, web: Any, clock: Clock, *tsas: Any, **settings: Any) -> Timestamps:
    return raising(pki, web, clock, tsas=tsas, **settings).timestamps


class InBetween:
    """Somebody between us and an authority, who changes what goes to and fro."""

    def __init__(
        self,
        behind: TimestampAuthority,
        *,
        there: Callable[[bytes], bytes] = bytes,
        back: Callable[[bytes], bytes] = bytes,
    ) -> None:
        self.name = "in between"
        self._behind = behind
        self._there, self._back = there, back

    async def answer(self, request: bytes) -> bytes:
        return self._back(await self._behind.answer(self._there(request)))


# What every authority promises


@pytest.fixture(params=["http-rsa", "http-ec", "memory-rsa", "memory-ec"])
def authority(request: pytest.FixtureRequest, pki: TestPki, web: Any, clock: SetClock):
    kind, key = request.param.split("-")
    label = {"rsa": "tsa", "ec": "tsa-ec"}[key]
    if kind == "http":
        return HttpAuthority(web, pki.tsa_url(label))
    return MemoryAuthority("memory", pki.private_key(label), pki.chain(label), clock)


async def test_a_timestamp_is_over_those_bytes_and_of_this_moment(
    pki: TestPki, web: Any, clock: SetClock, authority: TimestampAuthority
) -> None:
    stamp = await asking(pki, web, clock, authority).stamp(DATA)
    opened = open_token(stamp.token, DATA)
    assert (stamp.time, opened.time) == (NOW, NOW)
    assert stamp.chain[0] == opened.authority
    assert stamp.chain[-1] == pki.certificate("root")
    assert (stamp.authority, stamp.passed_over) == (authority.name, ())


@pytest.mark.parametrize("digest", ["sha256", "sha384", "sha512"])
async def test_it_rests_on_the_digest_that_was_asked_for(
    pki: TestPki, web: Any, clock: SetClock, authority: TimestampAuthority, digest: str
) -> None:
    stamp = await asking(pki, web, clock, authority, digest=digest).stamp(DATA)
    signed = cms.ContentInfo.load(stamp.token)["content"]
    info = tsp.TSTInfo.load(signed["encap_content_info"]["content"].contents)
    assert info["message_imprint"]["hash_algorithm"]["algorithm"].native == digest


async def test_what_is_no_request_is_refused(authority: TimestampAuthority) -> None:
    with pytest.raises(AuthorityFailed):
        await authority.answer(b"not a request")


async def test_a_policy_is_asked_for_and_insisted_on(
    pki: TestPki, web: Any, clock: SetClock
) -> None:
    ours = MemoryAuthority("memory", pki.private_key("tsa"), pki.chain("tsa"), clock)
    held = await asking(pki, web, clock, ours, policies=[ANY_POLICY]).stamp(DATA)
    assert held.authority == "memory"
    with pytest.raises(TimestampUnavailable) as refused:
        await asking(pki, web, clock, ours, policies=["1.3.6.1.4.1.1"]).stamp(DATA)
    assert "unaccepted_policy" in refused.value.detail
    with pytest.raises(TimestampUnavailable) as other:
        await asking(pki, web, clock, ours, policies=["1.3.6.1.4.1.1", "1.3.6.1.4.1.2"]).stamp(DATA)
    assert f"It stamps by the policy {ANY_POLICY}." in other.value.detail


async def test_names_and_passwords_of_addresses_are_shown_to_nobody() -> None:
    async with a_web() as web:
        authority = HttpAuthority(web, "https://us:secret@tsa.example/stamp?key=secret")
    assert authority.name == "https://tsa.example/stamp"


# One fails, the next one helps


async def refusing_port() -> int:
    server = await asyncio.start_server(lambda r, w: None, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    server.close()
    await server.wait_closed()
    return port


async def nobody(pki: TestPki, web: Any, clock: SetClock) -> TimestampAuthority:
    return HttpAuthority(web, f"http://127.0.0.1:{await refusing_port()}/")


async def of_another_request(pki: TestPki, web: Any, clock: SetClock) -> TimestampAuthority:
    def other_bytes(request: bytes) -> bytes:
        asked = tsp.TimeStampReq.load(request)
        asked["message_imprint"]["hashed_message"] = bytes(32)
        return asked.dump(force=True)

    return InBetween(HttpAuthority(web, pki.tsa_url()), there=other_bytes)


async def repeating(pki: TestPki, web: Any, clock: SetClock) -> TimestampAuthority:
    def other_nonce(request: bytes) -> bytes:
        asked = tsp.TimeStampReq.load(request)
        asked["nonce"] = asked["nonce"].native ^ 1
        return asked.dump(force=True)

    return InBetween(HttpAuthority(web, pki.tsa_url()), there=other_nonce)


async def without_nonce(pki: TestPki, web: Any, clock: SetClock) -> TimestampAuthority:
    def no_nonce(request: bytes) -> bytes:
        asked = tsp.TimeStampReq.load(request)
        del asked["nonce"]
        return asked.dump(force=True)

    return InBetween(HttpAuthority(web, pki.tsa_url()), there=no_nonce)


async def altering(pki: TestPki, web: Any, clock: SetClock) -> TimestampAuthority:
    def one_bit(answer: bytes) -> bytes:
        return answer[:-1] + bytes([answer[-1] ^ 1])

    return InBetween(HttpAuthority(web, pki.tsa_url()), back=one_bit)


async def talking_nonsense(pki: TestPki, web: Any, clock: SetClock) -> TimestampAuthority:
    return InBetween(HttpAuthority(web, pki.tsa_url()), back=lambda _: b"<html>Welcome</html>")


async def weak(pki: TestPki, web: Any, clock: SetClock) -> TimestampAuthority:
    def sha1(request: bytes) -> bytes:
        asked = tsp.TimeStampReq.load(request)
        asked["message_imprint"] = {
            "hash_algorithm": {"algorithm": "sha1"},
            "hashed_message": bytes(20),
        }
        return asked.dump(force=True)

    return InBetween(HttpAuthority(web, pki.tsa_url()), there=sha1)


async def slow_clock(pki: TestPki, web: Any, clock: SetClock) -> TimestampAuthority:
    behind = SetClock(NOW - timedelta(minutes=10))
    return MemoryAuthority("slow clock", pki.private_key("tsa"), pki.chain("tsa"), behind)


def by(label: str):
    async def made(pki: TestPki, web: Any, clock: SetClock) -> TimestampAuthority:
        return HttpAuthority(web, pki.tsa_url(label))

    return made


async def broken(pki: TestPki, web: Any, clock: SetClock) -> TimestampAuthority:
    pki.broken.add("tsa")
    return HttpAuthority(web, pki.tsa_url())


@pytest.mark.parametrize(
    ("first", "code"),
    [
        (nobody, "unreachable"),
        (broken, "unreachable"),
        (talking_nonsense, "answer_unreadable"),
        (altering, "timestamp_broken"),
        (of_another_request, "timestamp_of_other_bytes"),
        (repeating, "wrong_nonce"),
        (without_nonce, "wrong_nonce"),
        (weak, "timestamp_too_weak"),
        (slow_clock, "clock_differs"),
        (by("tsa-without-usage"), "certificate_not_for_timestamps"),
        (by("tsa-other-usage"), "certificate_not_for_timestamps"),
        (by("tsa-other"), "authority_not_trusted"),
    ],
)
async def test_what_the_first_authority_lacks_is_told_and_the_second_one_is_asked(
    pki: TestPki, web: Any, clock: SetClock, first: Any, code: str
) -> None:
    timestamps = asking(pki, web, clock, await first(pki, web, clock), "tsa-ec")
    stamp = await timestamps.stamp(DATA)
    assert stamp.authority == pki.tsa_url("tsa-ec")
    assert [failure.code for _, failure in stamp.passed_over] == [code]
    kept = list(timestamps.standings.values())
    assert [(s.failures, s.failure and s.failure.code) for s in kept] == [(1, code), (0, None)]


async def test_an_authority_whose_certificate_has_ended_is_passed_over(
    pki: TestPki, web: Any, clock: SetClock
) -> None:
    clock.set(datetime(2027, 2, 1, 12, 0, tzinfo=UTC))
    stamp = await asking(pki, web, clock, "tsa-short", "tsa").stamp(DATA)
    assert stamp.authority == pki.tsa_url("tsa")
    assert [failure.code for _, failure in stamp.passed_over] == ["authority_not_trusted"]
    assert "was not valid" in stamp.passed_over[0][1].detail


async def test_an_authority_that_never_answers_is_given_up(pki: TestPki, clock: SetClock) -> None:
    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(-1)
        writer.close()

    server = await asyncio.start_server(silent, "127.0.0.1", 0)
    url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
    async with a_web(seconds=0.3) as quick, a_web() as patient, server:
        stamp = await asking(
            pki, patient, clock, HttpAuthority(quick, url), HttpAuthority(patient, pki.tsa_url())
        ).stamp(DATA)
    assert stamp.authority == pki.tsa_url()
    assert [failure.detail for _, failure in stamp.passed_over] == [
        "It cannot be reached: no answer within 0.3 seconds."
    ]


async def test_when_all_fail_the_refusal_says_what_each_one_lacked(
    pki: TestPki, web: Any, clock: SetClock
) -> None:
    pki.broken.add("tsa")
    with pytest.raises(TimestampUnavailable) as refused:
        await asking(pki, web, clock, "tsa", "tsa-other").stamp(DATA)
    assert refused.value.detail == (
        "No authority of timestamps gives one: "
        f"{pki.tsa_url('tsa')}: It cannot be reached: it answers 503. "
        f"{pki.tsa_url('tsa-other')}: "
        "No authority that is trusted here stands behind its certificate."
    )


async def test_who_failed_is_left_alone_for_a_while_and_longer_each_time(
    pki: TestPki, web: Any, clock: SetClock
) -> None:
    timestamps = asking(pki, web, clock, "tsa", "tsa-ec")
    pki.broken.add("tsa")
    pki.requests.clear()

    async def asked() -> int:
        before = sum(path.endswith("/tsa") for path in pki.requests)
        await timestamps.stamp(DATA)
        return sum(path.endswith("/tsa") for path in pki.requests) - before

    assert [await asked(), await asked()] == [1, 0]
    clock.pass_(timedelta(seconds=6))
    assert [await asked(), await asked()] == [1, 0]
    clock.pass_(timedelta(seconds=6))
    assert await asked() == 0
    clock.pass_(timedelta(seconds=6))
    assert await asked() == 1
    pki.broken.clear()
    clock.pass_(timedelta(minutes=1))
    assert (await timestamps.stamp(DATA)).authority == pki.tsa_url("tsa")
    assert timestamps.standings[pki.tsa_url("tsa")].paused_until is None


@pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is not installed")
async def test_an_authority_that_is_openssl_stamps_and_refuses(
    pki: TestPki, web: Any, tmp_path: Path
) -> None:
    clock = SystemClock()
    with openssl_tsa(pki, tmp_path) as url:
        stamp = await asking(pki, web, clock, HttpAuthority(web, url), policies=[POLICY]).stamp(
            DATA
        )
        assert stamp.chain == (pki.certificate("tsa"), pki.certificate("root"))
        with pytest.raises(TimestampUnavailable) as refused:
            await asking(pki, web, clock, HttpAuthority(web, url), policies=[ANY_POLICY]).stamp(
                DATA
            )
    assert "It refuses: unaccepted_policy." in refused.value.detail

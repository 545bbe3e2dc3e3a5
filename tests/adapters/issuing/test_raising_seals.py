"""Seals on their way up to B-LTA: what is added, what stays, and what keeps them down."""

import asyncio
import base64
from datetime import UTC, datetime, timedelta

import pytest

from app.adapters.edc.pki.revocation_data import Responses
from app.adapters.edc.seal.jades_levels import seal_text
from app.adapters.edc.verification.verify import verify
from app.adapters.issuing.augmenting import EdcSealLevels, from_a_thread
from app.domain.credentials.levels import (
    RevocationUnknown,
    SealCertificateRevoked,
    SealLevel,
    SealNotExtensible,
)
from app.domain.credentials.verification import CheckName, CheckStatus, Verdict, Verification
from tests.adapters.issuing.raising import SetClock, a_web, raised_to, raising
from tests.pki.authority import TestPki, in_der
from tests.pki.sealed import sealed_by

SEALED = datetime(2026, 7, 1, 9, 0, tzinfo=UTC)
EARLY = datetime(2026, 5, 1, 9, 0, tzinfo=UTC)
"""A month before the revoked seal was revoked."""
SECOND = timedelta(seconds=1)
OK = CheckStatus.OK
LEVELS = [SealLevel.B_T, SealLevel.B_LT, SealLevel.B_LTA]


@pytest.fixture(autouse=True)
def _services_in_order(pki: TestPki):
    yield
    pki.broken.clear()
    pki.now = None


def clock_after(pki: TestPki, sealed: datetime) -> SetClock:
    return SetClock(sealed + SECOND, pki)


def looked_at(pki: TestPki, document: bytes, at: datetime) -> Verification:
    return verify(
        document,
        trust=pki.trust(),
        now=at,
        recognised=lambda _: None,
    )


@pytest.mark.parametrize("label", ["seal-rsa", "seal-ec"])
async def test_each_level_is_what_verification_calls_it(pki: TestPki, label: str) -> None:
    clock = clock_after(pki, SEALED)
    async with a_web() as web:
        steps = await raised_to(
            raising(pki, web, clock), sealed_by(pki, SEALED, label), SealLevel.B_LTA
        )
    assert [step.level for step in steps] == LEVELS
    for step in steps:
        found = looked_at(pki, step.document, clock.now() + SECOND)
        assert (found.level, found.verdict) == (step.level.value, Verdict.VERIFIED)
        assert found.proven_at == SEALED + SECOND


async def test_what_is_added_stands_in_the_order_of_europass(pki: TestPki) -> None:
    async with a_web() as web:
        levels = raising(pki, web, clock_after(pki, SEALED))
        *_, top = await raised_to(levels, sealed_by(pki, SEALED), SealLevel.B_LTA)
        renewed = await levels.renew(top.document)
    names = [name for name, _ in seal_text(renewed.document).unsigned]
    assert names == ["sigTst", "xVals", "rVals", "arcTst", "tstVD", "arcTst"]


async def test_every_certificate_up_to_the_root_is_carried_and_no_other(pki: TestPki) -> None:
    async with a_web() as web:
        levels = raising(pki, web, clock_after(pki, SEALED))
        steps = await raised_to(levels, sealed_by(pki, SEALED), SealLevel.B_LT)
    values = dict(seal_text(steps[-1].document).unsigned)
    carried = [base64.b64decode(entry["x509Cert"]["val"]) for entry in values["xVals"]]
    needed = ("seal-rsa", "issuing", "root", "responder-issuing", "responder-root", "tsa")
    assert sorted(carried) == sorted(in_der([pki.certificate(label) for label in needed]))


# What keeps a seal down


async def test_a_seal_that_was_revoked_before_its_timestamp_stays_below(pki: TestPki) -> None:
    async with a_web() as web:
        levels = raising(pki, web, clock_after(pki, SEALED))
        stamped = await levels.raise_once(sealed_by(pki, SEALED, "seal-revoked"))
        with pytest.raises(SealCertificateRevoked) as refused:
            await levels.raise_once(stamped.document)
    assert "Universidad de Oviedo" in refused.value.detail


async def test_a_seal_that_was_revoked_after_its_timestamp_carries_the_proof(pki: TestPki) -> None:
    clock = clock_after(pki, EARLY)
    async with a_web() as web:
        levels = raising(pki, web, clock)
        stamped = await levels.raise_once(sealed_by(pki, EARLY, "seal-revoked"))
        clock.set(SEALED)
        *_, top = await raised_to(levels, stamped.document, SealLevel.B_LTA)
    found = looked_at(pki, top.document, SEALED)
    assert (found.verdict, found.check(CheckName.CERTIFICATE_STATUS).code) == (
        Verdict.VERIFIED,
        "revoked_after_sealing",
    )


async def test_a_timestamp_of_an_authority_that_was_revoked_is_found_out(pki: TestPki) -> None:
    async with a_web() as web:
        levels = raising(pki, web, clock_after(pki, SEALED), tsas=("tsa-revoked",))
        stamped = await levels.raise_once(sealed_by(pki, SEALED))
        with pytest.raises(SealNotExtensible, match=r"timestamp .* was revoked before it was made"):
            await levels.raise_once(stamped.document)


async def test_a_seal_of_nobody_who_is_trusted_here_waits_until_somebody_is(pki: TestPki) -> None:
    clock = clock_after(pki, SEALED)
    async with a_web() as web:
        stamped = await raising(pki, web, clock).raise_once(sealed_by(pki, SEALED, "seal-other"))
        with pytest.raises(RevocationUnknown, match="trusted here"):
            await raising(pki, web, clock).raise_once(stamped.document)
        trusting = raising(pki, web, clock, trusting=("root", "stranger"))
        assert (await trusting.raise_once(stamped.document)).level is SealLevel.B_LT


async def test_a_seal_whose_certificate_had_ended_proves_nothing_more(pki: TestPki) -> None:
    async with a_web() as web:
        levels = raising(pki, web, clock_after(pki, SEALED))
        before_the_end = datetime(2026, 2, 1, 9, 0, tzinfo=UTC)
        stamped = await levels.raise_once(sealed_by(pki, before_the_end, "seal-expired"))
        with pytest.raises(SealNotExtensible, match="was not valid"):
            await levels.raise_once(stamped.document)


async def test_without_a_word_about_revocation_the_seal_waits(pki: TestPki) -> None:
    async with a_web() as web:
        levels = raising(pki, web, clock_after(pki, SEALED))
        stamped = await levels.raise_once(sealed_by(pki, SEALED))
        pki.broken.add("issuing")
        with pytest.raises(RevocationUnknown):
            await levels.raise_once(stamped.document)
        pki.broken.clear()
        assert (await levels.raise_once(stamped.document)).level is SealLevel.B_LT


async def test_the_word_about_the_seal_is_younger_than_its_timestamp(pki: TestPki) -> None:
    pki.requests.clear()
    clock = clock_after(pki, SEALED)
    async with a_web() as web:
        levels = raising(pki, web, clock)
        for _ in range(2):
            clock.pass_(SECOND)
            *_, valued = await raised_to(levels, sealed_by(pki, SEALED), SealLevel.B_LT)
            values = dict(seal_text(valued.document).unsigned)["rVals"]["ocspVals"]
            about_the_seal = Responses.read(base64.b64decode(values[0]["val"]))
            said = about_the_seal.says(pki.certificate("seal-rsa"), pki.certificate("issuing"))
            assert said is not None
            assert said.this_update == clock.now()
    # What is said of the authority and of the timestamps is asked for once, and kept.
    assert [pki.requests.count(f"/pki/ocsp/{label}") for label in ("issuing", "root")] == [2, 2]


@pytest.mark.parametrize(
    "document",
    [
        b"",
        b"{}",
        b'{"payload":"{}","signatures":[{"protected":"e30","header":{"kid":"1"},"signature":""}]}',
    ],
)
async def test_a_file_of_another_form_is_refused_for_good(pki: TestPki, document: bytes) -> None:
    async with a_web() as web:
        levels = raising(pki, web, clock_after(pki, SEALED))
        with pytest.raises(SealNotExtensible):
            await levels.raise_once(document)
        with pytest.raises(SealNotExtensible):
            await levels.renew(document)


async def test_there_is_nothing_above_the_highest_level(pki: TestPki) -> None:
    async with a_web() as web:
        levels = raising(pki, web, clock_after(pki, SEALED))
        *_, top = await raised_to(levels, sealed_by(pki, SEALED), SealLevel.B_LTA)
        with pytest.raises(SealNotExtensible):
            await levels.raise_once(top.document)
        with pytest.raises(SealNotExtensible):
            await levels.renew(sealed_by(pki, SEALED))


# Renewal


async def test_a_renewed_seal_outlives_the_certificate_of_its_first_timestamps(
    pki: TestPki,
) -> None:
    clock = clock_after(pki, SEALED)
    async with a_web() as web:
        old = raising(pki, web, clock, tsas=("tsa-short",), days=30)
        *_, top = await raised_to(old, sealed_by(pki, SEALED), SealLevel.B_LTA)
        ends = datetime(2027, 1, 1, tzinfo=UTC)
        assert (top.renew_at, top.digest) == (ends - timedelta(days=30), "sha256")
        clock.set(ends - timedelta(days=30))
        renewed = await raising(pki, web, clock, tsas=("tsa",), digest="sha512").renew(top.document)
    assert renewed.digest == "sha512"
    assert renewed.renew_at == datetime(2036, 1, 1, tzinfo=UTC) - timedelta(days=90)
    later = datetime(2030, 1, 1, tzinfo=UTC)
    assert looked_at(pki, top.document, later).check(CheckName.TIMESTAMPS).status is not OK
    found = looked_at(pki, renewed.document, later)
    assert (found.verdict, found.check(CheckName.TIMESTAMPS).status) == (Verdict.VERIFIED, OK)
    assert found.proven_at == SEALED + SECOND


async def test_a_certificate_that_ends_soon_is_renewed_half_way_and_not_all_the_time(
    pki: TestPki,
) -> None:
    clock = clock_after(pki, SEALED)
    async with a_web() as web:
        levels = raising(pki, web, clock, tsas=("tsa-short",), days=365)
        *_, top = await raised_to(levels, sealed_by(pki, SEALED), SealLevel.B_LTA)
    ends = datetime(2027, 1, 1, tzinfo=UTC)
    assert top.renew_at == clock.now() + (ends - clock.now()) / 2


# Before a batch


async def codes(levels: EdcSealLevels, *, ask: bool = True) -> list[str]:
    return [finding.code for finding in await levels.findings(ask=ask)]


async def test_an_authority_that_answers_is_not_asked_again_for_a_while(pki: TestPki) -> None:
    clock = clock_after(pki, SEALED)
    async with a_web() as web:
        levels = raising(pki, web, clock)
        assert await codes(levels) == []
        pki.broken.add("tsa")
        assert await codes(levels) == []
        clock.pass_(timedelta(minutes=11))
        assert await codes(levels) == ["timestamp_authority_unreachable"]
        assert await codes(levels, ask=False) == ["timestamp_authority_unreachable"]


async def test_one_authority_of_several_is_enough(pki: TestPki) -> None:
    async with a_web() as web:
        levels = raising(pki, web, clock_after(pki, SEALED), tsas=("tsa-other", "tsa"))
        assert await codes(levels) == []


async def test_clocks_that_do_not_agree_are_told_apart_from_silence(pki: TestPki) -> None:
    clock = clock_after(pki, SEALED)
    pki.now = clock.now() + timedelta(minutes=5)
    async with a_web() as web:
        levels = raising(pki, web, clock)
        (finding,) = await levels.findings()
    assert finding.code == "clock_doubtful"
    assert "Its clock differs from ours by 300 seconds." in finding.detail


async def test_where_no_timestamps_are_wanted_nobody_is_asked(pki: TestPki) -> None:
    pki.broken.add("tsa")
    async with a_web() as web:
        levels = raising(pki, web, clock_after(pki, SEALED), target=SealLevel.B_B)
        assert await codes(levels) == []


async def test_who_looks_in_a_thread_is_told_the_same(pki: TestPki) -> None:
    pki.broken.add("tsa")
    async with a_web() as web:
        levels = raising(pki, web, clock_after(pki, SEALED))
        ask = from_a_thread(levels, asyncio.get_running_loop())
        found = await asyncio.to_thread(ask)
    assert [finding.code for finding in found] == ["timestamp_authority_unreachable"]

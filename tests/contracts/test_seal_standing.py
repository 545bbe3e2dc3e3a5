"""Certificates that were revoked, or of which nobody says whether they were, before they seal."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path as FilePath

import pytest

from app.adapters.edc.pki.qualification import CertificateType, Qualification
from app.adapters.edc.pki.revocation import Revocation
from app.adapters.edc.pki.trust import Path
from app.adapters.edc.seal.seals import SealKey
from app.adapters.issuing.sealing import EdcSealing
from app.adapters.issuing.standing import Standings, asking
from app.adapters.issuing.status_folder import StatusFolder
from app.domain.credentials.seal import SealDoubtful
from tests.adapters.issuing.raising import SetClock, a_web
from tests.contracts.test_sealing import an_order
from tests.contracts.test_sealing_elsewhere import sealing_with
from tests.issuing_builders import TickingClock, issued_by
from tests.pki.authority import TestPki

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
NOBODY = StatusFolder(None)


@pytest.fixture
def clock(pki: TestPki) -> Iterator[SetClock]:
    pki.requests.clear()
    yield SetClock(NOW, pki)
    pki.broken.clear()
    pki.now = None


def codes(found) -> tuple[list[str], list[str]]:
    return [f.code for f in found.findings], [f.code for f in found.warnings]


@asynccontextmanager
async def asked(
    pki: TestPki, clock: SetClock, label: str, *, needed: bool = False
) -> AsyncIterator[EdcSealing]:
    async with a_web() as web:
        ask = asking(Revocation(web, clock), clock, asyncio.get_running_loop())
        yield sealing_with(
            pki, clock, pki.seal_key(label), standings=Standings(NOBODY, ask=ask, needed=needed)
        )


def folder_with(pki: TestPki, folder: FilePath, at: datetime) -> StatusFolder:
    (folder / "issuing.crl").write_bytes(pki.crl("issuing", at))
    (folder / "root.crl").write_bytes(pki.crl("root", at))
    return StatusFolder(folder)


@pytest.mark.parametrize("needed", [False, True])
async def test_a_revoked_certificate_seals_nothing_where_its_authority_is_asked(
    pki: TestPki, clock: SetClock, needed: bool
) -> None:
    async with asked(pki, clock, "seal-revoked", needed=needed) as sealing:
        assert codes(await sealing.facts("UNIOVI")) == (["certificate_revoked"], [])
        with pytest.raises(SealDoubtful, match="certificate_revoked"):
            await issued_by(sealing, an_order(clock))
    async with asked(pki, clock, "seal-rsa", needed=needed) as sealing:
        assert codes(await sealing.facts("UNIOVI")) == ([], [])
        assert not (await issued_by(sealing, an_order(clock))).development


async def test_what_a_folder_holds_keeps_a_revoked_certificate_from_sealing(
    pki: TestPki, clock: SetClock, tmp_path: FilePath
) -> None:
    for kept in ("crl", "ocsp"):
        folder = tmp_path / kept
        folder.mkdir()
        if kept == "crl":
            (folder / "issuing.crl").write_bytes(pki.crl("issuing", NOW))
        else:
            (folder / "seal.ocsp").write_bytes(pki.ocsp_response("seal-revoked", NOW))
        sealing = sealing_with(
            pki, clock, pki.seal_key("seal-revoked"), standings=Standings(StatusFolder(folder))
        )
        assert codes(await sealing.facts("UNIOVI"))[0] == ["certificate_revoked"]
        with pytest.raises(SealDoubtful, match="certificate_revoked"):
            await issued_by(sealing, an_order(clock))
    assert pki.requests == []


async def test_lists_that_are_kept_answer_until_the_next_is_due(
    pki: TestPki, clock: SetClock, tmp_path: FilePath
) -> None:
    standings = Standings(folder_with(pki, tmp_path, NOW))
    sealing = sealing_with(pki, clock, pki.seal_key(), standings=standings)
    assert codes(await sealing.facts("UNIOVI")) == ([], [])
    clock.pass_(timedelta(days=60))
    assert codes(await sealing.facts("UNIOVI")) == ([], ["certificate_status_unknown"])


async def test_a_revocation_that_arrives_in_the_folder_counts_at_once(
    pki: TestPki, clock: SetClock, tmp_path: FilePath
) -> None:
    standings = Standings(StatusFolder(tmp_path))
    sealing = sealing_with(pki, clock, pki.seal_key("seal-revoked"), standings=standings)
    assert codes(await sealing.facts("UNIOVI")) == ([], ["certificate_status_unknown"])
    folder_with(pki, tmp_path, NOW)
    assert codes(await sealing.facts("UNIOVI"))[0] == ["certificate_revoked"]


async def test_silence_refuses_where_seals_shall_carry_the_answer_and_else_warns(
    pki: TestPki, clock: SetClock
) -> None:
    pki.broken.add("issuing")
    async with asked(pki, clock, "seal-rsa", needed=True) as sealing:
        assert codes(await sealing.facts("UNIOVI")) == (["certificate_status_unknown"], [])
        with pytest.raises(SealDoubtful, match="certificate_status_unknown"):
            await issued_by(sealing, an_order(clock))
    async with asked(pki, clock, "seal-rsa") as sealing:
        assert codes(await sealing.facts("UNIOVI")) == ([], ["certificate_status_unknown"])
        assert not (await issued_by(sealing, an_order(clock))).development


async def test_a_batch_asks_once_and_minutes_later_again(pki: TestPki, clock: SetClock) -> None:
    async with asked(pki, clock, "seal-rsa") as sealing:
        for _ in range(5):
            await issued_by(sealing, an_order(clock))
        in_a_batch = len(pki.requests)
        assert in_a_batch == 2
        clock.pass_(timedelta(minutes=6))
        await issued_by(sealing, an_order(clock))
        assert len(pki.requests) == 2 * in_a_batch


async def test_an_answer_that_still_holds_is_worth_more_than_silence(
    pki: TestPki, clock: SetClock
) -> None:
    async with asked(pki, clock, "seal-rsa", needed=True) as sealing:
        assert codes(await sealing.facts("UNIOVI")) == ([], [])
        pki.broken.update({"issuing", "root"})
        clock.pass_(timedelta(minutes=6))
        assert codes(await sealing.facts("UNIOVI")) == ([], [])


class Lists:
    """Trusted lists that say one thing of every certificate."""

    outdated = False

    def __init__(self, says: Qualification | None, fetched: datetime | None = NOW) -> None:
        self.says, self.list_date = says, fetched

    def qualification(self, path: Path, at: datetime) -> Qualification | None:
        return self.says


def unconfirmed(codes: list[str]) -> list[str]:
    return [code for code in codes if code == "qualification_not_confirmed"]


SEAL = Qualification(True, True, (CertificateType.SEAL,))
SIGNATURE = Qualification(True, True, (CertificateType.SIGNATURE,))


@pytest.mark.parametrize(
    ("lists", "confirmed"),
    [
        (Lists(SEAL), True),
        (Lists(SIGNATURE), False),
        (Lists(Qualification()), False),
        (Lists(None), False),
        (Lists(None, None), False),
    ],
    ids=["seal", "signature", "not qualified", "not listed", "not fetched"],
)
async def test_a_claim_that_the_trusted_lists_do_not_confirm_seals_nothing(
    pki: TestPki, lists: Lists, confirmed: bool
) -> None:
    clock = TickingClock()

    def sealing(key: SealKey, *, qualified_only: bool = True) -> EdcSealing:
        return sealing_with(pki, clock, key, qualifications=lists, qualified_only=qualified_only)

    strict = sealing(pki.seal_key())
    lenient = sealing(pki.seal_key(), qualified_only=False)
    silent = sealing(pki.seal_key("seal-unqualified"), qualified_only=False)
    expected = [] if confirmed else ["qualification_not_confirmed"]
    assert codes(await strict.facts("UNIOVI"))[0] == expected
    assert unconfirmed(codes(await lenient.facts("UNIOVI"))[1]) == expected
    # Who claims nothing needs no confirmation.
    refusals, warnings = codes(await silent.facts("UNIOVI"))
    assert unconfirmed([*refusals, *warnings]) == []
    if not confirmed:
        with pytest.raises(SealDoubtful, match="qualification_not_confirmed"):
            await issued_by(strict, an_order(clock))

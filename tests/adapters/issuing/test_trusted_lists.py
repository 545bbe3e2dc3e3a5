"""Trusted lists: fetched, kept, aged, and what follows from them for a seal."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from app.adapters.edc.pki.revocation_data import Responses
from app.adapters.edc.pki.trust import TrustStore
from app.adapters.edc.verification.times import Material
from app.adapters.edc.verification.verify import verify
from app.adapters.issuing.fetching import NotFetched, PublicDocuments
from app.adapters.issuing.status_folder import StatusFolder
from app.adapters.issuing.trusted import Trusted
from app.adapters.issuing.trusted_lists import TrustedLists
from app.domain.credentials.verification import CheckName, CheckStatus, Verdict, Verification
from tests.pki.authority import TestPki
from tests.pki.sealed import at_level, sealed_by
from tests.pki.trusted_list import GRANTED, WITHDRAWN, Service, list_of_lists, national_list

OK, WARNING, SKIPPED = CheckStatus.OK, CheckStatus.WARNING, CheckStatus.SKIPPED
SEALED = datetime(2026, 7, 1, 9, 0, tzinfo=UTC)
NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
TOP, ES, DE = (f"https://lists.example/{name}.xml" for name in ("eu", "es", "de"))


class Clock:
    def __init__(self) -> None:
        self.moment = NOW

    def now(self) -> datetime:
        return self.moment


class Web:
    """What is to be had at which address."""

    def __init__(self, **pages: str) -> None:
        self.pages: dict[str, str] = dict(pages)
        self.asked: list[str] = []

    async def __call__(self, address: str) -> str:
        self.asked.append(address)
        try:
            return self.pages[address]
        except KeyError:
            raise NotFetched(f"{address}: not there") from None


@pytest.fixture
def clock() -> Clock:
    return Clock()


def services(pki: TestPki, *more: Service) -> tuple[Service, ...]:
    return (
        Service(pki.certificate("issuing")),
        Service(pki.certificate("tsa-ec"), "TSA/QTST"),
        *more,
    )


@pytest.fixture
def web(pki: TestPki) -> Web:
    made = Web()
    made.pages = {
        TOP: list_of_lists(pki, [("ES", ES), ("DE", DE)], at=NOW),
        ES: national_list(pki, *services(pki), at=NOW),
        DE: national_list(pki, at=NOW, territory="DE"),
    }
    return made


def the_lists(pki: TestPki, folder: Path, clock: Clock, **more: Any) -> TrustedLists:
    return TrustedLists(
        folder / "lists",
        clock,
        max_age=timedelta(days=3),
        every=timedelta(hours=6),
        address=TOP,
        signers=[pki.certificate("list-operator")],
        **more,
    )


def checked(lists: TrustedLists, raw: bytes, **more: Any) -> Verification:
    return verify(
        raw,
        trust=TrustStore(lists.anchors),
        now=NOW,
        recognised=lambda _: None,
        qualifications=lists,
        **more,
    )


def names(lists: TrustedLists) -> list[str]:
    return [anchor.name for anchor in lists.anchors]


def said(found: Verification, name: str) -> tuple[CheckStatus, str]:
    check = found.check(CheckName(name))
    return check.status, check.code


@pytest.mark.parametrize(
    ("label", "qualification", "verdict"),
    [
        ("seal-rsa", (OK, "qualified_seal"), Verdict.VERIFIED),
        ("seal-without-device", (OK, "qualified_certificate"), Verdict.VERIFIED),
        ("seal-unqualified", (SKIPPED, "not_qualified"), Verdict.VERIFIED),
        ("seal-not-compliant", (SKIPPED, "not_qualified"), Verdict.VERIFIED),
        ("seal-other", (WARNING, "qualification_not_confirmed"), Verdict.PARTIALLY_VERIFIED),
    ],
)
async def test_the_lists_say_what_kind_of_seal_it_is(
    pki: TestPki, tmp_path: Path, clock: Clock, web: Web,
    label: str, qualification: tuple[CheckStatus, str], verdict: Verdict,
) -> None:  # fmt: skip
    lists = the_lists(pki, tmp_path, clock)
    assert await lists.refresh_if_due(web)
    found = checked(lists, at_level(pki, "B-LTA", SEALED, label))
    assert (said(found, "qualification"), found.verdict) == (qualification, verdict)
    assert found.check(CheckName.QUALIFICATION).evidence["lists_outdated"] is False
    if label != "seal-other":
        assert said(found, "issuer_trust") == (OK, "trusted_issuer")
        assert said(found, "timestamps") == (OK, "timestamps_valid")
        trusted_as = found.check(CheckName.ISSUER_TRUST).evidence["trusted_as"]
        assert trusted_as == "EU trusted lists: Test service 1"


@pytest.mark.parametrize("label", ["seal-esign", "seal-web"])
async def test_a_certificate_of_another_type_is_none_for_seals(
    pki: TestPki, tmp_path: Path, clock: Clock, web: Web, label: str
) -> None:
    lists = the_lists(pki, tmp_path, clock)
    await lists.refresh_if_due(web)
    found = checked(lists, at_level(pki, "B-LTA", SEALED, label))
    assert said(found, "qualification") == (WARNING, "certificate_of_other_type")
    assert found.verdict is Verdict.PARTIALLY_VERIFIED


async def test_a_revoked_twin_is_refused_by_what_is_stored(
    pki: TestPki, tmp_path: Path, clock: Clock, web: Web
) -> None:
    lists = the_lists(pki, tmp_path, clock)
    await lists.refresh_if_due(web)
    known = Material(responses=[Responses.read(pki.ocsp_response("seal-revoked", NOW))])
    found = checked(lists, at_level(pki, "B-T", SEALED, "seal-revoked"), material=known)
    assert said(found, "certificate_status")[1] == "revoked_before_sealing"
    assert found.verdict is Verdict.FAILED


async def test_an_authority_counts_only_while_it_was_listed(
    pki: TestPki, tmp_path: Path, clock: Clock, web: Web
) -> None:
    withdrawn = Service(
        pki.certificate("issuing"),
        status=WITHDRAWN,
        since="2026-09-01T00:00:00Z",
        before=[(GRANTED, "2024-01-01T00:00:00Z")],
    )
    stamps = Service(pki.certificate("tsa-ec"), "TSA/QTST")
    web.pages[ES] = national_list(pki, withdrawn, stamps, at=NOW)
    lists = the_lists(pki, tmp_path, clock)
    await lists.refresh_if_due(web)
    before = checked(lists, at_level(pki, "B-LTA", SEALED))
    assert said(before, "qualification") == (OK, "qualified_seal")
    after = checked(lists, at_level(pki, "B-LTA", datetime(2026, 10, 1, tzinfo=UTC)))
    assert said(after, "issuer_trust") == (WARNING, "unknown_issuer")
    assert said(after, "qualification") == (WARNING, "qualification_not_confirmed")


async def test_authorities_of_timestamps_vouch_for_no_seals_and_the_other_way_round(
    pki: TestPki, tmp_path: Path, clock: Clock, web: Web
) -> None:
    web.pages[ES] = national_list(
        pki,
        Service(pki.certificate("issuing"), "TSA/QTST"),
        Service(pki.certificate("root"), "CA/QC"),
        at=NOW,
    )
    lists = the_lists(pki, tmp_path, clock)
    await lists.refresh_if_due(web)
    found = checked(lists, at_level(pki, "B-T", SEALED))
    # Timestamps hang on the root, which is listed for seals only.
    assert said(found, "timestamps") == (WARNING, "timestamp_authority_unknown")
    assert said(found, "issuer_trust") == (OK, "trusted_issuer")


async def test_without_lists_nothing_is_said_and_nothing_is_wrong(
    pki: TestPki, tmp_path: Path, clock: Clock
) -> None:
    lists = the_lists(pki, tmp_path, clock)
    assert [f.code for f in lists.findings(NOW)] == ["no_trusted_lists"]
    found = verify(
        sealed_by(pki, SEALED),
        trust=pki.trust(),
        now=NOW,
        recognised=lambda _: None,
        qualifications=lists,
    )
    assert said(found, "qualification") == (SKIPPED, "qualification_not_looked_up")
    assert found.verdict is Verdict.VERIFIED


# Fetching and keeping


async def test_lists_are_fetched_when_it_is_time_and_not_before(
    pki: TestPki, tmp_path: Path, clock: Clock, web: Web
) -> None:
    lists = the_lists(pki, tmp_path, clock)
    assert await lists.refresh_if_due(web)
    assert sorted(web.asked) == sorted([TOP, ES, DE])
    clock.moment += timedelta(hours=5)
    assert not await lists.refresh_if_due(web)
    clock.moment += timedelta(hours=2)
    assert await lists.refresh_if_due(web)
    assert lists.list_date == clock.moment


async def test_only_the_lists_of_chosen_countries_are_kept(
    pki: TestPki, tmp_path: Path, clock: Clock, web: Web
) -> None:
    await the_lists(pki, tmp_path, clock, territories=["es"]).refresh_if_due(web)
    assert web.asked == [TOP, ES]


async def test_another_process_sees_what_was_fetched_and_nothing_is_fetched_for_it(
    pki: TestPki, tmp_path: Path, clock: Clock, web: Web
) -> None:
    reader = the_lists(pki, tmp_path, clock)
    assert names(reader) == []
    await the_lists(pki, tmp_path, clock).refresh_if_due(web)
    assert names(reader) == ["EU trusted lists: Test service 1", "EU trusted lists: Test service 2"]
    assert reader.anchors is reader.anchors


async def test_the_last_good_copy_stays_when_a_newer_one_is_out_of_reach_and_ages(
    pki: TestPki, tmp_path: Path, clock: Clock, web: Web
) -> None:
    lists = the_lists(pki, tmp_path, clock)
    await lists.refresh_if_due(web)
    del web.pages[ES]
    clock.moment += timedelta(days=4)
    assert await lists.refresh_if_due(web)
    assert [(f.pointer, f.code) for f in lists.findings(clock.moment)] == [
        ("/ES", "trusted_list_outdated")
    ]
    assert "not there" in lists.findings(clock.moment)[0].detail
    found = checked(lists, at_level(pki, "B-LTA", SEALED))
    assert said(found, "qualification") == (OK, "qualified_seal")
    assert found.check(CheckName.QUALIFICATION).evidence["lists_outdated"] is True


async def test_everything_stays_when_the_list_of_lists_is_out_of_reach(
    pki: TestPki, tmp_path: Path, clock: Clock, web: Web
) -> None:
    lists = the_lists(pki, tmp_path, clock)
    await lists.refresh_if_due(web)
    web.pages.clear()
    clock.moment += timedelta(days=4)
    assert await lists.refresh_if_due(web)
    assert sorted(f.pointer for f in lists.findings(clock.moment)) == ["/DE", "/ES", "/EU"]
    assert len(lists.anchors) == 2
    # Another attempt waits a while.
    clock.moment += timedelta(minutes=5)
    assert not await lists.refresh_if_due(web)


@pytest.mark.parametrize("address", [TOP, ES])
async def test_a_list_that_was_tampered_with_is_never_taken(
    pki: TestPki, tmp_path: Path, clock: Clock, web: Web, address: str
) -> None:
    web.pages[address] = web.pages[address].replace("Test ", "Best ", 1)
    lists = the_lists(pki, tmp_path, clock)
    await lists.refresh_if_due(web)
    assert lists.anchors == ()


async def test_a_list_signed_by_somebody_else_is_never_taken(
    pki: TestPki, tmp_path: Path, clock: Clock, web: Web
) -> None:
    web.pages[ES] = national_list(pki, *services(pki), at=NOW, signer="other")
    lists = the_lists(pki, tmp_path, clock)
    await lists.refresh_if_due(web)
    assert lists.anchors == ()


async def test_lists_come_over_http_from_this_machine_and_else_only_over_tls(
    pki: TestPki, tmp_path: Path, clock: Clock
) -> None:
    pki.documents["/es.xml"] = national_list(pki, *services(pki), at=NOW).encode()
    top = list_of_lists(pki, [("ES", f"{pki.url}/es.xml")], at=NOW)
    pki.documents["/eu.xml"] = top.encode()
    lists = TrustedLists(
        tmp_path / "lists",
        clock,
        max_age=timedelta(days=3),
        every=timedelta(hours=6),
        address=f"{pki.url}/eu.xml",
        signers=[pki.certificate("list-operator")],
    )
    async with httpx.AsyncClient(trust_env=False) as http:
        documents = PublicDocuments(http)
        assert await lists.refresh_if_due(documents.text)
        with pytest.raises(NotFetched, match="not an address of https"):
            await documents.text("http://lists.example/es.xml")
        with pytest.raises(NotFetched):
            await documents.text(f"{pki.url}/nothing-here.xml")
    assert len(lists.anchors) == 2


# Together with what is configured


async def test_listed_authorities_are_trusted_beside_configured_ones(
    pki: TestPki, tmp_path: Path, clock: Clock, web: Web
) -> None:
    lists = the_lists(pki, tmp_path, clock)
    anchors = tmp_path / "anchors.pem"
    anchors.write_bytes(pki.certificate_pem("stranger"))
    trusted = Trusted(anchors, development_seals=None, clock=clock, lists=lists)
    before = trusted.store
    await lists.refresh_if_due(web)
    after = trusted.store
    assert (len(before.anchors), len(after.anchors)) == (1, 3)
    assert trusted.store is after


def counted(folder: StatusFolder) -> tuple[int, int]:
    return len(folder.material.lists), len(folder.material.responses)


def test_stored_answers_are_read_again_when_they_change(pki: TestPki, tmp_path: Path) -> None:
    folder = StatusFolder(tmp_path)
    assert counted(folder) == (0, 0)
    (tmp_path / "issuing.crl").write_bytes(pki.crl("issuing", NOW))
    (tmp_path / "nonsense.crl").write_bytes(b"nonsense")
    (tmp_path / "seal.ocsp").write_bytes(pki.ocsp_response("seal-rsa", NOW))
    assert counted(folder) == (1, 1)
    assert folder.material is folder.material
    (tmp_path / "seal.ocsp").unlink()
    assert counted(folder) == (1, 0)

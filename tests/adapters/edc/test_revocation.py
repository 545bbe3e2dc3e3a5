"""What authorities say of certificates: asked once, kept as long as it holds, checked each time."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from app.adapters.edc.pki.fetching import FetchFailed, Question, Web
from app.adapters.edc.pki.issuers import Issuers
from app.adapters.edc.pki.revocation import Revocation, Said, needs_no_word
from app.adapters.edc.pki.trust import PathStatus, Purpose
from app.domain.credentials.levels import RevocationUnknown, SealNotExtensible
from tests.adapters.edc.seals import a_seal, the_authority
from tests.adapters.issuing.raising import SetClock, a_web
from tests.pki.authority import TestPki

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


@pytest.fixture
def clock(pki: TestPki):
    pki.requests.clear()
    yield SetClock(NOW, pki)
    pki.now = None
    pki.broken.clear()


@pytest.fixture
async def web():
    async with a_web(seconds=60) as opened:
        yield opened


async def about(revocation: Revocation, pki: TestPki, label: str = "seal-rsa", **more: Any) -> Said:
    return await revocation.about(pki.certificate(label), pki.certificate("issuing"), **more)


class Changed:
    """Somebody in between who answers with something else."""

    def __init__(self, web: Web, answers: dict[str, bytes]) -> None:
        self._web = web
        self._answers = answers

    async def ask(self, question: Question) -> bytes:
        for part, answer in self._answers.items():
            if part in question.url:
                return answer
        return await self._web.ask(question)


async def test_a_responder_says_it_of_one_certificate(
    pki: TestPki, web: Web, clock: SetClock
) -> None:
    said = await about(Revocation(web, clock), pki)
    assert (said.is_ocsp, said.statement.revoked_at, said.statement.this_update) == (
        True,
        None,
        NOW,
    )
    assert [c for c in said.responders if needs_no_word(c)] == [
        pki.certificate("responder-issuing")
    ]


async def test_a_revoked_one_is_told_with_its_date(pki: TestPki, web: Web, clock: SetClock) -> None:
    said = await about(Revocation(web, clock), pki, "seal-revoked")
    assert said.statement.revoked_at == datetime(2026, 6, 1, tzinfo=UTC)


async def test_an_answer_is_asked_for_once_and_kept_while_it_holds(
    pki: TestPki, web: Web, clock: SetClock
) -> None:
    revocation = Revocation(web, clock)
    first = await about(revocation, pki)
    clock.pass_(timedelta(days=6))
    assert (await about(revocation, pki)).der == first.der
    assert len(pki.requests) == 1
    clock.pass_(timedelta(days=2))
    assert (await about(revocation, pki)).statement.this_update == clock.now()
    assert len(pki.requests) == 2


async def test_what_was_asked_before_does_not_count_where_it_must_not(
    pki: TestPki, web: Web, clock: SetClock
) -> None:
    revocation = Revocation(web, clock)
    await about(revocation, pki)
    clock.pass_(timedelta(minutes=1))
    stamped = clock.now()
    later = await about(revocation, pki, asked_after=stamped)
    assert later.statement.this_update == stamped
    assert (await about(revocation, pki, asked_after=stamped)).der == later.der
    assert len(pki.requests) == 2


async def test_where_no_responder_answers_the_list_of_the_authority_does(
    pki: TestPki, web: Web, clock: SetClock
) -> None:
    lists_only = Changed(web, {"/ocsp/": b"nonsense"})
    said = await about(Revocation(lists_only, clock), pki)
    assert (said.is_ocsp, said.statement.revoked_at) == (False, None)
    revoked = await about(Revocation(lists_only, clock), pki, "seal-revoked")
    assert revoked.statement.revoked_at == datetime(2026, 6, 1, tzinfo=UTC)


async def test_when_nobody_answers_it_says_who_was_asked(
    pki: TestPki, web: Web, clock: SetClock
) -> None:
    pki.broken.add("issuing")
    with pytest.raises(RevocationUnknown) as unknown:
        await about(Revocation(web, clock), pki)
    assert unknown.value.detail.count("it answers 503") == 2


@pytest.mark.parametrize("answers", ["of another", "of yesterday", "of another authority"])
async def test_answers_that_prove_nothing_are_not_kept(
    pki: TestPki, web: Web, clock: SetClock, answers: str
) -> None:
    changed = {
        "of another": {
            "/ocsp/": pki.ocsp_response("seal-ec", NOW),
            "/crls/": pki.crl("root", NOW),
        },
        "of yesterday": {
            "/ocsp/": pki.ocsp_response("seal-rsa", NOW - timedelta(days=8)),
            "/crls/": pki.crl("issuing", NOW - timedelta(days=61)),
        },
        "of another authority": {
            "/ocsp/": pki.ocsp_response("seal-other", NOW),
            "/crls/": pki.crl("other", NOW),
        },
    }[answers]
    with pytest.raises(RevocationUnknown):
        await about(Revocation(Changed(web, changed), clock), pki)


async def test_a_certificate_that_names_nobody_cannot_be_asked_about(
    web: Web, clock: SetClock
) -> None:
    leaf = a_seal().certificate_chain[0]
    with pytest.raises(SealNotExtensible, match="names nobody"):
        await Revocation(web, clock).about(leaf, the_authority().certificate)


# Certificates in between


async def test_an_issuer_that_did_not_come_along_is_fetched_once(
    pki: TestPki, web: Web, clock: SetClock
) -> None:
    issuers = Issuers(web)
    for _ in range(2):
        path = await issuers.path(pki.certificate("seal-rsa"), (), NOW, pki.trust(), Purpose.SEALS)
        assert (path.status, path.chain) == (PathStatus.TRUSTED, pki.chain("seal-rsa"))
    assert pki.requests == ["/pki/certs/issuing/ca.crt"]


async def test_a_chain_to_a_stranger_stays_unknown(pki: TestPki, web: Web, clock: SetClock) -> None:
    path = await Issuers(web).path(
        pki.certificate("seal-other"), (), NOW, pki.trust(), Purpose.SEALS
    )
    assert path.status is PathStatus.UNKNOWN


@pytest.mark.parametrize("form", ["der", "pem", "nonsense"])
async def test_an_issuer_in_any_form_or_in_none(
    pki: TestPki, web: Web, clock: SetClock, form: str
) -> None:
    issuing: x509.Certificate = pki.certificate("issuing")
    answer = {
        "der": issuing.public_bytes(Encoding.DER),
        "pem": issuing.public_bytes(Encoding.PEM),
        "nonsense": b"<html>",
    }[form]
    path = await Issuers(Changed(web, {"/certs/": answer})).path(
        pki.certificate("seal-rsa"), (), NOW, pki.trust(), Purpose.SEALS
    )
    expected = PathStatus.UNKNOWN if form == "nonsense" else PathStatus.TRUSTED
    assert path.status is expected


async def test_an_issuer_that_is_not_to_be_had_leaves_the_chain_unknown(
    pki: TestPki, web: Web, clock: SetClock
) -> None:
    class Deaf:
        async def ask(self, question: Question) -> bytes:
            raise FetchFailed("no answer")

    path = await Issuers(Deaf()).path(
        pki.certificate("seal-rsa"), (), NOW, pki.trust(), Purpose.SEALS
    )
    assert path.status is PathStatus.UNKNOWN

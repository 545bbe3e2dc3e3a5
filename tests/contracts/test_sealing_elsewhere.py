"""Seals of every kind at work: what is looked at before, and what is brought back from elsewhere.

With keys of the test PKI. Where somebody signs elsewhere, it is openssl, or another program's file.
"""

import base64
import json
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from app.adapters.edc.contents import at
from app.adapters.edc.pki.trust import TrustStore
from app.adapters.edc.seal import jades
from app.adapters.edc.seal.jades_levels import certificate_values, encoded
from app.adapters.edc.seal.opened import is_canonical
from app.adapters.edc.seal.seals import LocalSealKey, SealKey
from app.adapters.issuing.keys import ConfiguredSeals
from app.adapters.issuing.making import Maker
from app.adapters.issuing.preflight import Reachable
from app.adapters.issuing.sealing import EdcSealing
from app.adapters.issuing.standing import Standings
from app.adapters.issuing.status_folder import StatusFolder
from app.adapters.issuing.trusted import RecognisedInstitutions
from app.adapters.issuing.verifier import EdcVerifier
from app.domain.clock import Clock
from app.domain.credentials.seal import (
    Brought,
    PreparedSeal,
    QualificationClaim,
    SealDoubtful,
    SealIsElsewhere,
    SealUnavailable,
    SignatureRefused,
)
from app.domain.credentials.verification import CheckName, CheckStatus
from app.domain.errors import Finding
from tests.contracts.test_sealing import an_order, nothing
from tests.csc_service import running
from tests.issuing_builders import TickingClock, issued_by
from tests.pki.authority import TestPki
from tests.seal_keepers import make_token, remote_key, service_for, token_key

URL = "https://micro.example"


@dataclass
class TestTrust:
    store: TrustStore
    __test__ = False


def local(pki: TestPki, label: str, alg: str) -> LocalSealKey:
    return LocalSealKey(alg, pki.chain(label))


def sealing_with(
    pki: TestPki, clock: Clock, key: SealKey, *, reachable: Reachable = tuple, **settings
) -> EdcSealing:
    code = settings.pop("institution", "UNIOVI")
    keys = ConfiguredSeals({code: {"default": lambda: key}})
    settings = {"production": True, "qualified_only": True, **settings}
    maker = Maker(keys, TestTrust(pki.trust()), public_url=URL, **settings)
    return EdcSealing(maker, clock, reachable=reachable)


@pytest.fixture(scope="module")
def clock() -> TickingClock:
    return TickingClock()


@pytest.fixture(scope="module", params=["token", "remote"])
def far_key(
    request: pytest.FixtureRequest, pki: TestPki, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[SealKey]:
    with ExitStack() as stack:
        if request.param == "token":
            module = make_token(tmp_path_factory.getbasetemp() / "softhsm", pki)
            yield token_key(module, pki, "ES256")
        else:
            # Its clock is the machine's, ours that of the story: what it says is not compared.
            service = stack.enter_context(running(service_for(pki, "PS256")))
            http = stack.enter_context(httpx.Client(timeout=30))
            yield remote_key(service, http, "PS256")


async def test_keys_far_away_seal_as_files_do(pki: TestPki, clock, far_key: SealKey) -> None:
    issued = await issued_by(sealing_with(pki, clock, far_key), an_order(clock))
    found = await verifier(pki).verify(issued.document, now=clock.now(), status=nothing)
    assert found.check(CheckName.SEAL).status is CheckStatus.OK
    assert issued.organisation_identifier == "VATES-Q0000000X"


async def test_the_time_of_sealing_stands_where_the_settings_say(pki: TestPki, clock) -> None:
    headers = {}
    for setting in ("iat", "sigT"):
        sealing = sealing_with(pki, clock, pki.seal_key(), time_header=setting)
        issued = await issued_by(sealing, an_order(clock))
        protected = json.loads(issued.document)["signatures"][0]["protected"]
        header = json.loads(base64.urlsafe_b64decode(protected + "=="))
        headers[setting] = sorted({"iat", "sigT"} & header.keys())
    assert headers == {"iat": ["iat"], "sigT": ["sigT"]}


async def test_the_same_bytes_are_validated_once_and_what_learners_share_twice(
    pki: TestPki, clock
) -> None:
    sealing = sealing_with(pki, clock, pki.seal_key())
    for _ in range(4):
        await issued_by(sealing, an_order(clock))
    # The first two: of the second a mould is made, and the others differ in what is their own.
    assert sealing._maker.verdicts.validated == 2


async def test_an_institution_may_have_several_seals(pki: TestPki, clock) -> None:
    keys = ConfiguredSeals(
        {
            "UNIOVI": {
                "rectorate": lambda: local(pki, "seal-ec", "ES256"),
                "office": lambda: pki.seal_key(),
            }
        }
    )
    sealing = EdcSealing(
        Maker(keys, TestTrust(pki.trust()), public_url=URL, production=True), clock
    )
    assert [
        (one.name, one.is_default, one.local, one.algorithm, one.findings, one.claims)
        for one in await sealing.seals()
    ] == [
        ("rectorate", True, True, "ES256", (), QualificationClaim.SEAL_IN_DEVICE),
        ("office", False, False, "RS256", (), QualificationClaim.SEAL_IN_DEVICE),
    ]
    by_office = await issued_by(sealing, an_order(clock, seal="office"))
    assert (
        by_office.certificate_sha256 == (await sealing.facts("UNIOVI", "office")).certificate_sha256
    )
    with pytest.raises(SealIsElsewhere):
        await issued_by(sealing, an_order(clock))
    with pytest.raises(SealUnavailable, match="of the name chancellery"):
        await issued_by(sealing, an_order(clock, seal="chancellery"))


@pytest.mark.parametrize(
    ("label", "doubts"),
    [
        ("seal-rsa", []),
        ("seal-ec", []),
        ("seal-without-device", []),
        ("seal-expired", ["certificate_expired"]),
        ("seal-unqualified", ["certificate_not_qualified"]),
        ("seal-not-compliant", ["certificate_not_qualified"]),
        ("seal-esign", ["certificate_of_other_kind"]),
        ("seal-web", ["certificate_of_other_kind"]),
        ("seal-encipherment", ["certificate_not_for_sealing"]),
        ("seal-without-identifier", ["certificate_incomplete"]),
        ("seal-revoked", ["certificate_revoked"]),
        ("seal-other", ["chain_not_trusted"]),
    ],
)
async def test_whatever_is_doubtful_about_a_seal_keeps_it_from_being_used(
    pki: TestPki, clock, tmp_path: Path, label: str, doubts: list[str]
) -> None:
    (tmp_path / "issuing.crl").write_bytes(pki.crl("issuing", clock.now()))
    standings = Standings(StatusFolder(tmp_path))
    sealing = sealing_with(pki, clock, pki.seal_key(label), standings=standings)
    facts = await sealing.facts("UNIOVI")
    # A certificate that is wrong in one way may leave its path open as well.
    assert [f.code for f in facts.findings][: len(doubts) or 1] == doubts
    if not doubts:
        await issued_by(sealing, an_order(clock))
        return
    with pytest.raises(SealDoubtful, match=doubts[0]):
        await issued_by(sealing, an_order(clock))


async def test_a_deployment_may_take_certificates_that_claim_no_qualification(
    pki: TestPki, clock
) -> None:
    unqualified = sealing_with(pki, clock, pki.seal_key("seal-unqualified"), qualified_only=False)
    assert (await unqualified.facts("UNIOVI")).findings == ()
    of_a_person = sealing_with(pki, clock, pki.seal_key("seal-esign"), qualified_only=False)
    assert [f.code for f in (await of_a_person.facts("UNIOVI")).findings] == [
        "certificate_of_other_kind"
    ]


async def test_a_certificate_of_somebody_elses_number_is_doubtful(pki: TestPki, clock) -> None:
    sealing = sealing_with(pki, clock, pki.seal_key("seal-karlsruhe"), institution="HKA")
    assert [f.code for f in (await sealing.facts("HKA")).findings] == [
        "identifier_of_other_institution"
    ]


async def test_a_clock_before_this_program_was_made_is_doubtful(pki: TestPki) -> None:
    early = TickingClock(datetime(2026, 10, 1, tzinfo=UTC))
    facts = await sealing_with(pki, early, pki.seal_key()).facts("UNIOVI")
    assert [f.code for f in facts.findings] == ["clock_wrong"]


async def test_authorities_that_do_not_answer_are_among_the_doubts(pki: TestPki, clock) -> None:
    silent = Finding("", "timestamps_unreachable", "No authority of timestamps answers.")
    sealing = sealing_with(pki, clock, pki.seal_key(), reachable=lambda: [silent])
    assert (await sealing.facts("UNIOVI")).findings == (silent,)


# Signed elsewhere


@pytest.fixture(scope="module", params=["RS256", "ES256"])
def elsewhere(request: pytest.FixtureRequest, pki: TestPki, clock) -> tuple[EdcSealing, str]:
    label = {"RS256": "seal-rsa", "ES256": "seal-ec"}[request.param]
    return sealing_with(pki, clock, local(pki, label, request.param)), label


@pytest.fixture(scope="module")
async def prepared(elsewhere, clock) -> PreparedSeal:
    made: PreparedSeal = await elsewhere[0].prepare(an_order(clock))
    return made


def signed_by_openssl(prepared: PreparedSeal, pki: TestPki, label: str, folder: Path) -> bytes:
    if shutil.which("openssl") is None:
        pytest.skip("needs openssl")
    (folder / "key.pem").write_bytes(pki.key_pem(label))
    (folder / "input.bin").write_bytes(prepared.signing_input)
    made = subprocess.run(
        ["openssl", "dgst", "-sha256", "-sign", "key.pem", "input.bin"],
        cwd=folder,
        check=True,
        capture_output=True,
    )
    return made.stdout


async def test_what_openssl_signs_is_a_credential_like_any_other(
    pki: TestPki, clock, elsewhere, prepared: PreparedSeal, tmp_path: Path
) -> None:
    sealing, label = elsewhere
    signature = signed_by_openssl(prepared, pki, label, tmp_path)
    issued = await sealing.attach(prepared, Brought(signature))
    found = await verifier(pki).verify(issued.document, now=clock.now(), status=nothing)
    assert found.check(CheckName.SEAL).status is CheckStatus.OK
    assert found.check(CheckName.ISSUER_TRUST).status is CheckStatus.OK
    assert json.loads(issued.document)["payload"].encode() == prepared.payload
    assert (list(issued.images), issued.issued_at) == (["en", "es"], prepared.prepared_at)


def by_another_program(
    prepared: PreparedSeal,
    pki: TestPki,
    label: str,
    *,
    payload: bytes | None = None,
    after: timedelta = timedelta(seconds=1),
) -> bytes:
    """A whole file with a header of its own."""
    moment = prepared.prepared_at + after
    key = pki.seal_key(label)
    return jades.seal(payload or prepared.payload, key, moment, time_header="sigT")


async def test_a_whole_file_of_another_program_is_kept_as_it_is(
    pki: TestPki, elsewhere, prepared: PreparedSeal
) -> None:
    sealing, label = elsewhere
    document = by_another_program(prepared, pki, label)
    issued = await sealing.attach(prepared, Brought(document=document))
    assert issued.document == document


async def test_a_file_with_blanks_and_an_empty_list_is_kept_in_our_own_form(
    pki: TestPki, elsewhere, prepared: PreparedSeal
) -> None:
    sealing, label = elsewhere
    document = by_another_program(prepared, pki, label)
    parts = json.loads(document)
    indented = json.dumps(parts, indent=2).encode()
    parts["signatures"][0]["header"] = {"etsiU": []}
    empty = json.dumps(parts).encode()
    for other in (indented, empty):
        issued = await sealing.attach(prepared, Brought(document=other))
        assert issued.document == document


def beside(document: bytes, *entries: object) -> bytes:
    parts = json.loads(document)
    parts["signatures"][0]["header"] = {"etsiU": list(entries)}
    return json.dumps(parts, indent=1).encode()


async def test_what_stands_beside_a_seal_is_kept_as_it_stands_in_our_own_form(
    pki: TestPki, elsewhere, prepared: PreparedSeal
) -> None:
    sealing, label = elsewhere
    root = pki.seal_key(label).certificate_chain[-1].public_bytes(Encoding.DER)
    values = certificate_values([root])
    text = encoded(values)
    document = by_another_program(prepared, pki, label)
    issued = await sealing.attach(prepared, Brought(document=beside(document, text, values)))
    outer = json.loads(issued.document)
    assert outer["signatures"][0]["header"] == {"etsiU": [text, values]}
    assert is_canonical(outer, issued.document)


async def test_nothing_that_is_no_part_of_a_seal_is_kept_beside_it(
    pki: TestPki, elsewhere, prepared: PreparedSeal
) -> None:
    sealing, label = elsewhere
    document = by_another_program(prepared, pki, label)
    large = {"xVals": [{"otherCert": "x" * 60_000}]}
    told = []
    for entries in ([{f"p{n}": "x" * 60_000} for n in range(60)], [{"cSig": "x"}], [large] * 40):
        with pytest.raises(SignatureRefused) as refused:
            await sealing.attach(prepared, Brought(document=beside(document, *entries)))
        told.append([finding.code for finding in refused.value.findings])
    assert told == [["property_not_kept"], ["property_not_kept"], ["properties_too_large"]]


def spoilt(prepared: PreparedSeal, pki: TestPki, label: str) -> dict[str, tuple[Brought, str]]:
    other = "seal-ec" if label == "seal-rsa" else "seal-rsa"
    good = by_another_program(prepared, pki, label)
    parts = json.loads(good)
    last = json.dumps({"signatures": parts["signatures"], "payload": parts["payload"]}).encode()
    key = pki.seal_key(label)
    return {
        "another key": (
            Brought(pki.seal_key(other).sign(prepared.signing_input)),
            "signature_wrong",
        ),
        "other bytes": (Brought(key.sign(prepared.payload)), "signature_wrong"),
        "nothing": (Brought(b""), "signature_wrong"),
        "no file": (Brought(document=b"{"), "not_json"),
        "an unsealed file": (Brought(document=prepared.payload), "not_a_seal"),
        "a changed credential": (
            Brought(
                document=by_another_program(
                    prepared, pki, label, payload=prepared.payload.replace(b"Pass", b"Best", 1)
                )
            ),
            "payload_changed",
        ),
        "another certificate": (
            Brought(document=by_another_program(prepared, pki, other)),
            "other_certificate",
        ),
        "payload last": (Brought(document=last), "not_for_europass"),
        "before it was prepared": (
            Brought(document=by_another_program(prepared, pki, label, after=timedelta(hours=-1))),
            "time_impossible",
        ),
        "in the future": (
            Brought(document=by_another_program(prepared, pki, label, after=timedelta(days=1))),
            "time_impossible",
        ),
        "a spoilt signature": (
            Brought(document=good.replace(b'"signature":"', b'"signature":"AAAA')),
            "seal_broken",
        ),
    }


async def test_what_is_not_the_seal_of_what_was_prepared_is_refused_with_the_reason(
    pki: TestPki, elsewhere, prepared: PreparedSeal
) -> None:
    sealing, label = elsewhere
    reasons, expected = {}, {}
    for name, (brought, code) in spoilt(prepared, pki, label).items():
        with pytest.raises(SignatureRefused) as refusal:
            await sealing.attach(prepared, brought)
        reasons[name] = refusal.value.findings[0].code
        expected[name] = code
    assert reasons == expected


async def test_a_seal_that_was_replaced_meanwhile_takes_nothing_back(
    pki: TestPki, clock, tmp_path: Path
) -> None:
    before = await sealing_with(pki, clock, local(pki, "seal-rsa", "RS256")).prepare(
        an_order(clock)
    )
    signature = pki.seal_key("seal-rsa").sign(before.signing_input)
    renewed = sealing_with(pki, clock, local(pki, "seal-without-device", "RS256"))
    with pytest.raises(SignatureRefused, match="certificate_replaced"):
        await renewed.attach(before, Brought(signature))


async def test_a_seal_that_has_become_doubtful_takes_nothing_back(pki: TestPki, clock) -> None:
    key = local(pki, "seal-rsa", "RS256")
    before = await sealing_with(pki, clock, key).prepare(an_order(clock))
    later = TickingClock(datetime(2037, 1, 1, tzinfo=UTC))
    signature = pki.seal_key("seal-rsa").sign(before.signing_input)
    with pytest.raises(SealDoubtful, match="certificate_expired"):
        await sealing_with(pki, later, key).attach(before, Brought(signature))


# Not sealed at all


async def test_the_file_for_the_commissions_issuer_needs_no_seal_and_says_the_same(
    pki: TestPki, clock
) -> None:
    nobodys = EdcSealing(
        Maker(ConfiguredSeals({}), TestTrust(pki.trust()), public_url=URL, production=True), clock
    )
    order = an_order(clock)
    upload = json.loads(await nobodys.unsealed(order))
    sealed = await issued_by(sealing_with(pki, clock, pki.seal_key()), order)
    credential = json.loads(json.loads(sealed.document)["payload"])
    assert upload.keys() == {"credential", "deliveryDetails"}
    assert upload["deliveryDetails"] == {"deliveryAddress": ["zoe@example.org"]}
    assert credential.keys() - upload["credential"].keys() == {"@context", "issuer"}
    person, certified = (c["credentialSubject"] for c in (upload["credential"], credential))
    assert {name: person[name] for name in person if name != "hasClaim"} == {
        name: certified[name] for name in certified if name != "hasClaim"
    }
    for path in (("title",), ("provenBy", "grade"), ("specifiedBy", "learningOutcome")):
        assert at(person["hasClaim"], *path) == at(certified["hasClaim"], *path) is not None


async def test_nothing_is_delivered_to_whom_no_address_is_known(pki: TestPki, clock) -> None:
    sealing = sealing_with(pki, clock, pki.seal_key())
    order = an_order(clock)
    holder = replace(order.award.holder, email=None)
    order = replace(order, award=replace(order.award, holder=holder))
    assert json.loads(await sealing.unsealed(order)).keys() == {"credential"}


def verifier(pki: TestPki) -> EdcVerifier:
    return EdcVerifier(TestTrust(pki.trust()), RecognisedInstitutions(None))

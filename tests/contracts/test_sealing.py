"""What every way of sealing promises, and every verifier: with PKCS #12 files, with development
seals, and with seals that live in memory."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from hashlib import sha256
from io import BytesIO
from pathlib import Path

import pytest
from cryptography import x509
from PIL import Image

from app.adapters.edc.elm.format_cache import OfficialFindings
from app.adapters.edc.pki.authorities import SealSubject, as_pkcs12, new_authority, new_rsa_key
from app.adapters.edc.pki.trust import as_pem
from app.adapters.issuing.keys import DevelopmentSeals, FolderSeals, SealKeys
from app.adapters.issuing.making import Maker
from app.adapters.issuing.sealing import EdcSealing
from app.adapters.issuing.trusted import (
    RecognisedInstitutions,
    SettingUnusable,
    Trusted,
    TrustSource,
)
from app.adapters.issuing.verifier import EdcVerifier
from app.adapters.memory.seals import ThrowAwaySeals
from app.adapters.reference import alliance, partners
from app.domain.clock import Clock
from app.domain.credentials.profile.validation import UNANSWERED
from app.domain.credentials.seal import (
    DocumentInvalid,
    IssuedCredential,
    IssuingOrder,
    SealDoubtful,
    SealUnavailable,
    ShapesUnanswered,
)
from app.domain.credentials.status import CredentialState, PublicStatus
from app.domain.credentials.verification import CheckName, CheckStatus, Verdict
from app.domain.errors import Finding
from app.domain.ids import new_id
from tests.issuing_builders import (
    NOW,
    PNG,
    TickingClock,
    an_award,
    issued_by,
    the_micro_credential,
    the_specification,
)

pytestmark = pytest.mark.filterwarnings("ignore:.* seals with a development seal:UserWarning")

URL = "https://micro.example"
PASSWORD = "of a test"
IDENTIFIER = "VATES-Q0000000A"


@dataclass
class Workshop:
    """One way of sealing, and who verifies what comes out of it."""

    keys: SealKeys
    trusted: TrustSource
    clock: TickingClock

    def sealing(self, *, production: bool = False) -> EdcSealing:
        return EdcSealing(
            Maker(self.keys, self.trusted, public_url=URL, production=production), self.clock
        )

    def verifier(self, register: RecognisedInstitutions | None = None) -> EdcVerifier:
        return EdcVerifier(self.trusted, register or RecognisedInstitutions(None))


def folder_with_a_seal(folder: Path, clock: TickingClock) -> Workshop:
    """As in production: a file per institution, and anchors that the operator names."""
    now = clock.now()
    authority = new_authority(
        "Authority of a test", valid_from=now - timedelta(days=9), valid_until=now.replace(2040)
    )
    key = new_rsa_key()
    certificate = authority.issue(
        SealSubject("Universidad de Oviedo", "Sello de la Universidad", "ES", IDENTIFIER),
        key,
        valid_from=now - timedelta(days=9),
        valid_until=now + timedelta(days=90),
    )
    seals = folder / "seals"
    seals.mkdir()
    (seals / "UNIOVI.p12").write_bytes(as_pkcs12(key, certificate, [], PASSWORD))
    anchors = folder / "anchors.pem"
    anchors.write_bytes(as_pem(authority.certificate))
    trusted = Trusted(anchors, development_seals=None, clock=clock)
    return Workshop(FolderSeals(seals, PASSWORD), trusted, clock)


@pytest.fixture(scope="module", params=["pkcs12", "development", "memory"])
def workshop(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Workshop]:
    folder, clock = tmp_path_factory.mktemp("seals"), TickingClock()
    match request.param:
        case "pkcs12":
            yield folder_with_a_seal(folder, clock)
        case "development":
            yield Workshop(
                DevelopmentSeals(folder, clock),
                Trusted(None, development_seals=folder, clock=clock),
                clock,
            )
        case _:
            seals = ThrowAwaySeals(clock)
            yield Workshop(seals, seals, clock)


def an_order(clock: Clock, **changes) -> IssuingOrder:
    micro_credential = changes.pop("micro_credential", the_micro_credential())
    return replace(
        IssuingOrder(
            credential=new_id(),
            award=an_award(new_id(), micro_credential),
            micro_credential=micro_credential,
            institutions=tuple(partners()),
            alliance=alliance(),
            issued_at=clock.now(),
        ),
        **changes,
    )


async def nothing(credential):
    return None


@pytest.fixture(scope="module")
async def made(workshop: Workshop) -> tuple[IssuingOrder, IssuedCredential]:
    """One credential of each workshop, for those who only look at it."""
    order = an_order(workshop.clock)
    return order, await issued_by(workshop.sealing(), order)


async def test_what_is_issued_says_of_whom_by_whom_and_verifies(workshop, made):
    order, issued = made
    assert issued.document.startswith(b'{"payload":"')
    assert sha256(issued.document).hexdigest() == issued.sha256
    found = await workshop.verifier().verify(
        issued.document, now=workshop.clock.now(), status=nothing
    )
    assert found.verdict is Verdict.VERIFIED
    assert (found.contents.id, found.contents.holder) == (order.urn, "Zoë Ñandú")
    assert len(found.contents.awarding_bodies) == 3
    assert found.development is issued.development


async def test_the_issuer_is_who_the_certificate_names(workshop, made):
    _, issued = made
    facts = await workshop.sealing().facts("UNIOVI")
    document = json.loads(json.loads(issued.document)["payload"])
    assert document["issuer"]["legalName"] == {"es": facts.organisation}
    assert document["issuer"]["eIDASIdentifier"]["notation"] == facts.organisation_identifier
    assert (issued.organisation, issued.organisation_identifier, issued.certificate_sha256) == (
        facts.organisation,
        facts.organisation_identifier,
        facts.certificate_sha256,
    )
    assert document["issued"] == document["validFrom"] == document["issuanceDate"]


async def test_there_is_one_image_per_display_language_and_it_is_inside(workshop, made):
    _, issued = made
    assert list(issued.images) == ["en", "es"]
    assert issued.images["en"] != issued.images["es"]
    for image in issued.images.values():
        assert image.startswith(PNG)
        with Image.open(BytesIO(image)) as picture:
            assert picture.width < picture.height
    displays = json.loads(json.loads(issued.document)["payload"])["displayParameter"]
    assert len(displays["individualDisplay"]) == 2


async def test_nothing_changed_verifies(workshop, made):
    _, issued = made
    forged = issued.document.replace("Zoë Ñandú".encode(), b"Mallory M.")
    assert forged != issued.document
    found = await workshop.verifier().verify(forged, now=workshop.clock.now(), status=nothing)
    assert found.verdict is Verdict.FAILED
    assert found.check(CheckName.SEAL).code == "seal_broken"


async def test_a_credential_of_a_stranger_is_of_an_unknown_issuer_and_not_wrong(workshop):
    stranger = ThrowAwaySeals(workshop.clock)
    foreign = EdcSealing(
        Maker(stranger, stranger, public_url=URL, production=False), workshop.clock
    )
    issued = await issued_by(foreign, an_order(workshop.clock))
    found = await workshop.verifier().verify(
        issued.document, now=workshop.clock.now(), status=nothing
    )
    trust = found.check(CheckName.ISSUER_TRUST)
    assert (found.verdict, trust.status, trust.code) == (
        Verdict.PARTIALLY_VERIFIED,
        CheckStatus.WARNING,
        "unknown_issuer",
    )


async def test_our_register_is_asked_about_the_credential_that_the_file_names(workshop, made):
    order, issued = made
    asked = []

    async def revoked(credential):
        asked.append(credential)
        return PublicStatus(
            credential,
            CredentialState.REVOKED,
            NOW,
            certificate_sha256=issued.certificate_sha256,
        )

    found = await workshop.verifier().verify(
        issued.document, now=workshop.clock.now(), status=revoked
    )
    assert asked == [order.credential]
    assert (found.verdict, found.check(CheckName.REVOCATION).code) == (Verdict.FAILED, "revoked")
    assert [check.name for check in found.checks] == list(CheckName)


@pytest.mark.parametrize(
    "raw", [b"", b"{}", b"[1]", b"\xff\xfe", b'{"payload":"x","signatures":[]}', b"[" * 100_000]
)
async def test_hostile_bytes_are_a_finding_and_no_exception(workshop, raw):
    found = await workshop.verifier().verify(raw, now=NOW, status=nothing)
    assert found.verdict is Verdict.FAILED
    assert found.check(CheckName.FORMAT).status is CheckStatus.ERROR


async def test_what_does_not_follow_the_profile_is_not_sealed(workshop):
    lacking = the_specification(summary_public={})
    lacking = replace(lacking, academic=replace(lacking.academic, title={"en": " "}))
    order = an_order(workshop.clock, micro_credential=the_micro_credential(lacking))
    findings = await workshop.sealing().rehearse(order)
    assert findings
    with pytest.raises(DocumentInvalid) as refusal:
        await issued_by(workshop.sealing(), order)
    assert refusal.value.findings == tuple(findings)
    assert "Ñandú" not in str(refusal.value)


async def test_a_rehearsal_of_what_is_right_finds_nothing(workshop):
    assert list(await workshop.sealing().rehearse(an_order(workshop.clock))) == []


async def test_nobody_seals_for_an_institution_without_a_seal(workshop):
    for unknown in ("NOBODY", "../UNIOVI"):
        with pytest.raises(SealUnavailable):
            await workshop.sealing().facts(unknown)
        with pytest.raises(SealUnavailable):
            await workshop.sealing().root(unknown)


async def test_after_the_certificate_has_expired_nothing_is_sealed(workshop):
    facts = await workshop.sealing().facts("UNIOVI")
    assert facts.findings == ()
    late = an_order(workshop.clock, issued_at=facts.valid_until + timedelta(days=1))
    with pytest.raises(SealDoubtful) as refusal:
        await issued_by(workshop.sealing(), late)
    assert "certificate_expired" in {finding.code for finding in refusal.value.findings}


async def test_the_root_that_is_handed_out_signed_the_seal_certificate(workshop):
    await workshop.sealing().facts("UNIOVI")
    root = x509.load_pem_x509_certificate(await workshop.sealing().root("UNIOVI"))
    leaf = workshop.keys.key("UNIOVI").certificate_chain[0]
    assert leaf.issuer == root.subject
    leaf.verify_directly_issued_by(root)


async def test_seals_are_listed_with_their_facts(workshop):
    facts = await workshop.sealing().facts("UNIOVI")
    listed = await workshop.sealing().seals()
    names = workshop.keys.names("UNIOVI")
    assert await workshop.sealing().names("UNIOVI") == names
    assert await workshop.sealing().names("NOBODY") == ()
    assert [(seal.institution, seal.name, seal.is_default) for seal in listed] == [
        ("UNIOVI", name, name == names[0]) for name in names
    ]
    assert {seal.certificate_sha256 for seal in listed} == {facts.certificate_sha256}


async def test_production_does_not_seal_with_a_stand_in(workshop):
    sealing = workshop.sealing(production=True)
    facts = await sealing.facts("UNIOVI")
    if not facts.development:
        assert facts.findings == ()
        await issued_by(sealing, an_order(workshop.clock))
        return
    assert [finding.code for finding in facts.findings] == ["development_seal"]
    with pytest.raises(SealDoubtful, match="development_seal"):
        await issued_by(sealing, an_order(workshop.clock))


async def test_a_register_of_institutions_is_asked_and_never_knows_the_stand_in(
    workshop, made, tmp_path
):
    file = tmp_path / "register.csv"
    facts = await workshop.sealing().facts("UNIOVI")
    file.write_text(
        f"name,organisation_identifier\nOviedo,{facts.organisation_identifier}\n", "utf-8"
    )
    _, issued = made
    found = await workshop.verifier(RecognisedInstitutions(file)).verify(
        issued.document, now=workshop.clock.now(), status=nothing
    )
    assert found.check(CheckName.RECOGNISED_INSTITUTION).code == (
        "development_identifier" if facts.development else "recognised"
    )


async def test_a_seal_whose_authority_nobody_here_trusts_is_doubtful(tmp_path):
    workshop = folder_with_a_seal(tmp_path, TickingClock())
    elsewhere = ThrowAwaySeals(workshop.clock)
    sealing = EdcSealing(
        Maker(workshop.keys, elsewhere, public_url=URL, production=True), workshop.clock
    )
    facts = await sealing.facts("UNIOVI")
    assert [finding.code for finding in facts.findings] == ["chain_not_trusted"]
    with pytest.raises(SealDoubtful):
        await issued_by(sealing, an_order(workshop.clock))


async def test_a_renewed_file_is_used_without_a_restart(tmp_path):
    workshop = folder_with_a_seal(tmp_path, TickingClock())
    before = await workshop.sealing().facts("UNIOVI")
    (tmp_path / "renewal").mkdir()
    folder_with_a_seal(tmp_path / "renewal", workshop.clock)
    (tmp_path / "renewal" / "seals" / "UNIOVI.p12").replace(tmp_path / "seals" / "UNIOVI.p12")
    after = await workshop.sealing().facts("UNIOVI")
    assert after.certificate_sha256 != before.certificate_sha256


async def test_a_seal_that_cannot_be_read_is_left_out_of_the_list_and_not_the_others(tmp_path):
    workshop = folder_with_a_seal(tmp_path, TickingClock())
    (tmp_path / "seals" / "HKA.p12").write_bytes(b"rubbish")
    assert [seal.institution for seal in await workshop.sealing().seals()] == ["UNIOVI"]
    with pytest.raises(SealUnavailable):
        await workshop.sealing().facts("HKA")


async def test_a_wrong_password_is_said_without_repeating_it(tmp_path):
    workshop = folder_with_a_seal(tmp_path, TickingClock())
    keys = FolderSeals(tmp_path / "seals", "not the password")
    with pytest.raises(SealUnavailable) as refusal:
        await replace(workshop, keys=keys).sealing().facts("UNIOVI")
    assert "not the password" not in refusal.value.detail


def test_files_of_the_settings_that_are_not_what_they_should_be_stop_the_start(tmp_path):
    file = tmp_path / "wrong"
    for content in (b"", b"name\nOviedo\n", b"\xff\xfe\x00"):
        file.write_bytes(content)
        with pytest.raises(SettingUnusable):
            RecognisedInstitutions(file)
        with pytest.raises(SettingUnusable):
            Trusted(file, development_seals=None, clock=TickingClock())
    with pytest.raises(SettingUnusable):
        RecognisedInstitutions(tmp_path / "missing")


REFUSED_BY_SHAPES = Finding("/issuer", "official_shapes", "The official shapes ask otherwise.")


async def test_what_official_shapes_refuse_is_found_in_rehearsal_and_never_sealed(workshop) -> None:
    sealing = asking(workshop, lambda payload, document: (REFUSED_BY_SHAPES,))
    order = an_order(workshop.clock)
    assert await sealing.rehearse(order) == (REFUSED_BY_SHAPES,)
    for doing in (partial(issued_by, sealing), sealing.prepare):
        with pytest.raises(DocumentInvalid) as refused:
            await doing(order)
        assert refused.value.findings == (REFUSED_BY_SHAPES,)


class OutOfReach:
    """Official shapes that answer nothing the first so many times, and then find nothing."""

    def __init__(self, times: float) -> None:
        self.times = times

    def __call__(self, payload: bytes, document: object) -> tuple[Finding, ...]:
        self.times -= 1
        return () if self.times < 0 else (Finding("", UNANSWERED, "Not now."),)


def asking(workshop: Workshop, official: OfficialFindings) -> EdcSealing:
    return EdcSealing(
        Maker(workshop.keys, workshop.trusted, public_url=URL, production=False, official=official),
        workshop.clock,
    )


async def test_official_shapes_that_give_no_answer_are_the_fault_of_no_document(workshop) -> None:
    sealing = asking(workshop, OutOfReach(float("inf")))
    order = an_order(workshop.clock)
    issue = partial(issued_by, sealing)
    for doing in (sealing.rehearse, issue, sealing.prepare, sealing.unsealed):
        with pytest.raises(ShapesUnanswered):
            await doing(order)
    made = await sealing.issue_all([order, an_order(workshop.clock)])
    assert [type(one) for one in made] == [ShapesUnanswered] * 2


async def test_what_is_wrong_anyway_is_said_without_the_official_shapes(workshop) -> None:
    lacking = the_specification(summary_public={})
    lacking = replace(lacking, academic=replace(lacking.academic, title={"en": " "}))
    order = an_order(workshop.clock, micro_credential=the_micro_credential(lacking))
    own = await workshop.sealing().rehearse(order)
    found = await asking(workshop, OutOfReach(float("inf"))).rehearse(order)
    assert [finding.code for finding in found] == [*(one.code for one in own), UNANSWERED]


async def test_an_engine_of_official_shapes_that_is_replaced_stops_nobody(workshop) -> None:
    order = an_order(workshop.clock)
    issued = await issued_by(asking(workshop, OutOfReach(1)), order)
    assert order.urn.encode() in issued.document


async def test_official_shapes_judge_what_the_register_knows_and_no_strangers_file(
    workshop, made
) -> None:
    order, issued = made
    asked = []

    def official(payload, document):
        asked.append(document["id"])
        return (REFUSED_BY_SHAPES,)

    verifier = EdcVerifier(workshop.trusted, RecognisedInstitutions(None), official=official)
    now = workshop.clock.now()
    strange = await verifier.verify(issued.document, now=now, status=nothing)
    assert (strange.check(CheckName.FORMAT).status, asked) == (CheckStatus.OK, [])

    async def ours(credential):
        return PublicStatus(
            credential,
            CredentialState.SEALED,
            NOW,
            certificate_sha256=issued.certificate_sha256,
        )

    for _ in range(2):
        found = await verifier.verify(issued.document, now=now, status=ours)
        assert found.check(CheckName.FORMAT).code == "profile_not_followed"
    assert asked == [order.urn]

"""Transcripts that somebody presents: whose signature it is, and what it covers."""

import base64
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
import xmlsec
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID
from lxml import etree
from xmlsec import constants

from app.adapters.edc.pki.authorities import PrivateKey, new_ec_key
from app.adapters.edc.pki.certificates import fingerprint
from app.adapters.edc.pki.trust import TrustStore
from app.adapters.edc.seal.seals import SoftwareSealKey
from app.adapters.edc.verification.verify import verify
from app.adapters.elmo.document import NAMESPACE, elmo
from app.adapters.elmo.signing import DS, signed
from app.domain.credentials.verification import CheckName, CheckStatus, Verdict, Verification
from tests.adapters.elmo.test_elmo import a_transcript
from tests.pki.authority import TestPki

NOW = datetime.now(UTC)
SHA1 = b"http://www.w3.org/2000/09/xmldsig#sha1"
XPATH = "http://www.w3.org/TR/1999/REC-xpath-19991116"


@pytest.fixture(scope="module")
def transcript(pki: TestPki) -> bytes:
    return signed(elmo(a_transcript()), pki.seal_key("seal-rsa", "RS256"))


def found(raw: bytes, trust: TrustStore | None = None) -> Verification:
    return verify(
        raw,
        trust=trust or TrustStore(),
        now=NOW,
        recognised=lambda _: None,
    )


def outcome(verification: Verification) -> tuple[str, str, Verdict]:
    seal, trust = (verification.check(n) for n in (CheckName.SEAL, CheckName.ISSUER_TRUST))
    return seal.code, trust.code, verification.verdict


def test_a_signed_transcript_is_verified_and_still_no_credential(
    transcript: bytes, pki: TestPki
) -> None:
    known = found(transcript, pki.trust())
    assert outcome(known) == ("seal_intact", "known_issuer", Verdict.PARTIALLY_VERIFIED)
    assert (known.presented_as, known.sealed) == ("xml", True)
    form = known.check(CheckName.FORMAT)
    assert (form.status, form.code) == (CheckStatus.WARNING, "elmo_transcript")
    assert outcome(found(transcript)) == (
        "seal_intact", "unknown_issuer", Verdict.PARTIALLY_VERIFIED,
    )  # fmt: skip


@pytest.mark.parametrize(
    "forged",
    [
        lambda raw: raw.replace(b"passed", b"failed"),
        lambda raw: raw.replace(b"<resultLabel>Pass<", b"<resultLabel>Best<"),
        lambda raw: raw.replace(b"</elmo>", b"<report/></elmo>"),
    ],
)
def test_whatever_is_changed_fails(transcript: bytes, forged) -> None:
    assert forged(transcript) != transcript
    assert outcome(found(forged(transcript)))[0::2] == ("seal_broken", Verdict.FAILED)


def wrapped(raw: bytes) -> bytes:
    """What was signed goes along inside a transcript of the forger's."""
    inner = etree.fromstring(raw)
    root = etree.Element(inner.tag)
    etree.SubElement(root, f"{{{NAMESPACE}}}report")
    signature = inner.find(f"{{{DS}}}Signature")
    assert signature is not None
    root.append(signature)
    etree.SubElement(signature, f"{{{DS}}}Object").append(inner)
    return etree.tostring(root)


def pointing_elsewhere(raw: bytes) -> bytes:
    return raw.replace(b'<ds:Reference URI="">', b'<ds:Reference URI="#part">')


def twice(raw: bytes) -> bytes:
    root = etree.fromstring(raw)
    root.append(etree.fromstring(etree.tostring(root[-1])))
    return etree.tostring(root)


@pytest.mark.parametrize("forged", [wrapped, pointing_elsewhere, twice])
def test_a_signature_that_does_not_cover_all_that_is_read_counts_for_nothing(
    transcript: bytes, forged
) -> None:
    assert forged(transcript) != transcript
    seal, _, verdict = outcome(found(forged(transcript)))
    assert (seal, verdict) in (
        ("signature_not_whole", Verdict.FAILED),
        ("seal_broken", Verdict.FAILED),
    )


def test_a_signature_whose_transforms_leave_the_grades_out_is_refused_although_it_holds(
    pki: TestPki,
) -> None:
    root = elmo(a_transcript())
    made = xmlsec.template.create(
        root, constants.TransformInclC14N, constants.TransformRsaSha256, ns="ds"
    )
    root.append(made)
    reference = xmlsec.template.add_reference(made, constants.TransformSha256, uri="")
    xmlsec.template.add_transform(reference, constants.TransformEnveloped)
    left_out = xmlsec.template.add_transform(reference, constants.TransformXPath)
    expression = etree.SubElement(left_out, f"{{{DS}}}XPath")
    expression.text = "not(ancestor-or-self::*[local-name()='resultLabel'])"
    key = pki.seal_key("seal-rsa", "RS256")
    other = signed(elmo(a_transcript()), key)
    info = etree.fromstring(other)[-1].find(f"{{{DS}}}KeyInfo")
    assert info is not None
    made.append(info)
    context = xmlsec.SignatureContext()
    context.key = xmlsec.Key.from_memory(pki.key_pem("seal-rsa"), constants.KeyDataFormatPem)
    context.sign(made)
    before = etree.tostring(root)
    after = before.replace(b"<resultLabel>Pass<", b"<resultLabel>Best<")
    assert after != before
    assert XPATH.encode() in before
    for raw in (before, after):
        assert outcome(found(raw))[0::2] == ("signature_not_whole", Verdict.FAILED)


def carrying(raw: bytes, *certificates: x509.Certificate) -> bytes:
    """The transcript with other certificates in its signature, which says nothing of them."""
    root = etree.fromstring(raw)
    data = root[-1].find(f".//{{{DS}}}X509Data")
    assert data is not None
    for held in list(data):
        data.remove(held)
    for certificate in certificates:
        held = etree.SubElement(data, f"{{{DS}}}X509Certificate")
        held.text = base64.b64encode(certificate.public_bytes(Encoding.DER)).decode("ascii")
    return etree.tostring(root)


def a_certificate(key: PrivateKey, public: X25519PublicKey | None = None) -> x509.Certificate:
    both = [NameOID.ORGANIZATION_NAME, NameOID.ORGANIZATIONAL_UNIT_NAME]
    words = [x509.NameAttribute(oid, "Zebra") for oid in both]
    name = x509.Name([x509.RelativeDistinguishedName(words)])
    builder = x509.CertificateBuilder(name, name, public or key.public_key(), 7)
    day = timedelta(days=1)
    return builder.not_valid_before(NOW - day).not_valid_after(NOW + day).sign(key, SHA256())


def test_a_certificate_with_a_key_that_does_not_sign_is_an_answer_and_no_fault(
    transcript: bytes, pki: TestPki
) -> None:
    agreeing = a_certificate(new_ec_key(), X25519PrivateKey.generate().public_key())
    raw = carrying(transcript, agreeing)
    assert outcome(found(raw, pki.trust()))[0::2] == ("seal_broken", Verdict.FAILED)


def test_a_certificate_with_a_key_of_an_unknown_kind_is_an_answer_and_no_fault(
    transcript: bytes, pki: TestPki
) -> None:
    der = a_certificate(new_ec_key()).public_bytes(Encoding.DER)
    ec_public_key = bytes.fromhex("06072a8648ce3d0201")
    nobodys = ec_public_key[:-1] + b"\x7f"
    unknown = x509.load_der_x509_certificate(der.replace(ec_public_key, nobodys))
    raw = carrying(transcript, unknown)
    assert outcome(found(raw, pki.trust()))[0::2] == ("seal_broken", Verdict.FAILED)


def test_a_certificate_whose_subject_is_no_name_is_an_answer_and_no_fault(pki: TestPki) -> None:
    key = new_ec_key()
    der = a_certificate(key).public_bytes(Encoding.DER)
    organisation, unit = b"\x06\x03\x55\x04\x0a", b"\x06\x03\x55\x04\x0b"
    twice_the_same = x509.load_der_x509_certificate(der.replace(unit, organisation))
    with pytest.raises(ValueError, match="duplicate"):
        _ = twice_the_same.subject
    raw = signed(elmo(a_transcript()), SoftwareSealKey("ES256", (twice_the_same,), key))
    assert outcome(found(raw, pki.trust()))[0::2] == ("certificate_unreadable", Verdict.FAILED)


def issued_by(
    pki: TestPki, issuer: str, name: str, *, until: datetime = NOW + timedelta(days=1)
) -> SoftwareSealKey:
    """A key whose certificate, without any organisation, is by one of the test's."""
    key = new_ec_key()
    builder = x509.CertificateBuilder(
        pki.certificate(issuer).subject,
        x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]),
        key.public_key(),
        8,
        until - timedelta(days=2),
        until,
    )
    made = builder.sign(pki.private_key(issuer), SHA256())
    return SoftwareSealKey("ES256", (made, *pki.chain(issuer)), key)


def test_who_signed_is_told_and_not_taken_for_the_institution_that_is_named(pki: TestPki) -> None:
    person = issued_by(pki, "issuing", "Jo Signs")
    known = found(signed(elmo(a_transcript()), person), pki.trust())
    assert outcome(known) == ("seal_intact", "known_issuer", Verdict.PARTIALLY_VERIFIED)
    for name in (CheckName.SEAL, CheckName.ISSUER_TRUST, CheckName.ISSUER_IDENTITY):
        check = known.check(name)
        assert "Jo Signs" in check.sentence
        assert (check.evidence["certificate"], check.evidence["organisation"]) == (
            "CN=Jo Signs", None,
        )  # fmt: skip
    identity = known.check(CheckName.ISSUER_IDENTITY)
    assert (identity.status, identity.code) == (CheckStatus.WARNING, "signer_not_compared")
    assert (known.certificate["common_name"], known.development) == ("Jo Signs", False)


def test_a_transcript_by_a_development_seal_is_told_as_such(
    transcript: bytes, pki: TestPki
) -> None:
    [anchor] = pki.trust().anchors
    known = found(transcript, TrustStore((replace(anchor, development=True),)))
    assert outcome(known)[1] == "development_issuer"
    assert known.development


def test_a_certificate_that_has_ended_meanwhile_is_a_doubt(pki: TestPki) -> None:
    raw = signed(elmo(a_transcript()), pki.seal_key("seal-expired", "RS256"))
    assert outcome(found(raw, pki.trust())) == (
        "seal_intact", "chain_not_valid_now", Verdict.PARTIALLY_VERIFIED,
    )  # fmt: skip


@pytest.mark.parametrize("days", [1, -1])
def test_a_certificate_by_somebody_who_may_issue_none_fails_ended_or_not(
    pki: TestPki, days: int
) -> None:
    forger = issued_by(pki, "seal-rsa", "Oviedo", until=NOW + timedelta(days=days))
    raw = signed(elmo(a_transcript()), forger)
    assert outcome(found(raw, pki.trust())) == ("seal_intact", "chain_not_valid", Verdict.FAILED)


@pytest.mark.parametrize(
    ("element", "method", "status"),
    [
        ("SignatureMethod", "http://www.w3.org/2021/04/xmldsig-more#eddsa-ed25519", "skipped"),
        ("SignatureMethod", "http://www.w3.org/2001/04/xmldsig-more#rsa-sha224", "skipped"),
        ("SignatureMethod", f"{DS}rsa-sha1", "warning"),
        ("DigestMethod", f"{DS}sha1", "warning"),
    ],
)
def test_a_signature_by_a_method_that_is_not_looked_at_is_neither_good_nor_bad(
    transcript: bytes, pki: TestPki, element: str, method: str, status: str
) -> None:
    root = etree.fromstring(transcript)
    changed = root[-1].find(f".//{{{DS}}}{element}")
    assert changed is not None
    changed.set("Algorithm", method)
    known = found(etree.tostring(root), pki.trust())
    assert outcome(known) == ("method_not_looked_at", "other_format", Verdict.NOT_CHECKED)
    assert known.check(CheckName.SEAL).status == status


def test_certificates_stand_in_any_order(transcript: bytes, pki: TestPki) -> None:
    leaf, *others = pki.chain("seal-rsa")
    for order in ([*others, leaf], [others[0], leaf, leaf, *others]):
        known = found(carrying(transcript, *order), pki.trust())
        assert outcome(known) == ("seal_intact", "known_issuer", Verdict.PARTIALLY_VERIFIED)
        assert known.certificate["sha256"] == fingerprint(leaf)
    assert outcome(found(carrying(transcript, *others), pki.trust()))[0] == "seal_broken"


def test_a_signature_without_its_certificate_is_named_and_not_judged(transcript: bytes) -> None:
    root = etree.fromstring(transcript)
    info = root[-1].find(f"{{{DS}}}KeyInfo")
    assert info is not None
    root[-1].remove(info)
    bare = found(etree.tostring(root))
    assert outcome(bare) == ("other_format", "other_format", Verdict.NOT_CHECKED)

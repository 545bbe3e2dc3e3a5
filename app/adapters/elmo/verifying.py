"""Verifying the signature of a transcript in ELMO that somebody presents, made by anybody.

The whole document has to be covered, by one enveloped signature without any transform that could
leave parts out. The key is that of the certificate in the document; whether that certificate is
anybody's whom we know is a question of its own.
"""

import base64
import binascii
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from cryptography import x509
from lxml import etree

from app.adapters.edc.pki.certificates import CertificateFacts, CertificateUnreadable
from app.adapters.edc.pki.parsed import facts_of, parsed_certificate
from app.adapters.edc.pki.trust import Path, PathStatus, TrustAnchor, TrustStore
from app.adapters.elmo.signing import DS, METHODS, signer_among
from app.domain.credentials.verification import Check, CheckName, CheckStatus

_ENVELOPED = f"{DS}enveloped-signature"
_CANONICAL = frozenset(
    {
        "http://www.w3.org/TR/2001/REC-xml-c14n-20010315",
        "http://www.w3.org/2001/10/xml-exc-c14n#",
        "http://www.w3.org/2006/12/xml-c14n11",
    }
)
"""Without comments: what they hide from the signature, a reader does not see either."""
_DIGESTS = frozenset(
    {
        "http://www.w3.org/2001/04/xmlenc#sha256",
        "http://www.w3.org/2001/04/xmldsig-more#sha384",
        "http://www.w3.org/2001/04/xmlenc#sha512",
    }
)
_SIGNATURES = frozenset(
    {
        *METHODS.values(),
        "http://www.w3.org/2001/04/xmldsig-more#rsa-sha384",
        "http://www.w3.org/2001/04/xmldsig-more#rsa-sha512",
        "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha384",
        "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha512",
    }
)
_BROKEN = frozenset(
    {
        f"{DS}sha1",
        f"{DS}rsa-sha1",
        f"{DS}dsa-sha1",
        "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha1",
        "http://www.w3.org/2007/05/xmldsig-more#sha1-rsa-MGF1",
    }
)
"""With SHA-1, for which documents with the same digest can be made."""
_MOST_CERTIFICATES = 12
_NO_PATH = Path(PathStatus.UNKNOWN)


@dataclass(frozen=True)
class Signature:
    """What was found out about the signature of a transcript."""

    checks: tuple[Check, ...] = ()
    """Of the seal, of who made it and of whether that is the issuer; none where no certificate is
    with the signature."""
    facts: CertificateFacts | None = None
    """Of the certificate by which it was made; None where it was made by none of those in it."""
    path: Path = _NO_PATH
    """How that certificate hangs on an authority."""

    @property
    def is_judged(self) -> bool:
        """Whether it was found to be good or bad, rather than not looked at."""
        return any(check.status in (CheckStatus.OK, CheckStatus.ERROR) for check in self.checks)


def signature_of(document: bytes, trust: TrustStore, now: datetime) -> Signature:
    """What can be said of the signature of a transcript.

    For XML that has been found to be readable and without a document type. Never raises.
    """
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
    try:
        root = etree.fromstring(document, parser)
    except (etree.XMLSyntaxError, ValueError):
        return Signature()
    certificates = _certificates(root)
    if not certificates:
        return Signature()
    if (problem := _not_whole(root)) is not None:
        return _failed("signature_not_whole", problem)
    if (strange := _strange_method(root)) is not None:
        return Signature((strange,))
    # They may stand in any order (XMLDSig, section 4.5.4).
    (signature,) = root.findall(f"{{{DS}}}Signature")
    leaf = signer_among(signature, certificates)
    if leaf is None:
        return _failed(
            "seal_broken",
            "The transcript has been changed since it was signed, or was signed with another key "
            "than that of a certificate in it.",
        )
    try:
        facts = facts_of(leaf)
    except CertificateUnreadable:
        return _failed("certificate_unreadable", "The certificate of the signature cannot be read.")
    signer = _Signer(leaf, [one for one in certificates if one != leaf], facts)
    trusted, path = _trust(signer, trust, now)
    return Signature((_intact(signer), trusted, _not_compared(signer)), facts, path)


@dataclass(frozen=True)
class _Signer:
    """Whose signature it is, by the certificate alone."""

    certificate: x509.Certificate
    others: Sequence[x509.Certificate]
    facts: CertificateFacts

    @property
    def name(self) -> str:
        """Certificates of persons have no organisation."""
        return self.facts.organisation or self.facts.common_name or self.facts.subject

    @property
    def evidence(self) -> dict[str, Any]:
        return {
            "certificate": self.facts.subject,
            "organisation": self.facts.organisation,
            "organisation_identifier": self.facts.organisation_identifier,
        }


def _failed(code: str, sentence: str) -> Signature:
    return Signature((Check(CheckName.SEAL, CheckStatus.ERROR, code, sentence),))


def _intact(signer: _Signer) -> Check:
    return Check(
        CheckName.SEAL,
        CheckStatus.OK,
        "seal_intact",
        "The signature covers the whole transcript and was made with the key of its certificate, "
        f"that of {signer.name}.",
        signer.evidence | {"certificate_sha256": signer.facts.sha256},
    )


def _not_compared(signer: _Signer) -> Check:
    return Check(
        CheckName.ISSUER_IDENTITY,
        CheckStatus.WARNING,
        "signer_not_compared",
        f"It was signed by {signer.name}. Whether the transcript names the same issuer has not "
        "been compared.",
        signer.evidence,
        advice="Compare the signer with the institution that the transcript names.",
    )


def _trust(signer: _Signer, trust: TrustStore, now: datetime) -> tuple[Check, Path]:
    facts = signer.facts
    path = trust.path(signer.certificate, signer.others, now)
    evidence = signer.evidence | {"issued_by": facts.issuer}
    if path.status is PathStatus.TRUSTED and path.anchor is not None:
        evidence |= {"trusted_as": path.anchor.name, "chain_length": path.length}
        return _known(signer, path.anchor, evidence), path
    if path.status is PathStatus.NOT_VALID:
        evidence["problem"] = path.problem
        if _would_be_trusted_in_time(signer, trust, now):
            # Nothing in a transcript proves when it was signed: this may have been in time.
            return Check(
                CheckName.ISSUER_TRUST,
                CheckStatus.WARNING,
                "chain_not_valid_now",
                f"The certificate of {signer.name} is not valid as of now; it was valid from "
                f"{facts.valid_from:%F} to {facts.valid_until:%F}.",
                evidence,
            ), path
        return Check(
            CheckName.ISSUER_TRUST,
            CheckStatus.ERROR,
            "chain_not_valid",
            f"The certificate's chain breaks the rules: {path.problem}.",
            evidence,
        ), path
    return Check(
        CheckName.ISSUER_TRUST,
        CheckStatus.WARNING,
        "unknown_issuer",
        f"The certificate of {signer.name} hangs on no authority that is known here.",
        evidence,
        advice="Ask the institution that is named whether the certificate is its own.",
    ), path


def _known(signer: _Signer, anchor: TrustAnchor, evidence: Mapping[str, Any]) -> Check:
    if anchor.development:
        return Check(
            CheckName.ISSUER_TRUST,
            CheckStatus.OK,
            "development_issuer",
            "The seal is a development seal of this installation. It proves that the programs "
            "work, and nothing about any institution.",
            evidence,
        )
    return Check(
        CheckName.ISSUER_TRUST,
        CheckStatus.OK,
        "known_issuer",
        f"The certificate of {signer.name} hangs on an authority that is trusted here, as of now.",
        evidence,
    )


def _would_be_trusted_in_time(signer: _Signer, trust: TrustStore, now: datetime) -> bool:
    """Whether nothing but the dates of the signer's own certificate is wrong with its chain."""
    facts = signer.facts
    if facts.valid_at(now):
        return False
    then = facts.valid_until if now > facts.valid_until else facts.valid_from
    return trust.path(signer.certificate, signer.others, then).status is PathStatus.TRUSTED


def _certificates(root: "etree._Element") -> list[x509.Certificate]:
    """Those in the signature, each once; nothing where one cannot be read or there are too many."""
    found = root.findall(f"{{{DS}}}Signature//{{{DS}}}X509Certificate")
    if len(found) > _MOST_CERTIFICATES:
        return []
    try:
        given = [
            base64.b64decode("".join((one.text or "").split()), validate=True) for one in found
        ]
        return [parsed_certificate(der) for der in dict.fromkeys(given)]
    except (binascii.Error, ValueError, TypeError):
        return []


def _not_whole(root: "etree._Element") -> str | None:
    """Why a signature does not cover all of what is read, whatever its value is."""
    signatures = list(root.iter(f"{{{DS}}}Signature"))
    references = list(root.iter(f"{{{DS}}}Reference"))
    if len(signatures) != 1 or signatures[0].getparent() is not root:
        return "It has not exactly one signature, directly in its root."
    if [one.get("URI") for one in references] != [""]:
        return "The signature does not refer to the whole document, and to nothing else."
    transforms = [one.get("Algorithm") for one in root.iter(f"{{{DS}}}Transform")]
    if transforms[:1] != [_ENVELOPED] or not set(transforms[1:]) <= _CANONICAL:
        return "The signature transforms the document in ways that can leave parts of it out."
    return None


def _strange_method(root: "etree._Element") -> Check | None:
    """What is said of a signature by a method that is not looked at here, good or bad as it is."""
    for name, allowed in (
        ("DigestMethod", _DIGESTS),
        ("SignatureMethod", _SIGNATURES),
        ("CanonicalizationMethod", _CANONICAL),
    ):
        for element in root.iter(f"{{{DS}}}{name}"):
            method = element.get("Algorithm") or ""
            if method not in allowed:
                broken = method in _BROKEN
                return Check(
                    CheckName.SEAL,
                    CheckStatus.WARNING if broken else CheckStatus.SKIPPED,
                    "method_not_looked_at",
                    "The signature is made by a method that can be forged, and proves nothing."
                    if broken
                    else f"The signature is made by a method that is not known here ({name}).",
                    {"method": method[:200]},
                    advice="Ask the institution that is named whether the transcript is its own.",
                )
    return None

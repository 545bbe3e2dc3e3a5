"""Verifying the signature of a transcript in ELMO that somebody presents, made by anybody.

The whole document has to be covered, by one enveloped signature without any transform that could
leave parts out. The key is that of the certificate in the document; whether that certificate is
anybody's whom we know is a question of its own.
"""

import base64
import binascii
from datetime import datetime

from cryptography import x509
from lxml import etree

from app.adapters.edc.certificates import CertificateUnreadable
from app.adapters.edc.parsed import facts_of, parsed_certificate
from app.adapters.edc.trust import Path, PathStatus, TrustStore
from app.adapters.elmo.signing import DS, METHODS, verifies
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
_MOST_CERTIFICATES = 12


def signature_checks(document: bytes, trust: TrustStore, now: datetime) -> tuple[Check, ...]:
    """The checks of the seal and of who made it; none where no certificate is with the signature.

    For XML that has been found to be readable and without a document type. Never raises.
    """
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
    try:
        root = etree.fromstring(document, parser)
    except (etree.XMLSyntaxError, ValueError):
        return ()
    certificates = _certificates(root)
    if not certificates:
        return ()
    if (problem := _not_whole(root)) is not None:
        return (_seal(CheckStatus.ERROR, "signature_not_whole", problem),)
    if not verifies(document, certificates[0]):
        return (
            _seal(
                CheckStatus.ERROR,
                "seal_broken",
                "The transcript has been changed since it was signed, or was signed with another "
                "key than that of the certificate in it.",
            ),
        )
    intact = _seal(
        CheckStatus.OK,
        "seal_intact",
        "The signature covers the whole transcript and was made with the key of its certificate.",
    )
    try:
        facts_of(certificates[0])
    except CertificateUnreadable:
        return (
            _seal(
                CheckStatus.ERROR,
                "certificate_unreadable",
                "The certificate of the signature cannot be read.",
            ),
        )
    path = trust.path(certificates[0], certificates[1:], now)
    return (intact, _trust(path))


def _seal(status: CheckStatus, code: str, sentence: str) -> Check:
    return Check(CheckName.SEAL, status, code, sentence)


def _trust(path: Path) -> Check:
    if path.status is PathStatus.TRUSTED and path.anchor is not None:
        return Check(
            CheckName.ISSUER_TRUST,
            CheckStatus.OK,
            "known_issuer",
            "The certificate hangs on an authority that is trusted here, as of now.",
        )
    if path.status is PathStatus.NOT_VALID:
        # Nothing in a transcript proves when it was signed, so that this may have been in time.
        return Check(
            CheckName.ISSUER_TRUST,
            CheckStatus.WARNING,
            "chain_not_valid_now",
            f"The certificate is not valid as of now: {path.problem}",
        )
    return Check(
        CheckName.ISSUER_TRUST,
        CheckStatus.WARNING,
        "unknown_issuer",
        "The certificate hangs on no authority that is known here.",
        advice="Ask the institution that is named whether the certificate is its own.",
    )


def _certificates(root: "etree._Element") -> list[x509.Certificate]:
    """Those in the signature, the signer's first. None if one cannot be read."""
    found = root.findall(f"{{{DS}}}Signature//{{{DS}}}X509Certificate")
    if len(found) > _MOST_CERTIFICATES:
        return []
    try:
        return [
            parsed_certificate(base64.b64decode("".join((one.text or "").split()), validate=True))
            for one in found
        ]
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
    for name, allowed in (
        ("DigestMethod", _DIGESTS),
        ("SignatureMethod", _SIGNATURES),
        ("CanonicalizationMethod", _CANONICAL),
    ):
        if any(one.get("Algorithm") not in allowed for one in root.iter(f"{{{DS}}}{name}")):
            return f"The signature is made by a method that is not accepted here ({name})."
    return None

"""What a seal certificate says, and whether it is fit for sealing.

A certificate for electronic seals names a legal person: O (legal name), CN, C and
organizationIdentifier (2.5.4.97, semantics of ETSI EN 319 412-1, section 5.1.4). The Commission's
issuer cannot work with one that lacks any of the four, so neither do we.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache
from hashlib import sha256

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from app.adapters.edc.elm.agents import EIDAS
from app.adapters.edc.pki.signatures import fits
from app.domain.errors import Finding
from app.domain.vocabulary.lists import ConceptNotFound, country_concept
from app.domain.vocabulary.specification import Organisation

TEST_IDENTIFIER = "NTRXX-DEVELOPMENT-"
"""What the organizationIdentifier of every development seal begins with (decision 0021).

`XX` is a code that ISO 3166-1 leaves to users, so no country can ever register it.
"""

MINIMUM_RSA_BITS = 2048


class CertificateUnreadable(Exception):
    """Bytes that are no X.509 certificate, or one whose extensions contradict the standard."""


@dataclass(frozen=True)
class CertificateFacts:
    """A certificate in the words that our checks use. Nothing in here is secret."""

    subject: str
    """Distinguished name (RFC 4514)."""
    issuer: str
    organisation: str | None
    """O: the legal name."""
    common_name: str | None
    country: str | None
    """C: ISO 3166-1 alpha-2."""
    organisation_identifier: str | None
    """2.5.4.97, `VATES-…`."""
    serial: str
    """Serial number in hexadecimal."""
    valid_from: datetime
    valid_until: datetime
    sha256: str
    """SHA-256 of the DER encoding, in hexadecimal."""
    may_sign: bool
    """Whether the key usage allows signatures over documents."""
    is_authority: bool
    """Whether it may itself issue certificates."""
    key: str
    """`RSA 3072`, `EC secp256r1`."""
    strong_key: bool

    @property
    def development(self) -> bool:
        """Whether it is a stand-in for development that proves nothing about anybody."""
        return (self.organisation_identifier or "").startswith(TEST_IDENTIFIER)

    def valid_at(self, moment: datetime) -> bool:
        """Whether the moment lies in its period of validity."""
        return self.valid_from <= moment <= self.valid_until


def certificate_facts(certificate: x509.Certificate) -> CertificateFacts:
    """The facts of a certificate. Raises CertificateUnreadable."""
    try:
        return _facts(certificate)
    except Exception as error:
        # The library decodes lazily and says in many ways that a part is not what it should be.
        raise CertificateUnreadable(f"{type(error).__name__} in a certificate") from error


@lru_cache(256)
def facts_of_seal(certificate: x509.Certificate) -> CertificateFacts:
    """The same, remembered: for certificates of seals that are here, never for a stranger's."""
    return certificate_facts(certificate)


def fingerprint(certificate: x509.Certificate) -> str:
    """SHA-256 of a certificate's DER, in hexadecimal."""
    return sha256(certificate.public_bytes(Encoding.DER)).hexdigest()


def _facts(certificate: x509.Certificate) -> CertificateFacts:
    key, strong = _key(certificate)
    return CertificateFacts(
        subject=certificate.subject.rfc4514_string(),
        issuer=certificate.issuer.rfc4514_string(),
        organisation=_attribute(certificate, NameOID.ORGANIZATION_NAME),
        common_name=_attribute(certificate, NameOID.COMMON_NAME),
        country=_attribute(certificate, NameOID.COUNTRY_NAME),
        organisation_identifier=_attribute(certificate, NameOID.ORGANIZATION_IDENTIFIER),
        serial=f"{certificate.serial_number:x}",
        valid_from=certificate.not_valid_before_utc,
        valid_until=certificate.not_valid_after_utc,
        sha256=fingerprint(certificate),
        may_sign=_may_sign(certificate),
        is_authority=_is_authority(certificate),
        key=key,
        strong_key=strong,
    )


def preflight(certificate: x509.Certificate, alg: str, now: datetime) -> list[Finding]:
    """Everything that keeps a seal certificate from being used now, with that algorithm.

    Whether the key belongs to it, `app.adapters.edc.seal.seals.preflight` finds out.
    """
    try:
        facts = facts_of_seal(certificate)
    except CertificateUnreadable:
        return [Finding("", "certificate_unreadable", "The seal certificate cannot be read.")]
    return list(_doubts(certificate, facts, alg, now))


def _doubts(
    certificate: x509.Certificate, facts: CertificateFacts, alg: str, now: datetime
) -> Iterator[Finding]:
    named = {
        "O": facts.organisation,
        "CN": facts.common_name,
        "C": facts.country,
        "organizationIdentifier": facts.organisation_identifier,
    }
    for attribute, value in named.items():
        if not value:
            yield Finding(
                f"/{attribute}",
                "certificate_incomplete",
                f"The subject of the seal certificate has no {attribute}; Europass refuses it.",
                {"attribute": attribute},
            )
    if facts.country and not _is_country(facts.country):
        yield Finding(
            "/C",
            "certificate_country_unknown",
            "C of the seal certificate is no country of ISO 3166-1.",
        )
    if now < facts.valid_from:
        yield Finding("", "certificate_not_yet_valid", "The seal certificate is not valid yet.")
    if now > facts.valid_until:
        yield Finding(
            "", "certificate_expired", f"The seal certificate expired on {facts.valid_until:%F}."
        )
    if not facts.may_sign or facts.is_authority:
        yield Finding(
            "",
            "certificate_not_for_sealing",
            "The certificate's key usage does not allow sealing documents.",
        )
    if not facts.strong_key:
        yield Finding("", "key_too_weak", f"The key of the seal ({facts.key}) is too weak.")
    if not fits(alg, certificate.public_key()):
        yield Finding("", "algorithm_of_other_key", f"{alg} cannot be used with a key {facts.key}.")


def issuer_from_certificate(
    certificate: x509.Certificate, organisation: Organisation, language: str = "en"
) -> Organisation:
    """The issuer as a credential must state it: what the certificate says, over what we know.

    As the Commission's issuer does, the legal name becomes O, the alternative name CN, the country
    C, and the eIDAS identifier (key `eidas` of `identifiers`) the organizationIdentifier; so issuer
    and seal always agree. Both names are marked with the language in which the institution itself
    has a name like O, else with `language`.

    Raises CertificateUnreadable; ValueError when one of the four is missing or C is no country.
    """
    facts = facts_of_seal(certificate)
    if not (
        facts.organisation and facts.common_name and facts.country and facts.organisation_identifier
    ):
        raise ValueError("the seal certificate does not name O, CN, C and organizationIdentifier")
    try:
        country = country_concept(facts.country)
    except ConceptNotFound as error:
        raise ValueError(f"{facts.country} is no country") from error
    tag = next(
        (tag for tag, name in organisation.legal_name.items() if name == facts.organisation),
        language,
    )
    return replace(
        organisation,
        legal_name={tag: facts.organisation},
        alternative_name={tag: facts.common_name},
        country=country,
        identifiers={**organisation.identifiers, EIDAS: facts.organisation_identifier},
    )


def _attribute(certificate: x509.Certificate, oid: x509.ObjectIdentifier) -> str | None:
    for attribute in certificate.subject.get_attributes_for_oid(oid):
        if isinstance(attribute.value, str) and attribute.value.strip():
            return attribute.value
    return None


def _may_sign(certificate: x509.Certificate) -> bool:
    try:
        usage = certificate.extensions.get_extension_for_class(x509.KeyUsage).value
    except x509.ExtensionNotFound:
        return False
    return usage.digital_signature or usage.content_commitment


def _is_authority(certificate: x509.Certificate) -> bool:
    try:
        return certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except x509.ExtensionNotFound:
        return False


def _key(certificate: x509.Certificate) -> tuple[str, bool]:
    key = certificate.public_key()
    if isinstance(key, RSAPublicKey):
        return f"RSA {key.key_size}", key.key_size >= MINIMUM_RSA_BITS
    if isinstance(key, EllipticCurvePublicKey):
        return f"EC {key.curve.name}", key.curve.key_size >= 256
    return type(key).__name__, False


def _is_country(code: str) -> bool:
    try:
        country_concept(code)
    except ConceptNotFound:
        return False
    return True

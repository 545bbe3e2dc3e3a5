"""From an order to the credential that is to be sealed."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import orjson
from cryptography import x509

from app.adapters.edc.branding import PLAIN, Branding
from app.adapters.edc.certificates import (
    CertificateFacts,
    CertificateUnreadable,
    certificate_facts,
    issuer_from_certificate,
)
from app.adapters.edc.elm import build_credential
from app.adapters.edc.images import display_images
from app.adapters.edc.seals import SealKey
from app.adapters.issuing.organisations import organisations_of
from app.domain.credentials.seal import IssuingOrder, SealUnavailable
from app.domain.errors import InternalInconsistency
from app.domain.vocabulary.institutions import InstitutionCode
from app.domain.vocabulary.specification import Organisation
from app.domain.vocabulary.text import LanguageMap

VERIFICATION_PATH = "/verify"
"""Where the QR code of an image leads: the address stands in credentials for ever."""


@dataclass(frozen=True)
class Built:
    """A credential before it is sealed."""

    document: Mapping[str, Any] = field(repr=False)
    payload: bytes = field(repr=False)
    """The document as it will be sealed: never serialised again."""
    images: Mapping[str, bytes] = field(repr=False)

    @property
    def valid_until(self) -> datetime | None:
        """When it ends, if it does."""
        return valid_until(self.document)


def issuer_of(order: IssuingOrder) -> InstitutionCode:
    """The partner that seals."""
    issuer = order.micro_credential.specification.academic.issuer
    if issuer is None:
        raise InternalInconsistency("a published specification names no issuer")
    return issuer


def build(
    order: IssuingOrder,
    issuer: Organisation,
    verification_url: str,
    *,
    development: bool,
    branding: Branding = PLAIN,
) -> Built:
    """The credential of an order, with its pictures. CPU work of some tens of milliseconds."""
    specification = order.micro_credential.specification
    organisations = organisations_of(order.institutions)
    alliance: LanguageMap = {"en": order.alliance.name}
    images = display_images(
        specification=specification,
        award=order.award,
        issuer=issuer,
        awarding_bodies=[organisations[code] for code in specification.academic.awarding_bodies],
        alliance=alliance,
        credential_id=order.credential,
        verification_url=verification_url,
        development=development,
        branding=branding,
    )
    document = build_credential(
        credential_id=order.credential,
        award=order.award,
        specification=specification,
        issuer=issuer,
        organisations=organisations,
        alliance_name=alliance,
        issued=order.issued_at,
        images=images,
    )
    payload = orjson.dumps(document)
    return Built(document, payload, images)


def valid_until(document: Mapping[str, Any]) -> datetime | None:
    """When a credential of ours ends, if it does."""
    until = document.get("validUntil")
    return None if until is None else datetime.fromisoformat(until)


class Leaves:
    """Seal certificates that have been read already: a batch has one, and a thousand credentials.

    Kept by the certificate's bytes, which is all that the facts depend on.
    """

    def __init__(self) -> None:
        self._facts: dict[x509.Certificate, CertificateFacts] = {}

    def facts(self, key: SealKey) -> CertificateFacts:
        """The facts of a seal's certificate. Raises SealUnavailable."""
        leaf = leaf_of(key)
        known = self._facts.get(leaf)
        if known is None:
            try:
                known = certificate_facts(leaf)
            except CertificateUnreadable as error:
                raise SealUnavailable("The seal has a certificate that cannot be read.") from error
            if len(self._facts) > _SEALS_KEPT:
                self._facts.clear()
            self._facts[leaf] = known
        return known


_SEALS_KEPT = 200


def leaf_of(key: SealKey) -> x509.Certificate:
    """The seal's own certificate. Raises SealUnavailable."""
    chain = key.certificate_chain
    if not chain:
        raise SealUnavailable("The seal comes without its certificate.")
    return chain[0]


def issuer_by_seal(key: SealKey, organisation: Organisation) -> Organisation:
    """The issuer as its certificate names it. Raises CertificateUnreadable, ValueError."""
    return issuer_from_certificate(leaf_of(key), organisation)

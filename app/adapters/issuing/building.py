"""From an order to the credential that is to be sealed."""

import logging
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property
from hashlib import sha256
from threading import Lock
from typing import Any

import orjson
from cryptography import x509

from app.adapters.edc.elm.document import build_credential
from app.adapters.edc.elm.moulds import Mould, Own, mould_of
from app.adapters.edc.image.branding import PLAIN, Branding
from app.adapters.edc.image.images import display_images, draw_ahead
from app.adapters.edc.pki.certificates import (
    CertificateFacts,
    CertificateUnreadable,
    certificate_facts,
    issuer_from_certificate,
)
from app.adapters.edc.seal.seals import SealKey
from app.adapters.issuing.organisations import organisations_of
from app.domain.credentials.profile.model import Profile
from app.domain.credentials.seal import IssuingOrder, SealUnavailable
from app.domain.errors import Finding, InternalInconsistency
from app.domain.plain import to_plain
from app.domain.vocabulary.institutions import InstitutionCode
from app.domain.vocabulary.specification import Organisation

log = logging.getLogger(__name__)

VERIFICATION_PATH = "/verify"
"""Where the QR code of an image leads: the address stands in credentials for ever."""


@dataclass(frozen=True)
class Built:
    """A credential before it is sealed."""

    payload: bytes = field(repr=False)
    """The document as it will be sealed: never serialised again."""
    images: Mapping[str, bytes] = field(repr=False)
    valid_until: datetime | None
    """When it ends, if it does."""
    sound: bool = False
    """Whether it is known already that validation has nothing against it."""

    @cached_property
    def document(self) -> Mapping[str, Any]:
        """What the payload stands for."""
        document: dict[str, Any] = orjson.loads(self.payload)
        return document


def issuer_of(order: IssuingOrder) -> InstitutionCode:
    """The partner that seals."""
    issuer = order.micro_credential.specification.academic.issuer
    if issuer is None:
        raise InternalInconsistency("a published specification names no issuer")
    return issuer


class Builder:
    """Makes credentials with their pictures, and remembers what those of one course share."""

    def __init__(
        self, findings: Callable[[bytes, Mapping[str, Any]], Sequence[Finding]], profile: Profile
    ) -> None:
        """`findings` is what validation has against a payload, which stands for that document.

        `profile` is the one that is written.
        """
        self._findings = findings
        self._profile = profile
        self._moulds: OrderedDict[bytes, Mould | None] = OrderedDict()
        self._lock = Lock()
        self._shared: tuple[tuple[object, ...], bytes] | None = None

    def build(
        self,
        order: IssuingOrder,
        issuer: Organisation,
        verification_url: str,
        *,
        development: bool,
        branding: Branding = PLAIN,
    ) -> Built:
        """The credential of an order, with its pictures. CPU work of some tens of milliseconds."""
        academic = order.micro_credential.specification.academic
        organisations = organisations_of(order.institutions)
        images = display_images(
            specification=order.micro_credential.specification,
            award=order.award,
            issuer=issuer,
            awarding_bodies=[organisations[code] for code in academic.awarding_bodies],
            alliance=order.alliance.name_by_language,
            credential_id=order.credential,
            verification_url=verification_url,
            development=development,
            branding=branding,
        )
        own = Own(
            order.credential,
            order.award.holder,
            order.issued_at,
            images,
            academic.validity_period or None,
        )
        key = self._key(order, issuer, own)
        with self._lock:
            met = key in self._moulds
            mould = self._moulds.get(key)
        if mould is not None:
            payload = mould.cast(own)
            return Built(payload, images, own.valid_until, mould.is_sound(own, len(payload)))

        def built(one: Own) -> Mapping[str, Any]:
            return build_credential(
                credential_id=one.credential_id,
                award=replace(order.award, holder=one.holder),
                specification=order.micro_credential.specification,
                issuer=issuer,
                organisations=organisations,
                alliance_name=order.alliance.name_by_language,
                issued=one.issued,
                images=one.images,
                profile=self._profile,
            )

        document = built(own)
        payload = orjson.dumps(document)
        # A mould costs as much as a credential, and so pays from the second on.
        if met and not self._findings(payload, document):
            mould = mould_of(document, own, built, self._profile)
        with self._lock:
            self._moulds[key] = mould
            while len(self._moulds) > _MOULDS_KEPT:
                self._moulds.popitem(last=False)
        return Built(payload, images, own.valid_until)

    def begin(self, orders: Sequence[IssuingOrder]) -> None:
        """Do beforehand what is better done at once for orders that this thread builds next."""
        courses = {id(order.micro_credential): order.micro_credential for order in orders}
        if len(courses) != 1:
            return
        names = [order.award.holder.full_name for order in orders]
        try:
            draw_ahead(orders[0].micro_credential.specification, names)
        except Exception as error:
            # Whose name it was shows when each is drawn alone.
            log.warning("drawing ahead failed: %s", type(error).__name__)

    def _key(self, order: IssuingOrder, issuer: Organisation, own: Own) -> bytes:
        """By what credentials are told apart that differ in more than what is a learner's own."""
        award = order.award
        rest = (
            award.edition_code,
            award.edition_start.isoformat(),
            award.edition_end.isoformat(),
            award.grade,
            award.awarded_on.isoformat(),
            to_plain(award.results),
            own.shape,
        )
        return self._course(order, issuer) + orjson.dumps(rest)

    def _course(self, order: IssuingOrder, issuer: Organisation) -> bytes:
        """A hash of what all learners of a batch share."""
        shared = (order.micro_credential, order.institutions, order.alliance)
        known = self._shared
        # The very objects, which are frozen: comparing them would cost what hashing does.
        if known is None or any(a is not b for a, b in zip(known[0], shared, strict=True)):
            known = self._shared = (shared, sha256(orjson.dumps(to_plain(shared))).digest())
        return known[1] + sha256(orjson.dumps(to_plain(issuer))).digest()


_MOULDS_KEPT = 64


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

"""Issuing behind its port: build, take the issuer from the certificate, check, seal, verify."""

import asyncio
import json
import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any, TypeVar

from cryptography import x509

from app.adapters.edc import certificates, jades, seals
from app.adapters.edc.certificates import CertificateUnreadable, certificate_facts
from app.adapters.edc.elm import build_credential
from app.adapters.edc.images import display_images
from app.adapters.edc.seals import SealKey
from app.adapters.edc.trust import PathStatus, as_pem
from app.adapters.edc.verify import verify
from app.adapters.issuing.keys import SealKeys
from app.adapters.issuing.organisations import organisations_of
from app.adapters.issuing.trusted import RecognisedInstitutions, TrustSource
from app.domain.clock import Clock
from app.domain.credentials.profile import edc_profile
from app.domain.credentials.profile_validation import validate
from app.domain.credentials.seal import (
    DocumentInvalid,
    IssuedCredential,
    IssuingOrder,
    SealDoubtful,
    SealFacts,
    SealUnavailable,
)
from app.domain.credentials.verification import DECISIVE, CheckStatus
from app.domain.errors import Finding, InternalInconsistency
from app.domain.vocabulary.institutions import InstitutionCode
from app.domain.vocabulary.specification import Organisation
from app.domain.vocabulary.text import LanguageMap

T = TypeVar("T")
log = logging.getLogger(__name__)


class EdcSealing:
    """See `app.domain.credentials.ports.Sealing`. Everything blocking happens in threads."""

    def __init__(
        self,
        keys: SealKeys,
        trusted: TrustSource,
        clock: Clock,
        *,
        public_url: str,
        production: bool,
        time_header: jades.TimeHeader = "iat",
    ) -> None:
        """`public_url` is where people reach this service; images lead there for verification."""
        self._keys = keys
        self._trusted = trusted
        self._clock = clock
        self._public_url = public_url
        self._production = production
        self._time_header = time_header
        self._threads = ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="sealing")

    async def seals(self) -> Sequence[SealFacts]:
        """Every institution's seal that is configured and can be read, by institution."""
        return await self._in_thread(lambda: list(self._readable()))

    async def facts(self, institution: InstitutionCode) -> SealFacts:
        """The seal of one institution, as it is now. Raises SealUnavailable."""
        return await self._in_thread(lambda: self._facts(institution))

    async def root(self, institution: InstitutionCode) -> bytes:
        """The certificate (PEM) at the top of the seal's chain. Raises SealUnavailable."""
        return await self._in_thread(lambda: self._root(institution))

    async def rehearse(self, order: IssuingOrder) -> Sequence[Finding]:
        """What the profile says against the credential that this order would make."""
        return await self._in_thread(lambda: self._built(order).findings)

    async def issue(self, order: IssuingOrder) -> IssuedCredential:
        """Build, check, seal, and verify what came out."""
        return await self._in_thread(lambda: self._issue(order))

    async def _in_thread(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._threads, work)

    # What follows blocks.

    def _readable(self) -> Iterator[SealFacts]:
        for institution in self._keys.institutions():
            try:
                yield self._facts(institution)
            except SealUnavailable as error:
                log.warning("left out of the list of seals: %s", error.detail)

    def _facts(self, institution: InstitutionCode) -> SealFacts:
        key = self._keys.key(institution)
        now = self._clock.now()
        findings = seals.preflight(key, now)
        try:
            facts = certificate_facts(_leaf(key))
        except CertificateUnreadable as error:
            raise SealUnavailable(
                f"The seal of {institution} has a certificate that cannot be read."
            ) from error
        return SealFacts(
            institution=institution,
            subject=facts.subject,
            organisation=facts.organisation or "",
            organisation_identifier=facts.organisation_identifier or "",
            serial=facts.serial,
            issuer=facts.issuer,
            valid_from=facts.valid_from,
            valid_until=facts.valid_until,
            algorithm=key.alg,
            certificate_sha256=facts.sha256,
            development=facts.development,
            findings=(*findings, *self._doubts(key, now)),
        )

    def _doubts(self, key: SealKey, now: datetime) -> Sequence[Finding]:
        """What this deployment has against a seal, beyond what its certificate says itself."""
        findings = []
        if certificate_facts(_leaf(key)).development and self._production:
            findings.append(
                Finding(
                    "/organizationIdentifier",
                    "development_seal",
                    "This is a development seal, and production does not seal with one.",
                )
            )
        path = self._trusted.store.path(_leaf(key), key.certificate_chain[1:], now)
        if path.status is not PathStatus.TRUSTED:
            findings.append(
                Finding(
                    "",
                    "chain_not_trusted",
                    path.problem
                    or "No authority that is trusted here stands behind the certificate.",
                )
            )
        return findings

    def _root(self, institution: InstitutionCode) -> bytes:
        key = self._keys.key(institution)
        path = self._trusted.store.path(_leaf(key), key.certificate_chain[1:], self._clock.now())
        if path.anchor is None:
            raise SealUnavailable(f"No authority is known behind the seal of {institution}.")
        return as_pem(path.anchor.certificate)

    def _built(self, order: IssuingOrder) -> "_Built":
        specification = order.micro_credential.specification
        institution = specification.academic.issuer
        if institution is None:
            raise InternalInconsistency("a published specification names no issuer")
        key = self._keys.key(institution)
        organisations = organisations_of(order.institutions)
        try:
            issuer = certificates.issuer_from_certificate(_leaf(key), organisations[institution])
        except (CertificateUnreadable, ValueError):
            # Which of the names is missing is among the findings of the preflight.
            raise SealDoubtful(institution, tuple(seals.preflight(key, order.issued_at))) from None
        development = certificate_facts(_leaf(key)).development
        images = self._images(order, issuer, organisations, development=development)
        document = build_credential(
            credential_id=order.credential,
            award=order.award,
            specification=specification,
            issuer=issuer,
            organisations=organisations,
            alliance_name=_alliance(order),
            issued=order.issued_at,
            images=images,
        )
        return _Built(institution, key, issuer, images, document, tuple(validate(document)))

    def _issue(self, order: IssuingOrder) -> IssuedCredential:
        built = self._built(order)
        if built.findings:
            raise DocumentInvalid(built.findings)
        leaf = _leaf(built.key)
        doubts = [
            *certificates.preflight(leaf, built.key.alg, order.issued_at),
            *self._doubts(built.key, order.issued_at),
        ]
        if doubts:
            raise SealDoubtful(built.institution, tuple(doubts))
        payload = json.dumps(built.document, ensure_ascii=False, separators=(",", ":")).encode(
            "utf-8"
        )
        sealed = jades.seal(payload, built.key, order.issued_at, time_header=self._time_header)
        self._insist_on(sealed, built, order)
        facts = certificate_facts(leaf)
        profile = edc_profile()
        return IssuedCredential(
            document=sealed,
            sha256=sha256(sealed).hexdigest(),
            images=built.images,
            issued_at=order.issued_at,
            organisation=facts.organisation or "",
            organisation_identifier=facts.organisation_identifier or "",
            certificate_sha256=facts.sha256,
            development=facts.development,
            profile=f"{profile.name} {profile.version}",
            valid_until=_valid_until(built.document),
        )

    def _insist_on(self, sealed: bytes, built: "_Built", order: IssuingOrder) -> None:
        """Look at the outcome as a stranger would. Raises SealDoubtful."""
        found = verify(
            sealed,
            trust=self._trusted.store,
            now=order.issued_at + timedelta(seconds=1),
            known_status=lambda _: None,
            recognised=_NO_REGISTER.recognised,
        )
        failed = tuple(
            Finding("", check.code, check.sentence)
            for check in found.checks
            if check.status is CheckStatus.ERROR
            or (check.name in DECISIVE and check.status is not CheckStatus.OK)
        )
        if found.contents.id != order.urn:
            failed = (*failed, Finding("/id", "other_credential", "It is another credential."))
        if failed:
            raise SealDoubtful(built.institution, failed)

    def _images(
        self,
        order: IssuingOrder,
        issuer: Organisation,
        organisations: Mapping[str, Organisation],
        *,
        development: bool,
    ) -> Mapping[str, bytes]:
        specification = order.micro_credential.specification
        return display_images(
            specification=specification,
            award=order.award,
            issuer=issuer,
            awarding_bodies=[
                organisations[code] for code in specification.academic.awarding_bodies
            ],
            alliance=_alliance(order),
            credential_id=order.credential,
            verification_url=f"{self._public_url}{VERIFICATION_PATH}/{order.credential}",
            development=development,
        )


@dataclass(frozen=True)
class _Built:
    institution: InstitutionCode
    key: SealKey
    issuer: Organisation
    images: Mapping[str, bytes]
    document: dict[str, Any]
    findings: tuple[Finding, ...]


VERIFICATION_PATH = "/verify"
"""Where the QR code of an image leads: the address stands in credentials for ever."""

_AT_ONCE = 2
"""Threads that render and seal. Their number is small because each holds a typesetter of its own,
and apart from the others so that a batch and its onlookers do not wait for one another."""

_NO_REGISTER = RecognisedInstitutions(None)


def _valid_until(document: Mapping[str, Any]) -> datetime | None:
    until = document.get("validUntil")
    return None if until is None else datetime.fromisoformat(until)


def _alliance(order: IssuingOrder) -> LanguageMap:
    return {"en": order.alliance.name}


def _leaf(key: SealKey) -> x509.Certificate:
    if not key.certificate_chain:
        raise SealUnavailable("The seal comes without its certificate.")
    return key.certificate_chain[0]

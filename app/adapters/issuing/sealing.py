"""Issuing behind its port: build, take the issuer from the certificate, check, seal, verify."""

import asyncio
import json
import logging
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import TypeVar
from uuid import UUID

from app.adapters.edc import certificates, jades, seals, signatures
from app.adapters.edc.branding import PLAIN, Branding
from app.adapters.edc.brought import written_anew, wrong_beside
from app.adapters.edc.certificates import CertificateUnreadable
from app.adapters.edc.format_cache import FormatVerdicts
from app.adapters.edc.opened import open_sealed
from app.adapters.edc.seals import LocalSealKey, SealKey
from app.adapters.edc.shown import pictures_in
from app.adapters.edc.strict_json import NotReadable
from app.adapters.edc.trust import as_pem
from app.adapters.edc.verify import verify
from app.adapters.issuing.building import (
    VERIFICATION_PATH,
    Built,
    Leaves,
    build,
    issuer_by_seal,
    issuer_of,
    leaf_of,
)
from app.adapters.issuing.keys import SealKeys
from app.adapters.issuing.organisations import organisation_of
from app.adapters.issuing.preflight import Preflight, Reachable, claim_of
from app.adapters.issuing.trusted import RecognisedInstitutions, TrustSource
from app.adapters.reference import partners
from app.domain.clock import Clock
from app.domain.credentials.credential_id import credential_urn
from app.domain.credentials.profile import edc_profile
from app.domain.credentials.seal import (
    Brought,
    DocumentInvalid,
    IssuedCredential,
    IssuingOrder,
    PreparedSeal,
    SealDoubtful,
    SealFacts,
    SealIsElsewhere,
    SealName,
    SealUnavailable,
    SignatureRefused,
)
from app.domain.credentials.verification import DECISIVE, CheckStatus, Verification
from app.domain.errors import Finding, InternalInconsistency
from app.domain.vocabulary.institutions import Institution, InstitutionCode

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
        qualified_only: bool = False,
        reachable: Reachable = tuple,
        institutions: Callable[[], Sequence[Institution]] = partners,
        branding: Callable[[InstitutionCode], Branding] = lambda _: PLAIN,
    ) -> None:
        """`public_url` is where people reach this service; images lead there for verification.

        `reachable` says which authorities that sealing needs do not answer, `institutions` whose
        identifiers certificates are compared with, `branding` how an issuer's images look.
        """
        self._branding = branding
        self._keys = keys
        self._trusted = trusted
        self._clock = clock
        self._public_url = public_url
        self._time_header = time_header
        self._preflight = Preflight(trusted, production=production, qualified_only=qualified_only)
        self._reachable = reachable
        self._institutions = institutions
        self._leaves = Leaves()
        # What is looked at after sealing are the bytes that were looked at before.
        self._verdicts = FormatVerdicts(_AT_ONCE * 8)
        self._threads = ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="sealing")

    async def seals(self) -> Sequence[SealFacts]:
        """Every seal that is configured and can be read, by institution, its default first."""
        return await self._in_thread(lambda: list(self._readable()))

    async def facts(self, institution: InstitutionCode, name: SealName | None = None) -> SealFacts:
        """A seal of one institution, as it is now. Raises SealUnavailable."""
        return await self._in_thread(lambda: self._facts(institution, name))

    async def root(self, institution: InstitutionCode, name: SealName | None = None) -> bytes:
        """The certificate (PEM) at the top of the seal's chain. Raises SealUnavailable."""
        return await self._in_thread(lambda: self._root(institution, name))

    async def rehearse(self, order: IssuingOrder) -> Sequence[Finding]:
        """What the profile says against the credential that this order would make."""
        return await self._in_thread(lambda: self._findings(self._built(order)))

    async def issue(self, order: IssuingOrder) -> IssuedCredential:
        """Build, check, seal, and verify what came out."""
        return await self._in_thread(lambda: self._issue(order))

    async def prepare(self, order: IssuingOrder) -> PreparedSeal:
        """Build and check, and say what is to be signed where the key is."""
        return await self._in_thread(lambda: self._prepare(order))

    async def attach(self, prepared: PreparedSeal, brought: Brought) -> IssuedCredential:
        """Put together what was prepared and what was brought, and verify what came out."""
        return await self._in_thread(lambda: self._attach(prepared, brought))

    async def unsealed(self, order: IssuingOrder) -> bytes:
        """The same credential without a seal, as the file that the Commission's issuer takes."""
        return await self._in_thread(lambda: self._unsealed(order))

    async def _in_thread(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._threads, work)

    # What follows blocks.

    def _readable(self) -> Iterator[SealFacts]:
        for institution in self._keys.institutions():
            for name in self._keys.names(institution):
                try:
                    yield self._facts(institution, name)
                except SealUnavailable as error:
                    log.warning("left out of the list of seals: %s", error.detail)

    def _facts(self, institution: InstitutionCode, name: SealName | None) -> SealFacts:
        names = self._keys.names(institution)
        key = self._keys.key(institution, name)
        now = self._clock.now()
        findings = seals.preflight(key, now)
        facts = self._leaves.facts(key)
        findings.extend(
            self._preflight.of_deployment(key, facts, now, self._institution(institution))
        )
        findings.extend(self._reachable())
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
            findings=tuple(findings),
            name=name or names[0],
            is_default=name is None or name == names[0],
            local=isinstance(key, LocalSealKey),
            claims=claim_of(key),
        )

    def _root(self, institution: InstitutionCode, name: SealName | None) -> bytes:
        key = self._keys.key(institution, name)
        path = self._trusted.store.path(leaf_of(key), key.certificate_chain[1:], self._clock.now())
        if path.anchor is None:
            raise SealUnavailable(f"No authority is known behind the seal of {institution}.")
        return as_pem(path.anchor.certificate)

    def _institution(self, code: InstitutionCode) -> Institution | None:
        return next((one for one in self._institutions() if one.code == code), None)

    def _built(self, order: IssuingOrder) -> "_ForSeal":
        institution = issuer_of(order)
        key = self._keys.key(institution, order.seal)
        own = _of(order, institution)
        try:
            issuer = issuer_by_seal(key, organisation_of(own))
        except (CertificateUnreadable, ValueError):
            # Which of the names is missing is among the findings of the preflight.
            raise SealDoubtful(institution, tuple(seals.preflight(key, order.issued_at))) from None
        url = f"{self._public_url}{VERIFICATION_PATH}/{order.credential}"
        development = self._leaves.facts(key).development
        look = self._branding(institution)
        built = build(order, issuer, url, development=development, branding=look)
        return _ForSeal(own, key, built)

    def _findings(self, made: "_ForSeal") -> Sequence[Finding]:
        return self._verdicts.findings(made.built.payload, made.built.document)

    def _checked(self, order: IssuingOrder) -> "_ForSeal":
        """The credential of an order, when nothing stands against sealing it."""
        made = self._built(order)
        if findings := self._findings(made):
            raise DocumentInvalid(tuple(findings))
        self._insist_on_seal(made.key, made.institution, order.issued_at)
        return made

    def _insist_on_seal(self, key: SealKey, institution: Institution, now: datetime) -> None:
        doubts = self._preflight.doubts(key, self._leaves.facts(key), now, institution)
        if doubts:
            raise SealDoubtful(institution.code, tuple(doubts))

    def _issue(self, order: IssuingOrder) -> IssuedCredential:
        made = self._checked(order)
        if isinstance(made.key, LocalSealKey):
            raise SealIsElsewhere(made.institution.code)
        sealed = jades.seal(
            made.built.payload, made.key, order.issued_at, time_header=self._time_header
        )
        found = self._verified(sealed, order.issued_at)
        if wrong := _wrong(found, order.credential):
            raise SealDoubtful(made.institution.code, wrong)
        return self._issued(sealed, made.built, made.key, order.issued_at)

    def _issued(
        self, sealed: bytes, built: Built, key: SealKey, issued_at: datetime
    ) -> IssuedCredential:
        facts = self._leaves.facts(key)
        profile = edc_profile()
        return IssuedCredential(
            document=sealed,
            sha256=sha256(sealed).hexdigest(),
            images=built.images,
            issued_at=issued_at,
            organisation=facts.organisation or "",
            organisation_identifier=facts.organisation_identifier or "",
            certificate_sha256=facts.sha256,
            development=facts.development,
            profile=f"{profile.name} {profile.version}",
            valid_until=built.valid_until,
        )

    def _verified(self, sealed: bytes, at: datetime) -> Verification:
        """Look at the outcome as a stranger would, a moment later."""
        return verify(
            sealed,
            trust=self._trusted.store,
            now=at + timedelta(seconds=1),
            known_status=lambda _: None,
            recognised=_NO_REGISTER.recognised,
            verdicts=self._verdicts,
        )

    def _prepare(self, order: IssuingOrder) -> PreparedSeal:
        made = self._checked(order)
        institution = made.institution.code
        return PreparedSeal(
            credential=order.credential,
            registration=order.award.registration,
            institution=institution,
            seal=order.seal or self._keys.names(institution)[0],
            payload=made.built.payload,
            protected=jades.encoded_header(made.key, order.issued_at, self._time_header),
            algorithm=made.key.alg,
            certificate_sha256=self._leaves.facts(made.key).sha256,
            prepared_at=order.issued_at,
        )

    def _attach(self, prepared: PreparedSeal, brought: Brought) -> IssuedCredential:
        key = self._keys.key(prepared.institution, prepared.seal)
        now = self._clock.now()
        institution = self._institution(prepared.institution)
        if institution is None:
            raise InternalInconsistency(f"no partner {prepared.institution}")
        self._insist_on_seal(key, institution, now)
        if self._leaves.facts(key).sha256 != prepared.certificate_sha256:
            raise SignatureRefused((_REPLACED,))
        if brought.document is None:
            sealed = _with_signature(prepared, key, brought.signature or b"")
        else:
            sealed = _of_same(prepared, brought.document, now)
        # At the time that it claims or, for a file that was signed later, now.
        if wrong := _wrong(self._verified(sealed, now), prepared.credential):
            raise SignatureRefused(wrong)
        document = json.loads(prepared.payload)
        built = Built(document, prepared.payload, pictures_in(document))
        return self._issued(sealed, built, key, prepared.prepared_at)

    def _unsealed(self, order: IssuingOrder) -> bytes:
        institution = issuer_of(order)
        own = organisation_of(_of(order, institution))
        # Whoever seals it will not have it in our register: the picture leads to where a file
        # can be checked.
        url = f"{self._public_url}{VERIFICATION_PATH}"
        look = self._branding(institution)
        built = build(order, own, url, development=False, branding=look)
        findings = tuple(
            finding
            for finding in self._verdicts.findings(built.payload, built.document)
            if not finding.pointer.startswith("/issuer")
        )
        if findings:
            raise DocumentInvalid(findings)
        credential = {
            key: value for key, value in built.document.items() if key not in ("@context", "issuer")
        }
        delivery = {"deliveryAddress": [order.award.holder.email]}
        upload = {
            "credential": credential,
            **({"deliveryDetails": delivery} if order.award.holder.email else {}),
        }
        return json.dumps(upload, ensure_ascii=False, separators=(",", ":")).encode("utf-8")


@dataclass(frozen=True)
class _ForSeal:
    institution: Institution
    key: SealKey
    built: Built


_AT_ONCE = 2
"""Threads that render and seal. Their number is small because each holds a typesetter of its own,
and apart from the others so that a batch and its onlookers do not wait for one another."""

_NO_REGISTER = RecognisedInstitutions(None)

_SKEW = timedelta(minutes=5)
"""How far the clock of whoever signs elsewhere may be from ours."""

_REPLACED = Finding(
    "",
    "certificate_replaced",
    "The institution's seal was replaced after this was prepared. Prepare it again.",
)


def _of(order: IssuingOrder, code: InstitutionCode) -> Institution:
    found = next((one for one in order.institutions if one.code == code), None)
    if found is None:
        raise InternalInconsistency(f"the issuer {code} is not among the institutions")
    return found


def _wrong(found: Verification, credential: UUID) -> tuple[Finding, ...]:
    """What keeps a sealed credential from being kept."""
    failed = tuple(
        Finding("", check.code, check.sentence)
        for check in found.checks
        if check.status is CheckStatus.ERROR
        or (check.name in DECISIVE and check.status is not CheckStatus.OK)
    )
    if found.contents.id != credential_urn(credential):
        failed = (*failed, Finding("/id", "other_credential", "It is another credential."))
    return failed


def _with_signature(prepared: PreparedSeal, key: SealKey, signature: bytes) -> bytes:
    """The sealed document, from a signature that somebody made over what was prepared."""
    public = leaf_of(key).public_key()
    value = signatures.jose_form(prepared.algorithm, public, signature)
    if not signatures.verifies(prepared.algorithm, public, prepared.signing_input, value):
        raise SignatureRefused(
            (
                Finding(
                    "/signature",
                    "signature_wrong",
                    "It was not made over these bytes by the key of the seal's certificate.",
                ),
            )
        )
    return jades.general_serialisation(prepared.payload, prepared.protected, value)


def _of_same(prepared: PreparedSeal, document: bytes, now: datetime) -> bytes:
    """A sealed file that somebody else's program made, if it seals exactly what was prepared."""
    try:
        sealed = open_sealed(document)
    except NotReadable as problem:
        raise SignatureRefused((Finding("/document", problem.code, problem.detail),)) from None
    findings = []
    if sealed.payload != prepared.payload:
        findings.append(
            Finding("/payload", "payload_changed", "It seals other bytes than were prepared.")
        )
    if not sealed.payload_first or sealed.payload_encoded:
        findings.append(
            Finding(
                "/payload",
                "not_for_europass",
                "Europass reads files whose payload comes first and is not encoded.",
            )
        )
    if beside := wrong_beside(sealed):
        findings.append(beside)
    leaf = sealed.certificates[0] if sealed.certificates else None
    if leaf is None or certificates.fingerprint(leaf) != prepared.certificate_sha256:
        findings.append(
            Finding("/x5c", "other_certificate", "It is sealed with another certificate.")
        )
    if sealed.header.get("alg") not in signatures.SEALING:
        findings.append(
            Finding("/alg", "algorithm_not_used", f"Seal with {', '.join(signatures.SEALING)}.")
        )
    signed_at = sealed.signed_at
    if signed_at is None or not -_SKEW <= signed_at - prepared.prepared_at <= (
        now - prepared.prepared_at + _SKEW
    ):
        findings.append(
            Finding(
                "/iat",
                "time_impossible",
                "It claims to be sealed before it was prepared, or later than now.",
            )
        )
    if findings:
        raise SignatureRefused(tuple(findings))
    # Verifiers doubt a file in another form than ours.
    return written_anew(sealed)

"""Making one credential, from its order to what is sealed and verified. Everything here blocks."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from uuid import UUID

from app.adapters.edc.elm.format_cache import FormatVerdicts, OfficialFindings
from app.adapters.edc.image.branding import PLAIN, Branding
from app.adapters.edc.pki.certificates import CertificateUnreadable
from app.adapters.edc.pki.qualification import QualificationSource
from app.adapters.edc.seal import jades, seals
from app.adapters.edc.seal.seals import LocalSealKey, SealKey
from app.adapters.edc.verification.verify import verify
from app.adapters.issuing.building import (
    VERIFICATION_PATH,
    Builder,
    Built,
    Leaves,
    issuer_by_seal,
    issuer_of,
)
from app.adapters.issuing.keys import SealKeys
from app.adapters.issuing.organisations import organisation_of
from app.adapters.issuing.preflight import NOTHING_KEPT, Preflight
from app.adapters.issuing.standing import Standings
from app.adapters.issuing.trusted import RecognisedInstitutions, TrustSource
from app.domain.credentials.credential_id import credential_urn
from app.domain.credentials.profile.tables import Profiles
from app.domain.credentials.profile.validation import UNANSWERED
from app.domain.credentials.seal import (
    DocumentInvalid,
    IssuedCredential,
    IssuingOrder,
    SealDoubtful,
    SealIsElsewhere,
    ShapesUnanswered,
)
from app.domain.credentials.verification import DECISIVE, CheckStatus, Verification
from app.domain.errors import Finding, InternalInconsistency
from app.domain.vocabulary.institutions import Institution, InstitutionCode


@dataclass(frozen=True)
class Made:
    """A credential before it is sealed, and what it will be sealed with."""

    institution: Institution
    key: SealKey
    built: Built


class Maker:
    """Makes credentials with the seals of the institutions. For use from several threads."""

    def __init__(
        self,
        keys: SealKeys,
        trusted: TrustSource,
        *,
        public_url: str,
        production: bool,
        time_header: jades.TimeHeader = "iat",
        qualified_only: bool = False,
        branding: Callable[[InstitutionCode], Branding] = lambda _: PLAIN,
        standings: Standings = NOTHING_KEPT,
        qualifications: QualificationSource | None = None,
        profiles: Profiles | None = None,
        official: OfficialFindings | None = None,
        rises: bool = True,
    ) -> None:
        """`public_url` is where people reach this service; images lead there for verification.

        `branding` is how an issuer's images look, `standings` whether certificates are in force,
        `qualifications` what trusted lists say, `profiles` by which documents are read and which
        of them is issued, `official` what the official shapes have against a document. `rises` says
        whether seals are added to later, by others than this.
        """
        self.keys = keys
        self.trusted = trusted
        self.time_header = time_header
        self._rises = rises
        self.preflight = Preflight(
            trusted,
            production=production,
            qualified_only=qualified_only,
            standings=standings,
            qualifications=qualifications,
        )
        self._standings = standings
        self.leaves = Leaves()
        self._public_url = public_url
        self._branding = branding
        # What is looked at after sealing are the bytes that were looked at before.
        self.verdicts = FormatVerdicts(_VERDICTS_KEPT, profiles=profiles, official=official)
        self.profile = self.verdicts.profiles.default
        self._builder = Builder(self.verdicts.findings, self.profile)

    def issue(self, order: IssuingOrder) -> IssuedCredential:
        """Build, check, seal, and verify what came out.

        Raises SealUnavailable, SealDoubtful, DocumentInvalid, ShapesUnanswered, SealIsElsewhere.
        """
        made = self.checked(order)
        if isinstance(made.key, LocalSealKey):
            raise SealIsElsewhere(made.institution.code)
        sealed = jades.seal(
            made.built.payload,
            made.key,
            order.issued_at,
            time_header=self.time_header,
            plain=True,
        )
        if wrong := self.wrong_with(sealed, order.credential, order.issued_at):
            raise SealDoubtful(made.institution.code, wrong)
        return self.issued(sealed, made.built, made.key, order.issued_at)

    def issue_all(self, orders: Sequence[IssuingOrder]) -> list[IssuedCredential | Exception]:
        """The same for several: what came of each, or the error that kept it from being made."""
        made: list[IssuedCredential | Exception] = []
        self._builder.begin(orders)
        for order in orders:
            try:
                made.append(self.issue(order))
            except Exception as error:
                made.append(error)
        return made

    def checked(self, order: IssuingOrder) -> Made:
        """The credential of an order, when nothing stands against sealing it."""
        made = self.built(order)
        if findings := self._against(made.built):
            raise DocumentInvalid(findings)
        self.insist_on_seal(made.key, made.institution, order.issued_at)
        return made

    def insist_on_seal(self, key: SealKey, institution: Institution, now: datetime) -> None:
        """Raises SealDoubtful when there is anything against sealing with that key now."""
        doubts = self.preflight.doubts(key, self.leaves.facts(key), now, institution)
        if doubts:
            raise SealDoubtful(institution.code, tuple(doubts))

    def built(self, order: IssuingOrder) -> Made:
        """The credential of an order, not judged yet. Raises SealUnavailable, SealDoubtful."""
        institution = issuer_of(order)
        key = self.keys.key(institution, order.seal)
        own = issuing(order, institution)
        try:
            issuer = issuer_by_seal(key, organisation_of(own))
        except (CertificateUnreadable, ValueError):
            # Which of the names is missing is among the findings of the preflight.
            raise SealDoubtful(institution, tuple(seals.preflight(key, order.issued_at))) from None
        url = f"{self._public_url}{VERIFICATION_PATH}/{order.credential}"
        development = self.leaves.facts(key).development
        look = self._branding(institution)
        built = self._builder.build(order, issuer, url, development=development, branding=look)
        return Made(own, key, built)

    def findings(self, made: Made) -> Sequence[Finding]:
        """What the profile says against it. Raises ShapesUnanswered."""
        return self._against(made.built)

    def _against(self, built: Built, *, without: str | None = None) -> tuple[Finding, ...]:
        """What stands against it anywhere but under `without`. Raises ShapesUnanswered."""
        found: Sequence[Finding] = ()
        if built.sound:
            self.verdicts.note_sound(built.payload)
        else:
            found = self.verdicts.findings(built.payload, built.document)
        own = _elsewhere(found, without)
        official = self._official(built)
        if not own and _unanswered(official):
            # An engine that has died is replaced for the next question. If that does not help,
            # it is no fault of this learner's, and the next one would fare no better.
            official = self._official(built)
            if _unanswered(official):
                raise ShapesUnanswered
        return (*own, *_elsewhere(official, without))

    def _official(self, built: Built) -> Sequence[Finding]:
        if not self.verdicts.asks_official:
            # What the payload stands for need not be read then.
            return ()
        return self.verdicts.official(built.payload, built.document)

    def issued(
        self, sealed: bytes, built: Built, key: SealKey, issued_at: datetime
    ) -> IssuedCredential:
        """What there is to keep of a sealed credential."""
        facts = self.leaves.facts(key)
        return IssuedCredential(
            document=sealed,
            sha256=sha256(sealed).hexdigest(),
            images=built.images,
            issued_at=issued_at,
            organisation=facts.organisation or "",
            organisation_identifier=facts.organisation_identifier or "",
            certificate_sha256=facts.sha256,
            development=facts.development,
            profile=f"{self.profile.name} {self.profile.version}",
            valid_until=built.valid_until,
            rises=self._rises,
        )

    def wrong_with(self, sealed: bytes, credential: UUID, at: datetime) -> tuple[Finding, ...]:
        """What keeps it from being kept, looked at as a stranger would, a moment later."""
        found = verify(
            sealed,
            trust=self.trusted.store,
            now=at + timedelta(seconds=1),
            recognised=_NO_REGISTER.recognised,
            material=self._standings.material,
            verdicts=self.verdicts,
            own_issue=True,
        )
        return _wrong(found, credential)

    def unsealed(self, order: IssuingOrder) -> bytes:
        """The same credential without a seal, as the file that the Commission's issuer takes."""
        institution = issuer_of(order)
        own = organisation_of(issuing(order, institution))
        # Whoever seals it will not have it in our register: the picture leads to where a file
        # can be checked.
        url = f"{self._public_url}{VERIFICATION_PATH}"
        look = self._branding(institution)
        built = self._builder.build(order, own, url, development=False, branding=look)
        if findings := self._against(built, without="/issuer"):
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


_VERDICTS_KEPT = 16
_NO_REGISTER = RecognisedInstitutions(None)


def issuing(order: IssuingOrder, code: InstitutionCode) -> Institution:
    """The institution with that code, among those of an order."""
    found = next((one for one in order.institutions if one.code == code), None)
    if found is None:
        raise InternalInconsistency(f"the issuer {code} is not among the institutions")
    return found


def _elsewhere(found: Sequence[Finding], without: str | None) -> tuple[Finding, ...]:
    return tuple(one for one in found if without is None or not one.pointer.startswith(without))


def _unanswered(found: Sequence[Finding]) -> bool:
    return any(finding.code == UNANSWERED for finding in found)


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

"""A micro-credential, people who passed it, and stand-ins for what issuing asks of others.

The stand-ins implement the ports of `app.domain.credentials`; what stands behind those ports in
the product belongs to other capabilities, which test it themselves.
"""

import json
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from hashlib import sha256
from typing import Any
from uuid import UUID

from app.domain.access.roles import Caller, Grant, Role
from app.domain.canonical import content_hash
from app.domain.credentials.errors import AwardNotFound, AwardNotReady, EditionNotFound
from app.domain.credentials.ports_sealing import Sealing
from app.domain.credentials.seal import (
    Brought,
    IssuedCredential,
    IssuingOrder,
    PreparedSeal,
    SealDoubtful,
    SealFacts,
    SealUnavailable,
    SignatureRefused,
)
from app.domain.errors import DomainError, Finding
from app.domain.ids import new_id
from app.domain.plain import to_plain
from app.domain.vocabulary.award import AssessmentResult, Award, Holder, NotReady
from app.domain.vocabulary.concepts import Concept
from app.domain.vocabulary.lists import country_concept, labelled, language_concept
from app.domain.vocabulary.micro_credential import (
    MicroCredential,
    MicroCredentialNotFound,
    NoInstitutionRule,
    PartnerRole,
)
from app.domain.vocabulary.specification import (
    AcademicData,
    Assessment,
    GradingScheme,
    LearningOutcome,
    OutcomeSkill,
    QualityRecord,
    Right,
    Scale,
    SkillDecision,
    SkillLink,
    Specification,
    Stackability,
    StackTarget,
    WorkloadPart,
)

NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
SNB = "http://data.europa.eu/snb/"


class TickingClock:
    """A clock that a test sets, and that moves on by a second each time it is read."""

    def __init__(self, now: datetime = NOW) -> None:
        self.time = now

    def now(self) -> datetime:
        self.time += timedelta(seconds=1)
        return self.time


def listed(path: str) -> Concept:
    """A value of a controlled list of ELM by the end of its IRI, with its labels."""
    return labelled(Concept(SNB + path))


def the_specification(**changes: Any) -> Specification:
    """The alliance's course, narrow but whole: every certified group of fields has a value."""
    english, spanish = language_concept("en"), language_concept("es")
    academic = AcademicData(
        title={"en": "Joint Micro-credentials in Practice", "es": "Microcredenciales conjuntas"},
        description={
            "en": "A short online course for staff who design joint micro-credentials.",
            "es": "Un curso breve en línea para quienes diseñan microcredenciales conjuntas.",
        },
        credential_profile=listed("credential/e34929035b"),
        opportunity_type=listed("learning-opportunity/74a4a268e8"),
        awarding_bodies=("UNIOVI", "HKA", "UDA"),
        issuer="UNIOVI",
        eqf_level=listed("eqf/6"),
        cycle="1",
        isced_f=(listed("isced-f/0111"),),
        ects=Decimal(1),
        credit_framework=listed("education-credit/6fcec5c5af"),
        hours_per_ects=25,
        workload_hours=25,
        workload_parts=(
            WorkloadPart(
                {"en": "Online sessions", "es": "Sesiones en línea"},
                listed("learning-activity/efff75e10a"),
                14,
                contact=True,
            ),
            WorkloadPart(
                {"en": "Group work", "es": "Trabajo en grupo"},
                listed("learning-activity/bf2e3a7bae"),
                11,
            ),
        ),
        outcomes=(
            LearningOutcome(
                "LO1",
                {
                    "en": "Designs a micro-credential together with partner universities.",
                    "es": "Diseña una microcredencial con universidades socias.",
                },
                skills=(
                    OutcomeSkill(
                        "develop curriculum",
                        SkillDecision.LINKED,
                        SkillLink(
                            "http://data.europa.eu/esco/skill/ff449d33-13a9-4c68-8bbd-1f6ea0f3cd6e",
                            "develop curriculum",
                            "en",
                            "1.1.1",
                        ),
                    ),
                ),
            ),
            LearningOutcome(
                "LO2",
                {
                    "en": "Explains the European approach to micro-credentials.",
                    "es": "Explica el enfoque europeo de las microcredenciales.",
                },
                skills=(
                    OutcomeSkill(
                        "joint quality assurance",
                        SkillDecision.OWN_WORDING,
                        reason="ESCO has no skill of this scope.",
                    ),
                ),
            ),
            LearningOutcome(
                "LO3",
                {
                    "en": "Weighs forms of assessment against outcomes.",
                    "es": "Compara formas de evaluación con los resultados.",
                },
                type=None,
            ),
        ),
        mode=(listed("learning-assessment/920fbb3cbe"),),
        learning_setting=listed("learning-setting/6fd4685715"),
        max_duration="P2M",
        languages_teaching=(english,),
        assessments=(
            Assessment(
                "A1",
                {"en": "Group project", "es": "Proyecto en grupo"},
                listed("assessment/795dac4096"),
                mode=(listed("learning-assessment/920fbb3cbe"),),
                languages=(english,),
                weight=100,
                outcomes=("LO1", "LO2", "LO3"),
            ),
        ),
        grading_scheme=GradingScheme(
            {"en": "Pass or fail", "es": "Apto o no apto"}, Scale.PASS_FAIL, "Pass"
        ),
        id_verification=listed("supervision-verification/c598449d64"),
        qa_types=(listed("accreditation/bb4618238e"),),
        qa_records=(
            QualityRecord(
                {"en": "Institutional accreditation (demonstration)"},
                listed("accreditation/bb4618238e"),
                {"en": "Agency for Demonstration"},
                country_concept("ES"),
                "passed",
                date(2025, 1, 15),
                date(2031, 1, 15),
            ),
        ),
        entry_requirements={"en": "A bachelor's degree.", "es": "Un título de grado."},
        stackability=Stackability.STACKABLE,
        stacks_into=(StackTarget({"en": "Master in Higher Education"}, "UNIOVI", Decimal(1)),),
        homepage="https://www.example.org/joint-micro-credentials",
        display_languages=(english, spanish),
        primary_language=english,
    )
    return replace(
        Specification(
            summary_public={
                "en": "Certifies that its holder can design joint micro-credentials with partners.",
                "es": "Certifica que su titular sabe diseñar microcredenciales conjuntas.",
            },
            target_groups=(listed("target-group/e7627913ad"),),
            academic=academic,
            rights=(
                Right(
                    {"en": "Access to the advanced course", "es": "Acceso al curso avanzado"},
                    listed("entitlement/64aad92881"),
                    listed("entitlement-status/b7015a8a8c"),
                    {"en": "Opens the advanced course at any partner."},
                ),
            ),
        ),
        **changes,
    )


def the_micro_credential(specification: Specification | None = None) -> MicroCredential:
    """It, approved and published."""
    specification = specification or the_specification()
    return MicroCredential(
        proposal=UUID("01998000-0000-7000-8000-0000000000aa"),
        code="IMC-2026-001",
        version=1,
        title=specification.academic.title,
        lead="UNIOVI",
        partners=(
            ("UNIOVI", PartnerRole.AWARDING),
            ("HKA", PartnerRole.AWARDING),
            ("UDA", PartnerRole.AWARDING),
        ),
        places=50,
        quota_per_institution=5,
        no_institution_rule=NoInstitutionRule.OWN_BUCKET,
        contact_email="micro@example.org",
        specification=specification,
        certified_hash=content_hash(to_plain(specification)),
    )


def an_award(edition: UUID, micro_credential: MicroCredential, name: str = "Zoë Ñandú") -> Award:
    """One learner who passed."""
    return Award(
        registration=new_id(),
        edition=edition,
        edition_code="IMC-2026-001-E2",
        edition_start=date(2026, 9, 1),
        edition_end=date(2026, 10, 31),
        proposal=micro_credential.proposal,
        proposal_version=micro_credential.version,
        holder=Holder(
            name,
            given_name=name.split()[0],
            family_name=name.split()[-1],
            birth_date=date(1990, 2, 28),
            email="zoe@example.org",
            language="es",
        ),
        grade="Pass",
        awarded_on=date(2026, 11, 10),
        results=(AssessmentResult("A1", "Pass", date(2026, 10, 30)),),
    )


@dataclass
class KnownAwards:
    """Awards of one edition, as a test arranges them."""

    edition: UUID
    proposal: UUID
    ready: dict[UUID, Award] = field(default_factory=dict)
    not_ready: dict[UUID, NotReady] = field(default_factory=dict)
    accounts: dict[UUID, tuple[UUID, ...]] = field(default_factory=dict)
    issuer: str | None = None

    async def of_edition(self, edition: UUID) -> tuple[Sequence[Award], Sequence[NotReady]]:
        await self.proposal_of(edition)
        return (
            [self.ready[key] for key in sorted(self.ready)],
            [self.not_ready[key] for key in sorted(self.not_ready)],
        )

    async def get(self, registration: UUID) -> Award:
        if registration in self.not_ready:
            raise AwardNotReady(self.not_ready[registration])
        if registration not in self.ready:
            raise AwardNotFound(registration)
        return self.ready[registration]

    async def held(self, registrations: Sequence[UUID]) -> Mapping[UUID, Award | DomainError]:
        found: dict[UUID, Award | DomainError] = {}
        for registration in registrations:
            try:
                found[registration] = await self.get(registration)
            except DomainError as refusal:
                found[registration] = refusal
        return found

    async def proposal_of(self, edition: UUID) -> UUID:
        if edition != self.edition:
            raise EditionNotFound(edition)
        return self.proposal

    async def issuer_of(self, edition: UUID) -> str | None:
        await self.proposal_of(edition)
        return self.issuer

    async def held_by(self, account: UUID) -> Collection[UUID]:
        return self.accounts.get(account, ())

    def postpone(self, registration: UUID, reason: str) -> None:
        """The award is not ready any more."""
        name = self.ready.pop(registration).holder.full_name
        self.not_ready[registration] = NotReady(registration, (reason,), full_name=name)


@dataclass
class OneMicroCredential:
    """The published micro-credential of a test."""

    only: MicroCredential

    async def get(self, proposal: UUID) -> MicroCredential:
        if proposal != self.only.proposal:
            raise MicroCredentialNotFound(proposal)
        return self.only


PNG = b"\x89PNG\r\n\x1a\n"
LOCAL = "rectorate"
"""The seal on paper whose stamp stays with its institution."""


def stamp(prepared: PreparedSeal) -> bytes:
    """What the institution brings back."""
    return prepared.digest


def _on_paper(order: IssuingOrder) -> bytes:
    return json.dumps({"id": order.urn, "name": order.award.holder.full_name}).encode()


class PaperSeal:
    """Seals on paper: the document is plain JSON, and what a story needs to go wrong does."""

    def __init__(self, institution: str = "UNIOVI", *, certificate: str = "c1") -> None:
        self.institution = institution
        self.certificate = certificate
        self.findings: tuple[Finding, ...] = ()
        self.specimen: tuple[Finding, ...] = ()
        self.orders: list[IssuingOrder] = []
        self.configured: tuple[str, ...] = ("default", LOCAL)
        self.unreachable: set[str] = set()
        self.before_issuing: Callable[[IssuingOrder], None] = lambda order: None
        self.valid_until: datetime | None = None
        self.together = 1
        self.at_once = 1

    async def seals(self) -> Sequence[SealFacts]:
        return [
            await self.facts(self.institution, name)
            for name in self.configured
            if name not in self.unreachable
        ]

    async def names(self, institution: str) -> Sequence[str]:
        return self.configured if institution == self.institution else ()

    async def facts(self, institution: str, name: str | None = None) -> SealFacts:
        if name not in (None, *self.configured) or (name or self.configured[0]) in self.unreachable:
            raise SealUnavailable(f"{institution} has no seal {name} here.")
        if institution != self.institution:
            raise SealUnavailable(f"{institution} has no seal here.")
        return SealFacts(
            institution=institution,
            subject=f"CN=Paper seal,O={institution}",
            organisation=f"University of {institution}",
            organisation_identifier="VATXX-DEVELOPMENT-ONLY",
            serial="01",
            issuer="CN=Paper",
            valid_from=NOW - timedelta(days=1),
            valid_until=NOW + timedelta(days=365),
            algorithm="RS256",
            certificate_sha256=sha256(self.certificate.encode()).hexdigest(),
            development=True,
            findings=self.findings,
            name=name or self.configured[0],
            is_default=name in (None, self.configured[0]),
            local=(name or self.configured[0]) == LOCAL,
        )

    async def root(self, institution: str, name: str | None = None) -> bytes:
        await self.facts(institution, name)
        return b"-----BEGIN CERTIFICATE-----\n"

    async def rehearse(self, order: IssuingOrder) -> Sequence[Finding]:
        return self.specimen

    async def issue(self, order: IssuingOrder) -> IssuedCredential:
        self.orders.append(order)
        self.before_issuing(order)
        if self.findings:
            raise SealDoubtful(self.institution, self.findings)
        document = json.dumps({"payload": _on_paper(order).decode()}).encode()
        return await self._kept(document, order.issued_at)

    async def issue_all(
        self, orders: Sequence[IssuingOrder]
    ) -> Sequence[IssuedCredential | Exception]:
        made: list[IssuedCredential | Exception] = []
        for order in orders:
            try:
                made.append(await self.issue(order))
            except Exception as error:
                made.append(error)
        return made

    async def prepare(self, order: IssuingOrder) -> PreparedSeal:
        self.orders.append(order)
        self.before_issuing(order)
        facts = await self.facts(self.institution, order.seal)
        if self.findings:
            raise SealDoubtful(self.institution, self.findings)
        return PreparedSeal(
            credential=order.credential,
            registration=order.award.registration,
            institution=self.institution,
            seal=facts.name,
            payload=_on_paper(order),
            protected="cGFwZXI",
            algorithm="RS256",
            certificate_sha256=facts.certificate_sha256,
            prepared_at=order.issued_at,
        )

    async def attach(self, prepared: PreparedSeal, brought: Brought) -> IssuedCredential:
        """Stamped is what ends in the digest of what was prepared."""
        if brought.signature != stamp(prepared):
            raise SignatureRefused((Finding("/signature", "signature_wrong", "Not the stamp."),))
        document = json.dumps(
            {"payload": prepared.payload.decode(), "signature": brought.signature.hex()}
        ).encode()
        return await self._kept(document, prepared.prepared_at)

    async def unsealed(self, order: IssuingOrder) -> bytes:
        self.orders.append(order)
        return b'{"credential":' + _on_paper(order) + b"}"

    async def _kept(self, document: bytes, issued_at: datetime) -> IssuedCredential:
        facts = await self.facts(self.institution)
        return IssuedCredential(
            document=document,
            sha256=sha256(document).hexdigest(),
            images={"en": PNG + b"en", "es": PNG + b"es"},
            issued_at=issued_at,
            organisation=facts.organisation,
            organisation_identifier=facts.organisation_identifier,
            certificate_sha256=facts.certificate_sha256,
            development=True,
            profile="paper 1",
            valid_until=self.valid_until,
        )


@dataclass
class Notes:
    """Progress, as a test looks at it afterwards."""

    items: dict[str, tuple[str, str, Mapping[str, Any]]] = field(default_factory=dict)
    reports: list[tuple[int, int | None]] = field(default_factory=list)
    cancel_after: int | None = None
    """Somebody asks to stop after so many items."""

    async def report(self, done: int, total: int | None = None) -> None:
        self.reports.append((done, total))

    async def item(
        self, key: str, status: str, code: str, detail: Mapping[str, Any] | None = None
    ) -> None:
        self.items[key] = (status, code, dict(detail or {}))

    async def cancelled(self) -> bool:
        return self.cancel_after is not None and len(self.items) >= self.cancel_after

    def codes(self) -> dict[str, int]:
        """How often each outcome occurs."""
        counts: dict[str, int] = {}
        for _, code, _ in self.items.values():
            counts[code] = counts.get(code, 0) + 1
        return counts


async def issued_by(sealing: Sealing, order: IssuingOrder) -> IssuedCredential:
    """What comes of one order. Raises what kept it from being made."""
    [made] = await sealing.issue_all([order])
    if isinstance(made, Exception):
        raise made
    return made


def officer(role: Role = Role.ISSUER_OFFICER, *institutions: str | None) -> Caller:
    """Somebody with an account and a role, at Oviedo unless said otherwise."""
    return Caller(
        account=new_id(),
        grants=tuple(
            Grant(role, institution, NOW - timedelta(days=30))
            for institution in institutions or ("UNIOVI",)
        ),
        trace_id="0" * 32,
    )


LEARNER = Caller(account=UUID("01998000-0000-7000-8000-00000000001e"), trace_id="1" * 32)

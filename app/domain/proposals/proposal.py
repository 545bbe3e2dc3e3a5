"""The proposal: what is written in it, who has agreed to it, and how it moves on."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from uuid import UUID

from app.domain.access.roles import Caller, Role
from app.domain.errors import Finding
from app.domain.events import Event
from app.domain.proposals import events as facts
from app.domain.proposals.agreement import (
    Consent,
    ConsentDecision,
    DecisionRecord,
    Review,
    Validation,
    own_lines_hash,
)
from app.domain.proposals.content import (
    Content,
    General,
    Section,
    SectionContent,
    repeated,
)
from app.domain.proposals.errors import (
    CertifiedHashDiffers,
    ConsentNotAsked,
    Incomplete,
    LeadCannotStepBack,
    NotThatPartner,
    PartnersAreForTheLead,
    PartnersInvalid,
    ReasonNeeded,
    StaleProposal,
    StaleSection,
)
from app.domain.proposals.history import HistoryEntry
from app.domain.proposals.states import (
    EDITABLE,
    MOVES,
    SUBMITTABLE,
    Frozen,
    MoveNotAllowed,
    State,
)
from app.domain.vocabulary.institutions import InstitutionCode
from app.domain.vocabulary.micro_credential import PartnerRole, PastEdition

FIRST_VERSIONS: Mapping[Section, int] = dict.fromkeys(Section, 1)


@dataclass(eq=False)
class Proposal:
    """A micro-credential that partners put forward together.

    Loading one for change locks it, so that what its verbs decide stays true until it is kept.
    The verbs of validation, review and publication stand in `decisions.py`.
    """

    id: UUID
    code: str
    """`IMC-2026-001`: unique, never given twice."""
    lead: InstitutionCode
    content: Content
    created_at: datetime
    state: State = State.DRAFT
    revision: int = 1
    """Number of the revision; a published one is never changed, a new one takes its place."""
    version: int = 1
    """Counts the changes: the ETag of transitions."""
    section_versions: Mapping[Section, int] = field(default_factory=lambda: dict(FIRST_VERSIONS))
    """The ETags of edits."""
    authors: frozenset[UUID] = frozenset()
    """Accounts of everybody who has written in it or submitted it."""
    round: int = 0
    """How often it was submitted with all consents."""
    change_requests: int = 0
    validation_due: date | None = None
    consents: tuple[Consent, ...] = ()
    """All answers in order; `current_consents` are those that count."""
    validations: tuple[Validation, ...] = ()
    reviews: tuple[Review, ...] = ()
    decision: DecisionRecord | None = None
    """The panel's last conclusion."""
    past_editions: tuple[PastEdition, ...] = ()
    _events: list[Event] = field(default_factory=list, repr=False)
    _history: list[HistoryEntry] = field(default_factory=list, repr=False)

    # What it is

    @property
    def certified_hash(self) -> str:
        """Hash over what is certified now."""
        return self.content.certified_hash

    def consenting(self) -> list[InstitutionCode]:
        """Whose consent is needed: who awards, who delivers, and where a right is limited to."""
        asked = self.content.partners(PartnerRole.AWARDING, PartnerRole.CO_DELIVERING)
        limited = [code for r in self.content.rights.rights for code in r.limit_organisations]
        partners = self.content.partners()
        return list(dict.fromkeys([*asked, *(code for code in limited if code in partners)]))

    def answering(self) -> set[InstitutionCode]:
        """The institutions that answer for the proposal, whose people abstain from its review."""
        return {self.lead, *self.consenting()}

    def current_consents(self) -> dict[InstitutionCode, Consent]:
        """The consents that hold: each institution's last answer, if it is for what stands now."""
        last = {c.institution: c for c in self.consents}
        now = self.certified_hash
        return {
            code: last[code]
            for code in self.consenting()
            if code in last
            and last[code].decision is ConsentDecision.CONSENT
            and last[code].certified_hash == now
            and last[code].own_hash == own_lines_hash(code)
        }

    def missing_consents(self) -> list[InstitutionCode]:
        """Who still has to consent."""
        current = self.current_consents()
        return [code for code in self.consenting() if code not in current]

    def has_decided(self, account: UUID | None) -> bool:
        """Whether the account has consented to it or validated it for an institution."""
        accounts = {c.account for c in self.consents} | {v.account for v in self.validations}
        return account in accounts

    # Guards

    def expect(self, version: int) -> None:
        """Let a transition pass whose caller has seen the current version, or StaleProposal."""
        if version != self.version:
            raise StaleProposal(self.version)

    def expect_section(self, section: Section, version: int) -> None:
        """Let an edit pass whose caller has seen the section's current version, or StaleSection."""
        if version != self.section_versions[section]:
            raise StaleSection(section, self.section_versions[section])

    def expect_hash(self, certified_hash: str) -> None:
        """Let a statement pass that is about what stands now, or raise CertifiedHashDiffers."""
        if certified_hash != self.certified_hash:
            raise CertifiedHashDiffers(self.version)

    # Writing

    def edit(
        self,
        section: Section,
        version: int,
        new: SectionContent,
        *,
        caller: Caller,
        at: datetime,
        action: str = "edit_proposal_section",
    ) -> bool:
        """Replace a section; whether anything changed.

        An edit of a proposal that waits for consents or was sent back makes it a draft again.
        Consents are not touched: they hold as long as what they were given for stands.
        Raises StaleSection, Frozen, PartnersAreForTheLead, PartnersInvalid.
        """
        self.expect_section(section, version)
        if self.state not in EDITABLE:
            raise Frozen(self.state)
        content = self.content.with_section(new)
        if content == self.content:
            return False
        before, after = self.content.general, content.general
        if (before.model, before.partners) != (after.model, after.partners):
            if not caller.has(Role.COORDINATOR, self.lead):
                raise PartnersAreForTheLead
            refuse_bad_partners(after, self.lead)
        self._replace(section, content)
        self.count_as_author(caller)
        self._back_to_draft("edit")
        self.note_down(action, caller, at, note=section.value)
        return True

    def record_past_edition(self, edition: PastEdition, *, caller: Caller, at: datetime) -> bool:
        """Remember an edition that ran before this system was used; False if it is known."""
        if edition in self.past_editions:
            return False
        self.past_editions = tuple(
            sorted((*self.past_editions, edition), key=lambda e: (e.start, e.end))
        )
        self.note_down("record_past_edition", caller, at, note=f"{edition.start}/{edition.end}")
        return True

    # Agreeing

    def submit(self, findings: Sequence[Finding], *, caller: Caller, at: datetime) -> None:
        """Freeze it and ask for the consents that are missing; none missing: it is submitted.

        Raises MoveNotAllowed, Incomplete with the findings.
        """
        if self.state not in SUBMITTABLE:
            raise MoveNotAllowed(self.state, State.CONSENT_PENDING)
        if findings:
            raise Incomplete(findings)
        self.count_as_author(caller)
        self.move(State.CONSENT_PENDING)
        missing = self.missing_consents()
        if missing:
            self.happened(facts.ConsentsAsked(self.id, " ".join(missing), self.certified_hash))
        self._submitted_when_all_consent()
        self.note_down("submit_proposal", caller, at)

    def answer(
        self,
        institution: InstitutionCode,
        decision: ConsentDecision,
        certified_hash: str,
        reason: str | None,
        *,
        caller: Caller,
        at: datetime,
    ) -> None:
        """Take a signatory's answer for their institution.

        A consent that was given already is left as it is. Raises MoveNotAllowed, NotThatPartner,
        ConsentNotAsked, CertifiedHashDiffers, LeadCannotStepBack, ReasonNeeded.
        """
        account = caller.account
        if account is None or not caller.has(Role.SIGNATORY, institution):
            raise NotThatPartner(institution, Role.SIGNATORY)
        if self.state is not State.CONSENT_PENDING:
            raise MoveNotAllowed(self.state, State.SUBMITTED)
        if institution not in self.consenting():
            raise ConsentNotAsked(institution, self.consenting())
        self.expect_hash(certified_hash)
        if decision is not ConsentDecision.CONSENT and not (reason or "").strip():
            raise ReasonNeeded("/reason")
        if decision is ConsentDecision.STEP_BACK and institution == self.lead:
            raise LeadCannotStepBack
        if decision is ConsentDecision.CONSENT and institution in self.current_consents():
            return
        own = own_lines_hash(institution)
        answer = Consent(institution, decision, certified_hash, own, account, at, reason)
        self.consents = (*self.consents, answer)
        match decision:
            case ConsentDecision.CONSENT:
                self._submitted_when_all_consent()
            case ConsentDecision.REFUSE:
                self._back_to_draft("refuse")
            case ConsentDecision.STEP_BACK:
                self._step_back(institution)
        self.note_down(
            "give_consent",
            caller,
            at,
            institution=institution,
            decision=decision.value,
            note=reason,
        )

    def withdraw(self, reason: str, *, caller: Caller, at: datetime) -> None:
        """Give it up. Raises MoveNotAllowed, ReasonNeeded."""
        if not reason.strip():
            raise ReasonNeeded("/reason")
        self.move(State.WITHDRAWN)
        self.happened(facts.ProposalWithdrawn(self.id))
        self.note_down("withdraw_proposal", caller, at, note=reason)

    # Keeping

    def take_events(self) -> Sequence[Event]:
        """The events since it was loaded; they are handed over once."""
        taken, self._events = self._events, []
        return taken

    def take_history(self) -> Sequence[HistoryEntry]:
        """The history written since it was loaded; it is handed over once."""
        taken, self._history = self._history, []
        return taken

    # Inside

    def _step_back(self, institution: InstitutionCode) -> None:
        self._back_to_draft("step_back")
        general, academic = self.content.general, self.content.academic
        partners = tuple(
            replace(p, role=PartnerRole.RECOGNISING) if p.institution == institution else p
            for p in general.partners
        )
        if partners != general.partners:
            content = self.content.with_section(replace(general, partners=partners))
            self._replace(Section.GENERAL, content)
        # A right that is limited to the institution stays as it is: without the limit it would
        # hold everywhere. As long as it stands, the institution is asked again.
        if institution in academic.awarding_bodies:
            bodies = tuple(code for code in academic.awarding_bodies if code != institution)
            issuer = None if academic.issuer == institution else academic.issuer
            content = self.content.with_section(
                replace(academic, awarding_bodies=bodies, issuer=issuer)
            )
            self._replace(Section.ACADEMIC, content)

    def _submitted_when_all_consent(self) -> None:
        if self.missing_consents():
            return
        self.move(State.SUBMITTED)
        self.round += 1
        self.happened(facts.ProposalSubmitted(self.id, self.certified_hash))

    def _back_to_draft(self, cause: str) -> None:
        if self.state is not State.DRAFT:
            self.move(State.DRAFT)
            self.happened(facts.ProposalReturnedToDraft(self.id, cause))

    def _replace(self, section: Section, content: Content) -> None:
        self.content = content
        self.section_versions = {
            **self.section_versions,
            section: self.section_versions[section] + 1,
        }

    # For the verbs here and in decisions.py

    def count_as_author(self, caller: Caller) -> None:
        """From now on the caller has worked on it, and cannot decide about it."""
        if caller.account is not None:
            self.authors |= {caller.account}

    def move(self, to: State) -> None:
        """Go on to that state. Raises MoveNotAllowed."""
        if to not in MOVES[self.state]:
            raise MoveNotAllowed(self.state, to)
        self.state = to

    def happened(self, event: Event) -> None:
        """Tell those who react, once it is kept."""
        self._events.append(event)

    def note_down(
        self,
        action: str,
        caller: Caller,
        at: datetime,
        *,
        institution: InstitutionCode | None = None,
        decision: str | None = None,
        note: str | None = None,
    ) -> None:
        """Write a line of history, with the state and hash as they are now."""
        self._history.append(
            HistoryEntry(
                at=at,
                actor=caller.actor,
                action=action,
                state=self.state,
                certified_hash=self.certified_hash,
                institution=institution,
                decision=decision,
                note=note,
            )
        )


def begin(
    id_: UUID,
    code: str,
    lead: InstitutionCode,
    content: Content,
    *,
    caller: Caller,
    at: datetime,
) -> Proposal:
    """A new draft. Raises PartnersInvalid."""
    refuse_bad_partners(content.general, lead)
    proposal = Proposal(id=id_, code=code, lead=lead, content=content, created_at=at)
    proposal.count_as_author(caller)
    proposal.happened(facts.ProposalCreated(id_, lead))
    proposal.note_down("create_proposal", caller, at, institution=lead)
    return proposal


def refuse_bad_partners(general: General, lead: InstitutionCode) -> None:
    """The lead takes part, and nobody twice; or raises PartnersInvalid."""
    codes = [p.institution for p in general.partners]
    findings = [
        Finding(f"/partners/{n}/institution", "duplicate", f"{code} is listed twice.")
        for n, code in enumerate(codes)
        if code in repeated(codes) and code in codes[:n]
    ]
    if lead not in codes:
        findings.append(
            Finding("/partners", "lead_missing", f"The lead institution {lead} is a partner too.")
        )
    if findings:
        raise PartnersInvalid("The list of partners is not right.", findings=findings)

"""What one can do with an edition, from planning it to its end."""

from dataclasses import dataclass, field
from datetime import date, datetime
from uuid import UUID

from app.domain.access.permissions import At, Place, require
from app.domain.access.roles import Caller
from app.domain.access.table import PERMISSIONS
from app.domain.clock import Clock
from app.domain.enrolment import changing, events
from app.domain.enrolment.access import allow
from app.domain.enrolment.allocation import Allocation
from app.domain.enrolment.changing import EditionChanges
from app.domain.enrolment.edition import (
    Edition,
    EditionState,
    Mode,
)
from app.domain.enrolment.errors import (
    CapBelowAdmitted,
    EditionNotFound,
)
from app.domain.enrolment.issuers import check_issuer, issuer_may_change
from app.domain.enrolment.looking import OnlyLooking
from app.domain.enrolment.ports import EnrolmentWork
from app.domain.enrolment.quota import EDITION, Quota, QuotaRule, one_cap, people_of
from app.domain.enrolment.reasons import Reason
from app.domain.enrolment.registration import Registration, State
from app.domain.enrolment.timetable import UnusedSeats
from app.domain.enrolment.window import RegistrationWindow
from app.domain.errors import Finding
from app.domain.ids import new_id
from app.domain.vocabulary.institutions import InstitutionCode
from app.domain.vocabulary.micro_credential import MicroCredential, NoInstitutionRule


@dataclass(frozen=True)
class EditionPlan:
    """What somebody who plans an edition decides; the rest is the micro-credential's."""

    start: date
    end: date
    window: RegistrationWindow
    mode: Mode = Mode.PROVISIONAL
    places: int | None = None
    """None: those of the micro-credential."""
    rules: tuple[QuotaRule, ...] | None = None
    """None: the quota per institution of the micro-credential."""
    no_institution: NoInstitutionRule | None = None
    least_participants: int | None = None
    overrides_allowed: bool = False
    unused: UnusedSeats = field(default_factory=UnusedSeats)
    promotion_until: datetime | None = None
    issuer: InstitutionCode | None = None
    """For a micro-credential that leaves it to each edition who seals."""


async def create_edition(
    proposal: UUID, plan: EditionPlan, *, work: EnrolmentWork, caller: Caller, clock: Clock
) -> Edition:
    """Plan an edition of a published micro-credential.

    Raises MicroCredentialNotFound, NotPublished, NotAllowed, EditionInvalid.
    """
    async with work:
        micro_credential = await work.micro_credentials.get(proposal)
        require(PERMISSIONS, caller, "create_edition", Place({At.LEAD: (micro_credential.lead,)}))
        number = await work.editions.next_number(proposal)
        edition = _planned(micro_credential, number, plan, clock.now())
        edition.check(await partner_codes(work))
        check_issuer(edition, micro_credential)
        edition.tell(events.EditionCreated(edition.id, proposal))
        await work.editions.add(edition)
        await work.trail.append("edition", edition.id, after=trace(edition))
    return edition


def _planned(of: MicroCredential, number: int, plan: EditionPlan, at: datetime) -> Edition:
    return Edition(
        id=new_id(),
        code=f"{of.code}-E{number}",
        number=number,
        proposal=of.proposal,
        proposal_version=of.version,
        title=of.title,
        organiser=of.lead,
        awarding=tuple(of.awarding),
        partners=tuple(code for code, _ in of.partners),
        start=plan.start,
        end=plan.end,
        window=plan.window,
        quota=_quota(of, plan),
        no_institution=plan.no_institution or of.no_institution_rule,
        mode=plan.mode,
        contact_email=of.contact_email,
        created_at=at,
        least_participants=plan.least_participants,
        overrides_allowed=plan.overrides_allowed,
        unused=plan.unused,
        promotion_until=plan.promotion_until,
        issuer=plan.issuer,
    )


def _quota(of: MicroCredential, plan: EditionPlan) -> Quota:
    usual = one_cap(of.places, of.quota_per_institution)
    return Quota(
        usual.places if plan.places is None else plan.places,
        usual.rules if plan.rules is None else plan.rules,
    )


async def partner_codes(work: EnrolmentWork) -> tuple[InstitutionCode, ...]:
    """The codes of all partners of the alliance."""
    return tuple(institution.code for institution in await work.institutions.all())


def trace(edition: Edition) -> str:
    """How audit records name the edition as it is."""
    return f"v{edition.version} {edition.state}"


async def edit_edition(
    edition_id: UUID,
    version: int,
    changes: EditionChanges,
    *,
    dry_run: bool = False,
    work: EnrolmentWork,
    caller: Caller,
    clock: Clock,
) -> tuple[Edition, list[Registration]]:
    """Change dates, caps and rules; caps that grow promote before anybody new can register.

    Returns the edition and who got a place by it. Once the edition has opened a reason is needed,
    and no cap goes below those who have a place. Caps can change while it runs, as long as places
    are given; the issuer until the first credential is sealed. A later end of registration opens it
    again. Raises EditionNotFound, EditionStale, NotAllowed, EditionInvalid, EditionFixed,
    IssuerFixed, CapBelowAdmitted, ReasonNeeded, EditionUnchangeable.
    """
    promoted: list[Registration] = []
    edition: Edition | None = None
    try:
        async with work:
            edition = await work.editions.get(edition_id)
            allow("edit_edition", edition, caller)
            edition.expect(version)
            before = trace(edition)
            days = edition.start, edition.end
            now = clock.now()
            caps_change = changing.apply(edition, changes, now)
            edition.check(await partner_codes(work))
            if "issuer" in changes.values:
                await issuer_may_change(edition, work)
            if caps_change is not None:
                await refuse_below_admitted(edition, work)
                allocation = Allocation(edition, work, caller.actor, now)
                promoted = await allocation.change_caps(edition.quota, caps_change, changes.reason)
            if edition.state is not EditionState.PLANNED:
                edition.tell(events.EditionChanged(edition.id))
                if (edition.start, edition.end) != days:
                    edition.tell(
                        events.EditionMoved(
                            edition.id,
                            edition.version + 1,
                            edition.start.isoformat(),
                            edition.end.isoformat(),
                        )
                    )
            await work.editions.save(edition)
            await work.trail.append(
                "edition", edition.id, before=before, after=trace(edition), note=changes.reason
            )
            if dry_run:
                raise OnlyLooking
    except OnlyLooking:
        if edition is not None:
            # Nothing was kept: a later change has to show the version that was looked at.
            edition.version = version
    if edition is None:
        raise EditionNotFound(edition_id)
    return edition, promoted


async def refuse_below_admitted(edition: Edition, work: EnrolmentWork) -> None:
    """Raise CapBelowAdmitted for caps under those who have a place, naming each of them."""
    below = []
    for tally in await work.tallies.of(edition.id):
        cap = edition.quota.cap_of(tally.scope)
        if cap is not None and tally.placed - tally.excess > cap:
            below.append((tally.scope, cap, tally.placed))
    if below:
        raise CapBelowAdmitted(
            [
                Finding(
                    edition.quota.pointer_to(scope),
                    CapBelowAdmitted.code,
                    f"{people_of(scope, placed)} {'has' if placed == 1 else 'have'} a place, so "
                    f"that this cap cannot become {cap}.",
                    {"scope": scope, "cap": cap, "placed": placed},
                )
                for scope, cap, placed in sorted(below, key=lambda one: (one[0] != EDITION, one))
            ]
        )


async def open_edition(
    edition_id: UUID,
    version: int,
    reason: str | None = None,
    *,
    work: EnrolmentWork,
    caller: Caller,
    clock: Clock,
) -> Edition:
    """Take registrations from now on; before the announced time with a reason only.

    What is over is recorded as it was, and opens for nobody any more: a timer takes it through its
    states. Raises EditionNotFound, EditionStale, NotAllowed, EditionMoveNotAllowed, ReasonNeeded,
    EditionInvalid.
    """
    async with work:
        edition = await loaded("open_edition", edition_id, version, work, caller)
        now = clock.now()
        edition.expect_to_come(now)
        await opening(edition, reason, work, caller.actor, now)
    return edition


async def opening(
    edition: Edition, reason: str | None, work: EnrolmentWork, actor: str, at: datetime
) -> None:
    """Open an edition that is held; a direct one begins its log."""
    before = trace(edition)
    edition.open(at, reason)
    if edition.mode is Mode.DIRECT:
        await Allocation(edition, work, actor, at).begin()
    await saved(edition, before, reason, work)


async def close_edition(
    edition_id: UUID,
    version: int,
    reason: str | None = None,
    *,
    work: EnrolmentWork,
    caller: Caller,
    clock: Clock,
) -> Edition:
    """Take no more registrations; before the announced time with a reason only.

    Raises EditionNotFound, EditionStale, NotAllowed, EditionMoveNotAllowed, ReasonNeeded.
    """
    async with work:
        edition = await loaded("close_edition", edition_id, version, work, caller)
        before = trace(edition)
        edition.close(clock.now(), reason)
        await saved(edition, before, reason, work)
    return edition


async def start_edition(
    edition_id: UUID,
    version: int,
    reason: str | None = None,
    *,
    work: EnrolmentWork,
    caller: Caller,
    clock: Clock,
) -> Edition:
    """Begin teaching; before the announced day with a reason only.

    From here on nobody is promoted any more, unless the edition says until when. Raises
    EditionNotFound, EditionStale, NotAllowed, EditionMoveNotAllowed, NotYetPublished, ReasonNeeded.
    """
    async with work:
        edition = await loaded("start_edition", edition_id, version, work, caller)
        await starting(edition, reason, work, caller.actor, clock.now())
    return edition


async def starting(
    edition: Edition, reason: str | None, work: EnrolmentWork, actor: str, at: datetime
) -> None:
    """Begin teaching in an edition that is held."""
    before = trace(edition)
    edition.start_teaching(at, reason)
    if edition.promotion_until is None:
        await Allocation(edition, work, actor, at).change_caps(
            edition.quota.with_cut_off(), Reason.PROMOTION_ENDED, "teaching has begun"
        )
    await saved(edition, before, reason, work)


async def begin_grading(
    edition_id: UUID,
    version: int,
    reason: str | None = None,
    *,
    work: EnrolmentWork,
    caller: Caller,
    clock: Clock,
) -> Edition:
    """Teaching has ended; results can be entered and confirmed. Before the last day is over with a
    reason only.

    Raises EditionNotFound, EditionStale, NotAllowed, EditionMoveNotAllowed, ReasonNeeded.
    """
    async with work:
        edition = await loaded("begin_grading", edition_id, version, work, caller)
        await grading(edition, reason, work, caller.actor, clock.now())
    return edition


async def grading(
    edition: Edition, reason: str | None, work: EnrolmentWork, actor: str, at: datetime
) -> None:
    """End teaching in an edition that is held. No place is given after it."""
    before = trace(edition)
    edition.begin_grading(at, reason)
    if edition.quota.giving:
        await Allocation(edition, work, actor, at).change_caps(
            edition.quota.with_cut_off(), Reason.PROMOTION_ENDED, "teaching has ended"
        )
    await saved(edition, before, reason, work)


async def cancel_edition(
    edition_id: UUID,
    version: int,
    reason: str,
    *,
    work: EnrolmentWork,
    caller: Caller,
    clock: Clock,
) -> Edition:
    """Call an edition off, and with it every registration.

    Raises EditionNotFound, EditionStale, NotAllowed, EditionMoveNotAllowed, ReasonNeeded.
    """
    async with work:
        edition = await loaded("cancel_edition", edition_id, version, work, caller)
        before = trace(edition)
        edition.cancel(reason)
        allocation = Allocation(edition, work, caller.actor, clock.now())
        # First of all no more places: nobody is promoted into an edition that is called off.
        await allocation.change_caps(edition.quota.with_cut_off(), Reason.PROMOTION_ENDED, reason)
        live = (State.NEEDS_DECISION, State.WAITING, State.PLACED)
        registrations = await work.registrations.in_states(edition.id, live)
        await allocation.end_all(registrations, State.CANCELLED, Reason.EDITION_CANCELLED)
        await saved(edition, before, reason, work)
    return edition


async def loaded(
    action: str, edition_id: UUID, version: int, work: EnrolmentWork, caller: Caller
) -> Edition:
    """The edition, locked, for a caller who may do this and has seen the current version."""
    edition = await work.editions.get(edition_id)
    allow(action, edition, caller)
    edition.expect(version)
    return edition


async def saved(edition: Edition, before: str, reason: str | None, work: EnrolmentWork) -> None:
    """Keep an edition after a move, with its audit record."""
    await work.editions.save(edition)
    await work.trail.append("edition", edition.id, before=before, after=trace(edition), note=reason)

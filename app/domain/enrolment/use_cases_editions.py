"""What one can do with an edition, from planning it to its end."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from uuid import UUID

from app.domain.access.permissions import At, Place, require
from app.domain.access.roles import Caller
from app.domain.access.table import PERMISSIONS
from app.domain.clock import Clock
from app.domain.enrolment import events
from app.domain.enrolment.access import allow
from app.domain.enrolment.allocation import Allocation
from app.domain.enrolment.edition import BEFORE_TEACHING, Edition, EditionState, Mode
from app.domain.enrolment.errors import (
    CapBelowAdmitted,
    EditionFixed,
    EditionMoveNotAllowed,
    EditionNotFound,
    ReasonNeeded,
)
from app.domain.enrolment.looking import OnlyLooking
from app.domain.enrolment.ports import EnrolmentWork
from app.domain.enrolment.quota import Quota, QuotaRule, one_cap
from app.domain.enrolment.reasons import Reason
from app.domain.enrolment.registration import Registration, State
from app.domain.enrolment.window import RegistrationWindow
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
        edition.tell(events.EditionCreated(edition.id, proposal))
        await work.editions.add(edition)
        await work.trail.append("edition", edition.id, after=_trace(edition))
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


def _trace(edition: Edition) -> str:
    return f"v{edition.version} {edition.state}"


@dataclass(frozen=True)
class EditionChanges:
    """What is to change; what is left out stays. `values` holds attributes of `Edition` by name:
    `start`, `end`, `window`, `quota`, `no_institution`, `mode`, `least_participants`,
    `overrides_allowed`, `contact_email`."""

    values: Mapping[str, Any] = field(default_factory=dict)
    reason: str | None = None


_FIXED_ONCE_OPEN = frozenset({"mode", "no_institution"})


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
    and no cap goes below those who have a place. Raises EditionNotFound, EditionStale, NotAllowed,
    EditionInvalid, EditionFixed, CapBelowAdmitted, ReasonNeeded, EditionMoveNotAllowed.
    """
    promoted: list[Registration] = []
    edition: Edition | None = None
    try:
        async with work:
            edition = await work.editions.get(edition_id)
            allow("edit_edition", edition, caller)
            edition.expect(version)
            before = _trace(edition)
            _apply(edition, changes)
            edition.check(await partner_codes(work))
            if "quota" in changes.values:
                await _refuse_below_admitted(edition, work)
                allocation = Allocation(edition, work, caller.actor, clock.now())
                promoted = await allocation.change_caps(edition.quota, changes.reason)
            if edition.state is not EditionState.PLANNED:
                edition.tell(events.EditionChanged(edition.id))
            await work.editions.save(edition)
            await work.trail.append(
                "edition", edition.id, before=before, after=_trace(edition), note=changes.reason
            )
            if dry_run:
                raise OnlyLooking
    except OnlyLooking:
        pass
    if edition is None:
        raise EditionNotFound(edition_id)
    return edition, promoted


def _apply(edition: Edition, changes: EditionChanges) -> None:
    if edition.state not in BEFORE_TEACHING:
        raise EditionMoveNotAllowed(edition.state, "changed", [])
    if edition.state is not EditionState.PLANNED:
        fixed = sorted(_FIXED_ONCE_OPEN & changes.values.keys())
        if fixed:
            raise EditionFixed(fixed)
        if not (changes.reason or "").strip():
            raise ReasonNeeded("a change after the edition has opened")
    for name, value in changes.values.items():
        setattr(edition, name, value)


async def _refuse_below_admitted(edition: Edition, work: EnrolmentWork) -> None:
    for tally in await work.tallies.of(edition.id):
        cap = edition.quota.cap_of(tally.scope)
        if cap is not None and tally.placed - tally.excess > cap:
            raise CapBelowAdmitted(tally.scope, cap, tally.placed)


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

    Raises EditionNotFound, EditionStale, NotAllowed, EditionMoveNotAllowed, ReasonNeeded.
    """
    async with work:
        edition = await _loaded("open_edition", edition_id, version, work, caller)
        await _open(edition, reason, work, caller.actor, clock.now())
    return edition


async def _open(
    edition: Edition, reason: str | None, work: EnrolmentWork, actor: str, at: datetime
) -> None:
    before = _trace(edition)
    edition.open(at, reason)
    if edition.mode is Mode.DIRECT:
        await Allocation(edition, work, actor, at).begin()
    await _saved(edition, before, reason, work)


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
        edition = await _loaded("close_edition", edition_id, version, work, caller)
        before = _trace(edition)
        edition.close(clock.now(), reason)
        await _saved(edition, before, reason, work)
    return edition


async def make_due_move(edition_id: UUID, *, work: EnrolmentWork, clock: Clock) -> Edition:
    """Open or close an edition whose announced time has come; a timer calls it for each that is
    due. Does nothing when somebody was faster. Raises EditionNotFound."""
    async with work:
        edition = await work.editions.get(edition_id)
        now = clock.now()
        if edition.state is EditionState.PLANNED and edition.window.opens <= now:
            await _open(edition, None, work, "system", now)
        elif edition.state is EditionState.OPEN and edition.window.closes <= now:
            before = _trace(edition)
            edition.close(now, None)
            await _saved(edition, before, None, work)
    return edition


async def start_edition(
    edition_id: UUID, version: int, *, work: EnrolmentWork, caller: Caller, clock: Clock
) -> Edition:
    """Begin teaching. From here on nobody is promoted any more.

    Raises EditionNotFound, EditionStale, NotAllowed, EditionMoveNotAllowed, NotYetPublished.
    """
    async with work:
        edition = await _loaded("start_edition", edition_id, version, work, caller)
        before = _trace(edition)
        edition.start_teaching()
        allocation = Allocation(edition, work, caller.actor, clock.now())
        await allocation.change_caps(edition.quota.with_cut_off(), "teaching has begun")
        await _saved(edition, before, None, work)
    return edition


async def begin_grading(
    edition_id: UUID, version: int, *, work: EnrolmentWork, caller: Caller
) -> Edition:
    """Teaching has ended; results can be entered and confirmed.

    Raises EditionNotFound, EditionStale, NotAllowed, EditionMoveNotAllowed.
    """
    async with work:
        edition = await _loaded("begin_grading", edition_id, version, work, caller)
        before = _trace(edition)
        edition.begin_grading()
        await _saved(edition, before, None, work)
    return edition


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
        edition = await _loaded("cancel_edition", edition_id, version, work, caller)
        before = _trace(edition)
        edition.cancel(reason)
        allocation = Allocation(edition, work, caller.actor, clock.now())
        # First of all no more places: nobody is promoted into an edition that is called off.
        await allocation.change_caps(edition.quota.with_cut_off(), reason)
        live = (State.NEEDS_DECISION, State.WAITING, State.PLACED)
        registrations = await work.registrations.in_states(edition.id, live)
        await allocation.end_all(registrations, State.CANCELLED, Reason.EDITION_CANCELLED)
        await _saved(edition, before, reason, work)
    return edition


async def complete_edition(
    edition_id: UUID, passed: Collection[UUID], *, work: EnrolmentWork, clock: Clock
) -> Edition:
    """Results are confirmed: those who passed have completed the edition.

    `passed` are registrations. Called when results say so; a second time it does nothing. Raises
    EditionNotFound, EditionMoveNotAllowed.
    """
    async with work:
        edition = await work.editions.get(edition_id)
        if edition.state not in (
            EditionState.RESULTS_CONFIRMED,
            EditionState.ISSUING,
            EditionState.COMPLETED,
            EditionState.ARCHIVED,
        ):
            before = _trace(edition)
            found = await work.registrations.many(passed)
            placed = [r for r in found if r.edition == edition.id and r.state is State.PLACED]
            edition.confirm_results(len(placed))
            await Allocation(edition, work, "system", clock.now()).complete(placed)
            await _saved(edition, before, None, work)
    return edition


async def begin_issuing(edition_id: UUID, *, work: EnrolmentWork) -> Edition:
    """The first credentials of the edition are being sealed. A second time it does nothing.

    Raises EditionNotFound.
    """
    async with work:
        edition = await work.editions.get(edition_id)
        if edition.state is EditionState.RESULTS_CONFIRMED:
            before = _trace(edition)
            edition.begin_issuing()
            await _saved(edition, before, None, work)
    return edition


async def finish_edition(edition_id: UUID, *, work: EnrolmentWork) -> Edition:
    """Every credential of the edition has been sealed. A second time it does nothing.

    Raises EditionNotFound.
    """
    async with work:
        edition = await work.editions.get(edition_id)
        if edition.state is EditionState.ISSUING:
            before = _trace(edition)
            edition.complete()
            await _saved(edition, before, None, work)
    return edition


async def _loaded(
    action: str, edition_id: UUID, version: int, work: EnrolmentWork, caller: Caller
) -> Edition:
    """The edition, locked, for a caller who may do this and has seen the current version."""
    edition = await work.editions.get(edition_id)
    allow(action, edition, caller)
    edition.expect(version)
    return edition


async def _saved(edition: Edition, before: str, reason: str | None, work: EnrolmentWork) -> None:
    await work.editions.save(edition)
    await work.trail.append(
        "edition", edition.id, before=before, after=_trace(edition), note=reason
    )

"""What an import does once it is decided: people, registrations, decisions, responses."""

from uuid import UUID

from app.domain.clock import Clock
from app.domain.enrolment import events
from app.domain.enrolment.allocation import Allocation
from app.domain.enrolment.decisions import Kind
from app.domain.enrolment.edition import Edition
from app.domain.enrolment.forms.planned import Plan
from app.domain.enrolment.ports import EnrolmentWork
from app.domain.enrolment.registration import State

_AT_ONCE = 1_000
"""Registrations that are told of in one call."""


async def carry_out(
    plan: Plan, edition: Edition, work: EnrolmentWork, actor: str, clock: Clock
) -> None:
    """Keep everything that a plan says; the edition's lock must be held.

    That registrations were received is told later, from `ResponsesImported`.
    """
    people = {entry.person.id: entry for entry in plan.entries}
    await work.persons.add([e.person for e in people.values() if e.person_is_new])
    await work.persons.respell([e.person for e in people.values() if e.person_changed])
    entering, unclear = [], []
    for entry in plan.new:
        if entry.registration.state is State.NEEDS_DECISION:
            unclear.append(entry.registration)
        else:
            entering.append(entry.registration)
    if unclear:
        await work.registrations.add(edition, unclear)
    if entering:
        allocation = Allocation(edition, work, actor, clock.now())
        await allocation.enter(entering, Kind.REGISTERED)
    changed = [entry.registration for entry in plan.changed]
    if changed:
        await work.registrations.save(edition, changed)
    await work.responses.save(edition.id, plan.responses)


async def tell_received_by_import(import_id: UUID, edition: UUID, *, work: EnrolmentWork) -> None:
    """Tell of every registration that an import made and that is still live.

    Not in the import's own transaction, which holds the edition: thousands of events would make
    others wait. Told a second time, after a crash, they lead to nothing that is done already.
    """
    async with work:
        after: UUID | None = None
        while made := await work.registrations.made_by(edition, import_id, after, _AT_ONCE):
            await work.outbox.put(*(events.RegistrationReceived(one, edition) for one in made))
            after = made[-1]

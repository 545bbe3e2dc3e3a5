"""What an import does once it is decided: people, registrations, decisions, responses."""

from app.domain.clock import Clock
from app.domain.enrolment import events
from app.domain.enrolment.allocation import Allocation
from app.domain.enrolment.decisions import Kind
from app.domain.enrolment.edition import Edition
from app.domain.enrolment.forms.plan import Plan
from app.domain.enrolment.ports import EnrolmentWork
from app.domain.enrolment.registration import Registration, State


async def carry_out(
    plan: Plan, edition: Edition, work: EnrolmentWork, actor: str, clock: Clock
) -> None:
    """Keep everything that a plan says; the edition's lock must be held."""
    people = {entry.person.id: entry for entry in plan.entries}
    await work.persons.add([e.person for e in people.values() if e.person_is_new])
    await work.persons.save([e.person for e in people.values() if e.person_changed])
    entering, unclear = [], []
    for entry in plan.new:
        registration = entry.registration
        registration.tell(events.RegistrationReceived(registration.id, edition.id))
        if registration.state is State.NEEDS_DECISION:
            _tell_unclear(registration)
            unclear.append(registration)
        else:
            entering.append(registration)
    if unclear:
        await work.registrations.add(edition, unclear)
    if entering:
        allocation = Allocation(edition, work, actor, clock.now())
        await allocation.enter(entering, Kind.REGISTERED)
    changed = [entry.registration for entry in plan.changed]
    for registration in changed:
        if registration.state is State.NEEDS_DECISION:
            _tell_unclear(registration)
    if changed:
        await work.registrations.save(edition, changed)
    await work.responses.save(edition.id, plan.responses)


def _tell_unclear(registration: Registration) -> None:
    registration.tell(
        events.RegistrationNeedsDecision(
            registration.id, registration.edition, registration.reason.value
        )
    )

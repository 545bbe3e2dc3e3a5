"""Steps that stories of enrolment share."""

from app.domain.enrolment.edition import Edition
from app.domain.enrolment.registration import Registration
from app.domain.enrolment.use_cases.lists import (
    replay_decisions,
)
from app.domain.enrolment.use_cases.registrations import (
    cancel_registration,
)
from app.domain.enrolment.views import RegistrationView
from tests.contracts.conftest import OpenWork
from tests.enrolment_builders import (
    officer,
)
from tests.memory_ports import StoryClock


def outcome(view: RegistrationView) -> str:
    return f"{view.registration.state} {view.reason}"


async def states(work: OpenWork, edition: Edition) -> list[str]:
    """State of each registration, in order of rank."""
    async with work() as w:
        found = await w.registrations.page(
            edition.id, buckets=None, states=(), after=None, limit=500
        )
    return [registration.state.value for registration in found]


async def cancels(work: OpenWork, clock: StoryClock, view: RegistrationView) -> list[Registration]:
    async with work() as w:
        registration = await w.registrations.read(view.registration.id)
    _, promoted = await cancel_registration(
        registration.id, registration.version, work=work(), caller=officer(), clock=clock
    )
    return list(promoted)


async def proven(work: OpenWork, edition: Edition) -> list[str]:
    report = await replay_decisions(edition.id, work=work(), caller=officer())
    return [difference.detail for difference in report.differences]

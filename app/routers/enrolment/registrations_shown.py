"""How a registration is answered with, wherever one is looked at or changed."""

from collections.abc import Sequence

from fastapi import Response

from app.domain.enrolment.notices import PrivacyNotices
from app.domain.enrolment.registration import Registration
from app.domain.enrolment.views import RegistrationView
from app.routers.enrolment.promoted_models import promoted_of
from app.routers.enrolment.registrations_models import CancelledOut, RegistrationOut
from app.routers.habits import CallerDep, PortsDep, set_etag


def notices_of(ports: PortsDep) -> PrivacyNotices:
    """The privacy notices of this deployment."""
    return PrivacyNotices.of(ports.settings.privacy_notices)


def shown(
    view: RegistrationView, response: Response, caller: CallerDep, ports: PortsDep
) -> RegistrationOut:
    """One registration, with its ETag."""
    set_etag(response, view.registration.version)
    return RegistrationOut.of(view, caller, notices_of(ports))


async def ended(
    view: RegistrationView,
    promoted: Sequence[Registration],
    response: Response,
    caller: CallerDep,
    ports: PortsDep,
) -> CancelledOut:
    """One that may have ended, with its ETag, and who got a place by it."""
    return CancelledOut(
        registration=shown(view, response, caller, ports),
        promoted=len(promoted),
        promoted_registrations=await promoted_of(promoted, view.edition, caller, ports),
    )

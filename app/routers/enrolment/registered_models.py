"""What registering is answered with."""

from pydantic import Field

from app.domain.enrolment.views import RegistrationView
from app.domain.vocabulary.text import folded, folded_email
from app.routers.enrolment.registrations_models import RegistrationIn, RegistrationOut

_SAID_OF_A_PERSON = ("country", "language")


class RegisteredOut(RegistrationOut):
    """Where somebody stands who registered, now or before."""

    not_taken: list[str] = Field(
        default_factory=list,
        description="for somebody who was registered already: fields of the request that say "
        "something else than the registration, which stays as it is. Correct name, address and "
        "consents with `edit_registration`; the institution is for an officer to correct",
        examples=[["institution"]],
    )


def not_taken(body: RegistrationIn, view: RegistrationView) -> list[str]:
    """Fields of a request that say something else than the registration that there is."""
    one, person = view.registration, view.person
    given = body.model_fields_set
    differing = {
        "full_name": " ".join(body.full_name.split()) != person.full_name,
        "email": folded_email(body.email) not in {
            folded_email(known) for known in (person.email, person.wanted_email) if known
        },
        "institution": body.institution is not None and body.institution != one.bucket,
        "organisation": body.organisation is not None
        and folded(body.organisation) != folded(one.stated),
        "consents": not set(body.consents) <= set(one.consents),
    }  # fmt: skip
    for name in _SAID_OF_A_PERSON:
        asked = getattr(body, name)
        differing[name] = name in given and asked is not None and asked != getattr(person, name)
    return [name for name in RegistrationIn.model_fields if differing.get(name)]

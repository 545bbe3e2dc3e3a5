"""Who may do what to editions and registrations now: the permission table and the state."""

from app.domain.access.permissions import Permission, permits, require
from app.domain.access.roles import Caller, Role
from app.domain.access.table import PERMISSIONS
from app.domain.enrolment.edition import BEFORE_TEACHING, MOVES, Edition, EditionState
from app.domain.enrolment.errors import EditionNotFound, RegistrationNotFound
from app.domain.enrolment.registration import SEATED, Registration, State
from app.domain.vocabulary.institutions import InstitutionCode

_MOVES_TO = {
    "open_edition": EditionState.OPEN,
    "close_edition": EditionState.CLOSED,
    "start_edition": EditionState.RUNNING,
    "begin_grading": EditionState.GRADING,
    "cancel_edition": EditionState.CANCELLED,
}

CANCELLABLE = frozenset({EditionState.OPEN, EditionState.CLOSED, EditionState.RUNNING})
"""While an edition is in one of these states, people can give up their registrations."""


def allow(action: str, edition: Edition, caller: Caller) -> None:
    """Let the caller pass. Editions are public, so that others get NotAllowed."""
    require(
        PERMISSIONS,
        caller,
        action,
        edition.place,
        see="get_edition",
        missing=EditionNotFound(edition.id),
    )


def allow_on(
    action: str, registration: Registration, edition: Edition, caller: Caller, *, own: bool
) -> None:
    """Let the caller pass. Raises RegistrationNotFound to those who may not see it."""
    require(
        PERMISSIONS,
        caller,
        action,
        edition.place_of(registration.bucket, own=own),
        see="get_registration",
        missing=RegistrationNotFound(registration.id),
    )


def may_register_others(edition: Edition, home: InstitutionCode | None, caller: Caller) -> bool:
    """Whether the caller is an officer who may register somebody else from there."""
    by_role = Permission(PERMISSIONS["register"].rules)
    return permits(by_role, caller, edition.place_of(home, own=False))


def sees_whole(edition: Edition, caller: Caller) -> bool:
    """Whether lists of people are complete for the caller, not only those of their institution."""
    return (
        caller.has(Role.ENROLMENT_OFFICER, edition.organiser)
        or caller.has(Role.COORDINATOR, edition.organiser)
        or caller.has(Role.TEACHER, edition.organiser)
        or caller.has(Role.RESULTS_CONFIRMER, edition.organiser)
    )


def actions_on_edition(edition: Edition, caller: Caller) -> list[str]:
    """What the caller may do to the edition now, by operationId."""
    possible = {"get_places", "get_standing", "list_decisions", "replay_decisions"}
    possible |= {"list_registrations"}
    possible |= {action for action, to in _MOVES_TO.items() if to in MOVES[edition.state]}
    if edition.state in BEFORE_TEACHING:
        possible |= {"edit_edition", "map_form", "list_forms"}
    if edition.state is EditionState.OPEN:
        possible.add("register")
    if edition.state in (EditionState.OPEN, EditionState.CLOSED):
        possible.add("import_registrations")
        if not edition.is_binding:
            possible.add("publish_list")
    if not edition.is_binding:
        possible.discard("start_edition")
    return sorted(a for a in possible if permits(PERMISSIONS[a], caller, edition.place))


def actions_on_registration(
    registration: Registration, edition: Edition, caller: Caller, *, own: bool
) -> list[str]:
    """What the caller may do to the registration now, by operationId."""
    possible: set[str] = set()
    if registration.is_live and registration.state is not State.COMPLETED:
        if edition.state in CANCELLABLE:
            possible.add("cancel_registration")
        above_caps = edition.overrides_allowed and registration.state is State.WAITING
        if needs_officer(registration) or above_caps:
            possible.add("decide_registration")
    place = edition.place_of(registration.bucket, own=own)
    return sorted(action for action in possible if permits(PERMISSIONS[action], caller, place))


def needs_officer(registration: Registration) -> bool:
    """Whether the registration waits for an officer's decision."""
    return registration.state is State.NEEDS_DECISION or (
        registration.pending is not None and registration.state in {State.WAITING, *SEATED}
    )

"""Who may do what to editions and registrations now: the permission table and the state."""

from app.domain.access.permissions import Permission, permits, require
from app.domain.access.roles import Caller, Role
from app.domain.access.table import PERMISSIONS
from app.domain.enrolment.affiliation import Kind
from app.domain.enrolment.claims import OPEN_TO_CONFIRM, OPEN_TO_CONTEST, ClaimState
from app.domain.enrolment.edition import (
    BEFORE_TEACHING,
    MOVES,
    RUNNING_OR_BEFORE,
    Edition,
    EditionState,
)
from app.domain.enrolment.errors import EditionNotFound, RegistrationNotFound
from app.domain.enrolment.registration import SEATED, Registration, State
from app.domain.enrolment.timetable import UnusedPolicy
from app.domain.vocabulary.institutions import InstitutionCode

_MOVES_TO = {
    "open_edition": EditionState.OPEN,
    "close_edition": EditionState.CLOSED,
    "start_edition": EditionState.RUNNING,
    "begin_grading": EditionState.GRADING,
    "cancel_edition": EditionState.CANCELLED,
    "archive_edition": EditionState.ARCHIVED,
}

CANCELLABLE = frozenset({EditionState.OPEN, EditionState.CLOSED, EditionState.RUNNING})
"""While an edition is in one of these states, people can give up their registrations."""


CONTESTABLE = CANCELLABLE
"""While an edition is in one of these states, institutions confirm and contest their people."""

DECIDABLE = CONTESTABLE | {EditionState.GRADING}
"""While an edition is in one of these states, contests are decided."""

TAUGHT = frozenset({EditionState.RUNNING, EditionState.GRADING})
"""While an edition is in one of these states, it can be said of people that they did not come."""


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


def confirms_for(institution: InstitutionCode, edition: Edition, caller: Caller) -> None:
    """Let officers of the institution pass, who say whom of its list they know."""
    require(PERMISSIONS, caller, "confirm_affiliations", edition.place_of(institution, own=False))


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


def sees_doubts(edition: Edition, caller: Caller) -> bool:
    """Whether the caller may know that somebody may be registered already: who decides on it."""
    return permits(PERMISSIONS["decide_registration"], caller, edition.place)


def actions_on_edition(edition: Edition, caller: Caller) -> list[str]:
    """What the caller may do to the edition now, by operationId."""
    possible = {"get_places", "get_standing", "list_decisions", "replay_decisions"}
    possible |= {"list_registrations"}
    possible |= {action for action, to in _MOVES_TO.items() if to in MOVES[edition.state]}
    possible |= {"preview_caps", "list_undecided"}
    if edition.state in RUNNING_OR_BEFORE:
        possible.add("edit_edition")
        if edition.quota.reserves:
            possible.add("release_reserve")
        if edition.unused.policy is not UnusedPolicy.NONE and edition.quota.liftable:
            possible.add("lift_caps")
        if edition.quota.giving:
            possible.add("stop_promotion")
    if edition.state is EditionState.ISSUING:
        possible.add("finish_edition")
    if edition.state in BEFORE_TEACHING:
        possible |= {"map_form", "list_forms"}
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
    if is_open(registration):
        possible.add("edit_registration")
        possible |= _about_affiliation(registration, edition)
        if registration.state is State.PLACED and edition.state in TAUGHT:
            possible.add("record_no_show")
        if edition.state in CANCELLABLE:
            possible.add("cancel_registration")
        above_caps = edition.overrides_allowed and registration.state is State.WAITING
        # On a provisional list an officer may still correct for which institution it counts.
        may_correct = registration.state is State.WAITING and not edition.is_binding
        if needs_officer(registration) or above_caps or may_correct:
            possible.add("decide_registration")
    place = edition.place_of(registration.bucket, own=own)
    return sorted(action for action in possible if permits(PERMISSIONS[action], caller, place))


def is_open(registration: Registration) -> bool:
    """Whether its data can still be corrected; what somebody completed is on record as it is."""
    return registration.is_live and registration.state is not State.COMPLETED


def _about_affiliation(registration: Registration, edition: Edition) -> set[str]:
    if registration.affiliation is None or registration.affiliation.kind is not Kind.PARTNER:
        return set()
    claim = registration.claim_state
    possible = set()
    if edition.state in CONTESTABLE and claim in OPEN_TO_CONFIRM:
        possible.add("confirm_affiliation")
    if edition.state in CONTESTABLE and claim in OPEN_TO_CONTEST:
        possible.add("contest_affiliation")
    if edition.state in DECIDABLE and claim is ClaimState.CONTESTED:
        possible.add("decide_contest")
    return possible


def needs_officer(registration: Registration) -> bool:
    """Whether the registration waits for an officer's decision."""
    if registration.state is State.NEEDS_DECISION:
        return True
    if registration.is_doubted or registration.follows_contest:
        return True
    if registration.names_new_organisation:
        return True
    return registration.pending is not None and registration.state in {State.WAITING, *SEATED}

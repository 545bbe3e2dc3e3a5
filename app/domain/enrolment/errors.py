"""Refusals of enrolment."""

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from app.domain.errors import Conflict, Finding, Forbidden, Invalid, NotFound, Stale, Unavailable


class EditionNotFound(NotFound):
    """There is no such edition."""

    code = "edition_not_found"

    def __init__(self, edition: UUID) -> None:
        super().__init__(f"There is no edition {edition}.")


class EditionStale(Stale):
    """The caller saw an older configuration of the edition."""

    code = "edition_stale"

    def __init__(self, current: int) -> None:
        super().__init__(
            "The edition has changed since you read it. Read it again, then repeat your change "
            "with its new ETag.",
            current=current,
        )


class ChangedMeanwhile(Unavailable):
    """What was read is gone: somebody was joined with somebody, or erased, at this very moment."""

    code = "changed_meanwhile"

    def __init__(self) -> None:
        super().__init__(
            "Something that this needs has been changed at this very moment. Send the same request "
            "again."
        )


class EditionStateConflict(Conflict):
    """The edition is in a state that does not allow this."""

    code = "edition_state"


class EditionMoveNotAllowed(EditionStateConflict):
    """The edition cannot come from its state into that one."""

    def __init__(self, state: str, to: str, allowed: Collection[str]) -> None:
        can = ", ".join(sorted(allowed)) or "nothing else"
        super().__init__(f"An edition that is {state} cannot become {to}; it can become {can}.")


class NotInThisState(EditionStateConflict):
    """The edition's state does not allow what is no move of it."""

    def __init__(self, state: str, what: str, states: Collection[str]) -> None:
        said = state.replace("_", " ")
        super().__init__(f"This edition is {said}; {what} only while it is {_either(states)}.")


def _either(states: Collection[str]) -> str:
    return " or ".join(sorted(state.replace("_", " ") for state in states))


class EditionInvalid(Invalid):
    """Dates, caps or rules contradict each other; the findings say which."""

    code = "edition_invalid"

    def __init__(self, findings: Sequence[Finding]) -> None:
        super().__init__(
            "The edition cannot be kept like this; correct what the findings point at.",
            findings=findings,
        )


class ReasonNeeded(Invalid):
    """The change needs a reason, which is recorded."""

    code = "reason_needed"

    def __init__(self, what: str) -> None:
        super().__init__(f"Give a reason: {what} is recorded with one.")


class EditionFixed(Conflict):
    """Some facts cannot change once people may have relied on them."""

    code = "edition_fixed"

    def __init__(self, names: Sequence[str]) -> None:
        super().__init__(
            f"Once an edition has opened, {' and '.join(names)} cannot change. Plan another "
            "edition instead."
        )


class IssuerFixed(Conflict):
    """Credentials of the edition are sealed, or about to be."""

    code = "issuer_fixed"

    def __init__(self) -> None:
        super().__init__(
            "Credentials of this edition have been sealed, or a batch of them is approved, so that "
            "its issuer stays. Cancel the batch first, if nothing of it has been sealed."
        )


class CapBelowAdmitted(Conflict):
    """Caps never go below those who have a place."""

    code = "cap_below_admitted"

    def __init__(self, findings: Sequence[Finding]) -> None:
        super().__init__(
            " ".join(finding.detail for finding in findings)
            + " Nobody who has a place loses it by a change of caps.",
            findings=findings,
        )


class NothingToRelease(Conflict):
    """There is no such reserve or cap left that could be opened to everybody."""

    code = "nothing_to_release"

    def __init__(self, scope: str | None) -> None:
        what = f" for {scope}" if scope else ""
        super().__init__(
            f"Nothing is kept{what} that could still be given to others. The edition's `rules` "
            "say which reserves and caps there are, and what was released or lifted already."
        )


class UnusedPolicyForbids(Conflict):
    """The edition's caps bind even where an institution leaves places unused."""

    code = "unused_policy_none"

    def __init__(self) -> None:
        super().__init__(
            "By this edition's rule, places that an institution leaves unused stay empty. Change "
            "unused_seats first, with a reason."
        )


class NotYetPublished(Conflict):
    """The edition's list is provisional; this needs it to be published."""

    code = "list_not_published"

    def __init__(self) -> None:
        super().__init__("The list is provisional. Publish it first: POST …/publish-list.")


class AlreadyPublished(Conflict):
    """The edition's list is binding already."""

    code = "list_published"

    def __init__(self) -> None:
        super().__init__(
            "The list is binding already; decisions are taken one by one from here on."
        )


class DecisionsOpen(Conflict):
    """Registrations still wait for an officer's decision."""

    code = "decisions_open"

    def __init__(self, number: int) -> None:
        super().__init__(
            f"{number} registrations still need a decision and would be left out. Decide them, or "
            "publish with leave_undecided=true."
        )


class RegistrationClosed(Conflict):
    """The edition does not take registrations now."""

    code = "registration_closed"

    def __init__(self, opens: datetime, closes: datetime) -> None:
        super().__init__(
            "This edition does not take registrations now. Its window is from "
            f"{opens.isoformat()} to {closes.isoformat()}."
        )


class NotAdmitted(Conflict):
    """The edition admits people from partner institutions only."""

    code = "not_admitted"

    def __init__(self) -> None:
        super().__init__(
            "This edition admits people from partner institutions only. "
            "See /v1/institutions for their codes."
        )


class RegistrationNotFound(NotFound):
    """There is no such registration, or it is somebody else's."""

    code = "registration_not_found"

    def __init__(self, registration: UUID) -> None:
        super().__init__(f"There is no registration {registration} that you may see.")


class AddressFixed(Conflict):
    """The address is not for the caller to change here."""

    code = "address_fixed"

    def __init__(self) -> None:
        super().__init__(
            "An address is mended by an officer only, for somebody without an account, as long as "
            "nobody has confirmed it and they have completed nothing: whoever reads mail there can "
            "act as them. Otherwise register with an account, which brings its own address."
        )


class PersonKnown(Conflict):
    """Somebody else is known by that name and address already."""

    code = "person_known"

    def __init__(self) -> None:
        super().__init__(
            "With this name and address it would be somebody who is known already. If both are "
            "one person, have the enrolment officer merge the registrations."
        )


class NoSuchInstitution(NotFound):
    """Nobody of the alliance, and nobody registered, has that institution."""

    code = "institution_not_found"

    def __init__(self, institution: str) -> None:
        super().__init__(
            f"There is no institution {institution} here. GET /v1/institutions lists the partners; "
            "organisations from outside are known once somebody is registered for them."
        )


class RegistrationStale(Stale):
    """The caller saw an older version of the registration."""

    code = "registration_stale"

    def __init__(self, current: int) -> None:
        super().__init__(
            "The registration has changed since you read it. Read it again, then repeat with its "
            "new ETag.",
            current=current,
        )


class RegistrationMoveNotAllowed(Conflict):
    """The registration is in a state that does not allow this."""

    code = "registration_state"

    def __init__(self, state: str, to: str) -> None:
        super().__init__(f"A registration that is {state} cannot become {to}.")


class NothingToDecide(Conflict):
    """The registration does not wait for a decision."""

    code = "nothing_to_decide"

    def __init__(self) -> None:
        super().__init__("This registration does not wait for a decision.")


class InstitutionFixed(Conflict):
    """The list binds, so that nobody counts for another institution any more."""

    code = "institution_fixed"

    def __init__(self) -> None:
        super().__init__(
            "The list is binding, and with it for which institution each registration counts. "
            "Where that is wrong, the institution contests it (contest_affiliation), or the "
            "registration is cancelled; the person may register again."
        )


class RegistrationInvalid(Invalid):
    """What was given with the registration cannot be right; the findings say where."""

    code = "registration_invalid"

    def __init__(self, findings: Sequence[Finding]) -> None:
        super().__init__(
            "The registration cannot be taken like this; correct what the findings point at.",
            findings=findings,
        )


class DecisionInvalid(Invalid):
    """The decision does not fit what is to be decided."""

    code = "decision_invalid"


class AccountNeeded(Forbidden):
    """A one-time link is not enough for this."""

    code = "account_needed"

    def __init__(self) -> None:
        super().__init__("Sign in for this: the link that you came by is for one registration.")


class OverridesOff(Conflict):
    """The edition does not allow places above its caps."""

    code = "overrides_off"

    def __init__(self) -> None:
        super().__init__(
            "This edition gives no places above its caps. Change overrides_allowed first, with a "
            "reason."
        )

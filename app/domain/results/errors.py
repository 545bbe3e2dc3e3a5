"""Why something about results is refused. Names of learners never stand here."""

from collections.abc import Sequence
from uuid import UUID

from app.domain.errors import Conflict, Finding, Forbidden, Invalid, NotFound, Stale


class EditionNotFound(NotFound):
    """There is no such edition, or the caller may not know of it."""

    code = "edition_not_found"

    def __init__(self, edition: UUID) -> None:
        super().__init__(f"There is no edition {edition} whose results you may see.")


class RegistrationNotFound(NotFound):
    """There is no such registration, or the caller may not know of it."""

    code = "registration_not_found"

    def __init__(self, registration: UUID) -> None:
        super().__init__(f"There is no registration {registration} that you may see.")


class ResultNotFound(NotFound):
    """Nothing has been entered for this registration yet."""

    code = "result_not_found"

    def __init__(self, registration: UUID) -> None:
        super().__init__(f"There is no result for registration {registration} yet.")


class LinkNotFound(NotFound):
    """No link has this token."""

    code = "link_not_found"

    def __init__(self) -> None:
        super().__init__("This link is not one of ours. Ask for a new one with POST /v1/links.")


class LinkNoLongerValid(Conflict):
    """The link has been used or has expired."""

    code = "link_no_longer_valid"

    def __init__(self, state: str) -> None:
        super().__init__(f"This link is {state}. Ask for a new one with POST /v1/links.")


class NotAParticipant(Conflict):
    """The registration holds no place, so that there is nothing to assess."""

    code = "not_a_participant"

    def __init__(self, registration: UUID) -> None:
        super().__init__(
            f"Registration {registration} holds no place in this edition: results are for those "
            "who take part."
        )


class NotGrading(Conflict):
    """The edition is in a state in which no results are entered or confirmed."""

    code = "edition_not_grading"

    def __init__(self, state: str) -> None:
        super().__init__(
            f"The edition is {state}. Results are entered once it is running or in grading."
        )


class NotConfirmable(Conflict):
    """The edition's grading has not begun, so that there is no results list to sign."""

    code = "edition_not_confirmable"

    def __init__(self, state: str) -> None:
        super().__init__(
            f"The edition is {state}. Its results are confirmed when it is in grading."
        )


class ResultsNotHeard(Conflict):
    """The edition is in a state in which there is nothing to say to its results."""

    code = "edition_results_not_heard"

    def __init__(self, state: str) -> None:
        super().__init__(
            f"The edition is {state}. Results are accepted, and objected to, from when it is "
            "running; those of an edition that was cancelled count for nothing."
        )


class StaleResult(Stale):
    """The caller acts on an older version of the result than the current one."""

    code = "result_changed"

    def __init__(self, current: int) -> None:
        super().__init__(
            "The result has changed since you read it. Read it again and decide anew.",
            current=current,
        )


class StaleCredentialData(Stale):
    """The caller confirms an older version of the data than the current one."""

    code = "credential_data_changed"

    def __init__(self, current: int) -> None:
        super().__init__(
            "The credential data have changed since you read them. Read them again.",
            current=current,
        )


class ResultsChanged(Conflict):
    """The list that the confirmer saw is not the one that stands now."""

    code = "results_changed"

    def __init__(self) -> None:
        super().__init__(
            "The results are not those that you saw. Read the list again; its results_hash "
            "belongs to what you then see."
        )


class NotConfirmedYet(Conflict):
    """There is no confirmed result to take back."""

    code = "result_not_confirmed_yet"

    def __init__(self, registration: UUID) -> None:
        super().__init__(
            f"The result of registration {registration} is not confirmed, so that it can simply be "
            "entered anew."
        )


class ResultIsConfirmed(Conflict):
    """A confirmed result stands until an objection is upheld or an error is found."""

    code = "result_is_confirmed"

    def __init__(self, registration: UUID) -> None:
        super().__init__(
            f"The result of registration {registration} is confirmed. It can be changed only "
            "after an objection against it has been upheld, or after the results confirmer has "
            "taken it back (reopen_result)."
        )


class ResultsIncomplete(Conflict):
    """Not everybody who takes part has a result that can be confirmed."""

    code = "results_incomplete"

    def __init__(self, findings: Sequence[Finding]) -> None:
        super().__init__(
            f"{len(findings)} results are missing or wait for a correction; `errors` lists them. "
            "Enter an outcome for everybody who takes part, not_participated included.",
            findings=findings,
        )


class InvalidResult(Invalid):
    """Grades that the grading scheme or the list of assessments cannot hold."""

    code = "result_invalid"

    def __init__(self, findings: Sequence[Finding]) -> None:
        super().__init__(
            "The result cannot be right as it is; `errors` says where.", findings=findings
        )


class SheetInvalid(Invalid):
    """A file of results that cannot be taken over."""

    code = "results_file_invalid"

    def __init__(self, detail: str, findings: Sequence[Finding] = ()) -> None:
        super().__init__(detail, findings=findings)


class NoGradingScheme(Conflict):
    """The micro-credential names no grading scheme to read grades by."""

    code = "no_grading_scheme"

    def __init__(self) -> None:
        super().__init__(
            "The micro-credential has no grading scheme. Its authors have to add one first."
        )


class OwnGrading(Forbidden):
    """Who teaches the edition or entered its grades does not confirm or review them."""

    code = "own_grading"

    def __init__(self) -> None:
        super().__init__(
            "You teach this edition or have entered grades of it, so that another person has to "
            "confirm its results and decide objections."
        )


class NoOutcomeYet(Conflict):
    """There is nothing to accept or object to."""

    code = "no_outcome_yet"

    def __init__(self) -> None:
        super().__init__("There is no outcome yet. You will be told when there is one.")


class WindowClosed(Conflict):
    """The time to object is over, or the learner has accepted the result."""

    code = "objection_window_closed"

    def __init__(self) -> None:
        super().__init__(
            "You can no longer object: you have accepted the result, your objection has been "
            "decided, or the time for objections is over."
        )


class ObjectionOpen(Conflict):
    """An objection waits for its decision."""

    code = "objection_open"

    def __init__(self) -> None:
        super().__init__("An objection is open. Wait for the decision on it.")


class NoObjectionOpen(Conflict):
    """There is no objection to decide."""

    code = "no_objection_open"

    def __init__(self) -> None:
        super().__init__("No objection against this result is open.")


class InvalidCredentialData(Invalid):
    """Credential data that no credential can hold."""

    code = "credential_data_invalid"

    def __init__(self, findings: Sequence[Finding]) -> None:
        super().__init__(
            "The credential data cannot be right as they are; `errors` says where.",
            findings=findings,
        )


class StudentIdentifierTaken(Conflict):
    """Another person has stated this European Student Identifier. Never said: who, or where."""

    code = "student_identifier_taken"

    def __init__(self) -> None:
        detail = (
            "This European Student Identifier cannot stand in your credential: it is known here "
            "for somebody else, or for you under another address. Check it. If it is yours, "
            "confirm your data with your date of birth instead, and tell the contact of the "
            "edition."
        )
        super().__init__(
            detail, findings=[Finding("/student_identifier", "student_identifier_taken", detail)]
        )

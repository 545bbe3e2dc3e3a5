"""Entering results and confirming them."""

from collections.abc import Sequence
from uuid import UUID

from app.domain.access.permissions import permits, require
from app.domain.access.roles import Caller
from app.domain.access.table import PERMISSIONS
from app.domain.clock import Clock
from app.domain.errors import Finding, Forbidden, NotAuthenticated
from app.domain.results.entry import ResultEntry, grading_of
from app.domain.results.errors import (
    NotAParticipant,
    OwnGrading,
    RegistrationNotFound,
    ResultsChanged,
    ResultsIncomplete,
)
from app.domain.results.events import ResultsConfirmed
from app.domain.results.moves import expect_open, is_open
from app.domain.results.policy import ResultsPolicy
from app.domain.results.ports import (
    EditionFacts,
    Participant,
    ResultsWork,
)
from app.domain.results.result import Result
from app.domain.results.views import (
    ResultsList,
    ResultView,
    actions_on,
    grades_own_edition,
    place_of,
    results_hash,
)
from app.domain.vocabulary.micro_credential import MicroCredential


class AccountNeeded(Forbidden):
    """Grades and their confirmation are put down to a person, and this caller has no account."""

    code = "account_needed"

    def __init__(self) -> None:
        super().__init__("Sign in with your own account: results are put down to a person.")


async def record_result(
    registration: UUID,
    entry: ResultEntry,
    version: int,
    *,
    work: ResultsWork,
    caller: Caller,
    clock: Clock,
) -> ResultView:
    """Enter what is known of one learner's result, in place of what was entered before.

    `version` 0 stands for a result that nobody has entered yet. Raises RegistrationNotFound,
    NotAllowed, NotAParticipant, NotGrading, StaleResult, InvalidResult, ResultIsConfirmed.
    """
    async with work:
        participant, edition, micro_credential = await permitted_on(
            registration, "record_result", work=work, caller=caller
        )
        account = account_of(caller)
        if not participant.takes_part:
            raise NotAParticipant(registration)
        result = await work.results.get(participant)
        expect_open("record_result", edition.state, result)
        result.expect(version)
        now = clock.now()
        grading = grading_of(entry, micro_credential.specification.academic, today=now.date())
        if result.record(grading, by=account, at=now):
            await keep(result, work=work)
        return await view(
            result, participant, edition, micro_credential, work=work, caller=caller,
            clock=clock,
        )  # fmt: skip


async def list_results(
    edition_id: UUID, *, work: ResultsWork, caller: Caller, clock: Clock
) -> ResultsList:
    """Everybody who takes part, with what has been entered.

    Raises EditionNotFound, NotAllowed.
    """
    async with work:
        edition, micro_credential = await of_edition(edition_id, work=work, caller=caller)
        place = place_of(edition, micro_credential)
        require(PERMISSIONS, caller, "list_results", place)
        participants = await work.participants.of_edition(edition_id)
        results = {
            result.registration: result
            for result in await work.results.of_edition(edition_id, lock=False)
        }
        confirmed_data = {d.registration for d in await work.credential_data.of_edition(edition_id)}
    now = clock.now()
    grades_it = grades_own_edition(edition, list(results.values()), caller)
    lines = []
    for participant in participants:
        result = results.get(participant.registration, Result(participant.registration, edition_id))
        own = place_of(edition, micro_credential, participant, caller)
        lines.append(
            ResultView(
                edition,
                participant,
                result,
                result.window_ends,
                participant.registration in confirmed_data,
                actions_on(
                    result,
                    edition,
                    own,
                    caller,
                    now=now,
                    grades_it=grades_it,
                    takes_part=participant.takes_part,
                ),
            )
        )
    possible = {
        "import_results": is_open("import_results", edition.state),
        "confirm_results": is_open("confirm_results", edition.state) and not grades_it,
    }
    return ResultsList(
        edition,
        micro_credential,
        tuple(lines),
        results_hash([line.result for line in lines]),
        tuple(
            action
            for action, is_possible in possible.items()
            if is_possible and permits(PERMISSIONS[action], caller, place)
        ),
    )


async def confirm_results(
    edition_id: UUID,
    seen_hash: str,
    *,
    work: ResultsWork,
    caller: Caller,
    clock: Clock,
    policy: ResultsPolicy,
) -> int:
    """Stand for the results list as a person who did not teach; how many results that covers.

    `seen_hash` is the `results_hash` of the list that was read. Confirming again covers what was
    corrected since. Raises EditionNotFound, NotAllowed, OwnGrading, NotConfirmable,
    ResultsChanged, ResultsIncomplete.
    """
    async with work:
        edition, micro_credential = await of_edition(edition_id, work=work, caller=caller)
        # Everybody may know of the edition, so that nobody is told that it does not exist.
        require(PERMISSIONS, caller, "confirm_results", place_of(edition, micro_credential))
        account = account_of(caller)
        expect_open("confirm_results", edition.state)
        # Locked before the list is judged, so that nobody changes a grade under the signature.
        results = {r.registration: r for r in await work.results.of_edition(edition_id, lock=True)}
        if grades_own_edition(edition, list(results.values()), caller):
            raise OwnGrading
        participants = await work.participants.of_edition(edition_id)
        listed = [
            results.get(p.registration, Result(p.registration, edition_id)) for p in participants
        ]
        if results_hash(listed) != seen_hash:
            raise ResultsChanged
        if missing := unconfirmable(listed):
            raise ResultsIncomplete(missing)
        waiting = [result for result in listed if not result.is_confirmed]
        now = clock.now()
        for result in waiting:
            result.confirm(by=account, at=now, window=policy.objection_window)
            await work.results.save(result)
        if waiting:
            await work.trail.append("results", edition_id, after=seen_hash)
            await work.outbox.put(ResultsConfirmed(edition_id, len(waiting)))
    return len(waiting)


async def get_result(
    registration: UUID,
    *,
    work: ResultsWork,
    caller: Caller,
    clock: Clock,
) -> ResultView:
    """One learner's result, for themselves and for those who deal with it.

    Raises RegistrationNotFound.
    """
    async with work:
        participant, edition, micro_credential = await of_registration(
            registration, work=work, caller=caller
        )
        place = place_of(edition, micro_credential, participant, caller)
        if not permits(PERMISSIONS["get_result"], caller, place):
            raise RegistrationNotFound(registration)
        result = await work.results.read(participant)
        return await view(
            result, participant, edition, micro_credential, work=work, caller=caller,
            clock=clock,
        )  # fmt: skip


# What these and the other use cases of results share


def unconfirmable(results: Sequence[Result]) -> list[Finding]:
    """Who has no result that can be confirmed."""
    found = []
    for result in results:
        if result.is_confirmed:
            continue
        pointer = f"/results/{result.registration}"
        if result.awaits_correction:
            found.append(
                Finding(pointer, "correction_awaited", "An objection was upheld: enter it anew.")
            )
        elif result.outcome is None:
            found.append(Finding(pointer, "outcome_missing", "Nobody has entered an outcome."))
    return found


def account_of(caller: Caller) -> UUID:
    """The account that an act is put down to. Raises AccountNeeded."""
    if caller.account is None:
        raise AccountNeeded
    return caller.account


async def of_edition(
    edition_id: UUID, *, work: ResultsWork, caller: Caller
) -> tuple[EditionFacts, MicroCredential]:
    """An edition and what it teaches. Raises EditionNotFound, NotAuthenticated.

    Who has no token is asked for one before they hear what exists.
    """
    if caller.is_anonymous:
        raise NotAuthenticated("Send a bearer token: results are not public.")
    edition = await work.participants.edition(edition_id)
    return edition, await work.micro_credentials.get(edition.proposal)


async def of_registration(
    registration: UUID, *, work: ResultsWork, caller: Caller
) -> tuple[Participant, EditionFacts, MicroCredential]:
    """A registration, its edition and what that teaches.

    Raises RegistrationNotFound, NotAuthenticated.
    """
    if caller.is_anonymous:
        raise NotAuthenticated("Send a bearer token: results are not public.")
    participant = await work.participants.get(registration)
    return participant, *await of_edition(participant.edition, work=work, caller=caller)


async def permitted_on(
    registration: UUID,
    action: str,
    *,
    see: str = "get_result",
    work: ResultsWork,
    caller: Caller,
) -> tuple[Participant, EditionFacts, MicroCredential]:
    """A registration, its edition and what that teaches, if the caller may act on it.

    Raises NotAllowed, or RegistrationNotFound also to those who may not `see` it;
    NotAuthenticated.
    """
    participant, edition, micro_credential = await of_registration(
        registration, work=work, caller=caller
    )
    require(
        PERMISSIONS,
        caller,
        action,
        place_of(edition, micro_credential, participant, caller),
        see=see,
        missing=RegistrationNotFound(registration),
    )
    return participant, edition, micro_credential


async def keep(result: Result, *, work: ResultsWork) -> None:
    """Save a result, with a line in the audit record that has no grades in it."""
    before = result.version
    await work.results.save(result)
    await work.trail.append(
        "result", result.registration, before=str(before), after=str(result.version)
    )


async def view(
    result: Result,
    participant: Participant,
    edition: EditionFacts,
    micro_credential: MicroCredential,
    *,
    work: ResultsWork,
    caller: Caller,
    clock: Clock,
) -> ResultView:
    """A result as the caller sees it."""
    data = await work.credential_data.read(participant)
    return ResultView(
        edition,
        participant,
        result,
        result.window_ends,
        data.identity is not None,
        actions_on(
            result,
            edition,
            place_of(edition, micro_credential, participant, caller),
            caller,
            now=clock.now(),
            grades_it=grades_own_edition(edition, [result], caller),
            takes_part=participant.takes_part,
        ),
    )

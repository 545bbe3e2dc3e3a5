"""What learners do about their result, and what is decided about their objections."""

from uuid import UUID

from app.domain.access.permissions import permits
from app.domain.access.roles import Caller, Role
from app.domain.access.table import PERMISSIONS
from app.domain.clock import Clock
from app.domain.errors import Finding, Invalid
from app.domain.ids import new_id
from app.domain.results.credential_data import CredentialData, LegalIdentity
from app.domain.results.errors import OwnGrading, RegistrationNotFound
from app.domain.results.moves import expect_open
from app.domain.results.ports import Participant, ResultsWork
from app.domain.results.result import Decision
from app.domain.results.use_cases.entering import (
    account_of,
    keep,
    of_registration,
    permitted_on,
    view,
)
from app.domain.results.views import ResultView, place_of

LONGEST_TEXT = 4000


class TextNeeded(Invalid):
    """A reason is missing or too long."""

    code = "text_needed"

    def __init__(self, pointer: str) -> None:
        super().__init__(
            f"Say why, in 1 to {LONGEST_TEXT} characters.",
            findings=[Finding(pointer, "required", f"1 to {LONGEST_TEXT} characters.")],
        )


async def accept_result(
    registration: UUID,
    version: int,
    *,
    work: ResultsWork,
    caller: Caller,
    clock: Clock,
) -> ResultView:
    """The learner agrees with their result, which ends their time to object.

    Raises RegistrationNotFound, NotAllowed, ResultsNotHeard, StaleResult, NoOutcomeYet,
    ObjectionOpen.
    """
    async with work:
        participant, edition, micro_credential = await permitted_on(
            registration, "accept_result", work=work, caller=caller
        )
        expect_open("accept_result", edition.state)
        result = await work.results.get(participant)
        result.expect(version)
        if result.accepted_at is None:
            result.accept(at=clock.now())
            await keep(result, work=work)
        return await view(
            result, participant, edition, micro_credential, work=work, caller=caller,
            clock=clock,
        )  # fmt: skip


async def object_to_result(
    registration: UUID,
    reason: str,
    version: int,
    *,
    work: ResultsWork,
    caller: Caller,
    clock: Clock,
) -> ResultView:
    """The learner objects to their result. Sealing waits until it is decided.

    Raises RegistrationNotFound, NotAllowed, ResultsNotHeard, StaleResult, TextNeeded,
    NoOutcomeYet, ObjectionOpen, WindowClosed.
    """
    async with work:
        participant, edition, micro_credential = await permitted_on(
            registration, "object_to_result", work=work, caller=caller
        )
        text = said(reason, "/reason")
        expect_open("object_to_result", edition.state)
        result = await work.results.get(participant)
        result.expect(version)
        result.object_to(text, objection=new_id(), at=clock.now())
        await keep(result, work=work)
        return await view(
            result, participant, edition, micro_credential, work=work, caller=caller,
            clock=clock,
        )  # fmt: skip


async def decide_objection(
    registration: UUID,
    decision: Decision,
    answer: str,
    version: int,
    *,
    work: ResultsWork,
    caller: Caller,
    clock: Clock,
) -> ResultView:
    """Uphold a learner's objection, so that the result is entered anew, or reject it.

    Somebody decides who neither teaches the edition nor entered the grades. Raises
    RegistrationNotFound, NotAllowed, OwnGrading, ResultsNotHeard, StaleResult, TextNeeded,
    NoObjectionOpen.
    """
    async with work:
        participant, edition, micro_credential = await permitted_on(
            registration, "decide_objection", work=work, caller=caller
        )
        account = account_of(caller)
        text = said(answer, "/answer")
        if caller.has(Role.TEACHER, edition.organiser, *edition.awarding):
            raise OwnGrading
        expect_open("decide_objection", edition.state)
        result = await work.results.get(participant)
        result.expect(version)
        result.decide_objection(decision, text, by=account, at=clock.now())
        await keep(result, work=work)
        return await view(
            result, participant, edition, micro_credential, work=work, caller=caller,
            clock=clock,
        )  # fmt: skip


async def get_credential_data(
    registration: UUID, *, work: ResultsWork, caller: Caller
) -> tuple[Participant, CredentialData]:
    """The learner's own credential data; not confirmed yet: a version 0 without any.

    Raises RegistrationNotFound.
    """
    async with work:
        participant, edition, micro_credential = await of_registration(
            registration, work=work, caller=caller
        )
        place = place_of(edition, micro_credential, participant, caller)
        if not permits(PERMISSIONS["get_credential_data"], caller, place):
            raise RegistrationNotFound(registration)
        return participant, await work.credential_data.read(participant)


async def confirm_credential_data(
    registration: UUID,
    identity: LegalIdentity,
    version: int,
    *,
    work: ResultsWork,
    caller: Caller,
    clock: Clock,
) -> tuple[Participant, CredentialData]:
    """The learner states the name as it shall stand, and what tells them apart.

    Raises RegistrationNotFound, NotAllowed, StaleCredentialData, InvalidCredentialData,
    StudentIdentifierTaken.
    """
    async with work:
        participant, _, _ = await permitted_on(
            registration,
            "confirm_credential_data",
            see="get_credential_data",
            work=work,
            caller=caller,
        )
        data = await work.credential_data.get(participant)
        before = data.version
        if data.confirm(identity, version, at=clock.now()):
            await work.credential_data.save(data)
            await work.trail.append(
                "credential_data", registration, before=str(before), after=str(data.version)
            )
        return participant, data


def said(text: str, pointer: str) -> str:
    """The text, trimmed. Raises TextNeeded."""
    trimmed = text.strip()
    if not 1 <= len(trimmed) <= LONGEST_TEXT or "\0" in trimmed:
        raise TextNeeded(pointer)
    return trimmed

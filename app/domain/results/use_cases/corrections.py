"""Putting a confirmed result right, where nobody has objected: somebody has mistyped."""

from uuid import UUID

from app.domain.access.roles import Caller, Role
from app.domain.clock import Clock
from app.domain.ids import new_id
from app.domain.results.errors import (
    NotAParticipant,
    OwnGrading,
)
from app.domain.results.moves import expect_open
from app.domain.results.ports import ResultsWork
from app.domain.results.use_cases.entering import account_of, keep, permitted_on, view
from app.domain.results.use_cases.learner import said
from app.domain.results.views import ResultView


async def reopen_result(
    registration: UUID,
    reason: str,
    version: int,
    *,
    work: ResultsWork,
    caller: Caller,
    clock: Clock,
) -> ResultView:
    """Take a confirmed result back, with a reason that the learner reads.

    Three steps, by two people: who neither teaches nor graded takes it back; a teacher enters it
    anew; it is confirmed anew, as any other. A credential that certifies it stays as it is until
    it is issued again. Raises RegistrationNotFound, NotAllowed, OwnGrading, NotAParticipant,
    NotConfirmable, StaleResult, TextNeeded, ObjectionOpen, NotConfirmedYet.
    """
    async with work:
        participant, edition, micro_credential = await permitted_on(
            registration, "reopen_result", work=work, caller=caller
        )
        account = account_of(caller)
        text = said(reason, "/reason")
        if caller.has(Role.TEACHER, edition.organiser, *edition.awarding):
            raise OwnGrading
        # What is taken back has to be entered and confirmed anew, or its learner is left without.
        if not participant.takes_part:
            raise NotAParticipant(registration)
        expect_open("reopen_result", edition.state)
        result = await work.results.get(participant)
        result.expect(version)
        result.reopen(text, correction=new_id(), by=account, at=clock.now())
        await keep(result, work=work)
        return await view(
            result, participant, edition, micro_credential, work=work, caller=caller,
            clock=clock,
        )  # fmt: skip

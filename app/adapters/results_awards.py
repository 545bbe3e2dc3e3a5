"""Awards as credentials want them, put together from results: the same over every store."""

from collections.abc import Collection, Mapping, Sequence
from uuid import UUID
from zoneinfo import ZoneInfo

from app.domain.clock import Clock
from app.domain.credentials.errors import AwardNotFound, AwardNotReady, EditionNotFound
from app.domain.errors import DomainError, InternalInconsistency
from app.domain.results import errors
from app.domain.results.credential_data import CredentialData
from app.domain.results.grading import Outcome
from app.domain.results.ports import EditionFacts, Participant, ResultsWork
from app.domain.results.readiness import Readiness, readiness
from app.domain.results.result import Result
from app.domain.vocabulary.award import AssessmentResult, Award, Holder, NotReady
from app.domain.vocabulary.institutions import InstitutionCode


class ResultAwards:
    """See `app.domain.credentials.ports.Awards`."""

    def __init__(self, work: ResultsWork, clock: Clock) -> None:
        self._work = work
        self._clock = clock

    async def of_edition(self, edition: UUID) -> tuple[Sequence[Award], Sequence[NotReady]]:
        """Everybody who passed: awards that are ready, and the others with their reasons."""
        facts = await self._edition(edition)
        participants = await self._work.participants.of_edition(edition)
        results = {
            result.registration: result
            for result in await self._work.results.of_edition(edition, lock=False)
            if result.outcome is Outcome.PASSED
        }
        data = {d.registration: d for d in await self._work.credential_data.of_edition(edition)}
        addresses = await self._work.links.confirmed_addresses(list(results))
        ready: list[Award] = []
        not_ready: list[NotReady] = []
        for participant in participants:
            result = results.get(participant.registration)
            if result is None:
                continue
            own = data.get(
                participant.registration, CredentialData(participant.registration, edition)
            )
            waits_for = self._readiness(participant, result, own, addresses)
            if waits_for.is_ready:
                ready.append(_award(participant, facts, result, own))
            else:
                not_ready.append(
                    NotReady(
                        participant.registration,
                        waits_for.reasons,
                        waits_for.until,
                        own.identity.full_name if own.identity else participant.full_name,
                    )
                )
        return ready, not_ready

    async def get(self, registration: UUID) -> Award:
        """One award that is ready; result and data are held.

        Raises AwardNotFound, AwardNotReady.
        """
        award = (await self.held([registration]))[registration]
        if isinstance(award, DomainError):
            raise award
        return award

    async def held(self, registrations: Sequence[UUID]) -> Mapping[UUID, Award | DomainError]:
        """The same for several registrations."""
        work = self._work
        participants = await work.participants.several(registrations)
        editions = {
            edition: await self._edition(edition)
            for edition in {p.edition for p in participants.values()}
        }
        results = await work.results.several(participants.values())
        data = await work.credential_data.several(participants.values())
        addresses = await work.links.confirmed_addresses(list(participants))
        found: dict[UUID, Award | DomainError] = {}
        for registration in registrations:
            participant = participants.get(registration)
            result = results.get(registration)
            if (
                participant is None
                or result is None
                or not participant.takes_part
                or result.outcome is not Outcome.PASSED
            ):
                found[registration] = AwardNotFound(registration)
                continue
            own = data[registration]
            waits_for = self._readiness(participant, result, own, addresses)
            found[registration] = (
                _award(participant, editions[participant.edition], result, own)
                if waits_for.is_ready
                else AwardNotReady(NotReady(registration, waits_for.reasons, waits_for.until))
            )
        return found

    async def proposal_of(self, edition: UUID) -> UUID:
        """The proposal whose micro-credential the edition teaches. Raises EditionNotFound."""
        return (await self._edition(edition)).proposal

    async def issuer_of(self, edition: UUID) -> InstitutionCode | None:
        """Who seals, where the micro-credential leaves it to editions. Raises EditionNotFound."""
        return (await self._edition(edition)).issuer

    async def held_by(self, account: UUID) -> Collection[UUID]:
        """The registrations of the person with this account."""
        return await self._work.participants.held_by(account)

    async def _edition(self, edition: UUID) -> EditionFacts:
        try:
            return await self._work.participants.edition(edition)
        except errors.EditionNotFound:
            raise EditionNotFound(edition) from None

    def _readiness(
        self,
        participant: Participant,
        result: Result,
        data: CredentialData,
        addresses: dict[UUID, set[str]],
    ) -> Readiness:
        confirmed = addresses.get(participant.registration, set())
        return readiness(
            participant,
            result,
            data,
            address_confirmed=participant.email.casefold() in confirmed,
            now=self._clock.now(),
        )


def _award(
    participant: Participant, edition: EditionFacts, result: Result, data: CredentialData
) -> Award:
    identity, confirmation, grade = data.identity, result.confirmation, result.grading.grade
    if identity is None or confirmation is None or grade is None:
        raise InternalInconsistency(f"ready without what that takes: {participant.registration}")
    return Award(
        registration=participant.registration,
        edition=edition.id,
        edition_code=edition.code,
        edition_start=edition.start,
        edition_end=edition.end,
        proposal=edition.proposal,
        proposal_version=edition.proposal_version,
        holder=Holder(
            full_name=identity.full_name,
            given_name=identity.given_name,
            family_name=identity.family_name,
            birth_date=identity.birth_date,
            student_identifier=identity.student_identifier,
            email=participant.email,
            language=participant.language,
        ),
        grade=grade,
        awarded_on=confirmation.at.astimezone(ZoneInfo(edition.time_zone)).date(),
        results=tuple(
            AssessmentResult(one.assessment, one.grade, one.assessed_on, one.identity.concept)
            for one in result.grading.grades
        ),
    )

"""What waits for an officer of the edition, with everything that helps to decide it."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from app.domain.access.roles import Caller
from app.domain.enrolment.access import allow
from app.domain.enrolment.affiliation import (
    NEW_ORGANISATION,
    Likeness,
    Matcher,
    Suggestion,
    Unclear,
)
from app.domain.enrolment.claims import AFTER_CONTEST, ClaimState
from app.domain.enrolment.edition import Edition
from app.domain.enrolment.forms.entries import ABOUT_INSTITUTION
from app.domain.enrolment.joining import people_of
from app.domain.enrolment.person import Person, could_be_one, share_address
from app.domain.enrolment.ports import EnrolmentWork
from app.domain.enrolment.ranking import Rank
from app.domain.enrolment.reasons import Reason
from app.domain.enrolment.registration import Registration, State
from app.domain.enrolment.use_cases.register import spellings_of
from app.domain.enrolment.views import RegistrationView, ranked, views_of


@dataclass(frozen=True)
class PossibleDouble:
    """Another registration that could be of the same person."""

    registration: Registration
    person: Person
    same_address: bool
    same_name: bool


@dataclass(frozen=True)
class Undecided:
    """One registration that waits for an officer."""

    view: RegistrationView
    questions: Sequence[str]
    """What is to be decided: codes of reasons, `registered_after_contest`,
    `new_external_organisation`, or `affiliation_contested`."""
    suggestions: Sequence[Suggestion]
    """Partners whose names are like what was written."""
    doubles: Sequence[PossibleDouble]


CONTESTED = "affiliation_contested"


async def list_undecided(
    edition_id: UUID,
    *,
    after: Rank | None,
    limit: int,
    likeness: Likeness,
    work: EnrolmentWork,
    caller: Caller,
) -> Sequence[Undecided]:
    """What is to be decided in an edition, in order of rank. Raises EditionNotFound, NotAllowed."""
    async with work:
        edition = await work.editions.read(edition_id)
        allow("list_undecided", edition, caller)
        found = await work.registrations.undecided(edition_id, after=after, limit=limit)
        people = await people_of(found, work)
        views = await views_of([(r, people[r.person]) for r in found], edition, work, caller)
        views = await ranked(views, edition, work)
        matcher = Matcher(await spellings_of(work), likeness)
        return [await _with_hints(view, edition, matcher, work) for view in views]


async def _with_hints(
    view: RegistrationView, edition: Edition, matcher: Matcher, work: EnrolmentWork
) -> Undecided:
    one = view.registration
    questions = _questions(one)
    suggestions: Sequence[Suggestion] = ()
    if not ABOUT_INSTITUTION.isdisjoint(questions):
        read = matcher.read(one.stated)
        suggestions = read.suggestions if isinstance(read, Unclear) else ()
    doubles: list[PossibleDouble] = []
    if Reason.POSSIBLE_DOUBLE in questions:
        mine = view.person.identity
        for other, person in await work.registrations.alike(edition.id, mine):
            theirs = person.identity
            alike = could_be_one(person, other.bucket, view.person, one.bucket)
            if alike or share_address(person, view.person):
                doubles.append(
                    PossibleDouble(
                        other, person, mine.email == theirs.email, mine.name == theirs.name
                    )
                )
    return Undecided(view, questions, suggestions, doubles)


def _questions(one: Registration) -> list[str]:
    questions: list[str] = []
    if one.state is State.NEEDS_DECISION:
        questions.append(one.reason.value)
    if one.pending is not None and Reason.TIME_CHANGED not in questions:
        questions.append(Reason.TIME_CHANGED.value)
    if one.is_doubted and Reason.POSSIBLE_DOUBLE not in questions:
        questions.append(Reason.POSSIBLE_DOUBLE.value)
    if one.follows_contest:
        questions.append(AFTER_CONTEST)
    if one.names_new_organisation:
        questions.append(NEW_ORGANISATION)
    if one.claim_state is ClaimState.CONTESTED:
        questions.append(CONTESTED)
    return questions

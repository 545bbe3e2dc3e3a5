"""What waits for an officer of an edition, with what helps to decide it."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from uuid import UUID

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, Field

from app.domain.access.roles import Caller
from app.domain.enrolment.notices import PrivacyNotices
from app.domain.enrolment.officer_sentences import advice_on
from app.domain.enrolment.registration import State
from app.domain.enrolment.use_cases.undecided import PossibleDouble, Undecided
from app.domain.enrolment.use_cases.undecided import list_undecided as undecided_of
from app.routers.enrolment.imports_models import SuggestionOut
from app.routers.enrolment.registrations_models import RegistrationOut
from app.routers.enrolment.registrations_shown import notices_of
from app.routers.habits import (
    CallerDep,
    CursorDep,
    HabitRoute,
    LanguageDep,
    LimitDep,
    Page,
    PortsDep,
    page_of,
)
from app.routers.habits.pages import BadCursor
from app.routers.habits.tables import JSON, TABLE_RESPONSES, Cell, all_of, table_response, wanted

router = APIRouter(prefix="/v1/editions/{edition}", tags=["registrations"], route_class=HabitRoute)

_HEADER = (
    "registration", "full_name", "email", "stated", "institution", "state", "questions",
    "suggestions", "possible_doubles", "other_time", "warnings", "advice",
)  # fmt: skip


class PossibleDoubleOut(BaseModel):
    """Another registration that could be of the same person."""

    registration: UUID
    full_name: str
    email: str
    institution: str | None
    state: State
    received_at: datetime
    same_address: bool
    same_name: bool

    @classmethod
    def of(cls, double: PossibleDouble) -> "PossibleDoubleOut":
        """From the domain."""
        one, person = double.registration, double.person
        return cls(
            registration=one.id,
            full_name=person.full_name,
            email=person.email,
            institution=one.bucket,
            state=one.state,
            received_at=one.receipt.received_at,
            same_address=double.same_address,
            same_name=double.same_name,
        )


class UndecidedOut(BaseModel):
    """One registration that waits for an officer."""

    registration: RegistrationOut
    questions: list[str] = Field(
        description="what is to be decided; `affiliation_contested` by `decide_contest`, all "
        "others by `decide_registration`. `registered_after_contest`: `admit` lets it stand, and "
        "so does the institution that confirms it; else `cancel_registration`. "
        "`new_external_organisation`: `admit` says that the organisation is one, for all who write "
        "the same; with one of `institution`, `organisation` and `independent` it corrects it",
        examples=[["institution_unclear"]],
    )
    advice: list[str] = Field(
        description="for each question, in the language of `Accept-Language`, what the officer "
        "does next",
        examples=[
            [
                (
                    "No institution is named; say in the list of rows to decide for which one it "
                    "counts, or reject it."
                )
            ]
        ],
    )
    suggestions: list[SuggestionOut]
    possible_doubles: list[PossibleDoubleOut]
    other_time: datetime | None = Field(description="the completion time that was read later")

    @classmethod
    def of(
        cls, one: Undecided, caller: Caller, notices: PrivacyNotices, language: str
    ) -> "UndecidedOut":
        """From the domain."""
        pending = one.view.registration.pending
        return cls(
            registration=RegistrationOut.of(one.view, caller, notices),
            questions=list(one.questions),
            advice=[advice_on(question, language) for question in one.questions],
            suggestions=[
                SuggestionOut(institution=s.institution, likeness=s.likeness)
                for s in one.suggestions
            ],
            possible_doubles=[PossibleDoubleOut.of(double) for double in one.doubles],
            other_time=pending.received_at if pending else None,
        )


def _table(found: Sequence[Undecided], language: str) -> Iterator[list[Cell]]:
    for one in found:
        registration, person = one.view.registration, one.view.person
        yield [
            str(registration.id),
            person.full_name,
            person.email,
            registration.stated,
            registration.bucket,
            registration.state.value,
            "; ".join(one.questions),
            "; ".join(f"{s.institution} {s.likeness}" for s in one.suggestions),
            "; ".join(str(double.registration.id) for double in one.doubles),
            registration.pending.received_at if registration.pending else None,
            "; ".join(registration.warnings),
            " ".join(advice_on(question, language) for question in one.questions),
        ]


@router.get(
    "/undecided",
    operation_id="list_undecided",
    response_model=Page[UndecidedOut],
    responses=TABLE_RESPONSES,
)
async def list_undecided(
    edition: UUID,
    request: Request,
    response: Response,
    caller: CallerDep,
    ports: PortsDep,
    cursor: CursorDep,
    language: LanguageDep,
    limit: LimitDep = 50,
) -> Page[UndecidedOut] | Response:
    """Registrations that an officer has to decide on, in order of rank, with suggestions.

    Also as CSV and as a workbook with all of them, by `Accept`.
    """
    media_type = wanted(request)
    as_table = media_type != JSON
    most = ports.settings.table_limit
    if cursor.after is not None and (len(cursor.after) != 1 or "\0" in cursor.after[0]):
        raise BadCursor
    found = await undecided_of(
        edition,
        after=cursor.after[0] if cursor.after and not as_table else None,
        limit=(most if as_table else limit) + 1,
        likeness=ports.forms.likeness,
        work=ports.reading(),
        caller=caller,
    )
    if as_table:
        name = f"undecided-{edition}"
        rows = _table(all_of(found, most), language)
        return table_response(media_type, name, _HEADER, rows, language=language)
    shown, following = page_of(
        request, response, found, limit, lambda one: (one.view.registration.rank,)
    )
    notices = notices_of(ports)
    items = [UndecidedOut.of(one, caller, notices, language) for one in shown]
    return Page(items=items, next=following)

"""What operations on imports of Microsoft Forms take and answer with."""

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from app.domain.access.permissions import permits
from app.domain.access.roles import Caller
from app.domain.access.table import PERMISSIONS
from app.domain.enrolment.edition import Edition
from app.domain.enrolment.errors_forms import FileRefused
from app.domain.enrolment.forms.imports import (
    ImportRow,
    ImportSource,
    ImportState,
    ResponseImport,
    Verdict,
)
from app.domain.enrolment.forms.mapping import Answer, FormMapping
from app.domain.enrolment.officer_sentences import notes_of, sentence_of
from app.domain.enrolment.use_cases.imports import Mapped


class FormMappingIn(BaseModel):
    """Which question of a form holds what, and in which zone its export shows times."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "time_zone": "Europe/Madrid",
                    "questions": {
                        "Nombre y apellidos": "full_name",
                        "Correo electrónico2": "email",
                        "¿En qué institución trabaja o estudia?": "institution",
                        "He leído el aviso de privacidad": "privacy_notice",
                    },
                }
            ]
        },
    )

    time_zone: str = Field(max_length=64, description="IANA name; the file does not say")
    questions: dict[str, Answer] = Field(
        max_length=700,
        description="column header → what its answers mean; for live deliveries the question's "
        "id, `r` and 32 digits, instead of or beside its header",
    )
    day_first: bool | None = Field(None, description="how 01/02/2027 is read in CSV files")
    language: str = Field("en", max_length=35, description="of people whose answer does not say")


class FormMappingOut(BaseModel):
    """How a form is read."""

    edition: UUID
    form: str
    time_zone: str
    questions: dict[str, Answer]
    day_first: bool | None
    language: str
    changed_at: datetime
    version: int

    @classmethod
    def of(cls, mapping: FormMapping) -> "FormMappingOut":
        """From the domain."""
        return cls(
            edition=mapping.edition,
            form=mapping.form,
            time_zone=mapping.time_zone,
            questions=dict(mapping.questions),
            day_first=mapping.day_first,
            language=mapping.language,
            changed_at=mapping.changed_at,
            version=mapping.version,
        )


class FormMappedOut(FormMappingOut):
    """How a form is read from now on, and what has waited for it."""

    waiting_deliveries: int = Field(
        description="deliveries of the form's flow that have waited and are imported now"
    )
    job: UUID | None = Field(description="imports what has waited; none when nothing has")

    @classmethod
    def after(cls, mapped: Mapped) -> "FormMappedOut":
        """From the domain."""
        return cls(
            **FormMappingOut.of(mapped.mapping).model_dump(),
            waiting_deliveries=mapped.waiting,
            job=mapped.job,
        )


class FormMappingsOut(BaseModel):
    """The forms of an edition."""

    items: list[FormMappingOut]


class ImportStartedOut(BaseModel):
    """A job looks at the file, or carries out its plan."""

    import_id: UUID
    job: UUID


class ImportProblemOut(BaseModel):
    """Why a file was refused."""

    code: str = Field(
        description="`file_refused`, as in the job's error", examples=["file_refused"]
    )
    reason: str = Field(description="what is wrong with the file", examples=["no_columns"])
    detail: str


class ImportOut(BaseModel):
    """How an import stands."""

    id: UUID
    edition: UUID
    form: str
    filename: str
    file_hash: str
    uploaded_at: datetime
    source: ImportSource = Field(description="an uploaded file, or a live delivery")
    state: ImportState
    plan_token: str | None = Field(description="shows that the dry run was seen")
    verdicts: dict[str, int] = Field(description="rows by verdict", examples=[{"create": 84}])
    suggested_questions: dict[str, Answer]
    unknown_columns: list[str] = Field(description="columns that nothing is read from")
    missing_columns: list[str] = Field(
        description="columns that the mapping reads and the file does not have: correct the "
        "mapping, or send another file"
    )
    differing_rows: list[int] = Field(description="rows that turned out otherwise than planned")
    problem: ImportProblemOut | None
    advice: str | None = Field(description="what to do before the file can be taken")
    committed_at: datetime | None
    allowed_actions: list[str]

    @classmethod
    def of(cls, found: ResponseImport, edition: Edition, caller: Caller) -> "ImportOut":
        """From the domain."""
        allowed = []
        if found.state is ImportState.NEEDS_MAPPING:
            allowed.append("map_form")
        if found.state is ImportState.PLANNED:
            allowed.append("import_registrations")
        if found.state is ImportState.COMMITTED and not edition.is_binding:
            allowed.append("take_back_import")
        return cls(
            id=found.id,
            edition=found.edition,
            form=found.form,
            filename=found.filename,
            file_hash=found.file_hash,
            uploaded_at=found.uploaded_at,
            source=found.source,
            state=found.state,
            plan_token=found.plan_token,
            verdicts=dict(found.counts),
            suggested_questions=dict(found.suggestion.questions) if found.suggestion else {},
            unknown_columns=list(found.unknown_columns),
            missing_columns=list(found.missing_columns),
            differing_rows=list(found.differing),
            problem=ImportProblemOut(
                code=FileRefused.code if found.state is ImportState.REFUSED else found.problem[0],
                reason=found.problem[0],
                detail=found.problem[1],
            )
            if found.problem
            else None,
            advice=found.advice,
            committed_at=found.committed_at,
            allowed_actions=[a for a in allowed if permits(PERMISSIONS[a], caller, edition.place)],
        )


class SuggestionOut(BaseModel):
    """A partner whose name is like what was written."""

    institution: str
    likeness: float


class ImportRowOut(BaseModel):
    """One row of the report: what would happen, or happened, and why."""

    row: int = Field(description="in the sheet")
    response: int | None = Field(description="the form's own number")
    verdict: Verdict
    reason: str | None = Field(description="a stable code; none for a plain create or update")
    sentence: str = Field(
        description="what became of the row, and what the officer does next, in the language of "
        "`Accept-Language`",
        examples=[
            (
                "The institution is not recognised; choose the right one in the list of rows to "
                "decide, and this spelling is known from then on."
            )
        ],
    )
    full_name: str
    email: str
    stated: str
    received_at: datetime | None
    institution: str | None
    registration: UUID | None
    same_as_row: int | None
    state: str | None = Field(
        description="where it would stand; once the list binds, it was decided on or it has ended: "
        "where it stands now"
    )
    state_reason: str | None
    position: int | None
    suggestions: list[SuggestionOut]
    warnings: list[str] = Field(description="stable codes of what is worth a look")
    notes: list[str] = Field(
        description="the same in sentences, and one more where the row turned out otherwise than "
        "`planned`",
        examples=[["An answer looks like a formula and is kept as plain text."]],
    )
    planned: Verdict | None = Field(description="what the dry run had said, where it differs")

    @classmethod
    def of(cls, row: ImportRow, state: ImportState, language: str) -> "ImportRowOut":
        """From the domain: a row of an import in that state."""
        return cls(
            row=row.row,
            response=row.response,
            verdict=row.verdict,
            reason=row.reason,
            sentence=sentence_of(row, state, language),
            full_name=row.full_name,
            email=row.email,
            stated=row.stated,
            received_at=row.received_at,
            institution=row.institution,
            registration=row.registration,
            same_as_row=row.same_as_row,
            state=row.standing.state if row.standing else None,
            state_reason=row.standing.reason if row.standing else None,
            position=row.standing.position if row.standing else None,
            suggestions=[
                SuggestionOut(institution=s.institution, likeness=s.likeness)
                for s in row.suggestions
            ],
            warnings=list(row.warnings),
            notes=notes_of(row, language),
            planned=row.planned,
        )

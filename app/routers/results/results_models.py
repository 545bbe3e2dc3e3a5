"""Results as the API shows them."""

from datetime import date, datetime
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from app.domain.results.entry import GradeEntry, ResultEntry
from app.domain.results.grading import Outcome
from app.domain.results.identity import NO_EVIDENCE, IdentityCheck, IdentityEvidence
from app.domain.results.ports import EditionFacts
from app.domain.results.result import Decision, Grade, Objection, ResultState
from app.domain.results.use_cases.importing import ImportReport, RowReport, Verdict
from app.domain.results.use_cases.learner import LONGEST_TEXT
from app.domain.results.views import ResultsList, ResultView
from app.routers.habits.problems import ProblemItem
from app.routers.habits.values import Writable

REGISTRATION = "0192f3a1-5b7c-7d2e-9f4a-2c1d3e4f5a6b"
_STRICT = ConfigDict(extra="forbid")


def examples(*bodies: dict[str, Any]) -> ConfigDict:
    """The configuration of a body: unknown fields are refused, and these are examples."""
    return ConfigDict(extra="forbid", json_schema_extra={"examples": list(bodies)})


class ConceptRef(BaseModel):
    """A value of a controlled list."""

    uri: str = Field(examples=["http://data.europa.eu/snb/supervision-verification/df2880c5cb"])
    label: dict[str, str]


class IdentityIn(BaseModel):
    """What was done to know who was assessed."""

    model_config = _STRICT

    check: IdentityCheck = Field(IdentityCheck.NONE, examples=["institutional_login"])
    supervised: bool = Field(False, description="whether somebody watched")


class GradeIn(BaseModel):
    """The grade of one assessment."""

    model_config = _STRICT

    assessment: Annotated[Writable, Field(max_length=50)] = Field(
        description="code in the specification", examples=["A1"]
    )
    grade: Annotated[Writable, Field(min_length=1, max_length=50)] = Field(
        description="in the grading scheme", examples=["8.5"]
    )
    assessed_on: date
    identity: IdentityIn | None = Field(None, description="left out: nothing was done")


class ResultIn(BaseModel):
    """Everything that is known of one learner's result; it takes the place of what was there."""

    model_config = examples(
        {
            "grades": [
                {
                    "assessment": "A1",
                    "grade": "Pass",
                    "assessed_on": "2026-06-15",
                    "identity": {"check": "institutional_login", "supervised": False},
                },
                {"assessment": "A2", "grade": "Pass", "assessed_on": "2026-06-30"},
            ],
            "grade": "Pass",
        },
        {"grades": [], "outcome": "not_participated"},
    )

    grades: list[GradeIn] = Field(default_factory=list, max_length=50)
    grade: Annotated[Writable, Field(min_length=1, max_length=50)] | None = Field(
        None, description="overall, in the grading scheme"
    )
    outcome: Outcome | None = Field(
        None, description="where the scheme does not tell; `not_participated` stands alone"
    )

    def entry(self) -> ResultEntry:
        """As the domain takes it."""
        return ResultEntry(
            tuple(
                GradeEntry(
                    grade.assessment,
                    grade.grade,
                    grade.assessed_on,
                    IdentityEvidence(grade.identity.check, grade.identity.supervised)
                    if grade.identity
                    else NO_EVIDENCE,
                )
                for grade in self.grades
            ),
            self.grade,
            self.outcome,
        )


class GradeOut(BaseModel):
    """The grade of one assessment."""

    assessment: str = Field(examples=["A1"])
    grade: str = Field(examples=["8.5"])
    assessed_on: date
    identity: IdentityIn
    id_verification: ConceptRef = Field(
        description="what the evidence bears out, and what a credential will say"
    )

    @classmethod
    def of(cls, grade: Grade) -> Self:
        """From the grade."""
        concept = grade.identity.concept
        return cls(
            assessment=grade.assessment,
            grade=grade.grade,
            assessed_on=grade.assessed_on,
            identity=IdentityIn(check=grade.identity.check, supervised=grade.identity.supervised),
            id_verification=ConceptRef(uri=concept.uri, label=dict(concept.label)),
        )


class ObjectionOut(BaseModel):
    """A learner's objection and the decision on it, or an error that was found."""

    id: UUID
    raised_by: Literal["learner", "institution"]
    reason: str
    raised_at: datetime
    decision: Decision | None = Field(None, description="null while it is open")
    decided_at: datetime | None = None
    answer: str | None = None

    @classmethod
    def of(cls, objection: Objection) -> Self:
        """From the objection."""
        return cls(
            id=objection.id,
            raised_by="institution" if objection.found_by else "learner",
            reason=objection.reason,
            raised_at=objection.raised_at,
            decision=objection.decision,
            decided_at=objection.decided_at,
            answer=objection.answer,
        )


class EditionRef(BaseModel):
    """An edition, by what people call it."""

    id: UUID
    code: str = Field(examples=["IMC-2026-001-E1"])
    title: dict[str, str] = Field(description="by language")

    @classmethod
    def of(cls, edition: EditionFacts) -> Self:
        """From what we know of it."""
        return cls(id=edition.id, code=edition.code, title=dict(edition.title))


class ResultOut(BaseModel):
    """One learner's result."""

    registration: UUID = Field(examples=[REGISTRATION])
    edition: EditionRef
    full_name: str = Field(description="as they registered")
    institution: str | None = Field(None, description="for which they count", examples=["UNIOVI"])
    state: ResultState = Field(examples=["provisional"])
    grades: list[GradeOut]
    grade: str | None = Field(None, description="overall", examples=["8.5"])
    outcome: Outcome | None = None
    revision: int = Field(description="counts the outcomes: 1 for the first one", examples=[1])
    recorded_at: datetime | None = None
    corrected_at: datetime | None = Field(
        None,
        description="when it was entered in place of one that had been taken back, after an "
        "objection or because of an error; null: it never was",
    )
    confirmed_at: datetime | None = None
    accepted_at: datetime | None = Field(None, description="when the learner agreed")
    window_ends: datetime | None = Field(
        None, description="when one can no longer object; null as long as it is not confirmed"
    )
    objections: list[ObjectionOut]
    credential_data_confirmed: bool
    version: int = Field(description="0 when nothing has been entered; the ETag")
    allowed_actions: list[str] = Field(examples=[["accept_result", "object_to_result"]])

    @classmethod
    def of(cls, view: ResultView) -> Self:
        """From the view."""
        result = view.result
        return cls(
            registration=result.registration,
            edition=EditionRef.of(view.edition),
            full_name=view.participant.full_name,
            institution=view.participant.institution,
            state=result.state,
            grades=[GradeOut.of(grade) for grade in result.grading.grades],
            grade=result.grading.grade,
            outcome=result.outcome,
            revision=result.revision,
            recorded_at=result.recorded_at,
            corrected_at=result.corrected_at,
            confirmed_at=result.confirmation.at if result.confirmation else None,
            accepted_at=result.accepted_at,
            window_ends=view.window_ends,
            objections=[ObjectionOut.of(objection) for objection in result.objections],
            credential_data_confirmed=view.data_confirmed,
            version=result.version,
            allowed_actions=list(view.allowed_actions),
        )


class ResultsOut(BaseModel):
    """A page of the results of an edition: one line for everybody who takes part."""

    edition: EditionRef
    items: list[ResultOut]
    next: str | None = Field(None, description="`cursor` of the next page; null on the last")
    results_hash: str = Field(
        description="over the whole list; who confirms it names what they saw"
    )
    allowed_actions: list[str]

    @classmethod
    def of(cls, listed: ResultsList, items: list[ResultView], following: str | None) -> Self:
        """From the list and those of its lines that are shown."""
        return cls(
            edition=EditionRef.of(listed.edition),
            items=[ResultOut.of(line) for line in items],
            next=following,
            results_hash=listed.results_hash,
            allowed_actions=list(listed.allowed_actions),
        )


class ConfirmIn(BaseModel):
    """What the confirmer saw."""

    model_config = examples({"results_hash": "sha256:" + "0" * 64})

    results_hash: str = Field(pattern=r"^sha256:[0-9a-f]{64}$")


class ConfirmedOut(BaseModel):
    """What a confirmation covers."""

    confirmed: int = Field(description="results that this confirmation is about", examples=[48])


class RowReportOut(BaseModel):
    """What became, or would become, of one line."""

    line: int = Field(description="in the file, the header being 1", examples=[2])
    registration: UUID
    verdict: Verdict

    @classmethod
    def of(cls, row: RowReport) -> Self:
        """From the report."""
        return cls(line=row.line, registration=row.registration, verdict=row.verdict)


class ImportReportOut(BaseModel):
    """What a file of results did, or would do."""

    dry_run: bool
    rows: list[RowReportOut]
    errors: list[ProblemItem] = Field(
        description="why lines are refused; one refused line keeps the whole file out"
    )
    ignored_columns: list[str]
    not_in_file: list[UUID] = Field(
        description="registrations that take part and are not in the file"
    )

    @classmethod
    def of(cls, report: ImportReport) -> Self:
        """From the report."""
        return cls(
            dry_run=report.dry_run,
            rows=[RowReportOut.of(row) for row in report.rows],
            errors=[
                ProblemItem(pointer=f.pointer, code=f.code, detail=f.detail, params=dict(f.params))
                for f in report.findings
            ],
            ignored_columns=list(report.ignored_columns),
            not_in_file=list(report.not_in_file),
        )


class ObjectIn(BaseModel):
    """Why the learner objects."""

    model_config = examples({"reason": "My second assignment was not counted."})

    reason: Writable = Field(min_length=1, max_length=LONGEST_TEXT)


class ReopenIn(BaseModel):
    """Why a confirmed result has to be corrected."""

    model_config = examples({"reason": "The grades of two people were interchanged."})

    reason: Writable = Field(
        min_length=1, max_length=LONGEST_TEXT, description="the learner reads it"
    )


class DecideIn(BaseModel):
    """What becomes of an objection."""

    model_config = examples({"decision": "upheld", "answer": "The assignment counts. Sorry."})

    decision: Decision
    answer: Writable = Field(min_length=1, max_length=LONGEST_TEXT, description="to the learner")

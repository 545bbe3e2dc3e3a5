"""An import: one uploaded file, judged row by row and then taken as one step."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from urllib.parse import quote
from uuid import UUID

from app.domain.canonical import content_hash
from app.domain.enrolment.affiliation import Spellings, Suggestion
from app.domain.enrolment.edition import Edition
from app.domain.enrolment.errors_forms import ImportStateError, PlanRefused
from app.domain.enrolment.forms.mapping import FormMapping, MappingSuggestion
from app.domain.plain import to_plain
from app.domain.vocabulary.institutions import InstitutionCode


class Verdict(StrEnum):
    """What a row comes to."""

    CREATE = "create"
    """A new registration."""
    UPDATE = "update"
    """Known already; its answers are newer."""
    UNCHANGED = "unchanged"
    """Known already, and the same; or not taken over (`kept_as_first_given`, with a warning that
    names what differs: `person_changed` or `answers_changed`)."""
    DUPLICATE = "duplicate"
    """Another response of somebody who is registered, or of an earlier row."""
    NEEDS_DECISION = "needs_decision"
    """An officer has to look: `reason` says at what."""
    REJECTED = "rejected"
    """Outside the window, or not admitted."""
    INVALID = "invalid"
    """The row cannot be read: `reason` says why."""


class ImportState(StrEnum):
    """Where an import stands."""

    RECEIVED = "received"
    """The file is kept; a job will look at it."""
    REFUSED = "refused"
    """The file cannot be read, or could do harm."""
    NEEDS_MAPPING = "needs_mapping"
    """Nobody has said how the form is read, or the mapping names columns that the file lacks."""
    PLANNED = "planned"
    """Each row is judged; nothing has changed yet."""
    COMMITTED = "committed"
    TAKEN_BACK = "taken_back"


class ImportSource(StrEnum):
    """How responses came."""

    FILE = "file"
    """An export that an officer uploaded."""
    WEBHOOK = "webhook"
    """Delivered by a flow, signed with the form's secret."""


@dataclass(frozen=True)
class RowStanding:
    """Where the row's registration stands, or would stand."""

    state: str
    """`placed`, `waiting` or `needs_decision`."""
    reason: str
    position: int | None = None
    """True rank among all."""
    position_within: int | None = None
    """True rank within its institution."""


@dataclass(frozen=True)
class ImportRow:
    """One row of the report. Name and address are personal data."""

    row: int
    """Its number in the sheet."""
    response: int | None
    verdict: Verdict
    reason: str | None
    """A stable code; None for a plain `create`, `unchanged` or `update`."""
    full_name: str = field(repr=False)
    email: str = field(repr=False)
    stated: str
    received_at: datetime | None
    institution: InstitutionCode | None = None
    """The bucket that it counts in."""
    registration: UUID | None = None
    """Once it exists."""
    same_as_row: int | None = None
    """For a duplicate within the file."""
    standing: RowStanding | None = None
    suggestions: tuple[Suggestion, ...] = ()
    warnings: tuple[str, ...] = ()
    planned: Verdict | None = None
    """What the dry run had said, where it turned out differently."""


@dataclass(frozen=True)
class ImportFile:
    """The file as it was uploaded. Personal data."""

    filename: str
    content: bytes = field(repr=False)


@dataclass(frozen=True)
class Basis:
    """What a plan was made from; when any of it changes, the plan no longer holds."""

    configuration: str
    mapping: int
    spellings: str
    imports: int

    def changed(self, now: "Basis") -> list[str]:
        """What differs now, in words."""
        return [
            words
            for words, then, today in (
                ("the edition's configuration", self.configuration, now.configuration),
                ("the mapping of the form", self.mapping, now.mapping),
                ("the known spellings of institutions", self.spellings, now.spellings),
                ("another import", self.imports, now.imports),
            )
            if then != today
        ]


def basis_of(edition: Edition, mapping: FormMapping, spellings: Spellings) -> Basis:
    """What a plan made now rests on."""
    return Basis(
        configuration=content_hash(
            [
                to_plain(edition.window),
                to_plain(edition.quota),
                edition.no_institution.value,
                edition.is_binding,
            ]
        ),
        mapping=mapping.version,
        spellings=spellings.version(),
        imports=edition.imports,
    )


@dataclass(eq=False)
class ResponseImport:
    """One file of responses for one form of an edition."""

    id: UUID
    edition: UUID
    form: str
    filename: str
    file_hash: str
    """`sha256:` and 64 hex digits over the bytes."""
    uploaded_by: str
    uploaded_at: datetime
    state: ImportState = ImportState.RECEIVED
    basis: Basis | None = None
    suggestion: MappingSuggestion | None = None
    unknown_columns: tuple[str, ...] = ()
    """Columns of the file on which the mapping says nothing."""
    missing_columns: tuple[str, ...] = ()
    """Columns that the mapping reads and that the file does not have."""
    counts: Mapping[str, int] = field(default_factory=dict)
    """Rows by verdict."""
    differing: tuple[int, ...] = ()
    """Rows that turned out differently from the dry run."""
    problem: tuple[str, str] | None = None
    """Why the file was refused, or why a delivery that is kept could not be imported yet: a code,
    and a sentence."""
    committed_at: datetime | None = None
    source: ImportSource = ImportSource.FILE
    mark: str | None = None
    """Of the registrations, responses and people that a kept plan was made from; None for a plan
    that is made anew when it is carried out."""

    @property
    def plan_token(self) -> str | None:
        """What the commit has to show; None while there is no plan."""
        if self.basis is None:
            return None
        return f"{self.id}.{content_hash(to_plain(self.basis)).removeprefix('sha256:')[:32]}"

    @property
    def advice(self) -> str | None:
        """What to do before the file can be taken; None when nothing stands in the way."""
        if self.state is not ImportState.NEEDS_MAPPING:
            return None
        if self.problem is not None:
            return f"{self.problem[1]} Resume the job that failed, or map the form once more."
        way = f"PUT /v1/editions/{self.edition}/forms/{quote(self.form, safe='')}"
        again = (
            "those that waited are imported then"
            if self.source is ImportSource.WEBHOOK
            else "then upload the file again"
        )
        if self.missing_columns:
            return (
                "The mapping of this form reads columns that the file does not have "
                f"(`missing_columns`). Correct it with {way}, or send another file; {again}."
            )
        return (
            f"Nobody has said yet how this form is read. Send {way} with the time zone of its "
            f"answers and with `suggested_questions`, corrected where they are wrong; {again}."
        )

    def planned(self, basis: Basis, rows: Iterable[ImportRow], mark: str | None = None) -> None:
        """Keep the outcome of a dry run; with the mark of a plan that was kept."""
        self._expect(ImportState.RECEIVED, ImportState.NEEDS_MAPPING, ImportState.PLANNED)
        self.state = ImportState.PLANNED
        self.basis = basis
        self.mark = mark
        self.counts = count(rows)

    def needs_mapping(self, rows: Iterable[ImportRow]) -> None:
        """Nobody has mapped the form yet, or the mapping does not fit the file."""
        self._expect(ImportState.RECEIVED, ImportState.NEEDS_MAPPING, ImportState.PLANNED)
        self.state = ImportState.NEEDS_MAPPING
        self.problem = None
        self.basis = None
        self.mark = None
        self.counts = count(rows)

    def failed(self, code: str, detail: str, rows: Iterable[ImportRow]) -> None:
        """A delivery that waited could not be imported; it goes on waiting."""
        self._expect(ImportState.NEEDS_MAPPING)
        self.problem = (code, detail)
        self.counts = count(rows)

    def refused(self, code: str, detail: str) -> None:
        """The file is not taken."""
        self._expect(ImportState.RECEIVED)
        self.state = ImportState.REFUSED
        self.problem = (code, detail)

    def expect_basis(self, now: Basis) -> None:
        """Raise PlanRefused when the plan no longer rests on what it was made from."""
        self._expect(ImportState.PLANNED)
        if self.basis is None or self.basis != now:
            changed = self.basis.changed(now) if self.basis else ["everything"]
            raise PlanRefused(changed)

    def committed(self, rows: Sequence[ImportRow], at: datetime) -> None:
        """Keep the outcome of the import itself."""
        self._expect(ImportState.PLANNED)
        self.state = ImportState.COMMITTED
        self.committed_at = at
        self.counts = count(rows)
        self.differing = tuple(row.row for row in rows if row.planned is not None)

    def committed_as_planned(self, at: datetime) -> None:
        """Every row has come to what the dry run said."""
        self._expect(ImportState.PLANNED)
        self.state = ImportState.COMMITTED
        self.committed_at = at

    def received(self, rows: Sequence[ImportRow], at: datetime, basis: Basis | None = None) -> None:
        """Keep the outcome of a live delivery, which nobody plans first."""
        self._expect(ImportState.RECEIVED, ImportState.NEEDS_MAPPING)
        self.state = ImportState.COMMITTED
        self.problem = None
        self.basis = basis
        self.committed_at = at
        self.counts = count(rows)

    def taken_back(self) -> None:
        """What it brought has been taken out again."""
        self._expect(ImportState.COMMITTED)
        self.state = ImportState.TAKEN_BACK

    def _expect(self, *states: ImportState) -> None:
        if self.state not in states:
            raise ImportStateError(
                f"The import is {self.state}; this needs one that is {' or '.join(states)}."
            )


def count(rows: Iterable[ImportRow]) -> dict[str, int]:
    """Rows by verdict, those verdicts that occur."""
    return dict(sorted(Counter(row.verdict.value for row in rows).items()))

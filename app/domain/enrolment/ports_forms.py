"""What importing responses of forms needs from outside."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Protocol
from uuid import UUID

from app.domain.enrolment.edition import Edition
from app.domain.enrolment.forms.imports import (
    ImportFile,
    ImportRow,
    ImportSource,
    ImportState,
    ResponseImport,
    Verdict,
)
from app.domain.enrolment.forms.live import DeliveredVerdict
from app.domain.enrolment.forms.mapping import FormMapping
from app.domain.enrolment.forms.responses import Export, StoredResponse
from app.domain.enrolment.forms.signing import FormSecret
from app.domain.enrolment.person import Identity
from app.domain.vocabulary.institutions import InstitutionCode

if TYPE_CHECKING:
    from app.domain.enrolment.forms.kept import Bearers
    from app.domain.enrolment.forms.planned import Plan


class Forms(Protocol):
    """How the questions of each form are read."""

    async def get(self, edition: UUID, form: str) -> FormMapping | None:
        """The mapping of a form, if somebody has made one."""
        ...

    async def of_edition(self, edition: UUID) -> Sequence[FormMapping]:
        """Every mapping of an edition, by form."""
        ...

    async def save(self, mapping: FormMapping) -> None:
        """Keep a mapping."""
        ...


class Responses(Protocol):
    """Responses of forms that have been imported."""

    async def save(self, edition: UUID, responses: Sequence[StoredResponse]) -> None:
        """Keep responses, or what is known of them now."""
        ...

    async def of(self, registration: UUID) -> Sequence[StoredResponse]:
        """The responses of a registration, every version of them."""
        ...

    async def remove(self, edition: UUID, brought_by: UUID) -> None:
        """Forget the responses that an import brought."""
        ...


class Imports(Protocol):
    """Files of responses, and what each row of them came to."""

    async def add(self, new: ResponseImport, file: ImportFile) -> None:
        """Keep a new import and its file."""
        ...

    async def get(self, import_id: UUID) -> ResponseImport:
        """Load one to change it. Raises ImportNotFound."""
        ...

    async def read(self, import_id: UUID) -> ResponseImport:
        """Load one without locking it. Raises ImportNotFound."""
        ...

    async def save(self, changed: ResponseImport) -> None:
        """Keep its state."""
        ...

    async def file(self, import_id: UUID) -> ImportFile:
        """The file as it was uploaded. Raises ImportNotFound when it has been purged."""
        ...

    async def save_rows(self, import_id: UUID, rows: Sequence[ImportRow]) -> None:
        """Keep the verdicts, instead of any before."""
        ...

    async def rows(
        self,
        import_id: UUID,
        *,
        buckets: Collection[InstitutionCode] | None,
        after: int,
        limit: int,
    ) -> Sequence[ImportRow]:
        """Verdicts by row number; of these institutions, all when None."""
        ...

    async def verdicts(self, import_id: UUID) -> Mapping[int, Verdict]:
        """The verdict on each row, by its number, and nothing more."""
        ...

    async def page(
        self,
        edition: UUID,
        *,
        form: str | None,
        source: ImportSource | None,
        before: UUID | None,
        limit: int,
    ) -> Sequence[ResponseImport]:
        """Imports of an edition, the newest first; those older than `before`."""
        ...


class KeptPlans(Protocol):
    """Plans of imports that are carried out as they were made, where the store can keep them."""

    async def mark(self, edition: UUID, identities: Collection[Identity]) -> str | None:
        """What the edition's registrations and responses, the people behind them and others with
        these identities are like now: it changes with any of them. None where plans are not kept.
        """
        ...

    async def keep(
        self, found: ResponseImport, plan: "Plan", rows: Sequence[ImportRow], by: "Bearers"
    ) -> None:
        """Keep the verdicts, instead of any before, and with them all that the plan says."""
        ...

    async def carry_out(self, found: ResponseImport, edition: Edition, at: datetime) -> int | None:
        """Do what a kept plan says, for a list that is provisional; the edition's lock must be
        held. How many registrations came into being; None, and nothing is done, when the mark is
        not what it was."""
        ...


class Deliveries(Protocol):
    """Responses that were delivered live, each remembered with what it was answered."""

    async def known(
        self, edition: UUID, form: str, keys: Collection[tuple[int, str]]
    ) -> Mapping[tuple[int, str], tuple[UUID, DeliveredVerdict]]:
        """Those that came before, by number and content: the import that brought it, and what it
        came to."""
        ...

    async def save(
        self,
        edition: UUID,
        form: str,
        import_id: UUID,
        verdicts: Mapping[tuple[int, str], DeliveredVerdict],
    ) -> None:
        """Remember what deliveries came to."""
        ...

    async def held(self, edition: UUID, form: str, limit: int) -> Sequence[UUID]:
        """Imports whose responses wait for the form to be mapped, the oldest first."""
        ...

    async def rows(
        self, edition: UUID, form: str, *, after: tuple[UUID, int] | None, limit: int
    ) -> Sequence[tuple[UUID, ImportState, ImportRow]]:
        """Every row that was delivered, with its import and how that stands, in the order of
        coming."""
        ...


class FormSecrets(Protocol):
    """Which secrets a form has. The secrets themselves are not kept."""

    async def of_form(self, edition: UUID, form: str) -> Sequence[FormSecret]:
        """All that were ever made, the oldest first."""
        ...

    async def save(self, secret: FormSecret) -> None:
        """Keep a new one, or its end."""
        ...

    async def used(self, secret: UUID, at: datetime) -> None:
        """Note that a delivery was signed with it."""
        ...


class ExternalSpellings(Protocol):
    """Officers' decisions on names that mean no partner."""

    async def all(self) -> Mapping[str, str]:
        """Folded spelling to the organisation's name, or to INDEPENDENT."""
        ...

    async def remember(self, spelling: str, means: str) -> None:
        """Keep a decision on a folded spelling."""
        ...

    async def forget(self, spelling: str) -> None:
        """Take back the decision on a folded spelling, if there is one; others stay."""
        ...


class FormsReader(Protocol):
    """Reads what Microsoft Forms exports."""

    def read(self, content: bytes, filename: str) -> Export:
        """The responses in a workbook or CSV file.

        Works without awaiting: call it in a thread. Raises FileRefused for a file that cannot be
        read, is too large, or could do harm.
        """
        ...

    def glance(self, content: bytes) -> None:
        """Refuse at once, without reading it, what is no workbook or CSV file. Raises
        FileRefused."""
        ...

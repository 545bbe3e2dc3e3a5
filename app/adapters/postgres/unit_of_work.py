"""One transaction, the repositories that work in it, and the jobs and records that go with it."""

from collections.abc import Sequence
from contextlib import AsyncExitStack
from functools import cached_property
from types import TracebackType
from typing import Any, Self
from uuid import UUID

from sqlalchemy import insert
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from app.adapters.postgres.credential_levels import PostgresRevisions
from app.adapters.postgres.credentials import PostgresCredentials
from app.adapters.postgres.credentials_batches import PostgresBatches
from app.adapters.postgres.credentials_life import PostgresShares, PostgresStatusLists
from app.adapters.postgres.credentials_local import PostgresPreparedSeals, PostgresTranscripts
from app.adapters.postgres.enrolment import EnrolmentRepositories
from app.adapters.postgres.esco_changes import PostgresEscoVersions, PostgresLinkedSkills
from app.adapters.postgres.jobs import PostgresJobs
from app.adapters.postgres.outbox import PostgresOutbox
from app.adapters.postgres.platform import (
    PostgresAccounts,
    PostgresAuditRecords,
    PostgresGrants,
    PostgresInstitutions,
)
from app.adapters.postgres.proposals import PostgresMicroCredentials, PostgresProposals
from app.adapters.postgres.results import (
    PostgresCredentialData,
    PostgresLinks,
    PostgresMailLog,
    PostgresResults,
)
from app.adapters.postgres.results_participants import PostgresParticipants
from app.adapters.postgres.retention import PostgresErasures, PostgresRetention
from app.adapters.postgres.tables.base import table
from app.adapters.postgres.tables.platform import AuditRecordRow
from app.adapters.postgres.wallet_consents import PostgresWalletConsents
from app.adapters.results_awards import ResultAwards
from app.domain.access.roles import Caller
from app.domain.clock import Clock
from app.domain.errors import UnwritableText
from app.domain.ids import new_id

_NOT_UTF8 = frozenset({"22021", "22P05"})
"""character_not_in_repertoire, untranslatable_character: what NUL leads to in text and in JSON."""


class PostgresTrail:
    """Writes audit records in the transaction of the change that they tell of."""

    def __init__(self, work: "PostgresWork") -> None:
        self._work = work

    async def append(
        self,
        kind: str,
        subject: UUID | str,
        *,
        before: str | None = None,
        after: str | None = None,
        note: str | None = None,
    ) -> None:
        """See `app.domain.unit_of_work.Trail`."""
        await self._work.connection.execute(
            insert(table(AuditRecordRow)).values(self._row(kind, subject, before, after, note))
        )

    async def append_all(
        self, kind: str, new: Sequence[tuple[UUID, str | None, str | None]]
    ) -> None:
        """The same for several new things at once: subject, what it is after, note."""
        await self._work.connection.execute(
            insert(table(AuditRecordRow)),
            [self._row(kind, subject, None, after, note) for subject, after, note in new],
        )

    def _row(
        self,
        kind: str,
        subject: UUID | str,
        before: str | None,
        after: str | None,
        note: str | None,
    ) -> dict[str, Any]:
        return {
            "id": new_id(),
            "at": self._work.clock.now(),
            "actor": self._work.caller.actor,
            "action": self._work.action,
            "kind": kind,
            "subject": str(subject),
            "before": before,
            "after": after,
            "note": note,
            "trace_id": self._work.caller.trace_id,
        }


def _is_about_text(error: DBAPIError) -> bool:
    """Whether PostgreSQL, or the driver before it, could not write a text as UTF-8."""
    if getattr(error.orig, "sqlstate", None) in _NOT_UTF8:
        return True
    cause: BaseException | None = error.orig
    while cause is not None and not isinstance(cause, UnicodeEncodeError):
        cause = cause.__cause__ or cause.__context__
    return cause is not None


class PostgresWork(EnrolmentRepositories):
    """`async with work:` opens a connection and a transaction, and commits at the end.

    READ COMMITTED, on purpose: after the wait for a lock, the next statement sees what the holder
    has committed. With `reading`, each statement stands alone and nothing is locked for long.
    """

    def __init__(
        self,
        engine: AsyncEngine,
        outbox: PostgresOutbox,
        clock: Clock,
        caller: Caller,
        action: str,
        *,
        reading: bool = False,
    ) -> None:
        self._engine = engine
        self._outbox = outbox
        self._reading = reading
        self._stack: AsyncExitStack | None = None
        self._connection: AsyncConnection | None = None
        self.clock = clock
        self.caller = caller
        self.action = action

    @property
    def engine(self) -> AsyncEngine:
        """The pool, for the rare statement that is a transaction of its own."""
        return self._engine

    @property
    def connection(self) -> AsyncConnection:
        """The connection of the open transaction."""
        if self._connection is None:
            raise RuntimeError("Outside of `async with work:` there is no transaction.")
        return self._connection

    async def __aenter__(self) -> Self:
        self._stack = AsyncExitStack()
        if self._reading:
            connection = await self._stack.enter_async_context(self._engine.connect())
            self._connection = await connection.execution_options(isolation_level="AUTOCOMMIT")
        else:
            self._connection = await self._stack.enter_async_context(self._engine.begin())
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        stack, self._stack, self._connection = self._stack, None, None
        if stack is not None:
            await stack.__aexit__(kind, error, trace)
        if isinstance(error, DBAPIError) and _is_about_text(error):
            raise UnwritableText from None

    @property
    def outbox(self) -> PostgresOutbox:
        """Where events become jobs."""
        return self._outbox.of(self)

    @cached_property
    def trail(self) -> PostgresTrail:
        """The audit record."""
        return PostgresTrail(self)

    @cached_property
    def institutions(self) -> PostgresInstitutions:
        """The partners of the alliance."""
        return PostgresInstitutions(self)

    @cached_property
    def accounts(self) -> PostgresAccounts:
        """People who have signed in."""
        return PostgresAccounts(self)

    @cached_property
    def grants(self) -> PostgresGrants:
        """Roles that have been granted."""
        return PostgresGrants(self)

    @cached_property
    def audit(self) -> PostgresAuditRecords:
        """The audit record, for reading."""
        return PostgresAuditRecords(self)

    @cached_property
    def jobs(self) -> PostgresJobs:
        """Long work."""
        return PostgresJobs(self)

    @cached_property
    def proposals(self) -> PostgresProposals:
        """Every proposal."""
        return PostgresProposals(self)

    @cached_property
    def micro_credentials(self) -> PostgresMicroCredentials:
        """Published ones."""
        return PostgresMicroCredentials(self)

    @cached_property
    def credentials(self) -> PostgresCredentials:
        """Credentials and their sealed documents."""
        return PostgresCredentials(self)

    @cached_property
    def status_lists(self) -> PostgresStatusLists:
        """Where status is published."""
        return PostgresStatusLists(self)

    @cached_property
    def prepared_seals(self) -> PostgresPreparedSeals:
        """What is to be signed elsewhere."""
        return PostgresPreparedSeals(self)

    @cached_property
    def transcripts(self) -> PostgresTranscripts:
        """Transcripts as they were signed."""
        return PostgresTranscripts(self)

    @cached_property
    def wallet_consents(self) -> PostgresWalletConsents:
        """Whose credentials may go into their wallet."""
        return PostgresWalletConsents(self)

    @cached_property
    def shares(self) -> PostgresShares:
        """Links that holders share."""
        return PostgresShares(self)

    @cached_property
    def revisions(self) -> PostgresRevisions:
        """Revisions of sealed documents."""
        return PostgresRevisions(self)

    @cached_property
    def batches(self) -> PostgresBatches:
        """Issuing batches."""
        return PostgresBatches(self)

    @cached_property
    def participants(self) -> PostgresParticipants:
        """Editions and registrations as results see them."""
        return PostgresParticipants(self)

    @cached_property
    def results(self) -> PostgresResults:
        """Results."""
        return PostgresResults(self)

    @cached_property
    def credential_data(self) -> PostgresCredentialData:
        """What learners confirmed for their credential."""
        return PostgresCredentialData(self)

    @cached_property
    def links(self) -> PostgresLinks:
        """One-time links."""
        return PostgresLinks(self)

    @cached_property
    def mail_log(self) -> PostgresMailLog:
        """Which messages were handed over."""
        return PostgresMailLog(self)

    @cached_property
    def esco_versions(self) -> PostgresEscoVersions:
        """Imported versions of ESCO."""
        return PostgresEscoVersions(self)

    @cached_property
    def linked_skills(self) -> PostgresLinkedSkills:
        """Links that proposals have to ESCO."""
        return PostgresLinkedSkills(self)

    @cached_property
    def retention(self) -> PostgresRetention:
        """Finds and erases data about people."""
        return PostgresRetention(self)

    @cached_property
    def erasures(self) -> PostgresErasures:
        """What was erased when."""
        return PostgresErasures(self)

    @cached_property
    def awards(self) -> ResultAwards:
        """Who has passed, and what their credential will say."""
        return ResultAwards(self, self.clock)

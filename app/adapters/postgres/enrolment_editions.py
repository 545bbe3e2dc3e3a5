"""Editions and their counts on PostgreSQL."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from pydantic import TypeAdapter
from sqlalchemy import Row, Select, and_, case, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert

from app.adapters.postgres.tables.base import table
from app.adapters.postgres.tables.credentials import CredentialRow, IssuingBatchRow
from app.adapters.postgres.tables.enrolment import EditionRow, PlaceTallyRow, RegistrationRow
from app.domain.credentials.batch import AGREED
from app.domain.enrolment.edition import Edition, EditionState, Mode
from app.domain.enrolment.errors import EditionNotFound
from app.domain.enrolment.ports_places import Between, EditionTally, Tally
from app.domain.enrolment.quota import EDITION, Counts, Quota, Scope, scopes_of
from app.domain.enrolment.registration import SEATED, State
from app.domain.enrolment.tallying import Shift
from app.domain.enrolment.timetable import UnusedPolicy, UnusedSeats
from app.domain.enrolment.window import RegistrationWindow
from app.domain.plain import to_plain
from app.domain.vocabulary.institutions import InstitutionCode
from app.domain.vocabulary.micro_credential import NoInstitutionRule

if TYPE_CHECKING:
    from app.adapters.postgres.unit_of_work import PostgresWork

_edition = table(EditionRow)
_batch = table(IssuingBatchRow)
_credential = table(CredentialRow)
_tally = table(PlaceTallyRow)
_registration = table(RegistrationRow)
_quota_of = TypeAdapter(Quota).validate_python

_INSTITUTION = "institution:"
_COUNTED = ("cap", "placed", "waiting", "excess")


class PostgresEditions:
    """See `app.domain.enrolment.ports.Editions`."""

    def __init__(self, work: "PostgresWork") -> None:
        self._work = work

    async def get(self, edition: UUID) -> Edition:
        """Load an edition and hold it."""
        # NO KEY UPDATE: rows that refer to the edition can be inserted meanwhile, by us too.
        return await self._one(edition, select(_edition).with_for_update(key_share=True))

    async def read(self, edition: UUID) -> Edition:
        """Load an edition without locking it."""
        return await self._one(edition, select(_edition))

    async def _one(self, edition: UUID, query: Select[Any]) -> Edition:
        found = await self._work.connection.execute(query.where(_edition.c.id == edition))
        row = found.one_or_none()
        if row is None:
            raise EditionNotFound(edition)
        return to_edition(row)

    async def add(self, edition: Edition) -> None:
        """Keep a new edition, and the caps of its quota."""
        await self._work.connection.execute(
            insert(_edition).values(id=edition.id, version=edition.version, **_values(edition))
        )
        await self._work.connection.execute(
            insert(_tally).values(
                edition=edition.id,
                scope=EDITION,
                cap=edition.quota.places,
                placed=0,
                waiting=0,
                excess=0,
            )
        )
        await self._work.outbox.put(*edition.take_events())

    async def save(self, edition: Edition) -> None:
        """Keep its configuration and state as the next version."""
        edition.version += 1
        await self._work.connection.execute(
            update(_edition)
            .where(_edition.c.id == edition.id)
            .values(version=edition.version, **_values(edition))
        )
        await self._work.outbox.put(*edition.take_events())

    async def advance(self, edition: Edition) -> None:
        """Keep only the numbers that decisions and imports move."""
        await self._work.connection.execute(
            update(_edition)
            .where(_edition.c.id == edition.id)
            .values(last_decision=edition.last_decision, imports=edition.imports)
        )
        await self._work.outbox.put(*edition.take_events())

    async def next_number(self, proposal: UUID) -> int:
        """The number for one more edition of the micro-credential."""
        connection = self._work.connection
        await connection.execute(
            select(func.pg_advisory_xact_lock(func.hashtextextended(str(proposal), 7235)))
        )
        last = await connection.scalar(
            select(func.max(_edition.c.number)).where(_edition.c.proposal == proposal)
        )
        return (last or 0) + 1

    async def page(
        self,
        *,
        proposal: UUID | None,
        organiser: InstitutionCode | None,
        states: Collection[EditionState],
        after: UUID | None,
        limit: int,
    ) -> Sequence[Edition]:
        """Editions by id."""
        query = select(_edition).order_by(_edition.c.id).limit(limit)
        if proposal is not None:
            query = query.where(_edition.c.proposal == proposal)
        if organiser is not None:
            query = query.where(_edition.c.organiser == organiser)
        if states:
            query = query.where(_edition.c.state.in_(states))
        if after is not None:
            query = query.where(_edition.c.id > after)
        return [to_edition(row) for row in await self._work.connection.execute(query)]

    async def issuing_begun(self, edition: UUID) -> bool:
        """Whether credentials of it have been sealed, or two people have agreed that they are."""
        about_to_be = select(_batch.c.id).where(
            _batch.c.edition == edition, _batch.c.state.in_([state.value for state in AGREED])
        )
        sealed = select(_credential.c.id).where(_credential.c.edition == edition)
        found = await self._work.connection.scalar(select(sealed.exists() | about_to_be.exists()))
        return bool(found)

    async def due(self, at: datetime, limit: int) -> Sequence[UUID]:
        """Those to which something happens by itself now, the longest due first."""
        found = await self._work.connection.scalars(
            select(_edition.c.id)
            .where(_edition.c.due_at <= at)
            .order_by(_edition.c.due_at, _edition.c.id)
            .limit(limit)
        )
        return list(found)


def _values(edition: Edition) -> dict[str, Any]:
    return {
        "code": edition.code,
        "number": edition.number,
        "proposal": edition.proposal,
        "proposal_version": edition.proposal_version,
        "title": dict(edition.title),
        "organiser": edition.organiser,
        "awarding": list(edition.awarding),
        "partners": list(edition.partners),
        "starts_on": edition.start,
        "ends_on": edition.end,
        "opens": edition.window.opens,
        "closes": edition.window.closes,
        "time_zone": edition.window.time_zone,
        "grace_minutes": edition.window.grace_minutes,
        "quota": to_plain(edition.quota),
        "no_institution": edition.no_institution,
        "mode": edition.mode,
        "contact_email": edition.contact_email,
        "least_participants": edition.least_participants,
        "overrides_allowed": edition.overrides_allowed,
        "unused_policy": edition.unused.policy,
        "unused_at": edition.unused.at,
        "promotion_until": edition.promotion_until,
        "issuer": edition.issuer,
        "due_at": edition.due_at,
        "state": edition.state,
        "published_at": edition.published_at,
        "last_decision": edition.last_decision,
        "imports": edition.imports,
        "created_at": edition.created_at,
    }


def to_edition(row: Row[Any]) -> Edition:
    """The edition in a row of its table."""
    return Edition(
        id=row.id,
        code=row.code,
        number=row.number,
        proposal=row.proposal,
        proposal_version=row.proposal_version,
        title=row.title,
        organiser=row.organiser,
        awarding=tuple(row.awarding),
        partners=tuple(row.partners),
        start=row.starts_on,
        end=row.ends_on,
        window=RegistrationWindow(row.opens, row.closes, row.time_zone, row.grace_minutes),
        quota=_quota_of(row.quota),
        no_institution=NoInstitutionRule(row.no_institution),
        mode=Mode(row.mode),
        contact_email=row.contact_email,
        created_at=row.created_at,
        least_participants=row.least_participants,
        overrides_allowed=row.overrides_allowed,
        unused=UnusedSeats(UnusedPolicy(row.unused_policy), row.unused_at),
        promotion_until=row.promotion_until,
        issuer=row.issuer,
        state=EditionState(row.state),
        published_at=row.published_at,
        last_decision=row.last_decision,
        imports=row.imports,
        version=row.version,
    )


class PostgresTallies:
    """See `app.domain.enrolment.ports.Tallies`."""

    def __init__(self, work: "PostgresWork") -> None:
        self._work = work

    async def counts(self, edition: UUID, scopes: Collection[Scope]) -> Counts:
        """Places taken in these scopes."""
        rows = await self._work.connection.execute(
            select(_tally.c.scope, _tally.c.placed).where(
                _tally.c.edition == edition, _tally.c.scope.in_(scopes)
            )
        )
        return Counts({row.scope: row.placed for row in rows})

    async def of(self, edition: UUID) -> Sequence[Tally]:
        """The counts of all scopes that have any."""
        rows = await self._work.connection.execute(
            select(_tally).where(_tally.c.edition == edition).order_by(_tally.c.scope)
        )
        return [_to_tally(row) for row in rows]

    async def across(
        self, scope: Scope, *, starting: Between = (None, None), after: UUID | None, limit: int
    ) -> Sequence[EditionTally]:
        """The counts of one scope in every edition that has any, or whose partner it is of."""
        counted = and_(_tally.c.edition == _edition.c.id, _tally.c.scope == scope)
        query = (
            select(
                *(_edition.c[name] for name in ("id", "code", "starts_on", "state", "quota")),
                *(_tally.c[name] for name in _COUNTED),
            )
            .outerjoin(_tally, counted)
            .where(
                or_(
                    _tally.c.edition.is_not(None),
                    _edition.c.partners.contains([scope.removeprefix(_INSTITUTION)]),
                )
            )
            .order_by(_edition.c.id)
            .limit(limit)
        )
        if after is not None:
            query = query.where(_edition.c.id > after)
        if starting[0] is not None:
            query = query.where(_edition.c.starts_on >= starting[0])
        if starting[1] is not None:
            query = query.where(_edition.c.starts_on <= starting[1])
        return [
            EditionTally(
                row.id,
                row.code,
                row.starts_on,
                EditionState(row.state),
                Tally(scope, _quota_of(row.quota).cap_of(scope), 0, 0)
                if row.placed is None
                else Tally(scope, row.cap, row.placed, row.waiting, row.excess),
            )
            for row in await self._work.connection.execute(query)
        ]

    async def buckets_waiting(self, edition: UUID) -> Sequence[InstitutionCode]:
        """Institutions for which somebody waits."""
        scopes = await self._work.connection.scalars(
            select(_tally.c.scope).where(
                _tally.c.edition == edition,
                _tally.c.waiting > 0,
                _tally.c.scope.startswith(_INSTITUTION, autoescape=True),
            )
        )
        return sorted(scope.removeprefix(_INSTITUTION) for scope in scopes)

    async def set_caps(self, edition: Edition) -> None:
        """Keep the caps of the edition's quota beside the counts that they bind."""
        for tally in await self.of(edition.id):
            cap = edition.quota.cap_of(tally.scope)
            if cap != tally.cap:
                above = 0 if cap is None else max(0, tally.placed - cap)
                await self._work.connection.execute(
                    update(_tally)
                    .where(_tally.c.edition == edition.id, _tally.c.scope == tally.scope)
                    .values(cap=cap, excess=above)
                )

    async def move(self, edition: Edition, shifts: Iterable[Shift]) -> None:
        """Let the counts follow registrations that were kept. Only under the edition's lock."""
        for shift in sorted(shifts, key=lambda shift: shift.scope):
            placed = _tally.c.placed + shift.placed
            above = func.greatest(0, placed - func.coalesce(_tally.c.cap, placed))
            excess = above if shift.above_cap else func.least(_tally.c.excess, above)
            moved = await self._work.connection.execute(
                update(_tally)
                .where(_tally.c.edition == edition.id, _tally.c.scope == shift.scope)
                .values(placed=placed, waiting=_tally.c.waiting + shift.waiting, excess=excess)
            )
            if moved.rowcount == 0:
                cap = edition.quota.cap_of(shift.scope)
                over = max(0, shift.placed - cap) if cap is not None and shift.above_cap else 0
                await self._work.connection.execute(
                    insert(_tally).values(
                        edition=edition.id,
                        scope=shift.scope,
                        cap=cap,
                        placed=shift.placed,
                        waiting=shift.waiting,
                        excess=over,
                    )
                )

    async def reconcile(self, edition: UUID | None = None) -> Sequence[str]:
        """Where counts and registrations differ."""
        seated = case((_registration.c.state.in_(SEATED), 1), else_=0)
        waiting = case((_registration.c.state == State.WAITING, 1), else_=0)
        rows = select(
            _registration.c.edition,
            _registration.c.bucket,
            func.sum(seated).label("placed"),
            func.sum(waiting).label("waiting"),
        ).group_by(_registration.c.edition, _registration.c.bucket)
        kept = select(_tally)
        if edition is not None:
            rows = rows.where(_registration.c.edition == edition)
            kept = kept.where(_tally.c.edition == edition)
        counted: dict[tuple[UUID, Scope], tuple[int, int]] = defaultdict(lambda: (0, 0))
        for row in await self._work.connection.execute(rows):
            if row.bucket is not None:
                for scope in scopes_of(row.bucket):
                    placed, waits = counted[row.edition, scope]
                    counted[row.edition, scope] = (placed + row.placed, waits + row.waiting)
        differences = []
        for row in await self._work.connection.execute(kept):
            found = counted.pop((row.edition, row.scope), (0, 0))
            if found != (row.placed, row.waiting):
                differences.append(_drift(row.edition, row.scope, (row.placed, row.waiting), found))
        differences += [
            _drift(key[0], key[1], (0, 0), found)
            for key, found in counted.items()
            if found != (0, 0)
        ]
        return sorted(differences)


def _drift(edition: UUID, scope: Scope, kept: tuple[int, int], found: tuple[int, int]) -> str:
    return (
        f"edition {edition}, {scope}: counts say {kept[0]} placed and {kept[1]} waiting, "
        f"registrations {found[0]} and {found[1]}"
    )


def _to_tally(row: Row[Any]) -> Tally:
    return Tally(row.scope, row.cap, row.placed, row.waiting, row.excess)

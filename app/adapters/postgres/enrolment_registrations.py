"""Registrations on PostgreSQL."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any
from uuid import UUID

from sqlalchemy import Select, bindparam, case, func, or_, select, true, union, update
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.types import Text

from app.adapters.postgres.copying import add_rows
from app.adapters.postgres.enrolment_rows import any_of, fixed, to_registration, to_response, values
from app.adapters.postgres.tables.base import table
from app.adapters.postgres.tables.enrolment import PersonRow, RegistrationRow
from app.adapters.postgres.tables.enrolment_forms import FormResponseRow
from app.domain.enrolment.affiliation import NEW_ORGANISATION
from app.domain.enrolment.claims import AFTER_CONTEST, ClaimState
from app.domain.enrolment.edition import Edition
from app.domain.enrolment.errors import RegistrationNotFound
from app.domain.enrolment.forms.responses import KnownEntry, StoredResponse
from app.domain.enrolment.joining import people_of
from app.domain.enrolment.person import Identity, Person
from app.domain.enrolment.ranking import Rank, Ranks
from app.domain.enrolment.reasons import Reason
from app.domain.enrolment.registration import LIVE, SEATED, Registration, State
from app.domain.enrolment.standing import Entrant
from app.domain.enrolment.tallying import remember, shifts
from app.domain.vocabulary.institutions import InstitutionCode

if TYPE_CHECKING:
    from app.adapters.postgres.unit_of_work import PostgresWork

_registration = table(RegistrationRow)
_person = table(PersonRow)
_response = table(FormResponseRow)


class PostgresRegistrations:
    """See `app.domain.enrolment.ports.Registrations`."""

    def __init__(self, work: "PostgresWork") -> None:
        self._work = work

    async def get(self, registration: UUID) -> Registration:
        """Load one to change it; whoever calls holds the edition."""
        return await self.read(registration)

    async def read(self, registration: UUID) -> Registration:
        """Load one without locking it."""
        found = await self._found(select(_registration).where(_registration.c.id == registration))
        if not found:
            raise RegistrationNotFound(registration)
        return found[0]

    async def live_of(self, edition: UUID, person: UUID) -> Registration | None:
        """The person's live registration in the edition."""
        found = await self._found(
            select(_registration).where(
                _registration.c.person == person,
                _registration.c.edition == edition,
                _registration.c.state.in_(LIVE),
            )
        )
        return found[0] if found else None

    async def of_persons(self, persons: Collection[UUID]) -> Sequence[Registration]:
        """All registrations of these people, the newest first."""
        return await self._found(
            select(_registration)
            .where(_registration.c.person == any_of(persons))
            .order_by(_registration.c.created_at.desc(), _registration.c.id.desc())
        )

    async def alike(
        self, edition: UUID, identity: Identity
    ) -> Sequence[tuple[Registration, Person]]:
        """Live registrations whose person has this address or this name."""
        alike = union(
            select(_person.c.id).where(_person.c.email_folded == identity.email),
            select(_person.c.id).where(_person.c.name_key == identity.name),
        ).subquery()
        found = await self._found(
            select(_registration)
            .join(alike, alike.c.id == _registration.c.person)
            .where(_registration.c.edition == edition, _registration.c.state.in_(LIVE))
        )
        people = await people_of(found, self._work)
        return [(registration, people[registration.person]) for registration in found]

    async def add(self, edition: Edition, registrations: Sequence[Registration]) -> None:
        """Keep new registrations with their events, and count them."""
        new = [{**values(r), **fixed(r)} for r in registrations]
        await add_rows(self._work.connection, _registration, new)
        await self._counted(edition, registrations)

    async def save(self, edition: Edition, registrations: Sequence[Registration]) -> None:
        """Keep changed registrations with their events; counts move by what changed."""
        if not registrations:
            return
        for registration in registrations:
            registration.version += 1
        written = [{**values(r), "this": r.id} for r in registrations]
        await self._work.connection.execute(
            update(_registration)
            .where(_registration.c.id == bindparam("this"))
            .values({_registration.c[n]: bindparam(n) for n in written[0] if n != "this"}),
            written,
        )
        await self._counted(edition, registrations)

    async def _counted(self, edition: Edition, registrations: Sequence[Registration]) -> None:
        await self._work.tallies.move(edition, shifts(registrations))
        remember(registrations)
        await self._work.outbox.put(
            *(event for registration in registrations for event in registration.take_events())
        )

    async def first_waiting(
        self, edition: UUID, buckets: Collection[InstitutionCode]
    ) -> Registration | None:
        """Of those who wait for these institutions, the first in rank."""
        # One look into the index for each institution, however many wait there.
        given = bindparam("buckets", list(buckets), ARRAY(Text))
        wanted = func.unnest(given).table_valued("bucket", name="wanted").render_derived()
        head = (
            select(_registration)
            .where(
                _registration.c.edition == edition,
                _registration.c.bucket == wanted.c.bucket,
                _registration.c.state == State.WAITING,
            )
            .order_by(_registration.c.rank)
            .limit(1)
            .lateral("head")
        )
        found = await self._found(
            select(head).select_from(wanted.join(head, true())).order_by(head.c.rank).limit(1)
        )
        return found[0] if found else None

    async def in_states(self, edition: UUID, states: Collection[State]) -> Sequence[Registration]:
        """Everybody in one of these states, in order of rank."""
        return await self._found(
            select(_registration)
            .where(_registration.c.edition == edition, _registration.c.state.in_(states))
            .order_by(_registration.c.rank)
        )

    async def entrants(self, edition: UUID) -> Sequence[Entrant]:
        """Everybody who waits, as the rule sees them."""
        return await self._entrants(edition, [State.WAITING])

    async def seated(self, edition: UUID) -> Sequence[Entrant]:
        """Everybody who holds a seat, as the rule sees them."""
        return await self._entrants(edition, SEATED)

    async def _entrants(self, edition: UUID, states: Collection[State]) -> Sequence[Entrant]:
        rows = await self._work.connection.execute(
            select(_registration.c.rank, _registration.c.id, _registration.c.bucket).where(
                _registration.c.edition == edition, _registration.c.state.in_(states)
            )
        )
        return [Entrant(row.rank, row.id, row.bucket) for row in rows]

    async def overridden(self, edition: UUID) -> Collection[UUID]:
        """Those who wait on a provisional list and whom an officer placed above the caps."""
        found = await self._work.connection.scalars(
            select(_registration.c.id).where(
                _registration.c.edition == edition,
                _registration.c.state == State.WAITING,
                _registration.c.reason == Reason.OVERRIDE,
            )
        )
        return set(found)

    async def many(self, registrations: Collection[UUID]) -> Sequence[Registration]:
        """Several at once."""
        return await self._found(
            select(_registration)
            .where(_registration.c.id == any_of(registrations))
            .order_by(_registration.c.rank)
        )

    async def number_in(self, edition: UUID, state: State) -> int:
        """How many are in a state."""
        number = await self._work.connection.scalar(
            select(func.count())
            .select_from(_registration)
            .where(_registration.c.edition == edition, _registration.c.state == state)
        )
        return number or 0

    async def last_rank(self, edition: UUID) -> Rank | None:
        """The rank of the last of all who are placed or wait."""
        found: Rank | None = await self._work.connection.scalar(
            select(func.max(_registration.c.rank)).where(
                _registration.c.edition == edition,
                _registration.c.state.in_((State.WAITING, *SEATED)),
            )
        )
        return found

    async def position(self, registration: Registration) -> Ranks:
        """Its true ranks; for one who neither is placed nor waits, as if it waited."""
        before = (
            await self._work.connection.execute(
                select(
                    func.count(),
                    func.count().filter(_registration.c.bucket == registration.bucket),
                    func.count().filter(_registration.c.state == State.WAITING),
                ).where(
                    _registration.c.edition == registration.edition,
                    _registration.c.rank < registration.rank,
                    _registration.c.state.in_((State.WAITING, *SEATED)),
                )
            )
        ).one()
        waiting = None if registration.has_seat else before[2] + 1
        return Ranks(before[0] + 1, before[1] + 1, waiting)

    async def positions(
        self, edition: UUID, registrations: Collection[UUID]
    ) -> Mapping[UUID, Ranks]:
        """The same for several of one edition."""
        if not registrations:
            return {}
        one = _registration.c
        ranked = (
            select(
                one.id,
                one.state,
                func.row_number().over(order_by=one.rank).label("position"),
                func.row_number().over(partition_by=one.bucket, order_by=one.rank).label("within"),
                func.count()
                .filter(one.state == State.WAITING)
                .over(order_by=one.rank)
                .label("waiting"),
            )
            .where(one.edition == edition, one.state.in_((State.WAITING, *SEATED)))
            .subquery()
        )
        rows = await self._work.connection.execute(
            select(ranked).where(ranked.c.id == any_of(registrations))
        )
        return {
            row.id: Ranks(
                row.position, row.within, row.waiting if row.state == State.WAITING else None
            )
            for row in rows
        }

    async def page(
        self,
        edition: UUID,
        *,
        buckets: Collection[InstitutionCode] | None,
        states: Collection[State],
        after: Rank | None,
        limit: int,
        claims: Collection[ClaimState] = (),
    ) -> Sequence[Registration]:
        """Registrations in order of rank."""
        query = (
            select(_registration)
            .where(_registration.c.edition == edition)
            .order_by(_registration.c.rank, _registration.c.id)
            .limit(limit)
        )
        if buckets is not None:
            query = query.where(_registration.c.bucket.in_(buckets))
        if states:
            query = query.where(_registration.c.state.in_(states))
        if claims:
            # What was said when it counted for another institution means nothing now.
            is_said = _registration.c.claim_institution.is_not_distinct_from(_registration.c.bucket)
            stands = case((is_said, _registration.c.claim_state), else_=ClaimState.STATED)
            query = query.where(stands.in_(claims))
        if after is not None:
            query = query.where(_registration.c.rank > after)
        return await self._found(query)

    async def undecided(
        self, edition: UUID, *, after: Rank | None, limit: int
    ) -> Sequence[Registration]:
        """Live registrations that an officer has to look at."""
        one = _registration.c
        doubted = one.warnings.has_key(Reason.POSSIBLE_DOUBLE.value) & ~one.identity_decided
        follows = one.warnings.has_key(AFTER_CONTEST)
        is_new = one.warnings.has_key(NEW_ORGANISATION)
        contested = (one.claim_state == ClaimState.CONTESTED) & (
            one.claim_institution == one.bucket
        )
        query = (
            select(_registration)
            .where(
                one.edition == edition,
                one.state.in_(LIVE),
                or_(
                    one.state == State.NEEDS_DECISION,
                    one.pending.is_not(None),
                    doubted,
                    follows,
                    is_new,
                    contested,
                ),
            )
            .order_by(one.rank)
            .limit(limit)
        )
        if after is not None:
            query = query.where(one.rank > after)
        return await self._found(query)

    async def known_to(
        self,
        edition: UUID,
        form: str,
        responses: Collection[int],
        identities: Collection[Identity],
    ) -> Sequence[KnownEntry]:
        """Registrations that came by one of these responses, or whose person shares an address or
        a name with one of these identities."""
        emails = bindparam("emails", [i.email for i in identities], ARRAY(Text))
        names = bindparam("names", [i.name for i in identities], ARRAY(Text))
        numbers = sorted(responses)
        by_response = select(_response.c.registration).where(
            _response.c.edition == edition,
            _response.c.form == form,
            _response.c.number == func.any(bindparam("numbers", numbers, _bigints())),
        )
        of_edition = (
            select(_registration.c.id)
            .join(_person, _person.c.id == _registration.c.person)
            .where(_registration.c.edition == edition)
        )
        ids = union(
            by_response,
            of_edition.where(_person.c.email_folded == func.any(emails)),
            of_edition.where(_person.c.name_key == func.any(names)),
        ).subquery()
        found = await self._found(
            select(_registration).where(_registration.c.id.in_(select(ids.c[0])))
        )
        return await self._entries(found)

    async def made_by(
        self, edition: UUID, import_id: UUID, after: UUID | None, limit: int
    ) -> Sequence[UUID]:
        """Live registrations that the import made, by identifier."""
        query = select(_registration.c.id).where(
            _registration.c.edition == edition,
            _registration.c.imported_by == import_id,
            _registration.c.state.in_(LIVE),
        )
        if after is not None:
            query = query.where(_registration.c.id > after)
        found = await self._work.connection.scalars(query.order_by(_registration.c.id).limit(limit))
        return found.all()

    async def brought_by(self, edition: UUID, import_id: UUID) -> Sequence[KnownEntry]:
        """Registrations that have a response which the import brought."""
        ids = select(_response.c.registration).where(
            _response.c.edition == edition, _response.c.brought_by == import_id
        )
        return await self._entries(
            await self._found(select(_registration).where(_registration.c.id.in_(ids)))
        )

    async def _entries(self, found: Sequence[Registration]) -> Sequence[KnownEntry]:
        people = await people_of(found, self._work)
        responses: defaultdict[UUID, list[StoredResponse]] = defaultdict(list)
        if found:
            rows = await self._work.connection.execute(
                select(_response)
                .where(_response.c.registration == any_of([r.id for r in found]))
                .order_by(_response.c.form, _response.c.number, _response.c.brought_by)
            )
            for row in rows:
                responses[row.registration].append(to_response(row))
        return [KnownEntry(r, people[r.person], tuple(responses[r.id])) for r in found]

    async def states(self, edition: UUID) -> Mapping[UUID, State]:
        """The state of each registration that a numbered decision was taken on."""
        rows = await self._work.connection.execute(
            select(_registration.c.id, _registration.c.state).where(
                _registration.c.edition == edition, _registration.c.decision_seq.is_not(None)
            )
        )
        return {row.id: State(row.state) for row in rows}

    async def _found(self, query: Select[Any]) -> list[Registration]:
        return [to_registration(row) for row in await self._work.connection.execute(query)]


def _bigints() -> Any:
    return ARRAY(_response.c.number.type)

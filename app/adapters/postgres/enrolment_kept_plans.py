"""Plans of imports on PostgreSQL: kept in the rows of the report, and carried out set by set."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from sqlalchemy import DateTime, bindparam, delete, func, select, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.types import Text

from app.adapters.postgres.copying import copy_rows
from app.adapters.postgres.tables.base import table
from app.adapters.postgres.tables.enrolment_forms import ImportRowRow
from app.domain.enrolment.edition import Edition
from app.domain.enrolment.forms.consent import BY_FORM as CONSENT_BY_FORM
from app.domain.enrolment.forms.imports import ImportRow, ResponseImport
from app.domain.enrolment.forms.kept import Bearers
from app.domain.enrolment.forms.planned import Plan, PlannedRow
from app.domain.enrolment.person import Identity
from app.domain.enrolment.registration import State
from app.domain.enrolment.tallying import entering
from app.domain.plain import to_plain

if TYPE_CHECKING:
    from app.adapters.postgres.unit_of_work import PostgresWork

_row = table(ImportRowRow)

_COLUMNS = (
    "import_id", "row", "response", "verdict", "reason", "full_name", "email", "stated",
    "received_at", "institution", "registration", "same_as_row", "standing", "suggestions",
    "warnings", "email_folded", "name_key", "is_new", "answers", "answers_at", "person",
    "person_is", "first_row", "rank", "affiliation_kind", "affiliation_name", "entry_reason",
    "entry_warnings",
)  # fmt: skip
_NO_BEARER: tuple[None, ...] = (None,) * 8

# A row of a table as text changes with whatever changes in it, in columns to come as well. Sums of
# hashes do not mind the order of rows; each row is in a sum once.
_MARK = """
SELECT md5(concat_ws(' ',
    (SELECT concat(count(*), '/', sum(hashtextextended(r.id::text, r.version)::numeric))
       FROM registration r WHERE r.edition = :edition),
    (SELECT concat(count(*), '/', sum(hashtextextended(p::text, 0)::numeric))
       FROM person p
      WHERE p.id IN (SELECT r.person FROM registration r WHERE r.edition = :edition)),
    (SELECT concat(count(*), '/', sum(hashtextextended(f::text, 0)::numeric))
       FROM form_response f WHERE f.edition = :edition),
    (SELECT concat(count(*), '/', sum(hashtextextended(p::text, 0)::numeric))
       FROM person p WHERE (p.email_folded, p.name_key) IN ({identities})),
    (SELECT sum(hashtextextended(i::text, 0)::numeric) FROM institution i)
))
"""
_GIVEN = text(_MARK.format(identities="SELECT * FROM unnest(:emails, :names)")).bindparams(
    bindparam("emails", type_=ARRAY(Text)), bindparam("names", type_=ARRAY(Text))
)
_KEPT = text(
    _MARK.format(
        identities="SELECT k.email_folded, k.name_key FROM import_row k "
        "WHERE k.import_id = :import AND k.email_folded IS NOT NULL"
    )
)

_PEOPLE = text("""
INSERT INTO person
    (id, full_name, email, email_folded, name_key, email_verified, country, language)
SELECT b.person, b.full_name, b.email, b.email_folded, b.name_key, false,
       b.answers ->> 'country', b.answers ->> 'language'
  FROM import_row b
 WHERE b.import_id = :import AND b.person_is = 'new'
""")
_PEOPLE_CHANGED = text("""
UPDATE person p
   SET full_name = b.full_name, email = b.email,
       country = b.answers ->> 'country', language = b.answers ->> 'language'
  FROM import_row b
 WHERE b.import_id = :import AND b.person_is = 'changed' AND p.id = b.person
   AND p.account IS NULL AND p.email_folded = b.email_folded AND p.name_key = b.name_key
""")
# Each first row is looked up by its key: statistics know hardly a row of an import that was written
# just now, and joined by that estimate all of its rows would be gone through once for each.
_REGISTRATIONS = text("""
INSERT INTO registration
    (id, edition, person, state, reason, received_at, source, form, response, rank, stated,
     affiliation_kind, affiliation_name, bucket, registered_by, privacy_notice_at, answers_at,
     created_at, warnings, identity_decided, imported_by, claim_state, consents, version)
SELECT b.registration, :edition, b.person,
       CASE WHEN b.entry_reason IS NULL THEN 'waiting' ELSE 'needs_decision' END,
       coalesce(b.entry_reason, 'provisional'), coalesce(f.received_at, b.received_at), 'forms',
       :form, coalesce(f.response, b.response), b.rank, b.stated, b.affiliation_kind,
       b.affiliation_name, b.institution, :by, coalesce(f.received_at, b.received_at),
       b.answers_at, :at, coalesce(b.entry_warnings, '[]'), false, :import, 'stated',
       CASE WHEN b.answers ->> 'consent' = 'true'
            THEN jsonb_build_object(cast(:consent AS text), b.answers_at) ELSE '{}' END, 1
  FROM import_row b
  LEFT JOIN LATERAL (
       SELECT r.received_at, r.response
         FROM import_row r WHERE r.import_id = :import AND r.row = b.first_row LIMIT 1
       ) f ON true
 WHERE b.import_id = :import AND b.rank IS NOT NULL
""").bindparams(bindparam("at", type_=DateTime(timezone=True)))
_RESPONSES = text("""
INSERT INTO form_response
    (edition, form, number, brought_by, received_at, answers, answers_at, registration)
SELECT :edition, :form, b.response, :import, b.received_at, b.answers, b.answers_at, b.registration
  FROM import_row b
 WHERE b.import_id = :import AND b.answers_at IS NOT NULL
""")


class PostgresKeptPlans:
    """See `app.domain.enrolment.ports_forms.KeptPlans`."""

    def __init__(self, work: "PostgresWork") -> None:
        self._work = work

    async def mark(self, edition: UUID, identities: Collection[Identity]) -> str | None:
        """What registrations, responses and people are like now."""
        given = {
            "edition": edition,
            "emails": [one.email for one in identities],
            "names": [one.name for one in identities],
        }
        return str(await self._work.connection.scalar(_GIVEN, given))

    async def keep(
        self, found: ResponseImport, plan: Plan, rows: Sequence[ImportRow], by: Bearers
    ) -> None:
        """Keep the verdicts, and with them what the plan is carried out from."""
        await self._work.connection.execute(delete(_row).where(_row.c.import_id == found.id))
        records = (
            _record(found.id, planned, row, by)
            for planned, row in zip(plan.rows, rows, strict=True)
        )
        await copy_rows(self._work.connection, _row, _COLUMNS, records)

    async def carry_out(self, found: ResponseImport, edition: Edition, at: datetime) -> int | None:
        """Do what a kept plan says, if everything is as when it was made."""
        connection = self._work.connection
        await self._work.persons.hold()
        of_import = {"import": found.id}
        kept = await connection.scalar(
            select(func.count()).select_from(_row).where(_row.c.import_id == found.id)
        )
        if kept != sum(found.counts.values()):
            # Somebody in the file has been erased.
            return None
        mark = await connection.scalar(_KEPT, {**of_import, "edition": edition.id})
        if mark != found.mark:
            return None
        of_form = {**of_import, "edition": edition.id, "form": found.form}
        await connection.execute(_PEOPLE, of_import)
        await connection.execute(_PEOPLE_CHANGED, of_import)
        made = await connection.execute(
            _REGISTRATIONS,
            {**of_form, "by": f"import:{found.id}", "at": at, "consent": CONSENT_BY_FORM},
        )
        await connection.execute(_RESPONSES, of_form)
        waiting = await connection.execute(
            select(_row.c.institution, func.count().label("number"))
            .where(
                _row.c.import_id == found.id,
                _row.c.rank.is_not(None),
                _row.c.entry_reason.is_(None),
            )
            .group_by(_row.c.institution)
        )
        await self._work.tallies.move(
            edition, entering({row.institution: row.number for row in waiting})
        )
        return made.rowcount


def _record(import_id: UUID, planned: PlannedRow, row: ImportRow, by: Bearers) -> tuple[Any, ...]:
    response, entry = planned.response, planned.entry
    answers = response.answers
    identity = None if response.problems else answers.identity
    standing = row.standing
    told: tuple[Any, ...] = (
        import_id, row.row, row.response, row.verdict, row.reason, row.full_name, row.email,
        row.stated, row.received_at, row.institution,
        entry.registration.id if entry is not None else None, row.same_as_row,
        None if standing is None else {
            "state": standing.state, "reason": standing.reason, "position": standing.position,
            "position_within": standing.position_within,
        },
        [[s.institution, s.likeness] for s in row.suggestions], row.warnings,
        None if identity is None else identity.email, None if identity is None else identity.name,
    )  # fmt: skip
    if entry is None or not planned.brings:
        return (*told, False, None, None, *_NO_BEARER)
    brought = (
        entry.is_new,
        to_plain(answers),
        response.answers_at,
    )
    first = by.get(row.row)
    if first is None:
        return (*told, *brought, *_NO_BEARER)
    registration, affiliation = entry.registration, entry.registration.affiliation
    return (
        *told,
        *brought,
        registration.person,
        "new" if entry.person_is_new else "changed" if entry.person_changed else "known",
        None if first == row.row else first,
        registration.rank,
        affiliation.kind if affiliation else None,
        affiliation.name if affiliation else None,
        None if registration.state is State.WAITING else registration.reason,
        registration.warnings or None,
    )

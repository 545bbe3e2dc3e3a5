"""The report of an import as officers may know it who do not decide on doubles.

That a row may be of somebody who is registered already is told to the edition's officers alone. To
others such a row looks like one that was taken, and once the list binds like one that is looked at.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from uuid import UUID

from app.domain.access.roles import Caller
from app.domain.enrolment.edition import Edition
from app.domain.enrolment.forms.codes import RowWarning
from app.domain.enrolment.forms.imports import (
    ImportRow,
    ResponseImport,
    RowStanding,
    Verdict,
)
from app.domain.enrolment.joining import people_of
from app.domain.enrolment.ports import EnrolmentWork
from app.domain.enrolment.reasons import Reason
from app.domain.enrolment.registration import State
from app.domain.enrolment.views import RegistrationView, is_own, ranked, views_of
from app.domain.vocabulary.institutions import InstitutionCode

_HINTS = frozenset({Reason.POSSIBLE_DOUBLE.value, RowWarning.SAME_ADDRESS.value})
_AT_ONCE = 1000


async def rows_as_told(
    rows: Sequence[ImportRow],
    edition: Edition,
    work: EnrolmentWork,
    caller: Caller,
    *,
    buckets: Collection[InstitutionCode] | None,
) -> list[ImportRow]:
    """The rows without anything that tells a possible double.

    Each shows where its registration stands now, as lists of registrations show it to the caller;
    where it stood when the report was made would tell those that were held, whose place nobody
    foresaw. `buckets` are the institutions of whose people the caller may know; None for all.
    """
    found = await _views({r.registration for r in rows if r.registration}, edition, work, caller)
    views = _by_id(
        view
        for view in await ranked(found, edition, work)
        if buckets is None or view.registration.bucket in buckets
    )
    return [_told(row, views, edition) for row in rows]


async def rows_as_they_stand(
    rows: Sequence[ImportRow], edition: Edition, work: EnrolmentWork, caller: Caller
) -> list[ImportRow]:
    """The rows of an import that was carried out, for those who decide: with where registrations
    stand now that the list binds. Before, all of them merely wait, and where they would stand says
    more; but for those that have ended or were decided on, of which it is no longer true."""
    found = await _views({r.registration for r in rows if r.registration}, edition, work, caller)
    views = _by_id(await ranked(found, edition, work))

    def as_it_stands(row: ImportRow) -> ImportRow:
        view = views.get(row.registration) if row.registration else None
        if view is None:
            return row
        is_over = not view.registration.is_live
        was_held = row.verdict is Verdict.NEEDS_DECISION and view.state != State.NEEDS_DECISION
        if not (edition.is_binding or is_over or was_held):
            return row
        return replace(row, standing=_now(view))

    return [as_it_stands(row) for row in rows]


async def import_as_told(
    found: ResponseImport, edition: Edition, work: EnrolmentWork, caller: Caller
) -> ResponseImport:
    """The import with numbers of rows, and numbers in them, that agree with `rows_as_told`."""
    if Verdict.NEEDS_DECISION.value not in found.counts and not found.differing:
        return found
    counts, same, after = Counter(found.counts), set[int](), 0
    while page := await work.imports.rows(found.id, buckets=None, after=after, limit=_AT_ONCE):
        # Whose verdict says something else depends on whether it is held once the list binds.
        held = {r.registration for r in page if _tells_double(r) and r.registration}
        asked = held if edition.is_binding else ()
        views = _by_id(await _views(asked, edition, work, caller))
        told = [_told(row, views, edition) for row in page]
        counts.subtract(row.verdict.value for row in page)
        counts.update(row.verdict.value for row in told)
        same |= {row.row for row in told if row.planned is None}
        after = page[-1].row
    return replace(
        found,
        counts={verdict: number for verdict, number in sorted(counts.items()) if number},
        differing=tuple(row for row in found.differing if row not in same),
    )


async def _views(
    ids: Collection[UUID], edition: Edition, work: EnrolmentWork, caller: Caller
) -> list[RegistrationView]:
    if not ids:
        return []
    found = await work.registrations.many(ids)
    people = await people_of(found, work)
    pairs = [(one, people[one.person]) for one in found]
    own: dict[object, bool] = {one.id: is_own(one, person, caller) for one, person in pairs}
    return await views_of(pairs, edition, work, caller, own=own)


def _now(view: RegistrationView) -> RowStanding:
    return RowStanding(view.state.value, view.reason.value, view.position, view.position_within)


def _by_id(views: Iterable[RegistrationView]) -> dict[UUID, RegistrationView]:
    return {view.registration.id: view for view in views}


def _tells_double(row: ImportRow) -> bool:
    return row.reason == Reason.POSSIBLE_DOUBLE.value


def _told(row: ImportRow, views: Mapping[UUID, RegistrationView], edition: Edition) -> ImportRow:
    stands = _standing(row, views, edition)
    verdict, reason, suggestions = row.verdict, row.reason, row.suggestions
    if _tells_double(row):
        verdict, reason, suggestions = Verdict.CREATE, None, ()
        if stands is not None and stands.reason == Reason.IN_REVIEW.value:
            verdict, reason = Verdict.NEEDS_DECISION, stands.reason
    # The dry run kept no reason: any row that it gave to an officer may have been a double.
    same = row.planned in (verdict, Verdict.NEEDS_DECISION)
    return replace(
        row,
        verdict=verdict,
        reason=reason,
        standing=stands,
        suggestions=suggestions,
        warnings=tuple(warning for warning in row.warnings if warning not in _HINTS),
        planned=None if same else row.planned,
    )


def _standing(
    row: ImportRow, views: Mapping[UUID, RegistrationView], edition: Edition
) -> RowStanding | None:
    """Where the row's registration stands now, or would stand; None for one that was put together
    with another, or counts for an institution whose people the caller does not know of."""
    if row.registration is not None:
        view = views.get(row.registration)
        return None if view is None or view.reason == Reason.MERGED else _now(view)
    stands = row.standing
    if stands is None:
        return None
    is_held = stands.reason == Reason.POSSIBLE_DOUBLE.value
    if edition.is_binding:
        hidden = RowStanding(State.NEEDS_DECISION.value, Reason.IN_REVIEW.value)
        return hidden if is_held else stands
    if is_held or stands.state != State.NEEDS_DECISION.value:
        return RowStanding(State.WAITING.value, Reason.PROVISIONAL.value)
    return stands

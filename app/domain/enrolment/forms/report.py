"""The report of an import: each row with its verdict and what it means for the list."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from uuid import UUID

from app.domain.enrolment.decisions import outcome_state
from app.domain.enrolment.edition import Edition
from app.domain.enrolment.forms.imports import ImportRow, RowStanding, Verdict
from app.domain.enrolment.forms.planned import Plan, PlannedRow
from app.domain.enrolment.quota import Counts, Placed, decide
from app.domain.enrolment.registration import Registration, State
from app.domain.enrolment.standing import Entrant, Standing, standing
from app.domain.vocabulary.institutions import InstitutionCode

Standings = Mapping[UUID, RowStanding]
TrueRanks = Mapping[UUID, tuple[int, int]]
"""Overall, and within the institution, each from 1."""


def foreseen(
    plan: Plan,
    edition: Edition,
    counts: Counts,
    entrants: Sequence[Entrant],
    overrides: Collection[UUID] = (),
) -> Standings:
    """Where each entry would stand once the plan is carried out.

    `entrants` are all who wait now, `counts` the places taken. While the list is provisional that
    is the standing of everybody; once it binds, each new one is decided in order of rank.
    """
    entering = [e.registration for e in plan.entries if e.registration.state is State.WAITING]
    if edition.is_binding:
        return _one_by_one([r for r in entering if r.stored_state is None], edition, counts)
    everybody = []
    if entrants:
        planned = {entry.registration.id for entry in plan.entries}
        everybody = [e for e in entrants if e.registration not in planned]
    everybody += [registration.entrant for registration in entering]
    return _of_all(standing(everybody, edition.quota.at_publication, overrides))


def _of_all(standings: Sequence[Standing]) -> Standings:
    result = {}
    for one in standings:
        state, reason = outcome_state(one.outcome)
        result[one.entrant.registration] = RowStanding(
            state.value, reason.value, one.position, one.position_within
        )
    return result


def _one_by_one(
    registrations: Sequence[Registration], edition: Edition, counts: Counts
) -> Standings:
    taken = Counts(dict(counts.placed))
    result = {}
    for registration in sorted(registrations, key=lambda r: r.rank):
        outcome = decide(taken, edition.quota, registration.counted_for)
        if isinstance(outcome, Placed):
            taken.take(registration.counted_for)
        state, reason = outcome_state(outcome)
        result[registration.id] = RowStanding(state.value, reason.value)
    return result


def true_ranks(plan: Plan, there: Collection[Entrant]) -> TrueRanks:
    """Where the new registrations of a plan stand among all who are placed or wait."""
    new = [e.registration for e in plan.new if e.registration.state is State.WAITING]
    everybody = sorted([*there, *(registration.entrant for registration in new)],
                       key=lambda entrant: entrant.rank)  # fmt: skip
    wanted = {registration.id for registration in new}
    within: Counter[InstitutionCode] = Counter()
    found = {}
    for position, entrant in enumerate(everybody, 1):
        within[entrant.bucket] += 1
        if entrant.registration in wanted:
            found[entrant.registration] = position, within[entrant.bucket]
    return found


def report(
    plan: Plan,
    standings: Standings,
    *,
    committed: bool,
    planned: Mapping[int, Verdict] | None = None,
    ranks: TrueRanks | None = None,
) -> list[ImportRow]:
    """Rows as they are kept. With `planned`, the verdicts of the dry run by row, those that turned
    out differently carry what had been said; `ranks` are those that the standings do not tell."""
    return [
        _row(row, standings, committed, (planned or {}).get(row.response.row), ranks or {})
        for row in plan.rows
    ]


def _row(
    row: PlannedRow,
    standings: Standings,
    committed: bool,
    planned: Verdict | None,
    ranks: TrueRanks,
) -> ImportRow:
    response, entry = row.response, row.entry
    registration = entry.registration if entry else None
    stands = None
    if registration is not None and registration.is_live:
        stands = standings.get(registration.id) or RowStanding(
            registration.state.value, registration.reason.value
        )
        if registration.id in ranks:
            position, within = ranks[registration.id]
            stands = replace(stands, position=position, position_within=within)
    exists = registration is not None and (committed or registration.stored_state is not None)
    return ImportRow(
        row=response.row,
        response=response.number,
        verdict=row.verdict,
        reason=row.reason,
        full_name=response.answers.full_name,
        email=response.answers.email,
        stated=response.answers.stated or response.answers.organisation,
        received_at=response.completed_at,
        institution=registration.bucket if registration else None,
        registration=registration.id if registration and exists else None,
        same_as_row=row.same_as_row,
        standing=stands,
        suggestions=entry.suggestions if entry else (),
        warnings=row.warnings,
        planned=planned if planned is not None and planned is not row.verdict else None,
    )

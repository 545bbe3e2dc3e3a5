"""Plans that can be carried out as they were made, without judging every row a second time.

A plan is a function of the file, the mapping, the spellings, the caps, and of the registrations,
responses and people that there are. When none of these has changed since the dry run, judging anew
would give the same plan: it is then carried out from what was kept of it.
"""

from collections import defaultdict
from collections.abc import Mapping

from app.domain.enrolment.forms.consent import ConsentSaid, consents_after
from app.domain.enrolment.forms.entries import Entry
from app.domain.enrolment.forms.planned import Plan, PlannedRow

Bearers = Mapping[int, int]
"""By the number of the row that says what a new registration is, the number of the row whose time
gives its rank; mostly the same row."""


def bearers(plan: Plan) -> Bearers | None:
    """Which rows bear the registrations that a plan creates.

    None when it does more than create, or when a registration says what no single row of it says:
    such plans are made anew when they are carried out.
    """
    if any(not entry.is_new for entry in plan.entries):
        return None
    rows_of: dict[Entry, list[PlannedRow]] = defaultdict(list)
    for row in plan.rows:
        if row.entry is not None and row.entry.is_new:
            rows_of[row.entry].append(row)
    found = {}
    for entry in plan.entries:
        rows = rows_of[entry]
        last = first = rows[0]
        if len(rows) > 1:
            last = max(rows, key=lambda row: (row.response.answers_at, row.response.number or 0))
            first = min(rows, key=_turn)
        if not _says(last, first, entry):
            return None
        found[last.response.row] = first.response.row
    return found


def _turn(row: PlannedRow) -> tuple[object, int]:
    return row.response.completed_at, row.response.number or 0


def _says(last: PlannedRow, first: PlannedRow, entry: Entry) -> bool:
    """Whether the entry is what these two rows say."""
    said = ConsentSaid(bool(last.response.answers.consent), last.response.answers_at)
    answers, registration, person = last.response.answers, entry.registration, entry.person
    if entry.person_is_new or entry.person_changed:
        known = (person.full_name, person.email, person.country, person.language)
        if known != (answers.full_name, answers.email, answers.country, answers.language):
            return False
    return (
        registration.stated == (answers.stated or answers.organisation)
        and registration.answers_at == last.response.answers_at
        and registration.receipt.response == first.response.number
        and registration.consents == consents_after({}, said)
    )

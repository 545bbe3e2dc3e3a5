"""What planning an import needs: reading, matching, and what is registered already."""

from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from app.domain.clock import Clock
from app.domain.enrolment.affiliation import Likeness, Matcher
from app.domain.enrolment.edition import Edition
from app.domain.enrolment.forms.codes import RowWarning
from app.domain.enrolment.forms.entries import Reader
from app.domain.enrolment.forms.imports import Basis, ResponseImport, basis_of
from app.domain.enrolment.forms.mapping import FormMapping
from app.domain.enrolment.forms.plan import plan_import
from app.domain.enrolment.forms.planned import Plan
from app.domain.enrolment.forms.report import (
    Standings,
    TrueRanks,
    foreseen,
    true_ranks,
)
from app.domain.enrolment.forms.responses import Export, KnownEntry, Names, Response, read_responses
from app.domain.enrolment.person import Identity
from app.domain.enrolment.ports import EnrolmentWork
from app.domain.enrolment.ports_forms import FormsReader
from app.domain.enrolment.quota import Counts
from app.domain.enrolment.standing import Entrant
from app.domain.enrolment.use_cases.register import spellings_of

InThread = Callable[..., Awaitable[Any]]
"""Runs a function that computes for long elsewhere than in the event loop."""


@dataclass(frozen=True)
class Tools:
    """What reading and matching need besides the unit of work."""

    reader: FormsReader
    names: Names
    likeness: Likeness
    in_thread: InThread
    unswept: Callable[[], AbstractContextManager[None]] = nullcontext
    """Keeps the collector of garbage from looking through a plan again and again meanwhile."""


async def make_plan(
    export: Export,
    mapping: FormMapping,
    edition: Edition,
    found: ResponseImport,
    work: EnrolmentWork,
    tools: Tools,
    clock: Clock,
    *,
    to_commit: bool = False,
) -> tuple[Plan, Basis, str | None]:
    """The plan as things are, what it rests on, and the mark of everything else behind it.

    With `to_commit` nobody else adds people without account until the unit of work ends. Only a
    plan that is not to be committed yet, of an edition that does not bind, has a mark.
    """
    spellings = await spellings_of(work)
    responses: list[Response]
    identities: set[Identity]
    responses, identities = await tools.in_thread(_read, export, mapping, tools.names)
    numbers = {r.number for r in responses if r.number is not None}
    mark = None
    if not to_commit and not edition.is_binding:
        # Before anything is looked at: what changes while it is looked at changes the mark.
        mark = await work.kept_plans.mark(edition.id, identities)
    known = await related(edition.id, found.form, numbers, identities, work)
    persons = await work.persons.without_account(identities, hold=to_commit)
    plan: Plan = await tools.in_thread(
        lambda: plan_import(
            responses,
            edition=edition,
            form=found.form,
            import_id=found.id,
            known=known,
            persons=persons,
            reader=Reader(Matcher(spellings, tools.likeness), spellings, edition.no_institution),
            at=clock.now(),
        )
    )
    return plan, basis_of(edition, mapping, spellings), mark


def _read(
    export: Export, mapping: FormMapping, names: Names
) -> tuple[list[Response], set[Identity]]:
    """The responses, and the people whom those are of that can be taken."""
    responses = list(read_responses(export, mapping, names))
    return responses, {r.answers.identity for r in responses if not r.problems}


async def related(
    edition: UUID, form: str, numbers: set[int], identities: set[Identity], work: EnrolmentWork
) -> Sequence[KnownEntry]:
    """Registrations that have to do with the responses, directly or through one another."""
    known: dict[UUID, KnownEntry] = {}
    asked: set[Identity] = set()
    while identities - asked:
        new = identities - asked
        asked |= new
        for entry in await work.registrations.known_to(edition, form, numbers, new):
            known.setdefault(entry.registration.id, entry)
        numbers = set()
        identities = {entry.person.identity for entry in known.values()}
    return list(known.values())


async def note_late(plan: Plan, edition: Edition, work: EnrolmentWork) -> None:
    """Mark rows that come late to a list that binds: somebody of a later rank was decided on
    before. The plan must not be carried out yet.

    Nobody loses a place by them; who reads the report sees whom they would have come before.
    """
    if not edition.is_binding or not plan.new:
        return
    last = await work.registrations.last_rank(edition.id)
    for row in plan.rows:
        entry = row.entry
        if last and entry is not None and entry.is_new and entry.registration.rank < last:
            row.warnings = (*row.warnings, RowWarning.LATE_ROW.value)


async def ranks_foreseen(plan: Plan, edition: Edition, work: EnrolmentWork) -> TrueRanks:
    """The true ranks that the new ones of a plan would have in a list that binds."""
    if not edition.is_binding or not plan.new:
        return {}
    return true_ranks(
        plan,
        [
            *await work.registrations.entrants(edition.id),
            *await work.registrations.seated(edition.id),
        ],
    )


async def ranks_there(plan: Plan, edition: Edition, work: EnrolmentWork) -> TrueRanks:
    """The true ranks of the new ones of a plan that was carried out, in a list that binds."""
    if not edition.is_binding or not plan.new:
        return {}
    ids = {entry.registration.id for entry in plan.new}
    found = await work.registrations.positions(edition.id, ids)
    return {one: (ranks.overall, ranks.within) for one, ranks in found.items()}


async def foresee(plan: Plan, edition: Edition, work: EnrolmentWork, tools: Tools) -> Standings:
    """Where the entries of a plan would stand."""
    counts, entrants, overrides = Counts(), list[Entrant](), set[UUID]()
    if edition.is_binding:
        tallies = await work.tallies.of(edition.id)
        counts = Counts({tally.scope: tally.placed for tally in tallies})
    else:
        entrants.extend(await work.registrations.entrants(edition.id))
        overrides.update(await work.registrations.overridden(edition.id))
    found: Standings = await tools.in_thread(
        lambda: foreseen(plan, edition, counts, entrants, overrides)
    )
    return found

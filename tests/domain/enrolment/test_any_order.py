"""While a list is provisional, the order in which files arrive cannot matter."""

import asyncio
from dataclasses import replace
from datetime import timedelta

from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from app.domain.enrolment.forms.imports import ResponseImport
from app.domain.enrolment.registration import State
from app.domain.enrolment.use_cases.commit import take_back_import
from app.domain.enrolment.use_cases.lists import get_standing
from tests.deliveries import Flow
from tests.domain.enrolment.memory import Store
from tests.enrolment_builders import LIKENESS, officer, opened
from tests.enrolment_imports import Importer, at
from tests.forms_workbooks import Row

PEOPLE = ["Ana García", "Garcia Ana", "Ana Garcia López", "Bruno", "Bruna", "Cy"]
ADDRESSES = ["office@uniovi.es", "a@gmail.com", "b@his.se", "c@h-ka.de"]
PLACES = ["UNIOVI", "Universidad de Oviedo", "HIS", "Town Hall", "", "Univercity of Oviedo", "none"]

one_response = st.tuples(
    st.integers(1, 14),
    st.sampled_from(PEOPLE),
    st.sampled_from(ADDRESSES),
    st.sampled_from(PLACES),
    st.integers(0, 3),
)


def row_of(store: Store, drawn: tuple[int, str, str, str, int]) -> Row:
    """A response whose time follows from its number, so that it is the same in every file."""
    number, name, email, place, edits = drawn
    sent = at(store.clock, number // 2 - 1)
    modified = sent + timedelta(seconds=edits * 7) if edits else None
    return Row(number, sent, name, email, place, modified=modified)


def one_version_each(files: list[list[tuple[int, str, str, str, int]]]) -> bool:
    """Forms never shows two contents of one response with the same time of its last edit."""
    seen: dict[tuple[int, int], tuple[str, str, str]] = {}
    for file in files:
        for number, name, email, place, edits in file:
            if seen.setdefault((number, edits), (name, email, place)) != (name, email, place):
                return False
        if len({drawn[0] for drawn in file}) != len(file):
            return False
    return True


def same_person_each(files: list[list[tuple[int, str, str, str, int]]]) -> bool:
    """Whose response it is does not change by an edit; that is for an officer."""
    seen: dict[int, tuple[str, str]] = {}
    return all(
        seen.setdefault(number, (name, email)) == (name, email)
        for file in files
        for number, name, email, _, _ in file
    )


some_files = st.lists(st.lists(one_response, max_size=6), min_size=2, max_size=4).filter(
    lambda files: one_version_each(files) and same_person_each(files)
)

Outcome = list[tuple[str, str, str, str, str]]


async def outcome(importer: Importer) -> tuple[Outcome, list[bool]]:
    """Everybody who is live, and who of them would have a place."""
    async with importer.work() as w:
        live = await w.registrations.in_states(
            importer.edition.id, (State.WAITING, State.NEEDS_DECISION)
        )
        people = await w.persons.of([r.person for r in live])
        assert await w.tallies.reconcile() == []
    found = await get_standing(importer.edition.id, work=importer.work(), caller=officer())
    return [
        (r.rank, people[r.person].identity.email, r.bucket or "", r.state.value, r.reason.value)
        for r in live
    ], [s.is_placed for s in found.standings]


async def after(
    files: list[list[tuple[int, str, str, str, int]]], live: frozenset[int] = frozenset()
) -> tuple[Outcome, list[bool]]:
    """What comes of files and, where their first number is among `live`, deliveries of their rows
    as they were first sent."""
    store = Store()
    edition = await opened(store, store.clock, places=3, per_institution=2)
    importer = Importer(store, store.clock, edition)
    flow = Flow(store, store.clock, edition)
    await flow.map()
    for file in files:
        if file and file[0][0] in live:
            first = [replace(row_of(store, drawn), modified=None) for drawn in file]
            await flow.delivers(*first)
        else:
            await importer.take([row_of(store, drawn) for drawn in file])
    return await outcome(importer)


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(some_files, st.randoms(use_true_random=False))
def test_any_order_of_the_same_imports_gives_the_same_list(files, random):
    shuffled = list(files)
    random.shuffle(shuffled)
    assert asyncio.run(after(shuffled)) == asyncio.run(after(files))


@settings(
    max_examples=80,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
@given(
    some_files,
    st.frozensets(st.integers(1, 14), min_size=4),
    st.randoms(use_true_random=False),
)
def test_any_order_of_files_and_deliveries_gives_the_same_list(files, live, random):
    files = [
        [(*drawn[:4], 0) for drawn in file] if file and file[0][0] in live else file
        for file in files
    ]
    # A flow delivers a response when it is sent, before anybody edits it.
    assume(one_version_each(files))
    shuffled = list(files)
    random.shuffle(shuffled)
    assert asyncio.run(after(shuffled, live)) == asyncio.run(after(files, live))


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(one_response, max_size=9, unique_by=lambda drawn: drawn[0]))
def test_it_makes_no_difference_whether_a_form_was_uploaded_or_delivered(drawn):
    sent = [(*one[:4], 0) for one in drawn]
    one_by_one = [[one] for one in sent]
    everybody = frozenset(range(1, 15))
    assert asyncio.run(after(one_by_one, everybody)) == asyncio.run(after([sent]))


async def with_one_taken_back(
    files: list[list[tuple[int, str, str, str, int]]], index: int
) -> tuple[Outcome, list[bool]]:
    store = Store()
    edition = await opened(store, store.clock, places=3, per_institution=2)
    importer = Importer(store, store.clock, edition)
    await importer.map()
    done: list[ResponseImport] = []
    for file in files:
        rows = [row_of(store, drawn) for drawn in file]
        done.append(await importer.commit(await importer.plan(rows)))
    await take_back_import(
        edition.id, done[index].id, likeness=LIKENESS, work=store(), caller=officer(),
        clock=store.clock,
    )  # fmt: skip
    return await outcome(importer)


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(some_files)
def test_the_last_import_taken_back_leaves_what_the_others_brought(files):
    last = len(files) - 1
    assert asyncio.run(with_one_taken_back(files, last)) == asyncio.run(after(files[:-1]))

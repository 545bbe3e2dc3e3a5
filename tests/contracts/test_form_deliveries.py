"""Responses that are delivered live, on every store: the verdicts of an import, exactly once."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from app.adapters.forms.names import CldrNames
from app.domain.enrolment.edition import Edition, Mode
from app.domain.enrolment.errors_forms import HeldNotTaken, NotOpenYet
from app.domain.enrolment.forms.imports import ImportSource, ImportState
from app.domain.enrolment.registration import State
from app.domain.enrolment.use_cases.commit import take_back_import
from app.domain.enrolment.use_cases.deliveries import (
    import_held_responses,
    list_imports,
    list_responses,
)
from app.domain.enrolment.use_cases.form_secrets import (
    create_form_secret,
    end_form_secret,
    list_form_secrets,
)
from app.domain.enrolment.use_cases.imports import HELD_JOB, map_form
from app.domain.enrolment.use_cases.registrations import cancel_registration
from app.domain.enrolment.use_cases.undecided import list_undecided
from app.domain.errors import UnwritableText
from tests.contracts.conftest import OpenWork
from tests.contracts.import_steps import edition as edition  # a fixture
from tests.contracts.import_steps import importer as importer  # a fixture
from tests.contracts.import_steps import proven, publishes, registration_of
from tests.deliveries import BOOK, BOTH, Flow, raw, told
from tests.enrolment_builders import LIKENESS, an_edition, officer, opened
from tests.enrolment_imports import FORM, Importer, at, verdicts
from tests.forms_workbooks import Row
from tests.memory_ports import StoryClock


@pytest.fixture
async def flow(work: OpenWork, clock: StoryClock, edition: Edition) -> Flow:
    made = Flow(work, clock, edition)
    await made.map()
    return made


async def count_of(work: OpenWork, edition: Edition) -> int:
    async with work() as w:
        found = await w.registrations.page(
            edition.id, buckets=None, states=(), after=None, limit=500
        )
    return len(found)


async def test_each_response_gets_the_verdict_that_a_row_of_a_workbook_would_get(
    flow: Flow, clock: StoryClock, work: OpenWork
) -> None:
    rows = [
        Row(1, at(clock, 5), "Ana García", "ana@uniovi.es", "Universidad de Oviedo"),
        Row(2, at(clock, 6), "Bert Braun", "bert@h-ka.de", "Hochschule Karlsruhe"),
        Row(3, at(clock, 7), "GARCIA, Ana", "ANA@uniovi.es", "Univ. de Oviedo"),
        Row(4, at(clock, -1), "Early Bird", "early@his.se", "HIS"),
        Row(5, at(clock, 60 * 24 * 11), "Late Riser", "late@his.se", "HIS"),
        Row(6, at(clock, 8), "Nobody Knows", "n@example.org", ""),
        Row(7, at(clock, 9), "Carla", "carla@example.org", "Univercity of Oviedo"),
        Row(8, at(clock, 10), "Dora", "dora@example.org", "Town Hall of Gijón"),
        Row(9, at(clock, 11), "", "x@example.org", "HKA"),
        Row(10, at(clock, 12), "=1+1", "f@example.org", "Χ University of Crete"),
        Row(11, at(clock, 13), "Ana García", "other@gmail.com", "UO"),
        Row(12, at(clock, 14), "Eva", "eva@his.se", "Högskolan i Skövde"),
        Row(13, None, "No Time", "t@example.org", "HIS"),
    ]
    expected = [
        "create",
        "create",
        "duplicate same_person",
        "rejected early",
        "rejected late",
        "needs_decision institution_missing",
        "needs_decision institution_unclear",
        "create",
        "invalid name_missing",
        "needs_decision institution_unclear",
        "needs_decision possible_double",
        "create",
        "invalid time_unreadable",
    ]
    one_by_one = [told(await flow.delivers(row))[0] for row in rows]
    assert one_by_one == expected
    others = await opened(work, clock, places=4, per_institution=2)
    by_file = Importer(work, clock, others)
    await by_file.map()
    assert verdicts(await by_file.take(rows)) == expected
    # The same list, whichever way they came.
    live = Importer(work, clock, flow.edition)
    assert await live.standing() == await by_file.standing()


async def test_a_repetition_is_answered_the_same_and_changes_nothing(
    flow: Flow, clock: StoryClock, work: OpenWork
) -> None:
    rows = [
        Row(1, at(clock, 1), "Ana", "ana@uniovi.es", "UNIOVI"),
        Row(2, at(clock, 2), "Ana", "ana@uniovi.es", "UNIOVI"),
        Row(3, at(clock, -2), "Early", "early@uniovi.es", "UNIOVI"),
    ]
    first = await flow.delivers(*rows)
    ana = await registration_of(Importer(work, clock, flow.edition), "Ana")
    await cancel_registration(ana.id, ana.version, work=work(), caller=officer(), clock=clock)
    clock.move(timedelta(minutes=3))
    assert await flow.delivers(*rows) == first
    assert await flow.delivers(rows[2], rows[0], rows[0]) == [first[2], first[0], first[0]]
    assert told(first) == ["create", "duplicate same_person", "rejected early"]
    assert await count_of(work, flow.edition) == 1
    _, imports = await list_imports(
        flow.edition.id, form=None, source=None, before=None, limit=9, work=work(),
        caller=officer(),
    )  # fmt: skip
    assert [(one.source, one.state, one.counts) for one in imports] == [
        (ImportSource.WEBHOOK, ImportState.COMMITTED,
         {"create": 1, "duplicate": 1, "rejected": 1}),
    ]  # fmt: skip


async def test_the_same_twice_at_once_counts_once(
    flow: Flow, clock: StoryClock, work: OpenWork
) -> None:
    row = Row(1, at(clock, 1), "Ana", "ana@uniovi.es", "UNIOVI")
    await flow.delivers(Row(9, at(clock, 9), "Someone", "s@his.se", "HIS"))
    answers = await asyncio.gather(*(flow.delivers(row) for _ in range(6)))
    assert len({(one.import_id, told([one])[0]) for (one,) in answers}) == 1
    assert await count_of(work, flow.edition) == 2


async def test_what_was_delivered_is_known_when_the_workbook_comes(
    importer: Importer, flow: Flow, clock: StoryClock, work: OpenWork
) -> None:
    rows = [
        Row(1, at(clock, 1), "Ana", "ana@uniovi.es", "UNIOVI"),
        Row(2, at(clock, 2), "Bo", "bo@his.se", "HIS"),
    ]
    await flow.delivers(rows[0])
    before = await importer.standing()
    assert verdicts(await importer.take(rows)) == ["unchanged", "create"]
    assert (await importer.standing())[:1] == before
    # And the other way round.
    assert told(await flow.delivers(rows[1])) == ["unchanged"]
    assert await count_of(work, flow.edition) == 2


async def test_what_was_given_first_stands_and_only_another_time_waits_for_an_officer(
    importer: Importer, flow: Flow, clock: StoryClock, work: OpenWork
) -> None:
    await flow.delivers(Row(1, at(clock, 1), "Ana", "ana@uniovi.es", "HKA"))
    before = await importer.standing()
    other = [
        Row(1, at(clock, 1), "Ana", "ana@uniovi.es", "UNIOVI"),
        Row(1, at(clock, 1), "Ana", "eve@example.org", "HKA"),
    ]
    assert [told(await flow.delivers(row)) for row in other] == [
        ["unchanged kept_as_first_given"], ["unchanged kept_as_first_given"],
    ]  # fmt: skip
    assert await importer.standing() == before
    # Nothing asks for a decision that nobody could take.
    waiting = await list_undecided(
        flow.edition.id, after=None, limit=9, likeness=LIKENESS, work=work(), caller=officer()
    )
    assert list(waiting) == []
    moved = Row(1, at(clock, 0.5), "Ana", "ana@uniovi.es", "HKA")
    assert told(await flow.delivers(moved)) == ["needs_decision time_changed"]
    assert await importer.standing() == []
    assert (await registration_of(importer, "Ana")).state is State.NEEDS_DECISION


async def test_what_a_workbook_says_of_an_edit_is_not_undone_by_a_delivery_that_was_late(
    importer: Importer, flow: Flow, clock: StoryClock
) -> None:
    first = Row(1, at(clock, 1), "Ana", "ana@uniovi.es", "HKA")
    edited = Row(1, at(clock, 1), "Ana", "ana@uniovi.es", "UNIOVI", modified=at(clock, 9))
    await importer.take([edited])
    assert told(await flow.delivers(first)) == ["unchanged"]
    assert [bucket for _, bucket, _ in await importer.standing()] == ["UNIOVI"]


async def test_once_the_list_binds_a_delivery_is_decided_at_once(
    importer: Importer, flow: Flow, clock: StoryClock
) -> None:
    for n in range(1, 4):
        await flow.delivers(Row(n, at(clock, n), f"Person {n}", f"p{n}@uniovi.es", "UNIOVI"))
    await publishes(importer)
    late = Row(11, at(clock, 0.5), "First of all", "first@uniovi.es", "UNIOVI")
    assert told(await flow.delivers(late)) == ["create"]
    assert told(await flow.delivers(Row(12, at(clock, 9), "Sven", "s@his.se", "HIS"))) == ["create"]
    states = {
        name: (await registration_of(importer, name)).state.value
        for name in ("Person 1", "Person 2", "Person 3", "First of all", "Sven")
    }
    assert states == {
        "Person 1": "placed", "Person 2": "placed", "Person 3": "waiting",
        "First of all": "waiting", "Sven": "placed",
    }  # fmt: skip
    assert await proven(importer) == []


async def test_responses_of_a_form_that_nobody_has_mapped_wait_and_are_imported_then(
    work: OpenWork, clock: StoryClock, edition: Edition, importer: Importer
) -> None:
    # `importer` has mapped the titles of questions, which deliveries do not have.
    flow = Flow(work, clock, edition)
    row = Row(1, at(clock, 1), "Ana", "ana@uniovi.es", "UNIOVI")
    (held,) = await flow.delivers(row)
    assert told([held]) == ["needs_decision form_not_mapped"]
    assert await flow.delivers(row) == [held]
    (listed,) = await list_responses(
        edition.id, FORM, after=None, limit=9, work=work(), caller=officer()
    )
    assert (listed[0], listed[1], listed[2].reason) == (
        held.import_id, ImportState.NEEDS_MAPPING, "form_not_mapped",
    )  # fmt: skip
    async with work() as w:
        found = await w.imports.read(held.import_id)
    assert (found.state, found.unknown_columns) == (
        ImportState.NEEDS_MAPPING,
        tuple(sorted(set(raw(row)) - {"responder", "submitDate"})),
    )
    await flow.map()
    done = await import_held_responses(
        edition.id, FORM, open_work=work, tools=flow.tools, clock=clock
    )
    assert (done, told(await flow.delivers(row))) == (1, ["create"])
    assert await importer.standing() == [("Ana", "UNIOVI", f"{at(clock, 1):%H:%M:%S}")]
    again = await import_held_responses(
        edition.id, FORM, open_work=work, tools=flow.tools, clock=clock
    )
    assert again == 0


async def test_mapping_a_form_starts_the_job_that_imports_what_waits(
    work: OpenWork, clock: StoryClock, edition: Edition
) -> None:
    flow = Flow(work, clock, edition)
    started: list[tuple[str, object]] = []

    def watched() -> object:
        w = work()
        start = w.jobs.start

        async def noted(kind: str, params: dict[str, str], **more: int) -> object:
            started.append((kind, params))
            return await start(kind, params, **more)

        w.jobs.start = noted  # type: ignore[assignment,method-assign]  # to look on
        return w

    questions = dict.fromkeys(("Institution",), BOTH["Home institution"])
    for _ in range(2):
        await map_form(
            edition.id, FORM, "Europe/Madrid", questions,  # type: ignore[arg-type]
            work=watched(), caller=officer(), clock=clock,  # type: ignore[arg-type]
        )  # fmt: skip
        await flow.delivers(Row(1, at(clock, 1), "Ana", "ana@uniovi.es", "UNIOVI"))
    assert started == [(HELD_JOB, {"edition": str(edition.id), "form": FORM})]


async def test_a_delivery_is_taken_back_like_a_file_and_its_repetition_brings_nothing_back(
    importer: Importer, flow: Flow, clock: StoryClock, work: OpenWork
) -> None:
    row = Row(1, at(clock, 1), "Ana", "ana@uniovi.es", "UNIOVI")
    (first,) = await flow.delivers(row)
    await take_back_import(
        flow.edition.id, first.import_id, likeness=LIKENESS, work=work(), caller=officer(),
        clock=clock,
    )  # fmt: skip
    assert await flow.delivers(row) == [first]
    assert await importer.standing() == []
    # An officer who uploads the workbook means it.
    assert verdicts(await importer.take([row])) == ["create"]


async def test_a_delivery_makes_no_plan_of_a_workbook_out_of_date(
    importer: Importer, flow: Flow, clock: StoryClock
) -> None:
    rows = [
        Row(1, at(clock, 1), "Ana", "ana@uniovi.es", "UNIOVI"),
        Row(2, at(clock, 2), "Bo", "bo@his.se", "HIS"),
    ]
    planned = await importer.plan(rows)
    await flow.delivers(rows[0])
    done = await importer.commit(planned)
    assert (done.counts, done.differing) == ({"create": 1, "unchanged": 1}, (2,))


async def test_editions_that_take_nobody_keep_what_is_delivered_and_say_why(
    work: OpenWork, clock: StoryClock
) -> None:
    planned = an_edition(clock.now())
    async with work() as w:
        await w.editions.add(planned)
    flow = Flow(work, clock, planned)
    await flow.map()
    early = Row(1, at(clock, -5), "Ana", "ana@uniovi.es", "UNIOVI")
    assert told(await flow.delivers(early)) == ["rejected early"]
    # Its time has come, and the timer that opens it has not: the flow sends it again.
    in_time = Row(2, at(clock, 5), "Bo", "bo@his.se", "HIS")
    with pytest.raises(NotOpenYet):
        await flow.delivers(in_time)
    async with work() as w:
        opening = await w.editions.get(planned.id)
        opening.open(clock.now(), None)
        await w.editions.save(opening)
    assert told(await flow.delivers(in_time)) == ["create"]
    running = await opened(work, clock, mode=Mode.DIRECT)
    async with work() as w:
        started = await w.editions.get(running.id)
        started.close(clock.now(), "enough")
        started.start_teaching(clock.now(), "all are here")
        await w.editions.save(started)
    flow = Flow(work, clock, running)
    await flow.map()
    assert told(await flow.delivers(in_time)) == ["rejected edition_state"]
    assert await count_of(work, running) == 0


async def test_a_second_secret_is_accepted_beside_the_first_and_a_third_ends_the_first(
    work: OpenWork, clock: StoryClock, edition: Edition
) -> None:
    made = []
    for _ in range(3):
        secret, text = await create_form_secret(
            edition.id, FORM, timedelta(hours=2), book=BOOK, work=work(), caller=officer(),
            clock=clock,
        )  # fmt: skip
        made.append((secret.id, text))
        clock.move(timedelta(minutes=1))
    assert len({text for _, text in made}) == 3
    found = await list_form_secrets(edition.id, FORM, work=work(), caller=officer())
    assert [one.id for one in found] == [identifier for identifier, _ in made]
    assert [one.is_live(clock.now()) for one in found] == [False, True, True]
    assert [one.is_live(clock.now() + timedelta(hours=3)) for one in found] == [False, False, True]
    await end_form_secret(edition.id, FORM, made[2][0], work=work(), caller=officer(), clock=clock)
    found = await list_form_secrets(edition.id, FORM, work=work(), caller=officer())
    assert [one.is_live(clock.now()) for one in found] == [False, True, False]


HALF = '["\\ud800x"]'
DEEP = "[" * 9_000 + "]" * 9_000


async def _held(work: OpenWork, clock: StoryClock, edition: Edition, flow: Flow) -> list[str]:
    """What becomes of all that waited, once the form is mapped."""
    await flow.map()
    await import_held_responses(edition.id, FORM, open_work=work, tools=flow.tools, clock=clock)
    return await _verdicts(work, edition)


async def _verdicts(work: OpenWork, edition: Edition) -> list[str]:
    found = await list_responses(
        edition.id, FORM, after=None, limit=9, work=work(), caller=officer()
    )
    return [" ".join(filter(None, (row.verdict.value, row.reason))) for _, _, row in found]


async def test_an_answer_that_is_no_text_holds_up_none_behind_it(
    work: OpenWork, clock: StoryClock, edition: Edition
) -> None:
    flow = Flow(work, clock, edition)
    await flow.delivers(Row(1, at(clock, 1), "\ufffe Ana", "ana@uniovi.es", "UNIOVI"))
    await flow.delivers(
        Row(2, at(clock, 2), HALF, "half@uniovi.es", "UNIOVI"),
        Row(3, at(clock, 3), "Bo", "bo@his.se", "HIS"),
        Row(4, at(clock, 4), "Cy", "cy@his.se", "HIS", country=DEEP),
    )
    assert await _held(work, clock, edition, flow) == [
        "invalid unwritable_text", "create", "create", "create",
    ]  # fmt: skip
    names = [name for name, _, _ in await Importer(work, clock, edition).standing()]
    # What two backslashes made of half a character is what the person wrote.
    assert names == [HALF, "Bo", "Cy"]


async def test_one_row_of_a_live_delivery_refuses_none_beside_it(
    flow: Flow, clock: StoryClock
) -> None:
    answers = await flow.delivers(
        Row(1, at(clock, 1), "Ana", "ana@uniovi.es", "UNIOVI"),
        Row(2, at(clock, 2), "Bo \U0001ffff", "bo@his.se", "HIS"),
        Row(3, at(clock, 3), "Cy", "cy@his.se", DEEP),
        Row(4, at(clock, 4), "Di", "di@his.se", "HIS"),
    )
    assert told(answers) == [
        "create", "invalid unwritable_text", "invalid answer_too_long", "create",
    ]  # fmt: skip


class NoAtlantis(CldrNames):
    """Cannot stand the name of one country."""

    def __init__(self, trouble: Exception) -> None:
        self._trouble = trouble

    def country(self, text: str) -> str | None:
        if text == "Atlantis":
            raise self._trouble
        return super().country(text)


@pytest.mark.parametrize(
    ("trouble", "why"),
    [
        (UnwritableText(), UnwritableText().detail),
        (KeyError("Atlantis"), "Importing it failed for a reason of ours, which has been logged."),
        (RecursionError(), "Importing it failed for a reason of ours, which has been logged."),
    ],
)
async def test_a_held_delivery_that_fails_is_kept_with_the_reason_and_comes_in_once_it_can(
    work: OpenWork, clock: StoryClock, edition: Edition, trouble: Exception, why: str
) -> None:
    flow = Flow(work, clock, edition)
    bad = Row(1, at(clock, 1), "Ana", "ana@uniovi.es", "UNIOVI", country="Atlantis")
    good = Row(2, at(clock, 2), "Bo", "bo@his.se", "HIS", country="Spain")
    (kept,) = await flow.delivers(bad)
    await flow.delivers(good)
    flow.tools = replace(flow.tools, names=NoAtlantis(trouble))
    with pytest.raises(HeldNotTaken) as told_of:
        await _held(work, clock, edition, flow)
    assert "could not be imported: 1." in told_of.value.detail
    # The next has come in, and the sender is told that this one is here.
    assert await _verdicts(work, edition) == ["needs_decision import_failed", "create"]
    assert told(await flow.delivers(bad)) == ["needs_decision import_failed"]
    async with work() as w:
        assert await w.deliveries.held(edition.id, FORM, 9) == [kept.import_id]
        found = await w.imports.read(kept.import_id)
    assert (found.problem, found.counts) == (("import_failed", why), {"needs_decision": 1})
    assert found.advice == f"{why} Resume the job that failed, or map the form once more."
    # Tried again once the trouble is mended, nothing of it is lost.
    flow.tools = replace(flow.tools, names=CldrNames())
    done = await import_held_responses(
        edition.id, FORM, open_work=work, tools=flow.tools, clock=clock
    )
    assert (done, await _verdicts(work, edition)) == (1, ["create", "create"])
    async with work() as w:
        assert (await w.imports.read(kept.import_id)).problem is None
    names = [name for name, _, _ in await Importer(work, clock, edition).standing()]
    assert names == ["Ana", "Bo"]

"""What an edition promises through its life, on every store."""

from datetime import timedelta
from uuid import uuid4

import pytest

from app.adapters.postgres.tables import metadata
from app.adapters.postgres.tables.base import personal_columns
from app.domain.access.permissions import NotAllowed
from app.domain.enrolment.changing import EditionChanges
from app.domain.enrolment.edition import EditionState, Mode
from app.domain.enrolment.errors import (
    CapBelowAdmitted,
    EditionNotFound,
    EditionStale,
    NotYetPublished,
    ReasonNeeded,
    RegistrationClosed,
)
from app.domain.enrolment.quota import one_cap
from app.domain.enrolment.use_cases.edition_ends import complete_edition
from app.domain.enrolment.use_cases.editions import (
    begin_grading,
    cancel_edition,
    close_edition,
    edit_edition,
    open_edition,
    start_edition,
)
from app.domain.enrolment.use_cases.lists import (
    get_standing,
    publish_list,
)
from app.domain.enrolment.use_cases.timetable import make_due_moves
from tests.contracts.conftest import OpenWork
from tests.contracts.enrolment_steps import cancels, outcome, proven, states
from tests.enrolment_builders import (
    an_edition,
    officer,
    opened,
    queue_up,
    registers,
)
from tests.memory_ports import StoryClock


async def test_an_edition_comes_back_as_it_was_kept(work: OpenWork, clock: StoryClock) -> None:
    edition = an_edition(clock.now(), least_participants=10, overrides_allowed=True)
    async with work() as w:
        await w.editions.add(edition)
    async with work() as w:
        kept = await w.editions.read(edition.id)
        locked = await w.editions.get(edition.id)
        with pytest.raises(EditionNotFound):
            await w.editions.read(uuid4())
    assert vars(kept) == vars(edition)
    assert vars(locked) == vars(edition)


async def test_while_the_list_is_provisional_everybody_waits_and_nobody_is_told(
    work: OpenWork, clock: StoryClock
) -> None:
    edition = await opened(work, clock, places=2)
    views = await queue_up(work, clock, edition, ["HKA", "UDA", "URN"])
    assert {outcome(view) for view in views} == {"waiting provisional"}
    found = await get_standing(edition.id, work=work(), caller=officer())
    assert [s.is_placed for s in found.standings] == [True, True, False]
    await cancels(work, clock, views[0])
    found = await get_standing(edition.id, work=work(), caller=officer())
    assert [s.is_placed for s in found.standings] == [True, True]


async def test_publishing_stores_the_standing_in_rank_order_and_binds(
    work: OpenWork, clock: StoryClock
) -> None:
    edition = await opened(work, clock, places=3, per_institution=2)
    views = await queue_up(work, clock, edition, ["UNIOVI", "UNIOVI", "UNIOVI", "HKA", "UDA"])
    looked = await publish_list(
        edition.id, 2, dry_run=True, work=work(), caller=officer(), clock=clock
    )
    assert await states(work, edition) == ["waiting"] * 5
    done = await publish_list(
        edition.id, 2, reason="early", work=work(), caller=officer(), clock=clock
    )
    assert (looked.placed, looked.waiting) == (done.placed, done.waiting) == (3, 2)
    assert [s.is_placed for s in looked.standings] == [s.is_placed for s in done.standings]
    assert await states(work, edition) == ["placed", "placed", "waiting", "placed", "waiting"]
    assert done.edition.version == 3
    async with work() as w:
        log = await w.decisions.page(edition.id, after=0, limit=100)
    # The caps, then decisions on everybody in order of rank.
    assert [d.seq for d in log] == [1, 2, 3, 4, 5, 6]
    assert [d.registration for d in log[1:]] == [v.registration.id for v in views]
    newcomer = await registers(work, clock, edition, "late", "HKA")
    assert outcome(newcomer) == "waiting full"
    await cancels(work, clock, views[3])
    assert await proven(work, edition) == []
    with pytest.raises(EditionStale):
        await publish_list(edition.id, 2, work=work(), caller=officer(), clock=clock)


async def test_caps_that_grow_promote_before_anybody_new(work: OpenWork, clock: StoryClock) -> None:
    edition = await opened(work, clock, mode=Mode.DIRECT, places=2, per_institution=1)
    await queue_up(work, clock, edition, ["HKA", "HKA", "HKA", "UDA", "URN"])
    more = EditionChanges({"quota": one_cap(4, 2)}, "a second tutor")
    changed, promoted = await edit_edition(
        edition.id, 2, more, dry_run=True, work=work(), caller=officer(), clock=clock
    )
    assert len(promoted) == 2
    assert await states(work, edition) == ["placed", "waiting", "waiting", "placed", "waiting"]
    changed, promoted = await edit_edition(
        edition.id, 2, more, work=work(), caller=officer(), clock=clock
    )
    assert await states(work, edition) == ["placed", "placed", "waiting", "placed", "placed"]
    assert await proven(work, edition) == []
    with pytest.raises(CapBelowAdmitted):
        await edit_edition(
            edition.id, changed.version, EditionChanges({"quota": one_cap(4, 1)}, "fewer"),
            work=work(), caller=officer(), clock=clock,
        )  # fmt: skip
    with pytest.raises(ReasonNeeded):
        await edit_edition(
            edition.id, changed.version, EditionChanges({"quota": one_cap(9, 2)}),
            work=work(), caller=officer(), clock=clock,
        )  # fmt: skip


async def test_an_edition_lives_through_its_states(work: OpenWork, clock: StoryClock) -> None:
    edition = await opened(work, clock, places=1)
    views = await queue_up(work, clock, edition, ["HKA", "UDA"])
    as_officer = officer()
    closed = await close_edition(
        edition.id, 2, "enough", work=work(), caller=as_officer, clock=clock
    )
    with pytest.raises(RegistrationClosed):
        await registers(work, clock, edition, "too-late")
    with pytest.raises(NotYetPublished):
        await start_edition(edition.id, closed.version, work=work(), caller=as_officer, clock=clock)
    published = await publish_list(
        edition.id, closed.version, work=work(), caller=as_officer, clock=clock
    )
    running = await start_edition(
        edition.id, published.edition.version, "early", work=work(), caller=as_officer, clock=clock
    )
    # Once teaching has begun a place that is given up goes to nobody.
    assert await cancels(work, clock, views[0]) == []
    assert await states(work, edition) == ["withdrawn", "waiting"]
    with pytest.raises(ReasonNeeded):
        await begin_grading(
            edition.id, running.version, work=work(), caller=as_officer, clock=clock
        )
    grading = await begin_grading(
        edition.id, running.version, "early", work=work(), caller=as_officer, clock=clock
    )
    assert grading.state is EditionState.GRADING
    done = await complete_edition(edition.id, [], work=work(), clock=clock)
    assert done.state is EditionState.RESULTS_CONFIRMED
    assert await proven(work, edition) == []


async def test_those_who_passed_have_completed_and_a_second_time_changes_nothing(
    work: OpenWork, clock: StoryClock
) -> None:
    edition = await opened(work, clock, mode=Mode.DIRECT, places=2)
    views = await queue_up(work, clock, edition, ["HKA", "UDA", "URN"])
    await close_edition(edition.id, 2, "early", work=work(), caller=officer(), clock=clock)
    await start_edition(edition.id, 3, "early", work=work(), caller=officer(), clock=clock)
    await begin_grading(edition.id, 4, "early", work=work(), caller=officer(), clock=clock)
    passed = [views[0].registration.id, views[2].registration.id]
    for _ in range(2):
        await complete_edition(edition.id, passed, work=work(), clock=clock)
    # Whoever waits has not passed, whatever results may say.
    assert await states(work, edition) == ["completed", "placed", "waiting"]
    assert await proven(work, edition) == []


async def test_a_cancelled_edition_ends_every_registration_and_promotes_nobody(
    work: OpenWork, clock: StoryClock
) -> None:
    edition = await opened(work, clock, mode=Mode.DIRECT, places=1)
    await queue_up(work, clock, edition, ["HKA", "UDA", "EXT:Uni Oviedo"])
    await cancel_edition(
        edition.id, 2, "the teacher is ill", work=work(), caller=officer(), clock=clock
    )
    assert await states(work, edition) == ["cancelled"] * 3
    assert await proven(work, edition) == []


async def test_a_timer_opens_and_closes_what_is_due(work: OpenWork, clock: StoryClock) -> None:
    edition = an_edition(clock.now())
    async with work() as w:
        await w.editions.add(edition)
        assert await w.editions.due(clock.now(), 10) == [edition.id]
    assert (await make_due_moves(edition.id, work=work(), clock=clock)).state is EditionState.OPEN
    assert (await make_due_moves(edition.id, work=work(), clock=clock)).state is EditionState.OPEN
    clock.move(timedelta(days=11))
    async with work() as w:
        assert await w.editions.due(clock.now(), 10) == [edition.id]
    closed = await make_due_moves(edition.id, work=work(), clock=clock)
    assert closed.state is EditionState.CLOSED
    async with work() as w:
        assert await w.editions.due(clock.now(), 10) == []


async def test_opening_before_the_announced_time_needs_a_reason_and_moves_it(
    work: OpenWork, clock: StoryClock
) -> None:
    edition = an_edition(clock.now() - timedelta(days=-3))
    async with work() as w:
        await w.editions.add(edition)
    with pytest.raises(ReasonNeeded):
        await open_edition(edition.id, 1, work=work(), caller=officer(), clock=clock)
    early = await open_edition(
        edition.id, 1, "the page is out", work=work(), caller=officer(), clock=clock
    )
    assert early.window.opens == clock.now()


async def test_only_officers_and_coordinators_of_the_organiser_move_an_edition(
    work: OpenWork, clock: StoryClock
) -> None:
    edition = await opened(work, clock)
    stranger = officer("HKA")
    with pytest.raises(NotAllowed):
        await publish_list(edition.id, 2, work=work(), caller=stranger, clock=clock)
    with pytest.raises(NotAllowed):
        await edit_edition(
            edition.id, 2, EditionChanges({}), work=work(), caller=stranger, clock=clock
        )


def test_the_columns_that_hold_data_about_people_are_known() -> None:
    tables = {t for t in metadata.tables if t in OF_ENROLMENT}
    assert tables == OF_ENROLMENT
    assert sorted(str(c) for c in personal_columns() if c.table.name in tables) == [
        "form_response.answers",
        "import_file.content",
        "import_row.answers",
        "import_row.email",
        "import_row.email_folded",
        "import_row.full_name",
        "import_row.name_key",
        "import_row.stated",
        "person.country",
        "person.email",
        "person.email_folded",
        "person.full_name",
        "person.language",
        "person.name_key",
        "person.wanted_email",
        "registration.stated",
    ]


OF_ENROLMENT = {
    "allocation_decision",
    "edition",
    "external_spelling",
    "form_mapping",
    "form_response",
    "import_file",
    "import_row",
    "person",
    "place_tally",
    "registration",
    "response_import",
}

"""Plans, their tokens, and taking back, on every store."""

from uuid import uuid4

import pytest

from app.domain.access.permissions import NotAllowed
from app.domain.enrolment.edition import Edition, Mode
from app.domain.enrolment.errors import AlreadyPublished, NotInThisState
from app.domain.enrolment.errors_forms import (
    ImportNotFound,
    ImportStateError,
    PlanRefused,
    PlanTokenUnknown,
)
from app.domain.enrolment.forms.imports import ImportState, Verdict
from app.domain.enrolment.forms.mapping import Answer
from app.domain.enrolment.use_cases.commit import commit_import, take_back_import
from app.domain.enrolment.use_cases.editions import close_edition, start_edition
from app.domain.enrolment.use_cases.imports import (
    get_import,
    list_import_rows,
    plan_received,
    receive_import,
    request_commit,
)
from tests.contracts.conftest import OpenWork
from tests.contracts.import_steps import edition as edition  # a fixture
from tests.contracts.import_steps import importer as importer  # a fixture
from tests.contracts.import_steps import proven, publishes
from tests.enrolment_builders import LIKENESS, officer, opened, registers
from tests.enrolment_imports import FORM, TOOLS, Importer, at, verdicts
from tests.forms_workbooks import Row, workbook
from tests.memory_ports import StoryClock


async def test_the_same_plan_token_again_finds_it_done(
    importer: Importer, clock: StoryClock
) -> None:
    planned = await importer.plan([Row(1, at(clock, 1), "Ana", "ana@uniovi.es", "UNIOVI")])
    first = await importer.commit(planned)
    second = await importer.commit(planned)
    assert first.committed_at == second.committed_at
    assert len(await importer.standing()) == 1


async def test_a_plan_is_refused_when_what_it_rests_on_has_changed(
    importer: Importer, clock: StoryClock
) -> None:
    rows = [Row(1, at(clock, 1), "Ana", "ana@uniovi.es", "UNIOVI")]
    planned = await importer.plan(rows)
    await importer.map("Europe/Helsinki")
    with pytest.raises(PlanRefused) as refused:
        await importer.commit(planned)
    assert refused.value.changed == ("the mapping of the form",)
    planned = await importer.plan(rows)
    async with importer.work() as w:
        await w.institutions.remember_alias("the oviedo one", "UNIOVI")
    with pytest.raises(PlanRefused) as refused:
        await importer.commit(planned)
    assert refused.value.changed == ("the known spellings of institutions",)
    planned, other = await importer.plan(rows), await importer.plan(rows)
    await importer.commit(other)
    with pytest.raises(PlanRefused) as refused:
        await importer.commit(planned)
    assert refused.value.changed == ("another import",)
    planned = await importer.plan(rows)
    await publishes(importer)
    with pytest.raises(PlanRefused) as refused:
        await importer.commit(planned)
    assert refused.value.changed == ("the edition's configuration",)


async def test_what_others_do_meanwhile_does_not_refuse_the_plan_but_is_told(
    importer: Importer, clock: StoryClock, work: OpenWork
) -> None:
    planned = await importer.plan(
        [
            Row(1, at(clock, 1), "Learner ana", "ana@example.org", "UNIOVI"),
            Row(2, at(clock, 2), "Bo", "bo@his.se", "HIS"),
        ]
    )
    await registers(work, clock, importer.edition, "ana", "UNIOVI")
    done = await importer.commit(planned)
    assert done.differing == (2,)
    rows = await importer.rows(done)
    assert [(row.verdict, row.planned) for row in rows] == [
        (Verdict.DUPLICATE, Verdict.CREATE), (Verdict.CREATE, None),
    ]  # fmt: skip


async def test_an_import_is_taken_back_as_one_step_while_the_list_is_provisional(
    importer: Importer, clock: StoryClock, work: OpenWork
) -> None:
    first = [
        Row(1, at(clock, 10), "Ana", "ana@uniovi.es", "UNIOVI"),
        Row(2, at(clock, 11), "Bo", "bo@his.se", "HIS"),
        Row(3, at(clock, 12), "Ana", "ana@gmail.com", "HKA"),
    ]
    await importer.take(first)
    await registers(work, clock, importer.edition, "cy", "UOC")
    before = await importer.standing()
    second = [
        Row(1, at(clock, 10), "Ana", "ana@uniovi.es", "HKA", modified=at(clock, 20)),
        Row(2, at(clock, 30), "Bo", "bo@his.se", "HIS"),
        Row(4, at(clock, 5), "Bo", "bo@his.se", "MTU"),
        Row(5, at(clock, 6), "Di", "di@his.se", "HIS"),
        Row(6, at(clock, 7), "Learner cy", "cy@example.org", "UOC"),
    ]
    planned = await importer.plan(second)
    done = await importer.commit(planned)
    # The second Ana may now be the first, since both say Karlsruhe.
    assert [name for name, *_ in await importer.standing()] == ["Di", "Learner cy", "Ana"]
    taken_back = await take_back_import(
        importer.edition.id, done.id, likeness=LIKENESS, work=work(), caller=importer.officer,
        clock=clock,
    )  # fmt: skip
    assert taken_back.state is ImportState.TAKEN_BACK
    assert await importer.standing() == before
    async with work() as w:
        assert await w.tallies.reconcile() == []
    with pytest.raises(ImportStateError):
        await take_back_import(
            importer.edition.id, done.id, likeness=LIKENESS, work=work(),
            caller=importer.officer, clock=clock,
        )  # fmt: skip
    # Taken back is not refused for good: the same rows may come again.
    again = await importer.take(second)
    assert verdicts(again)[2:] == ["duplicate same_person", "create", "duplicate same_person"]
    await publishes(importer, leave_undecided=True)
    with pytest.raises(AlreadyPublished):
        await take_back_import(
            importer.edition.id, done.id, likeness=LIKENESS, work=work(), caller=importer.officer,
            clock=clock,
        )  # fmt: skip


async def test_a_form_that_nobody_has_mapped_gets_a_suggestion_and_no_plan(
    work: OpenWork, clock: StoryClock, edition: Edition
) -> None:
    as_officer = officer()
    content = workbook(
        [Row(1, at(clock, 1), "Ana", "ana@uniovi.es", "Universidad de Oviedo")],
        more=["¿Por qué?"],
    )
    new, job = await receive_import(
        edition.id, FORM, "respuestas.xlsx", content, work=work(), caller=as_officer, clock=clock
    )
    assert job.params == {"import": str(new.id)}
    found = await plan_received(new.id, open_work=work, tools=TOOLS, clock=clock)
    assert (found.state, found.plan_token) == (ImportState.NEEDS_MAPPING, None)
    assert found.suggestion is not None
    assert (found.suggestion.language, found.suggestion.questions) == (
        "es",
        {
            "Nombre y apellidos": Answer.FULL_NAME,
            "Correo electrónico de contacto": Answer.EMAIL,
            "Institución de origen": Answer.INSTITUTION,
            "País": Answer.COUNTRY,
        },
    )
    assert found.unknown_columns == ("¿Por qué?",)
    assert found.counts == {"create": 1}
    with pytest.raises(PlanRefused):
        await commit_import(
            new.id, "", open_work=work, tools=TOOLS, actor="x", clock=clock
        )  # fmt: skip


async def test_a_file_that_cannot_be_read_is_refused_and_kept(
    work: OpenWork, clock: StoryClock, edition: Edition
) -> None:
    new, _ = await receive_import(
        edition.id, FORM, "x.xlsx", b"PK nonsense", work=work(), caller=officer(), clock=clock
    )
    for _ in range(2):
        found = await plan_received(new.id, open_work=work, tools=TOOLS, clock=clock)
        assert (found.state, found.problem and found.problem[0]) == (
            ImportState.REFUSED, "unreadable",
        )  # fmt: skip
    async with work() as w:
        assert (await w.imports.file(new.id)).content == b"PK nonsense"


async def test_only_the_editions_own_officers_import_and_others_see_their_own_rows(
    importer: Importer, clock: StoryClock, work: OpenWork, edition: Edition
) -> None:
    done = await importer.commit(
        await importer.plan(
            [
                Row(1, at(clock, 1), "Ana", "ana@uniovi.es", "UNIOVI"),
                Row(2, at(clock, 2), "Bo", "bo@his.se", "HIS"),
            ]
        )
    )
    at_skovde = officer("HIS")
    with pytest.raises(NotAllowed):
        await receive_import(edition.id, FORM, "x", b"", work=work(), caller=at_skovde, clock=clock)
    with pytest.raises(NotAllowed):
        await request_commit(edition.id, done.plan_token or "", work=work(), caller=at_skovde)
    for caller, expected in ((at_skovde, ["Bo"]), (officer("HKA"), []), (officer(), ["Ana", "Bo"])):
        of, rows = await list_import_rows(done.id, after=0, limit=50, work=work(), caller=caller)
        assert (of.id, of.state) == (done.id, ImportState.COMMITTED)
        assert [row.full_name for row in rows] == expected
        found, _ = await get_import(done.id, work=work(), caller=caller)
        assert found.file_hash == done.file_hash
    with pytest.raises(ImportNotFound):
        await get_import(uuid4(), work=work(), caller=officer())


async def test_a_plan_token_is_of_one_edition(
    importer: Importer, clock: StoryClock, work: OpenWork
) -> None:
    planned = await importer.plan([Row(1, at(clock, 1), "Ana", "ana@uniovi.es", "UNIOVI")])
    other = await opened(work, clock)
    for token in (planned.plan_token or "", "nonsense", f"{uuid4()}.abc"):
        with pytest.raises(PlanTokenUnknown):
            await request_commit(other.id, token, work=work(), caller=officer())
    found, job = await request_commit(
        importer.edition.id, planned.plan_token or "", work=work(), caller=officer()
    )
    assert (found.id, job.kind) == (planned.id, "commit_import")


async def test_nothing_is_imported_once_teaching_has_begun(
    importer: Importer, clock: StoryClock, work: OpenWork, edition: Edition
) -> None:
    planned = await importer.plan([Row(1, at(clock, 1), "Ana", "ana@uniovi.es", "UNIOVI")])
    await publishes(importer)
    await close_edition(edition.id, 3, "early", work=work(), caller=officer(), clock=clock)
    await start_edition(edition.id, 4, "early", work=work(), caller=officer(), clock=clock)
    with pytest.raises(NotInThisState):
        await importer.commit(planned)
    with pytest.raises(NotInThisState):
        await importer.plan([])


async def test_a_direct_edition_decides_the_rows_of_one_import_in_rank_order(
    work: OpenWork, clock: StoryClock
) -> None:
    edition = await opened(work, clock, places=2, per_institution=1, mode=Mode.DIRECT)
    importer = Importer(work, clock, edition)
    await importer.map()
    rows = await importer.take(
        [
            Row(3, at(clock, 30), "Third", "c@his.se", "HIS"),
            Row(1, at(clock, 10), "First", "a@uniovi.es", "UNIOVI"),
            Row(2, at(clock, 20), "Second", "b@h-ka.de", "HKA"),
        ]
    )
    assert [row.standing.state for row in rows if row.standing] == ["waiting", "placed", "placed"]
    assert await proven(importer) == []

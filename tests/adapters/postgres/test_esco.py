"""ESCO in the database: imports, versions side by side, harvests, and links that change."""

import asyncio
import itertools
import os
import signal
import sys
from pathlib import Path

import pytest
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncEngine

from app.adapters.esco.assemble import published_in
from app.adapters.esco.builtin import builtin_skills, our_notes
from app.adapters.esco.bundles import EscoFileRefused
from app.adapters.esco.concepts import EscoConcept
from app.adapters.postgres.esco_import import (
    EscoVersionIncomplete,
    activate,
    import_files,
)
from app.adapters.postgres.esco_index import Loaded, write_index
from app.adapters.postgres.esco_skills import ImportedSkills
from app.adapters.postgres.esco_sync import HarvestIncomplete, sync
from app.adapters.postgres.tables.base import table
from app.adapters.postgres.tables.esco import EscoConceptRow, EscoImportRow, EscoLabelRow
from app.domain.clock import SystemClock
from app.domain.skills.ports import EscoVersionNotFound
from app.domain.vocabulary.skills import SkillsUnavailable, SkillType
from tests.adapters.esco.files import BROADER, GOOD, GROUP, GROUPS, QUALITY, TEAMS, put
from tests.esco_imitation import Imitation, served

CLOCK = SystemClock()


async def count(engine: AsyncEngine, row: type, **where: object) -> int:
    rows = table(row)
    async with engine.connect() as connection:
        found = await connection.scalar(
            select(func.count())
            .select_from(rows)
            .where(*(rows.c[name] == value for name, value in where.items()))
        )
    return int(found or 0)


def official(folder: Path) -> Path:
    put(folder, "skills_en.csv", GOOD)
    put(folder, "skillGroups_en.csv", GROUPS)
    put(folder, "broaderRelationsSkillPillar.csv", BROADER)
    return folder


async def test_an_imported_version_answers_once_it_is_active(engine, tmp_path):
    skills = ImportedSkills(
        engine,
        tmp_path / "index",
        builtin_skills(),
        our_notes(),
        now=itertools.count(step=9).__next__,
    )
    assert (await skills.in_use()).source == "built_in"
    await import_files(engine, "1.1.1", published_in([official(tmp_path)]), CLOCK)
    assert (await skills.in_use()).source == "built_in"
    await activate(engine, "1.1.1", CLOCK)
    await skills.in_use()  # the old data answer while the index is being built
    url = engine.url.render_as_string(hide_password=False)
    await asyncio.to_thread(write_index, url, Loaded("1.1.1", 3), tmp_path / "index")
    assert (await skills.in_use()).source == "imported"
    found = await skills.get(TEAMS, "en")
    assert (found.label, found.group_path, found.code, found.description) == (
        "work in teams",
        ("working with others",),
        "S1",
        "Work with others.",
    )


async def test_the_same_file_twice_is_taken_once_and_a_new_one_replaces_its_forerunner(
    engine, tmp_path
):
    first = await import_files(engine, "1.1.1", published_in([official(tmp_path)]), CLOCK)
    again = await import_files(engine, "1.1.1", published_in([tmp_path]), CLOCK)
    assert ([r.new for r in first], [r.new for r in again]) == ([True] * 3, [False] * 3)
    put(tmp_path, "skills_en.csv", GOOD.replace("manage quality", "manage the quality"))
    await import_files(engine, "1.1.1", published_in([tmp_path]), CLOCK)
    assert await count(engine, EscoLabelRow, uri=QUALITY, text="manage the quality") == 1
    assert await count(engine, EscoLabelRow, uri=QUALITY, text="manage quality") == 0


async def test_lists_of_labels_fill_gaps_and_name_those_that_stay(engine, tmp_path):
    await import_files(engine, "1.1.1", published_in([official(tmp_path)]), CLOCK)
    lists = tmp_path / "lists"
    lists.mkdir()
    put(lists, "l_de.csv", f"conceptUri,preferredLabel\n{TEAMS},im Team\n{TEAMS}gone,fort\n")
    [report] = await import_files(engine, "1.1.1", published_in([lists], labels_only=True), CLOCK)
    assert {what: odd["times"] for what, odd in report.oddities.items()} == {
        "concept_not_in_this_version": 1,
        "skill_without_label_de": 1,
    }
    assert await count(engine, EscoLabelRow, language="de") == 1


async def test_labels_alone_are_no_version(engine, tmp_path):
    put(tmp_path, "l_de.csv", f"conceptUri,preferredLabel\n{TEAMS},im Team\n")
    with pytest.raises(EscoVersionIncomplete):
        await import_files(engine, "1.1.1", published_in([tmp_path], labels_only=True), CLOCK)
    with pytest.raises(EscoVersionNotFound):
        await activate(engine, "9.9.9", CLOCK)


async def test_one_bad_file_among_good_ones_changes_nothing(engine, tmp_path):
    official(tmp_path)
    put(tmp_path, "skills_es.csv", GOOD.replace("manage quality", "=cmd()"))
    with pytest.raises(EscoFileRefused, match="formula"):
        await import_files(engine, "1.1.1", published_in([tmp_path]), CLOCK)
    assert await count(engine, EscoConceptRow) == 0
    assert await count(engine, EscoImportRow) == 0


@pytest.mark.slow
async def test_an_import_that_was_killed_goes_on_where_it_stopped(engine, database_url, tmp_path):
    many = "".join(
        f"KnowledgeSkillCompetence,{TEAMS}{n},skill/competence,,skill number {n},,\n"
        for n in range(20_000)
    )
    official(tmp_path)
    put(tmp_path, "skills_es.csv", GOOD + many)
    started = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "app", "esco", "import", "--version", "1.1.1", str(tmp_path),
        env={**os.environ, "DATABASE_URL": database_url, "MC_DATA_DIR": str(tmp_path / "var")},
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    while not await count(engine, EscoImportRow):
        assert started.returncode is None
        await asyncio.sleep(0.005)
    if started.returncode is None:
        started.send_signal(signal.SIGKILL)
    await started.wait()
    before = await count(engine, EscoImportRow)
    reports = await import_files(engine, "1.1.1", published_in([tmp_path]), CLOCK)
    assert sum(not one.new for one in reports) == before
    assert await count(engine, EscoConceptRow) == 20_003
    assert await count(engine, EscoImportRow) == 4


def imitation() -> Imitation:
    group = EscoConcept(GROUP, {"en": "working with others"}, type=SkillType.GROUP, code="S1")
    return Imitation(
        [
            group,
            *(
                EscoConcept(
                    f"{TEAMS}{n:03}",
                    {"en": f"skill {n}", "sv": f"färdighet {n}"},
                    {"en": [f"ability {n}"]},
                    SkillType.SKILL,
                    broader=[GROUP],
                    description={"en": f"Can do {n}."},
                )
                for n in range(120)
            ),
        ]
    )


async def no_pause(seconds: float) -> None:
    del seconds


async def test_a_harvest_brings_labels_of_all_languages_groups_and_details(engine):
    with served(imitation()) as api:
        await sync(engine, api.url, "1.1.1", CLOCK, details=True, page=100, sleep=no_pause)
    assert await count(engine, EscoLabelRow, language="sv", kind="preferred") == 120
    assert await count(engine, EscoLabelRow, kind="alternative") == 120
    assert await count(engine, EscoConceptRow, kind="group", code="S1") == 1
    assert all("selectedVersion=v1.1.1" in question for question in api.asked)
    assert max(question.count("uris=") for question in api.asked) == 50


async def test_a_harvest_that_broke_off_goes_on_with_the_page_it_lacked(engine):
    with served(imitation()) as api:
        api.fail_after = 1
        with pytest.raises(SkillsUnavailable):
            await sync(engine, api.url, "1.1.1", CLOCK, page=50, sleep=no_pause)
        assert await count(engine, EscoConceptRow) == 50
        api.fail_after = None
        api.asked.clear()
        await sync(engine, api.url, "1.1.1", CLOCK, page=50, sleep=no_pause)
    assert "offset=1" in api.asked[0]
    assert await count(engine, EscoConceptRow, kind="skill") == 120


async def test_half_a_harvest_is_not_taken_for_a_whole_one(engine):
    with served(imitation()) as api:
        api.ceiling = 60
        with pytest.raises(HarvestIncomplete):
            await sync(engine, api.url, "1.1.1", CLOCK, page=50, sleep=no_pause)

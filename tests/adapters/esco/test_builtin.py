"""The built-in set: the skills that the alliance's course page names, and its facts."""

import csv
import io
import zipfile

import pytest

from app.adapters.esco.assemble import assembled, published_in
from app.adapters.esco.builtin import builtin_skills, our_notes
from app.adapters.esco.index import SkillIndex
from app.domain.vocabulary.skills import ResolutionStatus as Status
from app.domain.vocabulary.skills import SkillType
from tests.reference_data import reference_file

SKILL = "http://data.europa.eu/esco/skill/"

# wording → status, candidates (uri, label, code), also, codes of warnings
COURSE_PAGE = {
    "apply system organisational policies": (
        Status.EXACT,
        [
            (
                "07e47d58-dd0e-4302-9e68-70a188e89065",
                "apply system organisational policies",
                "S3.3.3",
            )
        ],
        [],
        [],
    ),
    "ensure ongoing compliance with regulations": (
        Status.EXACT,
        [
            (
                "1c7c161d-1c78-4098-b28d-147857d44699",
                "ensure ongoing compliance with regulations",
                "S3.3.3",
            )
        ],
        [],
        ["sense_differs"],
    ),
    "documenting and recording information": (
        Status.GROUP,
        [
            (
                "325a3d29-a235-4182-9128-782c0f4b2dcc",
                "documenting and recording information",
                "S2.2",
            ),
            (
                "1034004c-0347-4765-8794-b65d2c92b379",
                "documenting and recording information",
                "S2.2.0",
            ),
        ],
        [],
        ["group"],
    ),
    "assess project resource needs": (
        Status.EXACT,
        [("b2235ce8-d0f0-4954-9b60-e2c1aeeadab5", "assess project resource needs", "S2.6.3")],
        [],
        [],
    ),
    "apply quality standards": (
        Status.ALT_LABEL,
        [("35ebe444-9ece-4fbc-a55d-e99ea37267ae", "manage quality", "T3.1")],
        [],
        [],
    ),
    "use online tools to collaborate": (
        Status.EXACT,
        [("580660a6-5d3a-421d-a54f-d85b706c2b2f", "use online tools to collaborate", "S5.6.1")],
        [
            (
                "2b34a99f-9813-4c91-9509-b6b9b8c3132e",
                "collaborate through digital technologies",
                "S5.6.1",
            )
        ],
        ["homonym"],
    ),
    "use ICT resources to solve work related tasks": (
        Status.EXACT,
        [
            (
                "5c845ff8-b3f7-42b1-a846-a4238a8b404e",
                "use ICT resources to solve work related tasks",
                "S5.6.1",
            )
        ],
        [],
        [],
    ),
    "digital communication and collaboration": (
        Status.EXACT,
        [
            (
                "574257ea-7b64-4100-b7b6-e27c233fe143",
                "digital communication and collaboration",
                "S5.6.1",
            )
        ],
        [],
        ["type_changed"],
    ),
    "linking learning outcomes of qualifications with ESCO skills": (Status.NOT_FOUND, [], [], []),
    "evaluate data": (
        Status.NOT_FOUND,
        [
            (
                "1d6c7de4-350e-4868-a47b-333b4b0d9650",
                "evaluate data, information and digital content",
                "S2.7.0",
            ),
            ("b74fd765-e1ae-4f56-a188-45cd782bca01", "assess reliability of data", "S2.7.0"),
            (
                "3753e796-121e-46a3-9c27-dee31ce92c80",
                "analysing and evaluating information and data",
                "S2.7",
            ),
        ],
        [],
        [],
    ),
    "work in teams": (
        Status.EXACT,
        [("60c78287-22eb-4103-9c8c-28deaa460da0", "work in teams", "T4.3")],
        [],
        [],
    ),
}


async def test_the_skills_on_the_course_page_are_what_they_are_and_not_what_they_seem():
    found = await builtin_skills().resolve(list(COURSE_PAGE), "en")
    assert {
        r.wording: (
            r.status,
            [(c.uri.removeprefix(SKILL), c.label, c.code) for c in r.candidates],
            [(c.uri.removeprefix(SKILL), c.label, c.code) for c in r.also],
            [w.code for w in r.warnings],
        )
        for r in found
    } == COURSE_PAGE


async def test_types_and_reuse_levels_of_the_course_page():
    found = await builtin_skills().resolve(list(COURSE_PAGE), "en")
    types = {r.wording: (r.candidates[0].type, r.candidates[0].reuse_level) for r in found[:8]}
    assert types == {
        "apply system organisational policies": (SkillType.SKILL, "cross-sector"),
        "ensure ongoing compliance with regulations": (SkillType.SKILL, "cross-sector"),
        "documenting and recording information": (SkillType.GROUP, None),
        "assess project resource needs": (SkillType.SKILL, "sector-specific"),
        "apply quality standards": (SkillType.SKILL, "transversal"),
        "use online tools to collaborate": (SkillType.SKILL, "cross-sector"),
        "use ICT resources to solve work related tasks": (SkillType.SKILL, "sector-specific"),
        "digital communication and collaboration": (None, None),
    }


async def test_a_note_about_the_meaning_names_skills_that_exist_and_speaks_spanish():
    skills = builtin_skills()
    [in_english, in_spanish] = [
        (await skills.resolve(["ensure ongoing compliance with regulations"], tag))[0].warnings[0]
        for tag in ("en", "es")
    ]
    assert "aviation" in in_english.detail
    assert "aviación" in in_spanish.detail
    assert [(await skills.get(uri, "en")).label for uri in in_english.instead] == [
        "comply with regulations",
        "comply with legal regulations",
    ]


async def test_c_sharp_and_c_plus_plus_are_two_skills():
    found = await builtin_skills().resolve(["c#", "C++"], "en")
    assert [[c.label for c in r.candidates] for r in found] == [["C#"], ["C++"]]


async def test_a_skill_and_a_field_of_the_same_name_are_told_apart():
    [found] = await builtin_skills().resolve(["mathematics"], "en")
    assert (found.status, found.candidates[0].type) == (Status.EXACT, SkillType.KNOWLEDGE)
    assert [(c.uri, c.type) for c in found.also] == [
        ("http://data.europa.eu/esco/isced-f/0541", SkillType.GROUP)
    ]


async def test_the_groups_around_a_skill_are_named_from_the_widest():
    skill = await builtin_skills().get(SKILL + "60c78287-22eb-4103-9c8c-28deaa460da0", "en")
    assert skill.group_path == (
        "transversal skills and competences",
        "social and communication skills and competences",
        "collaborating in teams and networks",
    )


@pytest.mark.reference
async def test_every_fact_of_the_built_in_set_is_one_of_esco_1_1_1():
    published: dict[str, dict[str, str]] = {}
    archive = reference_file("esco/v1.1.1/ESCO-v1.1.1-classification-en-csv.zip")
    with zipfile.ZipFile(archive) as files:
        for name in files.namelist():
            if name.rsplit("/", 1)[-1] in ("skills_en.csv", "skillGroups_en.csv"):
                with files.open(name) as file:
                    rows = csv.DictReader(io.TextIOWrapper(file, encoding="utf-8-sig"))
                    published |= {row["conceptUri"]: row for row in rows}
    skills = builtin_skills()
    assert len(skills.uris()) > 200
    types = {"skill/competence": SkillType.SKILL, "knowledge": SkillType.KNOWLEDGE, "": None}
    for uri in skills.uris():
        skill = await skills.get(uri, "en")
        row = published[uri]
        assert skill.label == " ".join(row["preferredLabel"].split()), uri
        if not skill.is_group:
            assert (skill.type, skill.reuse_level or "") == (
                types[row["skillType"]],
                row["reuseLevel"],
            ), uri
        alternatives = {" ".join(label.split()) for label in row["altLabels"].split("\n")}
        assert set(skill.alt_labels) <= alternatives, uri


@pytest.mark.reference
@pytest.mark.slow
async def test_the_course_page_resolves_alike_with_all_of_esco():
    folder = reference_file("esco/v1.1.1")
    concepts, occupations = assembled(published_in(sorted(folder.glob("*.zip"))))
    skills = SkillIndex("1.1.1", concepts, our_notes(), occupations)
    for found in await skills.resolve(list(COURSE_PAGE), "en"):
        status, candidates, also, warnings = COURSE_PAGE[found.wording]
        near = {uri for uri, *_ in candidates} if status is Status.NOT_FOUND else set()
        assert found.status is status
        got = [(c.uri.removeprefix(SKILL), c.label, c.code) for c in found.candidates]
        if near:  # among more concepts more come near; those of the table stay among them
            assert near <= {uri for uri, *_ in got}
        elif status is not Status.NOT_FOUND:
            assert got == candidates
        assert [(c.uri.removeprefix(SKILL), c.label, c.code) for c in found.also] == also
        assert [w.code for w in found.warnings] == warnings

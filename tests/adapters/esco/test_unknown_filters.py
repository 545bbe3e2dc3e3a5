"""Filters that name what there is not are refused: an empty list would pass for an answer."""

from dataclasses import replace

import pytest

from app.adapters.esco.builtin import builtin_skills
from app.adapters.esco.index import EscoOccupation, SkillIndex
from app.domain.vocabulary.skills import SkillFilter, UnknownSkillFilter

NOWHERE = "http://data.europa.eu/esco/occupation/00000000-0000-4000-8000-000000000000"
WEB_DEVELOPER = "http://data.europa.eu/esco/occupation/c40a2919-48a9-40ea-b506-1f34f693496d"

UNKNOWN = [
    (SkillFilter(collections=frozenset(["digital", "digtial"])), "collection", "collection"),
    (SkillFilter(group="S99"), "group", "group"),
    (SkillFilter(occupation=NOWHERE), "occupation", "occupation"),
]


@pytest.mark.parametrize(("where", "parameter", "code"), UNKNOWN)
async def test_a_search_names_the_parameter_that_nothing_is_known_by(
    where: SkillFilter, parameter: str, code: str
):
    with pytest.raises(UnknownSkillFilter) as refused:
        await builtin_skills().search("teams", "en", 9, where=where)
    assert [(f.pointer, f.code) for f in refused.value.findings] == [
        (f"#/query/{parameter}", f"{code}_unknown")
    ]


async def test_suggestions_name_every_field_of_the_body_that_nothing_is_known_by():
    where = SkillFilter(collections=frozenset(["x"]), group="S99", occupation=NOWHERE)
    with pytest.raises(UnknownSkillFilter) as refused:
        await builtin_skills().suggest(["Learners work in a team."], "en", 9, where=where)
    assert [f.pointer for f in refused.value.findings] == ["/collections", "/group", "/occupation"]


async def test_what_is_known_but_fits_nothing_gives_an_empty_list():
    developer = EscoOccupation(WEB_DEVELOPER, {"en": "web developer"}, essential=[], optional=[])
    skills = SkillIndex("1.1.1", [], occupations=[developer])
    known = SkillFilter(occupation=WEB_DEVELOPER)
    assert await skills.search("teams", "en", 9, where=known) == []
    with pytest.raises(UnknownSkillFilter):
        await skills.search("teams", "en", 9, where=replace(known, occupation=NOWHERE))
    with pytest.raises(UnknownSkillFilter) as refused:
        await skills.search("teams", "en", 9, where=SkillFilter(group=WEB_DEVELOPER))
    assert [f.code for f in refused.value.findings] == ["group_unknown"]


async def test_a_part_of_the_api_s_classification_refuses_nothing_that_it_cannot_know():
    skills = SkillIndex("1.1.1", [], source="api")
    assert await skills.search("teams", "en", 9, where=SkillFilter(occupation=NOWHERE)) == []

"""What every source of ESCO skills promises, whatever it gets them from."""

from collections.abc import AsyncIterator

import httpx
import pytest

from app.adapters.esco.api import EscoApi
from app.adapters.esco.api_client import EscoClient
from app.adapters.esco.build import build
from app.adapters.esco.builtin import builtin_skills
from app.adapters.esco.concepts import EscoConcept, EscoOccupation
from app.adapters.esco.index import IndexedSkills, SkillIndex
from app.adapters.esco.remembered import RememberedSkills
from app.adapters.esco.sections import Sections
from app.domain.vocabulary.skills import (
    ResolutionStatus,
    Skill,
    SkillFilter,
    SkillNotFound,
    Skills,
    SkillsUnavailable,
    SkillType,
)
from tests.esco_imitation import Imitation, served

SKILL = "http://data.europa.eu/esco/skill/"
WORK_IN_TEAMS = SKILL + "60c78287-22eb-4103-9c8c-28deaa460da0"
MANAGE_QUALITY = SKILL + "35ebe444-9ece-4fbc-a55d-e99ea37267ae"
USE_ONLINE_TOOLS = SKILL + "580660a6-5d3a-421d-a54f-d85b706c2b2f"
COLLABORATE_DIGITALLY = SKILL + "2b34a99f-9813-4c91-9509-b6b9b8c3132e"
DOCUMENTING = SKILL + "325a3d29-a235-4182-9128-782c0f4b2dcc"
DOCUMENTING_BELOW = SKILL + "1034004c-0347-4765-8794-b65d2c92b379"


def handful() -> list[EscoConcept]:
    """A few concepts by hand: one group on two levels, two homonyms, labels in two languages."""
    return [
        EscoConcept(
            WORK_IN_TEAMS,
            {"en": "work in teams", "es": "trabajar en equipo"},
            {"en": ["team-working"]},
            SkillType.SKILL,
            "transversal",
        ),
        EscoConcept(
            MANAGE_QUALITY,
            {"en": "manage quality", "sv": "hantera kvalitet"},
            {"en": ["apply quality standards"]},
            SkillType.SKILL,
            "transversal",
        ),
        EscoConcept(
            USE_ONLINE_TOOLS,
            {"en": "use online tools to collaborate"},
            {"en": ["use online meeting tools"]},
            SkillType.SKILL,
        ),
        EscoConcept(
            COLLABORATE_DIGITALLY,
            {"en": "collaborate through digital technologies"},
            {"en": ["use online tools to collaborate", "use online meeting tools"]},
            SkillType.SKILL,
        ),
        EscoConcept(
            DOCUMENTING_BELOW,
            {"en": "documenting and recording information"},
            type=SkillType.GROUP,
            code="S2.2.0",
            broader=[DOCUMENTING],
        ),
        EscoConcept(
            DOCUMENTING,
            {"en": "documenting and recording information"},
            type=SkillType.GROUP,
            code="S2.2",
        ),
    ]


WEB_DEVELOPER = "http://data.europa.eu/esco/occupation/c40a2919-48a9-40ea-b506-1f34f693496d"


def developers() -> list[EscoOccupation]:
    """An occupation, with what it needs."""
    return [
        EscoOccupation(
            WEB_DEVELOPER,
            {"en": "web developer", "es": "desarrollador web"},
            code="2513",
            essential=[WORK_IN_TEAMS],
            optional=[MANAGE_QUALITY, USE_ONLINE_TOOLS],
        )
    ]


SOURCES = ("by hand", "built in", "imported", "api", "api, remembered", "api down, remembered")


@pytest.fixture(params=SOURCES)
async def skills(request, tmp_path) -> AsyncIterator[Skills]:
    concepts, occupations = handful(), developers()
    by_hand = SkillIndex("1.1.1", concepts, occupations=occupations)
    match request.param:
        case "by hand":
            yield by_hand
        case "built in":
            yield builtin_skills()
        case "imported":
            path = tmp_path / "index"
            build("1.1.1", concepts, occupations).save(path)
            yield IndexedSkills(Sections.of_file(path))
        case _:
            with served(Imitation(concepts, occupations)) as imitation:
                async with httpx.AsyncClient() as http:
                    api = EscoApi(EscoClient(http, imitation.url, "1.1.1"))
                    if request.param == "api":
                        yield api
                    elif request.param == "api, remembered":
                        yield RememberedSkills(api, SkillIndex("1.1.1", []))
                    else:
                        nowhere = EscoClient(http, "http://127.0.0.1:9", "1.1.1", tries=1)
                        yield RememberedSkills(EscoApi(nowhere), by_hand)


async def test_a_preferred_label_is_exact_and_homonyms_stand_beside_it(skills: Skills):
    [found] = await skills.resolve(["use online tools to collaborate"], "en")
    assert found.status is ResolutionStatus.EXACT
    assert [c.uri for c in found.candidates] == [USE_ONLINE_TOOLS]
    assert [c.uri for c in found.also] == [COLLABORATE_DIGITALLY]
    assert [w.code for w in found.warnings] == ["homonym"]


async def test_an_alternative_label_leads_to_the_preferred_one(skills: Skills):
    [found] = await skills.resolve(["apply quality standards"], "en")
    assert found.status is ResolutionStatus.ALT_LABEL
    assert [(c.uri, c.label) for c in found.candidates] == [(MANAGE_QUALITY, "manage quality")]


async def test_a_wording_that_two_skills_know_is_ambiguous(skills: Skills):
    [found] = await skills.resolve(["use online meeting tools"], "en")
    assert found.status is ResolutionStatus.AMBIGUOUS
    assert [c.uri for c in found.candidates] == [COLLABORATE_DIGITALLY, USE_ONLINE_TOOLS]


async def test_the_name_of_a_group_is_no_skill_and_both_its_levels_are_shown(skills: Skills):
    [found] = await skills.resolve(["documenting and recording information"], "en")
    assert found.status is ResolutionStatus.GROUP
    assert [(c.uri, c.code) for c in found.candidates] == [
        (DOCUMENTING, "S2.2"),
        (DOCUMENTING_BELOW, "S2.2.0"),
    ]
    assert [w.code for w in found.warnings] == ["group"]


async def test_what_is_no_label_is_not_found(skills: Skills):
    [found] = await skills.resolve(["juggle three burning torches"], "en")
    assert found.status is ResolutionStatus.NOT_FOUND
    assert (found.candidates, found.also, found.warnings) == ((), (), ())


async def test_answers_come_in_the_order_asked_with_the_wording_as_it_was(skills: Skills):
    asked = ["work in teams", "nothing like it", "  Apply QUALITY   standards. "]
    assert [r.wording for r in await skills.resolve(asked, "en")] == asked


@pytest.mark.parametrize(
    "wording",
    [
        "work in teams",
        " Work  in\u00a0teams ",
        "WORK IN TEAMS.",
        "“work in teams”",
        "wörk ïn teams;",
    ],
)
async def test_case_accents_quotes_blanks_and_a_full_stop_do_not_matter(skills: Skills, wording):
    [found] = await skills.resolve([wording], "en")
    assert (found.status, [c.uri for c in found.candidates]) == (
        ResolutionStatus.EXACT,
        [WORK_IN_TEAMS],
    )


async def test_a_label_in_the_authors_language_is_found(skills: Skills):
    [found] = await skills.resolve(["Trabajar en equipo"], "es")
    assert found.status is ResolutionStatus.EXACT
    assert [(c.uri, c.label, c.language) for c in found.candidates] == [
        (WORK_IN_TEAMS, "trabajar en equipo", "es")
    ]
    assert found.warnings == ()


async def test_an_english_wording_in_another_language_is_found_and_flagged(skills: Skills):
    [found] = await skills.resolve(["work in teams"], "es")
    assert [(c.label, c.language) for c in found.candidates] == [("trabajar en equipo", "es")]
    assert [w.code for w in found.warnings] == ["other_language"]


async def test_a_spanish_wording_is_no_english_label(skills: Skills):
    [found] = await skills.resolve(["trabajar en equipo"], "en")
    assert found.status is ResolutionStatus.NOT_FOUND


async def test_a_skill_is_found_by_its_uri_and_says_which_language_it_speaks(skills: Skills):
    in_spanish = await skills.get(WORK_IN_TEAMS, "es")
    assert (in_spanish.label, in_spanish.language) == ("trabajar en equipo", "es")
    in_maltese = await skills.get(WORK_IN_TEAMS, "mt")
    assert (in_maltese.label, in_maltese.language) == ("work in teams", "en")
    assert (in_maltese.type, in_maltese.reuse_level, in_maltese.version) == (
        SkillType.SKILL,
        "transversal",
        "1.1.1",
    )


async def test_an_invented_uri_is_refused(skills: Skills):
    # While the source is down, what is not remembered may exist: it is not declared missing.
    down = isinstance(skills, RememberedSkills) and not await answers(skills)
    with pytest.raises(SkillsUnavailable if down else SkillNotFound) as refused:
        await skills.get(SKILL + "00000000-0000-4000-8000-000000000000", "en")
    assert refused.value.code == ("skills_unavailable" if down else "skill_not_found")


async def answers(skills: Skills) -> bool:
    return (await skills.in_use()).source == "api"


def _labels(found: list[Skill]) -> list[str]:
    return [skill.label for skill in found]


async def test_a_search_puts_the_equal_preferred_label_first(skills: Skills):
    found = await skills.search("work in teams", "en", 3)
    assert found[0].uri == WORK_IN_TEAMS


async def test_a_search_finds_beginnings_of_words_in_any_label(skills: Skills):
    assert _labels(await skills.search("appl qual stand", "en", 1)) == ["manage quality"]
    assert _labels(await skills.search("trabaj equip", "es", 1)) == ["trabajar en equipo"]


async def test_a_search_leaves_groups_out_unless_they_are_asked_for(skills: Skills):
    assert await skills.search("documenting and recording", "en", 10) == []
    with_groups = await skills.search("documenting and recording", "en", 10, include_groups=True)
    assert {skill.uri for skill in with_groups} == {DOCUMENTING, DOCUMENTING_BELOW}


@pytest.mark.parametrize("text", ["", "   ", ".;", "zzzz"])
async def test_a_search_for_nothing_finds_nothing(skills: Skills, text):
    assert await skills.search(text, "en", 10) == []


async def test_a_search_gives_no_more_than_asked(skills: Skills):
    assert len(await skills.search("collaborate", "en", 1)) == 1
    assert await skills.search("collaborate", "en", 0) == []


async def test_a_search_finds_a_skill_by_its_uri_and_a_group_by_its_code(skills: Skills):
    assert [s.uri for s in await skills.search(WORK_IN_TEAMS, "en", 5)] == [WORK_IN_TEAMS]


async def test_a_search_keeps_to_its_filter(skills: Skills):
    async def found(where: SkillFilter) -> list[str]:
        return [s.uri for s in await skills.search("work in teams", "en", 1, where=where)]

    assert await found(SkillFilter(reuse_levels=frozenset(["transversal"]))) == [WORK_IN_TEAMS]
    assert await found(SkillFilter(types=frozenset([SkillType.SKILL]))) == [WORK_IN_TEAMS]
    assert await found(SkillFilter(reuse_levels=frozenset(["occupation-specific"]))) == []


async def test_a_sentence_leads_to_the_skills_it_speaks_of(skills: Skills):
    sentence = "Learners work in a team; they also manage the quality of their results."
    [found] = await skills.suggest([sentence], "en", 2)
    assert {s.skill.uri for s in found} == {WORK_IN_TEAMS, MANAGE_QUALITY}
    assert all(s.score > 0 and s.matched_words for s in found)


async def test_each_sentence_gets_its_own_suggestions(skills: Skills):
    found = await skills.suggest(["Work in teams.", "Zzzz.", ""], "en", 3)
    assert [bool(one) for one in found] == [True, False, False]


async def test_groups_are_no_suggestions_unless_asked_for(skills: Skills):
    sentence = ["documenting and recording information"]
    assert DOCUMENTING not in {s.skill.uri for s in (await skills.suggest(sentence, "en", 9))[0]}
    [found] = await skills.suggest(sentence, "en", 9, where=SkillFilter(include_groups=True))
    assert {DOCUMENTING, DOCUMENTING_BELOW} & {s.skill.uri for s in found}


async def test_the_tree_can_be_walked_from_the_top(skills: Skills):
    top = await skills.below(None, "en")
    assert all(group.is_group for group in top)
    assert len(top) >= 1
    under = await skills.below(DOCUMENTING, "en")
    assert DOCUMENTING_BELOW in {skill.uri for skill in under}
    with pytest.raises(SkillNotFound):
        await skills.below(SKILL + "00000000-0000-4000-8000-000000000000", "en")


async def test_it_says_which_version_answers(skills: Skills):
    in_use = await skills.in_use()
    assert (in_use.version, "en" in in_use.languages) == ("1.1.1", True)
    assert in_use.skills >= 4

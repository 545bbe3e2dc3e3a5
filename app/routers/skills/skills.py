"""Skills and occupations of ESCO: look-up, the tree, resolution and suggestions."""

from typing import Annotated

from fastapi import APIRouter, Path, Query

from app.domain.skills import use_cases
from app.domain.skills.together import together
from app.domain.vocabulary.skills import LanguageWithoutLabels, ReuseLevel, SkillFilter, SkillType
from app.routers.habits import CallerDep, HabitRoute, PortsDep
from app.routers.platform.reference_models import LANGUAGE_TAG
from app.routers.skills.changes_models import (
    EscoVersionOut,
    EscoVersionsOut,
    LinkChangeOut,
    LinkChangesOut,
)
from app.routers.skills.skills_models import (
    OccupationOut,
    OccupationSkillsOut,
    OccupationsOut,
    ResolutionOut,
    ResolutionsOut,
    ResolveIn,
    SentenceOut,
    SkillDetailOut,
    SkillOut,
    SkillsInUseOut,
    SkillsOut,
    SuggestIn,
    SuggestionOut,
    SuggestionsOut,
    TogetherOut,
)

router = APIRouter(route_class=HabitRoute, tags=["skills"])

Language = Annotated[str, Query(pattern=LANGUAGE_TAG, description="BCP 47", examples=["en"])]
Limit = Annotated[int, Query(ge=1, le=100)]
Words = Annotated[
    str,
    Query(
        min_length=1,
        max_length=300,
        description="words, or their beginnings, that a label has",
        examples=["work in teams"],
    ),
]
OccupationUri = Annotated[
    str,
    Query(
        max_length=300,
        description="URI of an occupation",
        examples=["http://data.europa.eu/esco/occupation/c40a2919-48a9-40ea-b506-1f34f693496d"],
    ),
]


def _spoken(tag: str) -> str:
    """The language itself, without script and region: ESCO has one set of labels for each."""
    return tag.partition("-")[0].lower()


async def _expect_labels(language: str, ports: PortsDep) -> None:
    """Nothing was found: say so where nothing could be. Raises LanguageWithoutLabels."""
    languages = (await ports.skills.in_use()).languages
    if _spoken(language) not in languages:
        raise LanguageWithoutLabels(language, languages)


@router.post("/v1/skills/resolve", operation_id="resolve_skills")
async def resolve_skills(body: ResolveIn, ports: PortsDep) -> ResolutionsOut:
    """Say of each wording whether it is an ESCO skill, and what else it could mean.

    Nothing is linked: a person decides. Changes nothing, and is a POST for its length alone.
    """
    found = await ports.skills.resolve(body.labels, _spoken(body.language))
    return ResolutionsOut(items=[ResolutionOut.of(resolution) for resolution in found])


@router.post("/v1/skills/suggest", operation_id="suggest_skills")
async def suggest_skills(body: SuggestIn, ports: PortsDep) -> SuggestionsOut:
    """Suggest ESCO skills for sentences, such as all learning outcomes of a proposal.

    Nothing is linked: a person decides. Changes nothing, and is a POST for its length alone.
    """
    language = _spoken(body.language)
    found = await ports.skills.suggest(body.sentences, language, body.limit, where=body.where())
    return SuggestionsOut(
        items=[
            SentenceOut(
                sentence=sentence,
                suggestions=[SuggestionOut.of(one, language) for one in suggestions],
            )
            for sentence, suggestions in zip(body.sentences, found, strict=True)
        ],
        together=[TogetherOut.of(one) for one in together(found)],
    )


@router.get("/v1/skills", operation_id="search_skills")
async def search_skills(
    ports: PortsDep,
    text: Words,
    language: Language = "en",
    limit: Limit = 20,
    include_groups: Annotated[
        bool, Query(description="groups of skills as well, which are no skills")
    ] = False,
    types: Annotated[
        list[SkillType] | None,
        Query(alias="type", max_length=3, description="what it may be", examples=[["skill"]]),
    ] = None,
    reuse_levels: Annotated[
        list[ReuseLevel] | None,
        Query(
            alias="reuse_level",
            max_length=4,
            description="how widely it can be used",
            examples=[["transversal"]],
        ),
    ] = None,
    collections: Annotated[
        list[str] | None,
        Query(
            alias="collection",
            max_length=10,
            description="thematic collections, one of which it is in",
            examples=[["digital"]],
        ),
    ] = None,
    group: Annotated[
        str | None, Query(max_length=300, description="URI or code of a group", examples=["S2"])
    ] = None,
    occupation: Annotated[
        str | None,
        Query(
            max_length=300,
            description="URI of an occupation that needs it",
            examples=["http://data.europa.eu/esco/occupation/c40a2919-48a9-40ea-b506-1f34f693496d"],
        ),
    ] = None,
) -> SkillsOut:
    """Look for skills by their labels, a URI or a code, best first; typing errors are forgiven."""
    where = SkillFilter(
        frozenset(types or ()),
        frozenset(reuse_levels or ()),
        frozenset(collections or ()),
        group,
        occupation,
    )
    found = await ports.skills.search(
        text, _spoken(language), limit, include_groups=include_groups, where=where
    )
    if not found:
        await _expect_labels(language, ports)
    return SkillsOut(items=[SkillOut.of(skill) for skill in found])


@router.get("/v1/skills/by-uri", operation_id="get_skill")
async def get_skill(
    ports: PortsDep,
    uri: Annotated[
        str,
        Query(
            max_length=300,
            examples=["http://data.europa.eu/esco/skill/60c78287-22eb-4103-9c8c-28deaa460da0"],
        ),
    ],
    language: Language = "en",
) -> SkillDetailOut:
    """One skill, by its URI."""
    skill = await ports.skills.get(uri, _spoken(language))
    return SkillDetailOut.of(skill)


@router.get("/v1/skills/tree", operation_id="list_skills_below")
async def list_skills_below(
    ports: PortsDep,
    uri: Annotated[
        str | None,
        Query(
            max_length=300,
            description="a group or skill; without it, the widest groups",
            examples=["http://data.europa.eu/esco/skill/325a3d29-a235-4182-9128-782c0f4b2dcc"],
        ),
    ] = None,
    language: Language = "en",
) -> SkillsOut:
    """The groups and skills right below one: step by step, the whole tree."""
    found = await ports.skills.below(uri, _spoken(language))
    return SkillsOut(items=[SkillOut.of(skill) for skill in found])


@router.get("/v1/skills/in-use", operation_id="get_skills_in_use")
async def get_skills_in_use(ports: PortsDep) -> SkillsInUseOut:
    """Which version of ESCO answers, in which languages, and where it comes from."""
    return SkillsInUseOut.of(await ports.skills.in_use())


@router.get("/v1/skills/versions", operation_id="list_esco_versions")
async def list_esco_versions(ports: PortsDep) -> EscoVersionsOut:
    """The versions of ESCO that were imported, and the one that answers if it was not."""
    found = await use_cases.list_esco_versions(work=ports.reading())
    answering = await ports.skills.in_use()
    items = [EscoVersionOut.of(version) for version in found]
    if answering.source != "imported":
        items.append(EscoVersionOut.answering(answering))
    return EscoVersionsOut(items=items)


@router.get("/v1/skills/versions/{version}/link-changes", operation_id="list_link_changes")
async def list_link_changes(
    version: Annotated[
        str, Path(max_length=30, description="an imported version", examples=["1.2.0"])
    ],
    caller: CallerDep,
    ports: PortsDep,
) -> LinkChangesOut:
    """The links of all proposals that stand differently in that version.

    Concepts that are gone, called otherwise, or of another type, with what to look at instead.
    Nothing is rewritten: authors decide, and issued credentials stay as they are.
    """
    found = await use_cases.list_link_changes(version, work=ports.reading(), caller=caller)
    return LinkChangesOut(version=version, items=[LinkChangeOut.of(change) for change in found])


@router.get("/v1/occupations", operation_id="search_occupations")
async def search_occupations(
    ports: PortsDep, text: Words, language: Language = "en", limit: Limit = 20
) -> OccupationsOut:
    """Look for occupations by their labels, best first."""
    found = await ports.skills.occupations(text, _spoken(language), limit)
    if not found:
        await _expect_labels(language, ports)
    return OccupationsOut(items=[OccupationOut.of(occupation) for occupation in found])


@router.get("/v1/occupations/skills", operation_id="list_occupation_skills")
async def list_occupation_skills(
    ports: PortsDep, uri: OccupationUri, language: Language = "en"
) -> OccupationSkillsOut:
    """The skills that an occupation needs, essential and optional."""
    return OccupationSkillsOut.of(await ports.skills.needed_for(uri, _spoken(language)))

"""Controlled lists of the EU, and skills of ESCO."""

from typing import Annotated

from fastapi import APIRouter, Path, Query, Response

from app.domain.vocabulary.lists import controlled_list, list_names
from app.routers.habits import HabitRoute, PortsDep
from app.routers.habits.problems import MEDIA_TYPE
from app.routers.reference_models import (
    LANGUAGE_TAG,
    ResolutionOut,
    ResolutionsOut,
    ResolveIn,
    SkillDetailOut,
    SkillOut,
    SkillsOut,
    VocabulariesOut,
    VocabularyDetailOut,
    VocabularyOut,
)

router = APIRouter(route_class=HabitRoute)

Language = Annotated[str, Query(pattern=LANGUAGE_TAG, description="BCP 47", examples=["en"])]

_STANDS = "public, max-age=3600"
"""Lists and skills change with a release alone."""


def _spoken(tag: str) -> str:
    """The language itself, without script and region: ESCO has one set of labels for each."""
    return tag.partition("-")[0].lower()


@router.get("/v1/vocabularies", operation_id="list_vocabularies", tags=["vocabularies"])
async def list_vocabularies(response: Response) -> VocabulariesOut:
    """The controlled lists that fields take their values from."""
    response.headers["Cache-Control"] = _STANDS
    return VocabulariesOut(items=[VocabularyOut.of(controlled_list(name)) for name in list_names()])


@router.get("/v1/vocabularies/{name}", operation_id="get_vocabulary", tags=["vocabularies"])
async def get_vocabulary(
    name: Annotated[str, Path(max_length=100, examples=["eqf"])], response: Response
) -> VocabularyDetailOut:
    """One controlled list with all its values."""
    known = controlled_list(name)
    response.headers["Cache-Control"] = _STANDS
    return VocabularyDetailOut.of(known)


@router.post("/v1/skills/resolve", operation_id="resolve_skills", tags=["skills"])
async def resolve_skills(body: ResolveIn, ports: PortsDep) -> ResolutionsOut:
    """Say of each wording whether it is an ESCO skill, and what else it could mean.

    Nothing is linked: a person decides. Changes nothing, and is a POST for its length alone.
    """
    found = await ports.skills.resolve(body.labels, _spoken(body.language))
    return ResolutionsOut(items=[ResolutionOut.of(resolution) for resolution in found])


@router.get("/v1/skills", operation_id="search_skills", tags=["skills"])
async def search_skills(
    ports: PortsDep,
    text: Annotated[
        str,
        Query(
            min_length=1,
            max_length=300,
            description="words, or their beginnings, that a label has",
            examples=["work in teams"],
        ),
    ],
    language: Language = "en",
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
    include_groups: Annotated[
        bool, Query(description="groups of skills as well, which are no skills")
    ] = False,
) -> SkillsOut:
    """Look for skills by their labels, best first."""
    found = await ports.skills.search(text, _spoken(language), limit, include_groups=include_groups)
    return SkillsOut(items=[SkillOut.of(skill) for skill in found])


@router.get(
    "/v1/skills/by-uri",
    operation_id="get_skill",
    tags=["skills"],
    responses={
        404: {
            "description": "ESCO has no such concept in the version used here.",
            "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
        }
    },
)
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

"""Controlled lists of the EU."""

from typing import Annotated

from fastapi import APIRouter, Path, Response

from app.domain.vocabulary.lists import controlled_list, list_names
from app.routers.habits import HabitRoute
from app.routers.platform.reference_models import (
    VocabulariesOut,
    VocabularyDetailOut,
    VocabularyOut,
)

router = APIRouter(route_class=HabitRoute)

_STANDS = "public, max-age=3600"
"""Lists change with a release alone."""


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

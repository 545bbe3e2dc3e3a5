"""In which language an answer's sentences are wanted."""

from typing import Annotated

from fastapi import Depends, Header, Response

from app.routers.pages.words import chosen_language


async def _language(
    response: Response,
    accepted: Annotated[
        str | None,
        Header(
            alias="Accept-Language",
            description="languages that the reader likes, as browsers send them; the sentences of "
            "the answer are in the first that there are words in, else in English",
            examples=["es, en;q=0.5"],
        ),
    ] = None,
) -> str:
    language = chosen_language(None, accepted)
    response.headers["Content-Language"] = language
    response.headers["Vary"] = "Accept-Language"
    return language


LanguageDep = Annotated[str, Depends(_language)]
"""A tag (BCP 47) of one of the languages of our sentences; the answer says which it is."""

"""ETag and If-Match: nobody overwrites anybody (RFC 9110 sections 8.8.3 and 13.1.1)."""

import re
from typing import Annotated

from fastapi import Depends, Header, Response

from app.domain.errors import PreconditionRequired

_ONE_TAG = re.compile(r'"(\d{1,18})"')


def set_etag(response: Response, version: int) -> None:
    """Say which version the answer shows."""
    response.headers["ETag"] = f'"{version}"'


async def _version(
    if_match: Annotated[
        str | None,
        Header(
            description="The ETag of the version that you saw, quotes included. Missing: 428; "
            "not the current one: 412 with the current ETag.",
            examples=['"3"'],
        ),
    ] = None,
) -> int:
    if if_match is None:
        raise PreconditionRequired(
            "Send If-Match with the ETag of the version that you saw, so that nobody's change "
            "is overwritten."
        )
    found = _ONE_TAG.fullmatch(if_match.strip())
    if found is None:
        raise PreconditionRequired(
            'If-Match must be one ETag exactly as you received it, for example "3".'
        )
    return int(found[1])


IfMatch = Annotated[int, Depends(_version)]
"""The version that the caller saw."""

"""Cursor pagination: stable order, opaque cursors, `next` in the body and a Link header."""

import base64
import binascii
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Annotated, Generic, TypeVar
from uuid import UUID

from fastapi import Depends, Query, Request, Response
from pydantic import BaseModel, Field

from app.domain.errors import Finding, Invalid

T = TypeVar("T")
DEFAULT_LIMIT = 50
MOST = 200


class BadCursor(Invalid):
    """The cursor is not one that we gave."""

    code = "cursor"

    def __init__(self) -> None:
        super().__init__(
            "The cursor is not one of ours: take it from `next` of the page before.",
            findings=[Finding("#/query/cursor", "cursor", "Take it from `next`.")],
        )


@dataclass(frozen=True)
class Cursor:
    """Where the page before ended. `after` is None for the first page."""

    after: tuple[str, ...] | None

    @property
    def after_id(self) -> UUID | None:
        """For lists in the order of ids. Raises BadCursor."""
        if self.after is None:
            return None
        try:
            (only,) = self.after
            return UUID(only)
        except ValueError:
            raise BadCursor from None


class Page(BaseModel, Generic[T]):
    """One page of a list."""

    items: list[T]
    next: str | None = Field(None, description="`cursor` of the next page; null on the last")


def encode(*key: str | int | UUID) -> str:
    """A cursor that stands for the last item's place in the order."""
    written = json.dumps([str(part) for part in key], separators=(",", ":")).encode()
    return base64.urlsafe_b64encode(written).rstrip(b"=").decode()


async def _cursor(
    cursor: Annotated[
        str | None, Query(description="`next` of the page before", max_length=500)
    ] = None,
) -> Cursor:
    if cursor is None:
        return Cursor(None)
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        key = json.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
        if not isinstance(key, list) or not all(isinstance(part, str) for part in key):
            raise BadCursor
    except (binascii.Error, ValueError):
        raise BadCursor from None
    return Cursor(tuple(key))


CursorDep = Annotated[Cursor, Depends(_cursor)]
LimitDep = Annotated[int, Query(ge=1, le=MOST, description="items on a page")]


def page_of(
    request: Request,
    response: Response,
    items: Sequence[T],
    limit: int,
    key: Callable[[T], tuple[str | int | UUID, ...]],
) -> tuple[list[T], str | None]:
    """The items of this page and the cursor of the next.

    `items` was asked for with `limit + 1`, so that a further page shows itself.
    """
    shown = list(items[:limit])
    if len(items) <= limit:
        return shown, None
    cursor = encode(*key(shown[-1]))
    following = request.url.include_query_params(cursor=cursor)
    response.headers["Link"] = f'<{following.path}?{following.query}>; rel="next"'
    return shown, cursor

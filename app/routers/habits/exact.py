"""Addresses with a word where others have a parameter."""

from fastapi.routing import APIRoute
from starlette.routing import Match
from starlette.types import Scope


class ExactRoute(APIRoute):
    """A route whose address is all its own: a method that it does not know is a 405.

    Otherwise the next route would be asked, which takes the last word for the id of something.
    """

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """As others, but an address that fits is taken whatever the method is."""
        match, found = super().matches(scope)
        return (Match.FULL if match is Match.PARTIAL else match), found

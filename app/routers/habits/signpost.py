"""Finds the route of a request by the fixed words of its path, not by trying one after another.

A hundred routes tried in order cost as much as a simple operation itself. The signpost stands
before them in the router. It only knows the way to routes whose parameters lie between slashes; for
all else, and to say what is wrong with an address or a method, the router goes on as ever.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence

from starlette.routing import BaseRoute, Match, Route
from starlette.types import Receive, Scope, Send

_Positions = tuple[int, ...]
_Words = tuple[str, ...]
_Found = list[tuple[int, Route]]
"""Routes with their place in the order in which the router would try them."""


class Signpost(BaseRoute):
    """The first of the routes that matches, as the router itself would choose it."""

    def __init__(self, routes: Iterable[BaseRoute]) -> None:
        self._by_length: dict[int, dict[_Positions, dict[_Words, _Found]]] = defaultdict(
            lambda: defaultdict(lambda: defaultdict(list))
        )
        for order, route in enumerate(routes):
            if not isinstance(route, Route) or ":" in route.path:
                # It might match anything: whatever comes after it has to be tried in order.
                break
            words = _words(route.path)
            fixed = tuple(n for n, word in enumerate(words) if "{" not in word)
            key = tuple(words[n] for n in fixed)
            self._by_length[len(words)][fixed][key].append((order, route))

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """The match of the route that it leads to; none when it does not know."""
        if scope["type"] != "http":
            return Match.NONE, {}
        words = _words(scope["path"])
        found: _Found = []
        for fixed, by_words in self._by_length.get(len(words), {}).items():
            found += by_words.get(tuple([words[n] for n in fixed]), ())
        found.sort(key=_order)
        for _, route in found:
            match, child = route.matches(scope)
            if match is Match.FULL:
                child["signposted"] = route
                return match, child
        return Match.NONE, {}

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Go there."""
        route: Route = scope["signposted"]
        await route.handle(scope, receive, send)


def _words(path: str) -> Sequence[str]:
    return path.split("/")


def _order(one: tuple[int, Route]) -> int:
    return one[0]

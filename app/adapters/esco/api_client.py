"""Asking the live ESCO API: one place that knows about HTTP, retries and a source that is down.

Always with `selectedVersion`: without it the API answers from an old version and does not say so.
"""

import asyncio
import json
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping, Sequence
from time import monotonic
from typing import Any

import httpx

from app.domain.errors import Invalid
from app.domain.vocabulary.skills import SkillsUnavailable

Query = Sequence[tuple[str, str]]

_AGAIN = frozenset([429, 500, 502, 503, 504])
_LONGEST_WAIT = 30.0
"""Seconds; a source that asks for more counts as down."""
_MOST_BYTES = 100_000_000
_KEPT = 5_000
_FORGOTTEN = 600.0
"""Seconds after which a refusal is asked for again; answers of a version never change."""


class EscoQuestionRefused(Invalid):
    """The API does not understand what it is asked: a fault of ours or another edition of it."""

    code = "esco_question_refused"


class EscoClient:
    """The API of one version at one address."""

    def __init__(
        self,
        http: httpx.AsyncClient,
        base_url: str,
        version: str,
        *,
        tries: int = 3,
        timeout: float = 15.0,  # handed to the HTTP client, per request
        failures: int = 5,
        rest: float = 30.0,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        now: Callable[[], float] = monotonic,
    ) -> None:
        self.version = version
        self._http = http
        self._base = base_url.rstrip("/")
        self._tries = tries
        self._timeout = timeout
        self._most_failures = failures
        self._rest = rest
        self._sleep = sleep
        self._now = now
        self._failures = 0
        self._open_until = 0.0
        self._known: OrderedDict[tuple[str, Query], tuple[float, Any]] = OrderedDict()

    async def ask(self, path: str, query: Query, *, keep: bool = True) -> Any:
        """The JSON that is answered; None for 404.

        Raises SkillsUnavailable, EscoQuestionRefused.
        """
        key = (path, tuple(query))
        if key in self._known:
            until, answer = self._known[key]
            if self._now() < until:
                self._known.move_to_end(key)
                return answer
        if self._now() < self._open_until:
            raise SkillsUnavailable
        answer = await self._asked(path, query)
        if keep:
            lasting = _FORGOTTEN if answer is None else float("inf")
            self._known[key] = (self._now() + lasting, answer)
            while len(self._known) > _KEPT:
                self._known.popitem(last=False)
        return answer

    async def _asked(self, path: str, query: Query) -> Any:
        wait = 0.5
        for attempt in range(1, self._tries + 1):
            try:
                answer = await self._http.get(
                    f"{self._base}{path}",
                    params=[*query, ("selectedVersion", f"v{self.version}")],
                    headers={"Accept": "application/json"},
                    timeout=self._timeout,
                )
            except (httpx.HTTPError, httpx.InvalidURL):
                answer = None
            if answer is not None and answer.status_code not in _AGAIN:
                return self._read(answer)
            if attempt == self._tries:
                break
            asked = _retry_after(answer)
            if asked is not None and asked > _LONGEST_WAIT:
                break
            await self._sleep(asked if asked is not None else wait)
            wait *= 2
        self._failed()
        raise SkillsUnavailable

    def _read(self, answer: httpx.Response) -> Any:
        if answer.status_code == 404:
            self._failures = 0
            return None
        if 400 <= answer.status_code < 500:
            self._failures = 0
            raise EscoQuestionRefused(_said(answer))
        if answer.status_code != 200 or len(answer.content) > _MOST_BYTES:
            self._failed()
            raise SkillsUnavailable
        try:
            found = json.loads(answer.content)
        except ValueError:
            # An empty body or a page in HTML: what stands before the API when it is ill.
            self._failed()
            raise SkillsUnavailable from None
        if not isinstance(found, dict):
            self._failed()
            raise SkillsUnavailable
        self._failures = 0
        return found

    def _failed(self) -> None:
        self._failures += 1
        if self._failures >= self._most_failures:
            self._open_until = self._now() + self._rest


def _retry_after(answer: httpx.Response | None) -> float | None:
    if answer is None:
        return None
    stated = answer.headers.get("Retry-After", "")
    return float(stated) if stated.isdigit() else None


def _said(answer: httpx.Response) -> str:
    try:
        body = json.loads(answer.content)
        said = str(body.get("message", "")) if isinstance(body, Mapping) else ""
    except ValueError:
        said = ""
    return f"ESCO did not understand the question ({answer.status_code}): {said[:300]}"

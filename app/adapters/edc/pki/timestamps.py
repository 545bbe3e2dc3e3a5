"""Timestamps from whichever authority gives one: several in order, each with its pauses."""

import asyncio
import logging
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

import httpx
from cryptography import x509

from app.adapters.edc.pki.fetching import FetchFailed, Question, Web
from app.adapters.edc.pki.issuers import Issuers
from app.adapters.edc.pki.timestamp_protocol import (
    Answered,
    AuthorityFailed,
    ask_for,
    judge_answer,
)
from app.adapters.edc.pki.trust import PathStatus, Purpose, TrustStore
from app.domain.clock import Clock
from app.domain.credentials.levels import TimestampUnavailable

LARGEST = 100_000
"""Bytes of an answer; real ones have 3 to 10 thousand."""
_FIRST_PAUSE = timedelta(seconds=5)
_LONGEST_PAUSE = timedelta(minutes=10)

log = logging.getLogger(__name__)


class TimestampAuthority(Protocol):
    """Answers requests for timestamps (RFC 3161). Its answers are judged by whoever asks."""

    @property
    def name(self) -> str:
        """For people; nothing secret."""
        ...

    async def answer(self, request: bytes) -> bytes:
        """DER of a TimeStampResp for that of a TimeStampReq. Raises AuthorityFailed."""
        ...


class HttpAuthority:
    """An authority that is reached over HTTP (RFC 3161, section 3.4)."""

    def __init__(self, web: Web, url: str) -> None:
        """`url` may carry a name and password, which are sent by basic authentication.

        Raises httpx.InvalidURL.
        """
        parsed = httpx.URL(url)
        self._web = web
        self._auth = (parsed.username, parsed.password) if parsed.userinfo else None
        self._url = str(parsed.copy_with(username=None, password=None))
        self._name = str(parsed.copy_with(username=None, password=None, query=None))

    @property
    def name(self) -> str:
        """Its address, without anything secret."""
        return self._name

    async def answer(self, request: bytes) -> bytes:
        """What it answers. Raises AuthorityFailed."""
        try:
            return await self._web.ask(
                Question(
                    self._url,
                    "application/timestamp-reply",
                    LARGEST,
                    request,
                    "application/timestamp-query",
                    self._auth,
                )
            )
        except FetchFailed as error:
            raise AuthorityFailed("unreachable", f"It cannot be reached: {error}.") from None


@dataclass(frozen=True)
class Timestamp:
    """A timestamp that can be used."""

    token: bytes = field(repr=False)
    """DER of a ContentInfo."""
    time: datetime
    authority: str
    """Name of who gave it."""
    digest: str
    chain: tuple[x509.Certificate, ...] = field(repr=False)
    """From the authority's certificate to a trusted one."""
    passed_over: tuple[tuple[str, AuthorityFailed], ...] = ()
    """Who was asked before it, and why that came to nothing."""


@dataclass
class Standing:
    """What is known of one authority."""

    authority: str
    failures: int = 0
    """In a row."""
    failure: AuthorityFailed | None = None
    """The last one, even when it has answered since."""
    failed_at: datetime | None = None
    paused_until: datetime | None = None
    answered_at: datetime | None = None


@dataclass
class Timestamps:
    """Asks authorities in their order, until one gives a timestamp that holds."""

    authorities: Sequence[TimestampAuthority]
    trust: Callable[[], TrustStore]
    """May block."""
    issuers: Issuers
    clock: Clock
    digest: str = "sha256"
    policies: Collection[str] = ()
    tolerance: timedelta = timedelta(seconds=60)
    """By how much an authority's clock and ours may differ."""
    standings: dict[str, Standing] = field(default_factory=dict)

    async def stamp(self, covered: bytes) -> Timestamp:
        """A timestamp over bytes. Raises TimestampUnavailable, which says what each one lacked."""
        passed_over: list[tuple[str, AuthorityFailed]] = []
        for authority in self.authorities:
            standing = self.standings.setdefault(authority.name, Standing(authority.name))
            if standing.paused_until and self.clock.now() < standing.paused_until:
                passed_over.append((authority.name, standing.failure or _PAUSED))
                continue
            try:
                answered, chain = await self._from(authority, covered)
            except AuthorityFailed as failure:
                self._failed(standing, failure)
                passed_over.append((authority.name, failure))
                continue
            standing.failures, standing.paused_until = 0, None
            standing.answered_at = self.clock.now()
            return Timestamp(
                answered.token,
                answered.time,
                authority.name,
                self.digest,
                chain,
                tuple(passed_over),
            )
        raise TimestampUnavailable(
            "No authority of timestamps gives one: "
            + " ".join(f"{name}: {failure.detail}" for name, failure in passed_over)
        )

    async def _from(
        self, authority: TimestampAuthority, covered: bytes
    ) -> tuple[Answered, tuple[x509.Certificate, ...]]:
        asked = ask_for(covered, self.digest, self.policies)
        answer = await authority.answer(asked.request)
        now = self.clock.now()
        answered = await asyncio.to_thread(judge_answer, asked, answer, now, self.tolerance)
        trust = await asyncio.to_thread(self.trust)
        path = await self.issuers.path(
            answered.authority,
            answered.certificates,
            answered.time,
            trust,
            Purpose.TIMESTAMPS,
        )
        if path.status is not PathStatus.TRUSTED:
            raise AuthorityFailed(
                "authority_not_trusted",
                f"Its certificate is not to be relied on: {path.problem}."
                if path.problem
                else "No authority that is trusted here stands behind its certificate.",
            )
        return answered, path.chain

    def _failed(self, standing: Standing, failure: AuthorityFailed) -> None:
        now = self.clock.now()
        standing.failures += 1
        standing.failure, standing.failed_at = failure, now
        doubled: int = 2 ** min(standing.failures - 1, 16)
        standing.paused_until = now + min(_FIRST_PAUSE * doubled, _LONGEST_PAUSE)
        log.warning(
            "no timestamp from %s (%s): %s", standing.authority, failure.code, failure.detail
        )


_PAUSED = AuthorityFailed("paused", "It is not asked for the moment.")

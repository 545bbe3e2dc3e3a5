"""The wallet's HTTP interface (European Digital Credentials for Learning, wallet `/api/v1`).

Written against the operations of the Commission's published source. What a deposit answers with is
not fixed there, so that any answer of success counts, and an address in it is taken along.
"""

import json
import logging
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote
from uuid import UUID

import httpx

from app.domain.credentials.wallet import (
    Deposit,
    WalletCheck,
    WalletRefused,
    WalletShare,
    WalletUnavailable,
)

log = logging.getLogger(__name__)

FILE_PART = "_credential"
_JSONLD = "application/ld+json"
_TIMEOUT = httpx.Timeout(30.0, connect=5.0)
_MOST_BYTES = 2_000_000
_AGAIN = frozenset({408, 425, 429})
"""Refusals (RFC 9110) that are no answer to what was sent; those from 500 up are not either."""
_ALREADY = 409


class EuropassWallets:
    """See `app.domain.credentials.wallet.Wallets`."""

    def __init__(self, http: httpx.AsyncClient, url: str, token: str | None) -> None:
        """`url` is that of the wallet's interface, with `/api/v1` and without a slash at its end;
        `token` is what it knows this service by."""
        self._http = http
        self._url = url
        self._headers = {"Accept": "application/json"} | (
            {"Authorization": f"Bearer {token}"} if token else {}
        )

    async def deposit_by_email(self, document: bytes, *, email: str) -> Deposit:
        """Put a sealed document into the wallet of whoever has that address."""
        return await self._deposit(
            f"/wallets/email/{quote(email, safe='')}/credentials",
            document,
            params={"sendEmail": "true"},
        )

    async def deposit_by_user(self, document: bytes, *, user: str) -> Deposit:
        """Put a sealed document into the wallet of a user of Europass."""
        return await self._deposit(f"{_wallet(user)}/credentials", document)

    async def share(self, *, user: str, credential: UUID, until: datetime) -> WalletShare:
        """Make a link in the wallet to a credential in it."""
        answer = await self._ask(
            "POST",
            f"{_wallet(user)}/credentials/{credential}/sharelink",
            json={"expirationDate": until.astimezone(UTC).isoformat()},
        )
        link = _read(answer)
        if not isinstance(link, dict) or not isinstance(link.get("shareHash"), str):
            raise WalletUnavailable
        return WalletShare(
            link["shareHash"], _instant(link.get("expirationDate")), link.get("expired") is True
        )

    async def verify(self, *, user: str, credential: UUID) -> Sequence[WalletCheck]:
        """What the wallet itself finds of a credential in it, check by check."""
        answer = await self._ask("GET", f"{_wallet(user)}/credentials/{credential}/verify")
        found = _read(answer)
        if not isinstance(found, list):
            raise WalletUnavailable
        return list(_checks(found))

    async def _deposit(
        self, path: str, document: bytes, *, params: Mapping[str, str] | None = None
    ) -> Deposit:
        answer = await self._ask(
            "POST",
            path,
            params=params,
            files={FILE_PART: ("credential.jsonld", document, _JSONLD)},
            also=_ALREADY,
        )
        if answer.status_code == _ALREADY:
            return Deposit(already=True)
        return Deposit(_address(answer))

    async def _ask(
        self, method: str, path: str, *, also: int | None = None, **more: Any
    ) -> httpx.Response:
        """One request. Addresses hold e-mail addresses: none is ever named in an error or a log."""
        try:
            answer = await self._http.request(
                method, self._url + path, headers=self._headers, timeout=_TIMEOUT, **more
            )
        except httpx.HTTPError as error:
            log.warning("the Europass wallet does not answer: %s", type(error).__name__)
            raise WalletUnavailable from None
        status = answer.status_code
        if answer.is_success or status == also:
            return answer
        log.warning("the Europass wallet answers a %s with %d", method, status)
        if status >= 500 or status in _AGAIN or answer.is_redirect:
            raise WalletUnavailable
        raise WalletRefused


def _wallet(user: str) -> str:
    return f"/wallets/{quote(user, safe='')}"


def _read(answer: httpx.Response) -> Any:
    if len(answer.content) > _MOST_BYTES:
        raise WalletUnavailable
    try:
        return json.loads(answer.content)
    except ValueError:
        raise WalletUnavailable from None


def _address(answer: httpx.Response) -> str | None:
    """The address of the viewer, if the answer has one: as text, as JSON, or in an object."""
    try:
        found = _read(answer)
    except WalletUnavailable:
        found = answer.text.strip() if len(answer.content) < 2_000 else None
    values = found.values() if isinstance(found, dict) else (found,)
    addresses = (v for v in values if isinstance(v, str) and v.startswith("https://"))
    return next(addresses, None)


def _checks(found: Sequence[Any]) -> Iterator[WalletCheck]:
    for one in found:
        if isinstance(one, dict):
            check, status = _iri(one.get("type")), _iri(one.get("status"))
            if check and status:
                texts = one.get("description")
                yield WalletCheck(check, status, texts if isinstance(texts, dict) else {})


def _iri(concept: Any) -> str | None:
    """The IRI of a concept, given as itself or as an object with `id` or `uri`."""
    if isinstance(concept, dict):
        concept = concept.get("id") or concept.get("uri")
    return concept if isinstance(concept, str) else None


def _instant(value: Any) -> datetime | None:
    try:
        return datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None

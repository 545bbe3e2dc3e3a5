"""Fetching public documents for upkeep: bounded, over TLS, and never for a verification."""

from urllib.parse import urlsplit

import httpx

_LARGEST = 40_000_000
"""Bytes; the largest trusted list has about five million."""
_TIMEOUT = httpx.Timeout(60.0, connect=10.0)
_LOOPBACK = {"127.0.0.1", "::1", "localhost"}


class NotFetched(OSError):
    """A document could not be had; the message says why, for whoever operates this."""


class PublicDocuments:
    """Documents from addresses that a setting, or a document with a good signature, names."""

    def __init__(self, http: httpx.AsyncClient) -> None:
        self._http = http

    async def text(self, address: str) -> str:
        """The text at an address. Raises NotFetched."""
        _insist_on_tls(address)
        try:
            async with self._http.stream(
                "GET", address, timeout=_TIMEOUT, follow_redirects=True
            ) as answer:
                _insist_on_tls(str(answer.url))
                answer.raise_for_status()
                parts, size = [], 0
                async for part in answer.aiter_bytes():
                    size += len(part)
                    if size > _LARGEST:
                        raise NotFetched(f"{address} is larger than {_LARGEST} bytes")
                    parts.append(part)
            return b"".join(parts).decode("utf-8-sig")
        except (httpx.HTTPError, UnicodeDecodeError) as error:
            raise NotFetched(f"{address}: {type(error).__name__}") from error


def _insist_on_tls(address: str) -> None:
    parts = urlsplit(address)
    if parts.scheme != "https" and parts.hostname not in _LOOPBACK:
        raise NotFetched(f"{address} is not an address of https")

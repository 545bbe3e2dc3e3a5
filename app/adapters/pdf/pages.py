"""Pages behind their port: in threads of their own, remembered by what went in."""

import asyncio
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256

from app.adapters.edc.image.branding import Branding
from app.adapters.pdf.rendering import credential_pdf
from app.domain.vocabulary.institutions import InstitutionCode

_AT_ONCE = 2
"""Threads that set pages: each holds a typesetter of its own, with its fonts."""
_KEPT_BYTES = 32_000_000
"""How much is remembered: some hundred documents."""

_Key = tuple[str, str, Branding]


class PdfPages:
    """See `app.domain.credentials.use_cases.shown.Pages`."""

    def __init__(self, public_url: str, branding: Callable[[InstitutionCode], Branding]) -> None:
        """`public_url` is where people reach this service; `branding` may block."""
        self._public_url = public_url
        self._branding = branding
        self._threads = ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="pages")
        self._kept: OrderedDict[_Key, bytes] = OrderedDict()
        self._bytes = 0

    async def pdf(self, document: bytes, *, language: str, issuer: InstitutionCode) -> bytes:
        """A PDF that holds the document byte for byte; the same one for the same document."""
        loop = asyncio.get_running_loop()
        branding = await loop.run_in_executor(self._threads, self._branding, issuer)
        key = (sha256(document).hexdigest(), language, branding)
        known = self._kept.get(key)
        if known is not None:
            self._kept.move_to_end(key)
            return known
        made = await loop.run_in_executor(
            self._threads, lambda: self._made(document, language, branding)
        )
        self._keep(key, made)
        return made

    def _made(self, document: bytes, language: str, branding: Branding) -> bytes:
        return credential_pdf(document, language, public_url=self._public_url, branding=branding)

    def _keep(self, key: _Key, made: bytes) -> None:
        self._bytes += len(made) - len(self._kept.pop(key, b""))
        self._kept[key] = made
        while self._bytes > _KEPT_BYTES:
            _, forgotten = self._kept.popitem(last=False)
            self._bytes -= len(forgotten)

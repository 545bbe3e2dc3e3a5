"""Seals status lists: a compact JWS as W3C VC-JOSE-COSE has it (`application/vc+jwt`)."""

import asyncio
import base64
import json
from collections import OrderedDict
from hashlib import sha256

from cryptography.hazmat.primitives.serialization import Encoding

from app.adapters.edc.seal.jades import base64url
from app.adapters.edc.seal.seals import SealKey
from app.adapters.issuing.keys import SealKeys, key_here

_REMEMBERED = 64


class JwsStatusListSealing:
    """See `app.domain.credentials.ports_life.StatusListSealing`.

    A list stays the same until a bit changes or the day ends, and is sealed once for all who fetch
    it meanwhile: a seal in hardware or with a remote service is asked a few times a day.
    """

    def __init__(self, keys: SealKeys, institution: str | None) -> None:
        """`institution` is the partner whose seal stands behind the lists; None: nobody's does."""
        self._keys = keys
        self._institution = institution
        self._made: OrderedDict[str, bytes] = OrderedDict()
        self._turn = asyncio.Lock()

    async def seal(self, payload: bytes) -> bytes | None:
        """The list credential as a compact JWS; None where no seal is configured for lists."""
        if self._institution is None:
            return None
        digest = sha256(payload).hexdigest()
        async with self._turn:
            if digest not in self._made:
                self._made[digest] = await asyncio.to_thread(
                    self._sealed, payload, self._institution
                )
                while len(self._made) > _REMEMBERED:
                    self._made.popitem(last=False)
            return self._made[digest]

    def _sealed(self, payload: bytes, institution: str) -> bytes:
        key = key_here(self._keys, institution)
        protected = base64url(json.dumps(_header(key), separators=(",", ":")).encode())
        signing_input = f"{protected}.{base64url(payload)}".encode("ascii")
        return signing_input + b"." + base64url(key.sign(signing_input)).encode("ascii")


def _header(key: SealKey) -> dict[str, object]:
    chain = [certificate.public_bytes(Encoding.DER) for certificate in key.certificate_chain]
    return {
        "alg": key.alg,
        "typ": "vc+jwt",
        "cty": "vc",
        "x5t#S256": base64url(sha256(chain[0]).digest()),
        "x5c": [base64.b64encode(der).decode("ascii") for der in chain],
    }

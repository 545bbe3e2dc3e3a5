"""Seals of a trust service provider that are used over its API (Cloud Signature Consortium)."""

import base64
import binascii
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from time import monotonic
from typing import Any

import httpx
from asn1crypto.algos import RSASSAPSSParams
from cryptography import x509

from app.adapters.edc.pki import signatures
from app.adapters.edc.seal.seals import algorithm_for, in_order
from app.adapters.issuing.csc_client import CscAccount, CscAnswer, CscClient, CscRefused
from app.domain.credentials.seal import SealUnavailable
from app.domain.errors import Finding

CLOCKS_DIFFER = timedelta(minutes=2)
"""How far our clock and the service's may be apart before one of them is called wrong."""

_INFO_LIFE = 300.0
"""Seconds for which what the service says of a credential is taken as it was."""

_PSS_PARAMETERS = base64.b64encode(
    RSASSAPSSParams(
        {
            "hash_algorithm": {"algorithm": "sha256"},
            "mask_gen_algorithm": {"algorithm": "mgf1", "parameters": {"algorithm": "sha256"}},
            "salt_length": 32,
        }
    ).dump()
).decode()

ALGORITHMS: Mapping[str, Mapping[str, str]] = {
    "RS256": {"signAlgo": "1.2.840.113549.1.1.11"},
    "PS256": {"signAlgo": "1.2.840.113549.1.1.10", "signAlgoParams": _PSS_PARAMETERS},
    "ES256": {"signAlgo": "1.2.840.10045.4.3.2"},
}


@dataclass(frozen=True)
class _Known:
    """What the service says of the credential."""

    credential: str
    chain: tuple[x509.Certificate, ...]
    enabled: bool
    pinned: bool
    """SCAL 2: an authorisation is for given digests only."""
    multisign: int
    clock: datetime | None
    read: float


@dataclass
class _Waiting:
    """A digest whose signature somebody waits for."""

    digest: bytes
    signature: bytes | None = None
    refusal: SealUnavailable | None = None


class CscSealKey:
    """See `app.adapters.edc.seal.seals.SealKey`, and `Doubting`.

    Digests that several threads bring while a call is under way go together into the next one, up
    to what the service signs at once. Where an authorisation is not bound to digests, one is used
    for as many signatures as it was given for.
    """

    def __init__(
        self,
        account: CscAccount,
        http: httpx.Client,
        *,
        alg: str | None = None,
        signatures_per_authorisation: int = 100,
    ) -> None:
        self._client = CscClient(account, http)
        self._alg = alg
        self._most = signatures_per_authorisation
        self._known: _Known | None = None
        self._authorised: tuple[str, float, int] | None = None
        """An authorisation that is bound to no digests, its end, and what is left of it."""
        self._asking = threading.Lock()
        self._signing = threading.Lock()
        self._queueing = threading.Lock()
        self._queue: list[_Waiting] = []

    @property
    def alg(self) -> str:
        """Signature algorithm. Raises SealUnavailable."""
        return algorithm_for(self.certificate_chain[0], self._alg, "The remote seal")

    @property
    def certificate_chain(self) -> tuple[x509.Certificate, ...]:
        """The seal certificate, then those above it, as the service has them.

        Raises SealUnavailable.
        """
        return self._info().chain

    def doubts(self, now: datetime) -> Sequence[Finding]:
        """Whether the service lets the key be used, and whether our clocks agree."""
        known = self._info(fresh=True)
        findings = []
        if not known.enabled:
            findings.append(
                Finding("", "key_disabled", "The remote seal service has disabled the key.")
            )
        if known.clock is not None and abs(known.clock - now) > CLOCKS_DIFFER:
            findings.append(
                Finding(
                    "",
                    "clocks_differ",
                    f"The clock of the remote seal service says {known.clock:%F %T} UTC; "
                    "put ours right, or ask the provider.",
                )
            )
        return findings

    def sign(self, data: bytes) -> bytes:
        """The signature over `data`. Raises SealUnavailable."""
        mine = _Waiting(sha256(data).digest())
        with self._queueing:
            self._queue.append(mine)
        with self._signing:
            # Whoever had the turn before may have taken ours along.
            while mine.signature is None and mine.refusal is None:
                self._sign_waiting()
        if mine.refusal is not None:
            raise mine.refusal
        alg, public = self.alg, self.certificate_chain[0].public_key()
        signature = signatures.jose_form(alg, public, mine.signature or b"")
        if not signatures.verifies(alg, public, data, signature):
            raise SealUnavailable("The remote seal service signed something else than it was sent.")
        return signature

    def _sign_waiting(self) -> None:
        taken: list[_Waiting] = []
        try:
            most = self._info().multisign
            with self._queueing:
                taken, self._queue = self._queue[:most], self._queue[most:]
            made = self._signed([waiting.digest for waiting in taken])
        except Exception as error:
            # Nobody may be left waiting, whatever went wrong.
            refusal = (
                error
                if isinstance(error, SealUnavailable)
                else SealUnavailable(f"The remote seal cannot be used ({type(error).__name__}).")
            )
            with self._queueing:
                taken, self._queue = taken + self._queue, []
            for waiting in taken:
                waiting.refusal = refusal
            return
        for waiting, signature in zip(taken, made, strict=True):
            waiting.signature = signature

    def _signed(self, digests: Sequence[bytes]) -> list[bytes]:
        known, algorithm = self._info(), ALGORITHMS[self.alg]
        sent = [base64.b64encode(digest).decode() for digest in digests]

        def sign(authorisation: str) -> list[str]:
            return self._client.sign(known.credential, authorisation, sent, algorithm)

        if known.pinned:
            authorisation, _ = self._client.authorise(
                known.credential, sent, len(sent), pinned=True
            )
            made = sign(authorisation)
        else:
            made = self._under_standing_authorisation(known, sign, len(sent))
        try:
            return [base64.b64decode(value, validate=True) for value in made]
        except (binascii.Error, ValueError):
            raise SealUnavailable(
                "The remote seal service answers with signatures that are no base64."
            ) from None

    def _under_standing_authorisation(
        self, known: _Known, sign: Callable[[str], list[str]], count: int
    ) -> list[str]:
        standing = self._authorised
        self._authorised = None
        if standing is not None and standing[1] > monotonic() and standing[2] >= count:
            try:
                made = sign(standing[0])
            except CscRefused:
                # Taken back, or used up by the service's own reckoning: one more, and once only.
                pass
            else:
                self._authorised = (standing[0], standing[1], standing[2] - count)
                return made
        granted = max(count, min(self._most, known.multisign))
        authorisation, until = self._client.authorise(known.credential, [], granted, pinned=False)
        made = sign(authorisation)
        self._authorised = (authorisation, until, granted - count)
        return made

    def _info(self, *, fresh: bool = False) -> _Known:
        with self._asking:
            known = self._known
            if fresh or known is None or monotonic() - known.read > _INFO_LIFE:
                credential = known.credential if known else self._client.credential()
                known = _read(credential, self._client.info(credential))
                self._known = known
            return known


def _read(credential: str, answer: CscAnswer) -> _Known:
    body = answer.body
    held = _object(body.get("cert")).get("certificates")
    try:
        leaf, *others = [
            x509.load_der_x509_certificate(base64.b64decode(str(value)))
            for value in (held if isinstance(held, list) else [])
        ]
    except ValueError:
        raise SealUnavailable("The remote seal service does not say which certificate.") from None
    multisign = body.get("multisign", 1)
    return _Known(
        credential=credential,
        chain=in_order(leaf, others),
        enabled=_object(body.get("key")).get("status") == "enabled",
        # Services that do not say are asked in the stricter way, which both kinds take.
        pinned=str(body.get("SCAL", "2")) != "1",
        multisign=max(multisign, 1) if isinstance(multisign, int) else 1,
        clock=answer.clock,
        read=monotonic(),
    )


def _object(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}

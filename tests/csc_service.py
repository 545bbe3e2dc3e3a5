"""A remote seal service that speaks version 2 of the Cloud Signature Consortium's API.

Over HTTP on loopback, as strict as a service that guards keys: tokens by client credentials, a PIN,
authorisations that are for given digests or for a number of signatures and are used up, refusals of
whatever a version does not know.
"""

import base64
import json
import secrets
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock, Thread
from typing import Any
from urllib.parse import parse_qs

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, utils
from cryptography.hazmat.primitives.serialization import Encoding

from app.adapters.edc.pki.authorities import PrivateKey

CLIENT, CLIENT_SECRET, PIN = "university", "of the client", "031415"
CREDENTIAL = "oviedo-seal-1"
_SHA256 = "2.16.840.1.101.3.4.2.1"
_DIGEST = utils.Prehashed(hashes.SHA256())


class Refusal(Exception):
    """What the service does not do."""

    def __init__(self, status: int, error: str) -> None:
        self.status = status
        self.error = error


@dataclass
class CscService:
    """The service, with one credential; a test changes how it behaves."""

    key: PrivateKey
    chain: Sequence[x509.Certificate]
    scal: str = "2"
    multisign: int = 10
    hashes_name: str = "hashes"
    joined: bool = False
    """ECDSA as r and s side by side instead of DER."""
    enabled: bool = True
    credentials: tuple[str, ...] = (CREDENTIAL,)
    clock: timedelta = timedelta()
    broken: dict[str, int] = field(default_factory=dict)
    """Status by the end of a path, for a service that fails there."""
    other_digest: bool = False
    """Sign something else than what was sent."""
    calls: list[tuple[str, Mapping[str, Any]]] = field(default_factory=list)
    tokens: set[str] = field(default_factory=set)
    authorisations: dict[str, tuple[list[str] | None, int]] = field(default_factory=dict)
    url: str = ""
    lock: Lock = field(default_factory=Lock)

    @property
    def token_url(self) -> str:
        return f"{self.url.removesuffix('/csc/v2')}/oauth2/token"

    def names(self) -> list[str]:
        """The calls so far, by the last part of their paths."""
        return [path.rpartition("/")[2] for path, _ in self.calls]

    def answer(self, path: str, body: bytes, headers: Mapping[str, str]) -> Mapping[str, Any]:
        name = path.rpartition("/")[2]
        if path == "/oauth2/token":
            form = {key: values[0] for key, values in parse_qs(body.decode()).items()}
            self.calls.append((path, form))
            self._fail(name)
            return self._token(form, headers.get("Authorization", ""))
        sent = json.loads(body)
        self.calls.append((path, sent))
        self._fail(name)
        if headers.get("Authorization", "").removeprefix("Bearer ") not in self.tokens:
            raise Refusal(401, "invalid_token")
        match path:
            case "/csc/v2/credentials/list":
                return {"credentialIDs": list(self.credentials)}
            case "/csc/v2/credentials/info":
                return self._info(sent)
            case "/csc/v2/credentials/authorize":
                return self._authorise(sent)
            case "/csc/v2/signatures/signHash":
                return self._sign(sent)
        raise Refusal(404, "no such call")

    def _fail(self, name: str) -> None:
        if name in self.broken:
            raise Refusal(self.broken[name], f"refused with {PIN} in the text")

    def _token(self, form: Mapping[str, str], authorisation: str) -> Mapping[str, Any]:
        expected = base64.b64encode(f"{CLIENT}:{CLIENT_SECRET}".encode()).decode()
        if authorisation != f"Basic {expected}":
            raise Refusal(401, "invalid_client")
        if form != {"grant_type": "client_credentials", "scope": "service"}:
            raise Refusal(400, "invalid_request")
        token = secrets.token_urlsafe(16)
        self.tokens.add(token)
        return {"access_token": token, "token_type": "Bearer", "expires_in": 3600}

    def _info(self, sent: Mapping[str, Any]) -> Mapping[str, Any]:
        self._expect(sent, {"credentialID", "certificates", "certInfo", "authInfo"})
        certificates = [
            base64.b64encode(one.public_bytes(Encoding.DER)).decode() for one in self.chain
        ]
        return {
            "signatureQualifier": "eu_eidas_qeseal",
            "key": {"status": "enabled" if self.enabled else "disabled"},
            "cert": {"status": "valid", "certificates": certificates},
            "auth": {"mode": "explicit"},
            "SCAL": self.scal,
            "multisign": self.multisign,
        }

    def _authorise(self, sent: Mapping[str, Any]) -> Mapping[str, Any]:
        known = {"credentialID", "numSignatures", "authData"}
        if self.scal == "2":
            known |= {self.hashes_name, "hashAlgorithmOID"}
        self._expect(sent, known)
        if sent["authData"] != [{"id": "PIN", "value": PIN}]:
            raise Refusal(400, "invalid_pin")
        if not 1 <= sent["numSignatures"] <= self.multisign:
            raise Refusal(400, "too many signatures")
        pinned = sent[self.hashes_name] if self.scal == "2" else None
        if pinned is not None and len(pinned) != sent["numSignatures"]:
            raise Refusal(400, "digests and number differ")
        authorisation = secrets.token_urlsafe(16)
        with self.lock:
            self.authorisations[authorisation] = (pinned, sent["numSignatures"])
        return {"SAD": authorisation, "expiresIn": 300}

    def _sign(self, sent: Mapping[str, Any]) -> Mapping[str, Any]:
        known = {"credentialID", "SAD", self.hashes_name, "hashAlgorithmOID", "signAlgo"}
        self._expect(sent, known, may_have={"signAlgoParams"})
        digests: list[str] = sent[self.hashes_name]
        with self.lock:
            pinned, left = self.authorisations.pop(sent["SAD"], (None, 0))
            if not 1 <= len(digests) <= left or (pinned is not None and pinned != digests):
                raise Refusal(400, "invalid_sad")
            if pinned is None and left > len(digests):
                self.authorisations[sent["SAD"]] = (None, left - len(digests))
        if sent["hashAlgorithmOID"] != _SHA256:
            raise Refusal(400, "unknown digest")
        made = [self._signature(base64.b64decode(one), sent["signAlgo"]) for one in digests]
        return {"signatures": [base64.b64encode(one).decode() for one in made]}

    def _signature(self, digest: bytes, algorithm: str) -> bytes:
        if self.other_digest:
            digest = sha256(digest).digest()
        if isinstance(self.key, ec.EllipticCurvePrivateKey):
            if algorithm != "1.2.840.10045.4.3.2":
                raise Refusal(400, "unsupported_algorithm")
            made = self.key.sign(digest, ec.ECDSA(_DIGEST))
            if not self.joined:
                return made
            r, s = utils.decode_dss_signature(made)
            return r.to_bytes(32, "big") + s.to_bytes(32, "big")
        match algorithm:
            case "1.2.840.113549.1.1.11":
                return self.key.sign(digest, padding.PKCS1v15(), _DIGEST)
            case "1.2.840.113549.1.1.10":
                return self.key.sign(
                    digest, padding.PSS(padding.MGF1(hashes.SHA256()), 32), _DIGEST
                )
        raise Refusal(400, "unsupported_algorithm")

    def _expect(
        self,
        sent: Mapping[str, Any],
        names: set[str],
        may_have: Collection[str] = (),
    ) -> None:
        if sent.keys() - set(may_have) != names:
            raise Refusal(400, f"expected {sorted(names)}")
        if sent["credentialID"] not in self.credentials:
            raise Refusal(400, "unknown credential")


@contextmanager
def running(service: CscService) -> Iterator[CscService]:
    """The service, answering on a free port."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            sent = self.rfile.read(int(self.headers.get("Content-Length", "0")))
            try:
                status, body = 200, dict(service.answer(self.path, sent, dict(self.headers)))
            except Refusal as refusal:
                status, body = refusal.status, {"error": refusal.error}
            answer = json.dumps(body).encode()
            self.send_response_only(status)
            moment = datetime.now(UTC) + service.clock
            self.send_header("Date", format_datetime(moment, usegmt=True))
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    service.url = f"http://127.0.0.1:{server.server_port}/csc/v2"
    thread = Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield service
    finally:
        server.shutdown()
        server.server_close()
        thread.join()

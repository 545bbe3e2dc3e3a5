"""The test PKI at work: certificates, keys, timestamps, status, and all of it over HTTP."""

import fcntl
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cache
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Lock, Thread
from typing import Any

from asn1crypto import algos, ocsp, tsp
from certomancer.registry import ArchLabel, CertLabel, CertomancerConfig, ServiceLabel
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from app.adapters.edc.pki.authorities import PrivateKey, as_pkcs12, new_ec_key, new_rsa_key
from app.adapters.edc.pki.trust import TrustAnchor, TrustStore, as_pem
from app.adapters.edc.seal.seals import SoftwareSealKey
from tests.pki.config import ARCH, KEYS, configuration


class TestPki:
    """Certificates and services by label; the labels stand in `tests.pki.config`.

    What is asked over HTTP is answered at `now` (None: the machine's clock, in whole seconds,
    because responses with fractions of them are not DER that everybody reads). Labels of services
    put into `broken` answer 503, so that a test can let one fail.
    """

    __test__ = False

    def __init__(self, folder: Path) -> None:
        """Keys are made in the folder, or taken from there: several processes may share it."""
        self.now: datetime | None = None
        self.broken: set[str] = set()
        self.documents: dict[str, bytes] = {}
        """What else is served, by path: lists of trusted services."""
        self.requests: list[str] = []
        """Paths that were asked for over HTTP, in order."""
        self._lock = Lock()
        _make_keys(folder)
        self._server = _Server(self)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        made = CertomancerConfig(
            configuration(), key_search_dir=str(folder), external_url_prefix=self.url
        )
        self._arch = made.get_pki_arch(ArchLabel(ARCH))
        self._folder = folder
        Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        """Stop answering."""
        self._server.shutdown()
        self._server.server_close()

    # Certificates and keys

    @cache  # noqa: B019 - one for the session
    def certificate(self, label: str) -> x509.Certificate:
        """One certificate."""
        return x509.load_der_x509_certificate(self._arch.get_cert(CertLabel(label)).dump())

    @cache  # noqa: B019
    def chain(self, label: str) -> tuple[x509.Certificate, ...]:
        """A certificate, and those above it up to the root."""
        found = [self.certificate(label)]
        above = (self.certificate(name) for name in ("issuing", "other", "root", "stranger"))
        for authority in above:
            if found[-1].issuer == authority.subject and found[-1] != authority:
                found.append(authority)
        return tuple(found)

    @cache  # noqa: B019
    def private_key(self, label: str) -> PrivateKey:
        """The key of a certificate."""
        name = self._arch.get_cert_spec(CertLabel(label)).subject_key.value
        key = load_pem_private_key((self._folder / f"{name}.pem").read_bytes(), None)
        assert isinstance(key, rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey)
        return key

    def certificate_pem(self, *labels: str) -> bytes:
        """Certificates as PEM, one after the other."""
        return b"".join(as_pem(self.certificate(label)) for label in labels)

    def chain_pem(self, label: str) -> bytes:
        """A certificate and those above it as PEM."""
        return b"".join(as_pem(certificate) for certificate in self.chain(label))

    def key_pem(self, label: str) -> bytes:
        """The key of a certificate as unencrypted PKCS #8 PEM."""
        return self.private_key(label).private_bytes(
            Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()
        )

    def pkcs12(self, label: str, password: str) -> bytes:
        """A certificate with its key and chain as PKCS #12."""
        leaf, *others = self.chain(label)
        return as_pkcs12(self.private_key(label), leaf, others, password)

    def seal_key(self, label: str = "seal-rsa", alg: str | None = None) -> SoftwareSealKey:
        """A seal: RS256 or ES256 by its key, unless said otherwise."""
        key = self.private_key(label)
        chosen = alg or ("ES256" if isinstance(key, ec.EllipticCurvePrivateKey) else "RS256")
        return SoftwareSealKey(chosen, self.chain(label), key)

    def trust(self, *labels: str) -> TrustStore:
        """A store that trusts these authorities; by default `root`."""
        return TrustStore(
            tuple(
                TrustAnchor(self.certificate(label), f"Test PKI: {label}")
                for label in labels or ("root",)
            )
        )

    # Services without HTTP

    def timestamp(self, data: bytes, at: datetime, tsa: str = "tsa") -> bytes:
        """An RFC 3161 token (DER of a ContentInfo) over data, made at a moment."""
        request = tsp.TimeStampReq(
            {
                "version": "v1",
                "message_imprint": tsp.MessageImprint(
                    {
                        "hash_algorithm": algos.DigestAlgorithm({"algorithm": "sha256"}),
                        "hashed_message": sha256(data).digest(),
                    }
                ),
                "cert_req": True,
            }
        )
        token: bytes = self._timestamp(request, at, tsa)["time_stamp_token"].dump()
        return token

    def ocsp_response(self, label: str, at: datetime) -> bytes:
        """An OCSP response (DER of an OCSPResponse) about a certificate, produced at a moment."""
        spec = self._arch.get_cert_spec(CertLabel(label))
        issuer = self._arch.get_cert(spec.resolve_issuer_cert(self._arch))
        key_hash = sha1_of_key(issuer)
        name = self._arch.entities.get_name_hash(spec.issuer, "sha1")
        request = ocsp.OCSPRequest(
            {
                "tbs_request": {
                    "request_list": [
                        {
                            "req_cert": {
                                "hash_algorithm": {"algorithm": "sha1"},
                                "issuer_name_hash": name,
                                "issuer_key_hash": key_hash,
                                "serial_number": spec.serial,
                            }
                        }
                    ]
                }
            }
        )
        return self._ocsp(request, at, spec.issuer.value)

    @cache  # noqa: B019
    def crl(self, issuer: str, at: datetime) -> bytes:
        """The certificate revocation list (DER) of an authority that was current at a moment."""
        with self._lock:
            registry = self._arch.service_registry
            made: bytes = registry.get_crl(ServiceLabel(issuer), at).dump()
            return made

    def tsa_url(self, label: str = "tsa") -> str:
        """Where an authority of timestamps answers (RFC 3161 over HTTP)."""
        return f"{self.url}/{ARCH}/tsa/{label}"

    def _timestamp(self, request: tsp.TimeStampReq, at: datetime, tsa: str) -> Any:
        with self._lock:
            registry = self._arch.service_registry
            stamper = registry.summon_timestamper(ServiceLabel(tsa), _whole(at))
            return stamper.request_tsa_response(request)

    def _ocsp(self, request: ocsp.OCSPRequest, at: datetime, issuer: str) -> bytes:
        with self._lock:
            registry = self._arch.service_registry
            responder = registry.summon_responder(ServiceLabel(issuer), _whole(at))
            made: bytes = responder.build_ocsp_response(request).dump()
            return made

    def _answer(self, method: str, path: str, body: bytes) -> tuple[int, str, bytes]:
        self.requests.append(path)
        at = _whole(self.now or datetime.now(UTC))
        match method, path.strip("/").split("/"):
            case _, [_, _, label, *_] if label in self.broken:
                return 503, "text/plain", b""
            case "POST", [_, "tsa", label]:
                stamped = self._timestamp(tsp.TimeStampReq.load(body), at, label)
                return 200, "application/timestamp-reply", stamped.dump()
            case "POST", [_, "ocsp", label]:
                status = self._ocsp(ocsp.OCSPRequest.load(body), at, label)
                return 200, "application/ocsp-response", status
            case "GET", _ if path in self.documents:
                return 200, "application/xml", self.documents[path]
            case "GET", [_, "crls", label, "latest.crl"]:
                return 200, "application/pkix-crl", self.crl(label, at)
            case "GET", [_, "certs", label, "ca.crt"]:
                der = self.certificate(label).public_bytes(Encoding.DER)
                return 200, "application/pkix-cert", der
        return 404, "text/plain", b""


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, pki: TestPki) -> None:
        self.pki = pki
        super().__init__(("127.0.0.1", 0), _Handler)


class _Handler(BaseHTTPRequestHandler):
    server: _Server

    def do_GET(self) -> None:
        self._reply("GET", b"")

    def do_POST(self) -> None:
        self._reply("POST", self.rfile.read(int(self.headers.get("Content-Length", 0))))

    def _reply(self, method: str, body: bytes) -> None:
        status, media_type, answer = self.server.pki._answer(method, self.path, body)
        self.send_response(status)
        self.send_header("Content-Type", media_type)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Tests are quiet."""


def sha1_of_key(certificate: Any) -> bytes:
    """The hash of a public key's bits by which OCSP names an authority (RFC 6960)."""
    found: bytes = certificate.public_key.sha1
    return found


def _whole(moment: datetime) -> datetime:
    return moment.replace(microsecond=0)


def _make_keys(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    with _alone_in(folder):
        for label, kind in KEYS.items():
            file = folder / f"{label}.pem"
            if not file.exists():
                key = new_rsa_key() if kind == "rsa" else new_ec_key()
                file.write_bytes(
                    key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
                )


@contextmanager
def _alone_in(folder: Path) -> Iterator[None]:
    with (folder / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def in_der(certificates: Sequence[x509.Certificate]) -> list[bytes]:
    """Certificates as DER."""
    return [certificate.public_bytes(Encoding.DER) for certificate in certificates]

"""The trusted lists of the EU (ETSI TS 119 612): fetched by a timer, kept, and read from there.

A list of lists names those of the member states and who signs each. Every list is taken only when
its signature verifies; of each, the last good copy is kept when a newer one cannot be had or does
not verify. Verification itself never fetches anything.

What a list says is read by pyHanko, and so is what follows from it for a certificate.
"""

import asyncio
import fcntl
import json
import logging
import os
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from threading import RLock
from typing import Any

from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from pyhanko.sign.validation.qualified import eutl_parse
from pyhanko.sign.validation.qualified.assess import QualificationAssessor
from pyhanko.sign.validation.qualified.q_status import QualificationResult
from pyhanko.sign.validation.qualified.tsp import QcCertType, TSPRegistry
from pyhanko_certvalidator.authority import AuthorityWithCert, CertTrustAnchor
from pyhanko_certvalidator.path import ValidationPath

from app.adapters.edc.pki.parsed import parsed_certificate
from app.adapters.edc.pki.qualification import CertificateType, Qualification
from app.adapters.edc.pki.trust import Path as ChainPath
from app.adapters.edc.pki.trust import Purpose, TrustAnchor
from app.domain.clock import Clock
from app.domain.errors import Finding

log = logging.getLogger(__name__)

LIST_OF_LISTS = "https://ec.europa.eu/tools/lotl/eu-lotl.xml"
Fetch = Callable[[str], Awaitable[str]]
"""From an address to the text that is there. Raises OSError or ValueError when there is none."""

_INDEX = "index.json"
_TYPES = {
    QcCertType.QC_ESEAL: CertificateType.SEAL,
    QcCertType.QC_ESIGN: CertificateType.SIGNATURE,
    QcCertType.QC_WEB: CertificateType.WEBSITE,
}
_AT_ONCE = 4
_RETRY = timedelta(minutes=15)
"""Between two attempts, however they end."""


@dataclass(frozen=True)
class KeptList:
    """One list of which there is a good copy."""

    territory: str
    """`ES`; `EU` for the list of lists."""
    address: str
    file: str
    fetched_at: str
    signers: Sequence[str] = ()
    """Certificates (DER in hexadecimal) by one of which it must be signed."""
    problem: str | None = None
    """Why no newer copy could be had at the last attempt; None when there was none."""


class TrustedLists:
    """What the lists in a folder say. For use from several threads and processes."""

    def __init__(
        self,
        folder: Path,
        clock: Clock,
        *,
        max_age: timedelta,
        every: timedelta,
        address: str = LIST_OF_LISTS,
        territories: Sequence[str] = (),
        signers: Sequence[x509.Certificate] = (),
    ) -> None:
        """`signers` are those of the list of lists; without any, those that pyHanko knows.

        Without `territories`, the lists of all are kept.
        """
        self._folder = folder
        self._clock = clock
        self._max_age = max_age
        self._every = every
        self._address = address
        self._territories = {territory.upper() for territory in territories}
        self._signers = [_as_asn1(certificate) for certificate in signers]
        self._lock = RLock()
        self._read_from: tuple[int, int] | None = None
        self._kept: Sequence[KeptList] = ()
        self._registry = TSPRegistry()
        self._anchors: tuple[TrustAnchor, ...] = ()

    # Reading

    @property
    def anchors(self) -> tuple[TrustAnchor, ...]:
        """The authorities of qualified certificates and timestamps. Blocks on first use."""
        self._read()
        return self._anchors

    @property
    def list_date(self) -> datetime | None:
        """When the oldest of the lists was last fetched; None when there are none."""
        self._read()
        return min((datetime.fromisoformat(kept.fetched_at) for kept in self._kept), default=None)

    @property
    def outdated(self) -> bool:
        """Whether a list is older than it should be."""
        return bool(self.findings(self._clock.now()))

    def findings(self, now: datetime) -> list[Finding]:
        """What is doubtful about the lists: none at all, or too old ones, each with the reason."""
        self._read()
        if not self._kept:
            return [
                Finding(
                    "", "no_trusted_lists", "No trusted list could be fetched and verified yet."
                )
            ]
        return [
            Finding(
                f"/{kept.territory}",
                "trusted_list_outdated",
                f"The trusted list of {kept.territory} is from {kept.fetched_at[:10]}: "
                f"{kept.problem or 'it has not been fetched since'}.",
                {"territory": kept.territory},
            )
            for kept in self._kept
            if now - datetime.fromisoformat(kept.fetched_at) > self._max_age
        ]

    def qualification(self, path: ChainPath, at: datetime) -> Qualification | None:
        """See `app.adapters.edc.pki.qualification.QualificationSource`."""
        self._read()
        if not path.chain or path.anchor is None:
            return None
        leaf, *between = (_as_asn1(certificate) for certificate in path.chain)
        top = between.pop() if between else leaf
        chain = ValidationPath(CertTrustAnchor(top), list(reversed(between)), leaf)
        try:
            found = QualificationAssessor(self._registry).check_entity_cert_qualified(chain, at)
        except Exception:
            # Statements of a kind that the library does not expect; the list then says nothing.
            log.warning("a certificate could not be assessed against the trusted lists")
            return None
        return _qualification(found) if found.service_definition else self._unlisted(chain)

    def _unlisted(self, chain: ValidationPath) -> Qualification | None:
        """Whose authority was on the list at another time is not unknown, but not qualified."""
        known = any(
            list(self._registry.applicable_service_definitions(authority, None))
            for authority in chain.iter_authorities()
        )
        return Qualification() if known else None

    def _read(self) -> None:
        """Read the folder again when somebody has refreshed it."""
        with self._lock:
            try:
                state = (self._folder / _INDEX).stat()
            except OSError:
                return
            stamp = (state.st_mtime_ns, state.st_ino)
            if stamp == self._read_from:
                return
            kept = _index(self._folder)
            registry = TSPRegistry()
            for each in kept:
                if each.signers:
                    text = (self._folder / each.file).read_text(encoding="utf-8")
                    _verified(text, each.signers, registry)
            self._kept, self._registry = kept, registry
            self._anchors = tuple(_anchors(registry))
            self._read_from = stamp

    # Refreshing

    async def refresh_if_due(self, fetch: Fetch) -> bool:
        """Fetch all lists when it is time to, unless another process is at it. Whether it did."""
        now = self._clock.now()
        if not _due(self._folder, now, self._every):
            return False
        with _only_one(self._folder) as alone:
            if not alone or not _due(self._folder, now, self._every):
                return False
            await self._refresh(fetch, now)
        for finding in self.findings(now):
            log.warning("trusted lists: %s", finding.detail)
        return True

    async def _refresh(self, fetch: Fetch, now: datetime) -> None:
        _note_attempt(self._folder, now)
        before = {kept.address: kept for kept in _index(self._folder)}
        try:
            text = await fetch(self._address)
            lists = await asyncio.to_thread(
                eutl_parse.validate_and_parse_lotl, text, self._signers or None
            )
        except Exception as error:
            await asyncio.to_thread(_without_new, self._folder, list(before.values()), error)
            return
        top = self._write("EU", self._address, text, (), now)
        turn = asyncio.Semaphore(_AT_ONCE)

        async def one(reference: eutl_parse.TLReference) -> KeptList | None:
            signers = [certificate.dump().hex() for certificate in reference.tlso_certs]
            try:
                async with turn:
                    content = await fetch(reference.location_uri)
                    await asyncio.to_thread(_verified, content, signers, TSPRegistry())
            except Exception as error:
                last = before.get(reference.location_uri)
                return None if last is None else replace(last, problem=_why(error))
            return self._write(reference.territory, reference.location_uri, content, signers, now)

        found = await asyncio.gather(*(one(r) for r in lists.references if self._wanted(r)))
        _write_index(self._folder, [top, *(kept for kept in found if kept)])

    def _wanted(self, reference: eutl_parse.TLReference) -> bool:
        if eutl_parse.LOTL_RULE in reference.scheme_rules:
            return False
        return not self._territories or reference.territory.upper() in self._territories

    def _write(
        self, territory: str, address: str, text: str, signers: Sequence[str], now: datetime
    ) -> KeptList:
        data = text.encode("utf-8")
        file = f"{sha256(data).hexdigest()}.xml"
        _replace(self._folder / file, data)
        return KeptList(territory, address, file, now.isoformat(), signers)


def _verified(text: str, signers: Sequence[str], registry: TSPRegistry) -> None:
    """Add what a list says to a registry. Raises when its signature does not verify."""
    certificates = [asn1_x509.Certificate.load(bytes.fromhex(der)) for der in signers]
    eutl_parse.trust_list_to_registry(text, certificates, registry)


def _anchors(registry: TSPRegistry) -> Iterator[TrustAnchor]:
    for authorities, purpose in (
        (registry.known_certificate_authorities, Purpose.SEALS),
        (registry.known_timestamp_authorities, Purpose.TIMESTAMPS),
    ):
        for authority in authorities:
            if not isinstance(authority, AuthorityWithCert):
                continue
            try:
                certificate = parsed_certificate(authority.certificate.dump())
            except ValueError:
                # Of thousands, some are encoded in ways that are not looked at here.
                continue
            for service in registry.applicable_service_definitions(authority, None):
                about = service.base_info
                yield TrustAnchor(
                    certificate,
                    f"EU trusted lists: {about.service_name}",
                    purposes=frozenset({purpose}),
                    trusted_from=_in_utc(about.valid_from),
                    trusted_until=_in_utc(about.valid_until) if about.valid_until else None,
                )


def _in_utc(moment: datetime) -> datetime:
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)


def _qualification(found: QualificationResult) -> Qualification:
    status = found.status
    service = found.service_definition
    return Qualification(
        qualified=status.qualified,
        device=status.qc_key_security.is_qscd,
        types=(_TYPES[status.qc_type],),
        service=service.base_info.service_name if service else None,
    )


def _as_asn1(certificate: x509.Certificate) -> asn1_x509.Certificate:
    return asn1_x509.Certificate.load(certificate.public_bytes(Encoding.DER))


# The folder


def _index(folder: Path) -> list[KeptList]:
    try:
        stored: list[dict[str, Any]] = json.loads((folder / _INDEX).read_bytes())
    except FileNotFoundError:
        return []
    return [KeptList(**kept) for kept in stored]


def _write_index(folder: Path, kept: Sequence[KeptList]) -> None:
    """Last, so that whoever reads meanwhile finds the lists of before; then drop what is unused."""
    _replace(folder / _INDEX, json.dumps([asdict(each) for each in kept], indent=1).encode())
    used = {each.file for each in kept}
    for file in folder.glob("*.xml"):
        if file.name not in used:
            file.unlink(missing_ok=True)


def _without_new(folder: Path, kept: Sequence[KeptList], error: Exception) -> None:
    lists = [replace(each, problem=_why(error)) for each in kept]
    if lists:
        _write_index(folder, lists)


def _replace(file: Path, data: bytes) -> None:
    new = file.with_suffix(".new")
    new.write_bytes(data)
    new.replace(file)


def _why(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"[:200]


def _due(folder: Path, now: datetime, every: timedelta) -> bool:
    attempt = folder / "attempted"
    if attempt.exists():
        last = datetime.fromtimestamp(attempt.stat().st_mtime, UTC)
        if timedelta() <= now - last < _RETRY:
            return False
    # By the list of lists: one member state whose list is out of reach is asked again with all.
    kept = [each.fetched_at for each in _index(folder) if not each.signers]
    return not kept or now - datetime.fromisoformat(min(kept)) >= every


def _note_attempt(folder: Path, now: datetime) -> None:
    attempt = folder / "attempted"
    attempt.touch()
    os.utime(attempt, (now.timestamp(), now.timestamp()))


@contextmanager
def _only_one(folder: Path) -> Iterator[bool]:
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / ".lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
            return
        yield True

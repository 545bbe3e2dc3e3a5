"""What authorities said about certificates, as files: CRLs and OCSP responses that are kept here.

Verification fetches nothing. Where it matters whether a certificate was revoked although the seal
does not carry the answer, a folder holds what somebody has fetched: `*.crl` and `*.ocsp`, in DER.
"""

import logging
from pathlib import Path
from threading import Lock

from app.adapters.edc.pki.revocation_data import Responses, RevocationList
from app.adapters.edc.strict_json import NotReadable
from app.adapters.edc.verification.times import NOTHING, Material

log = logging.getLogger(__name__)


class StatusFolder:
    """The files of a folder; read again when one of them has changed. For several threads."""

    def __init__(self, folder: Path | None) -> None:
        """Without a folder, nothing is known."""
        self._folder = folder
        self._lock = Lock()
        self._seen: dict[Path, int] = {}
        self._material = NOTHING

    @property
    def material(self) -> Material:
        """What is known now. A file that cannot be read is passed over, with a warning."""
        if self._folder is None:
            return NOTHING
        files = sorted((*self._folder.glob("*.crl"), *self._folder.glob("*.ocsp")))
        seen = {file: file.stat().st_mtime_ns for file in files}
        with self._lock:
            if seen != self._seen:
                self._material, self._seen = _read(files), seen
            return self._material


def _read(files: list[Path]) -> Material:
    lists: list[RevocationList] = []
    responses: list[Responses] = []
    for file in files:
        try:
            if file.suffix == ".crl":
                lists.append(RevocationList.read(file.read_bytes()))
            else:
                responses.append(Responses.read(file.read_bytes()))
        except (NotReadable, OSError):
            log.warning("%s is no revocation data in DER", file.name)
    return Material(lists=lists, responses=responses)

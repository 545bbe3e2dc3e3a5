"""Verdicts on the form of credentials, kept by the hash of their bytes.

Validating against the profile is four fifths of the work of a verification, and its outcome
depends on nothing but the bytes and the version of the profile. Documents are not kept, for they
hold personal data: only the findings are, which name places and never values of a person.
"""

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from hashlib import sha256
from threading import Lock
from typing import Any

from app.domain.credentials.profile import edc_profile
from app.domain.credentials.profile_validation import validate
from app.domain.errors import Finding


class FormatVerdicts:
    """The latest verdicts, `size` at most. For use from several threads."""

    def __init__(self, size: int = 4096) -> None:
        self._kept: OrderedDict[tuple[str, bytes], tuple[Finding, ...]] = OrderedDict()
        self._size = size
        self._lock = Lock()
        self.validated = 0
        """How many documents had to be looked at as a whole."""

    def findings(self, payload: bytes, document: Mapping[str, Any]) -> Sequence[Finding]:
        """What the profile has against a document, which is what the payload's bytes stand for."""
        key = (edc_profile().version, sha256(payload).digest())
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key]
        found = tuple(validate(document))
        self.validated += 1
        self._keep(key, found)
        return found

    def note_sound(self, payload: bytes) -> None:
        """Keep that the profile has nothing against a payload, where that was found out before."""
        self._keep((edc_profile().version, sha256(payload).digest()), ())

    def _keep(self, key: tuple[str, bytes], found: tuple[Finding, ...]) -> None:
        with self._lock:
            self._kept[key] = found
            while len(self._kept) > self._size:
                self._kept.popitem(last=False)

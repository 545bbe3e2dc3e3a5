"""Verdicts on the form of credentials, kept by the hash of their bytes.

Validating against the profile is four fifths of the work of a verification, and its outcome
depends on nothing but the bytes and the version of the profile. Documents are not kept, for they
hold personal data: only the findings are, which name places and never values of a person.
"""

from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from hashlib import sha256
from threading import Lock
from typing import Any

from app.domain.credentials.profile.model import Profile
from app.domain.credentials.profile.tables import Profiles, known_profiles
from app.domain.credentials.profile.validation import UNANSWERED, validate
from app.domain.errors import Finding

OfficialFindings = Callable[[bytes, Mapping[str, Any]], Sequence[Finding]]
"""From a payload, and the document that it stands for, to what the official shapes have against it.
Slow, and in a process of its own: see `app.adapters.edc.elm.official_shapes`."""

_Key = tuple[str, str, str, bytes]
"""Who judged, family and version of the profile, hash of the payload."""


class FormatVerdicts:
    """The latest verdicts, `size` at most. For use from several threads."""

    def __init__(
        self,
        size: int = 4096,
        *,
        profiles: Profiles | None = None,
        official: OfficialFindings | None = None,
    ) -> None:
        """`profiles` are those that documents are read by, by default all that are known."""
        self.profiles = profiles or known_profiles()
        self._official = official
        self._kept: OrderedDict[_Key, tuple[Finding, ...]] = OrderedDict()
        self._size = size
        self._lock = Lock()
        self.validated = 0
        """How many documents had to be looked at as a whole."""

    def findings(self, payload: bytes, document: Mapping[str, Any]) -> Sequence[Finding]:
        """What the profile has against a document, which is what the payload's bytes stand for."""
        profile = self.profiles.of(document)
        key = _key("own", profile, payload)
        known = self._known(key)
        if known is not None:
            return known
        found = tuple(validate(document, profile=profile))
        self.validated += 1
        self._keep(key, found)
        return found

    def official(self, payload: bytes, document: Mapping[str, Any]) -> Sequence[Finding]:
        """What the official shapes have against it; nothing where there are none here."""
        if self._official is None:
            return ()
        key = _key("official", self.profiles.of(document), payload)
        known = self._known(key)
        if known is None:
            known = tuple(self._official(payload, document))
            # What could not be answered now may be answered the next time.
            if not any(finding.code == UNANSWERED for finding in known):
                self._keep(key, known)
        return known

    @property
    def asks_official(self) -> bool:
        """Whether there are official shapes to be asked."""
        return self._official is not None

    def note_sound(self, payload: bytes) -> None:
        """Keep that the profile which is issued has nothing against a payload, where that was found
        out before."""
        self._keep(_key("own", self.profiles.default, payload), ())

    def _known(self, key: _Key) -> tuple[Finding, ...] | None:
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
            return self._kept.get(key)

    def _keep(self, key: _Key, found: tuple[Finding, ...]) -> None:
        with self._lock:
            self._kept[key] = found
            while len(self._kept) > self._size:
                self._kept.popitem(last=False)


def _key(judge: str, profile: Profile, payload: bytes) -> _Key:
    return (judge, *profile.key, sha256(payload).digest())

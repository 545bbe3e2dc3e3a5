"""The privacy notices that people were shown, by the time from which each was in force."""

from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache

_EVER = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class PrivacyNotices:
    """Versions with the instant from which each is shown, the oldest first.

    A registration keeps when its person was shown the notice; which one that was follows. A new
    notice is a further line here; a line that was in force is never taken away.
    """

    versions: tuple[tuple[datetime, str], ...] = ((_EVER, "1"),)

    @staticmethod
    @lru_cache(maxsize=8)
    def of(lines: tuple[str, ...]) -> "PrivacyNotices":
        """From `version` or `version@instant` lines. Raises ValueError for what is none."""
        versions = []
        for line in lines:
            version, _, since = line.partition("@")
            begins = datetime.fromisoformat(since) if since else _EVER
            if not version or begins.tzinfo is None:
                raise ValueError(f"{line!r} is no version with the instant from which it holds")
            versions.append((begins, version))
        if not versions:
            raise ValueError("name at least one version of the privacy notice")
        return PrivacyNotices(tuple(sorted(versions)))

    def at(self, instant: datetime) -> str:
        """The version that was shown at that instant; the oldest for any time before."""
        shown = [version for begins, version in self.versions if begins <= instant]
        return shown[-1] if shown else self.versions[0][1]

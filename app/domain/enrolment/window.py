"""When registrations are taken, in the time of the edition's place."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache, lru_cache
from zoneinfo import ZoneInfo, available_timezones

from app.domain.enrolment.reasons import Reason
from app.domain.errors import Finding

_AREAS = frozenset(
    [
        "Africa",
        "America",
        "Antarctica",
        "Arctic",
        "Asia",
        "Atlantic",
        "Australia",
        "Europe",
        "Indian",
        "Pacific",
    ]
)


@cache
def _names() -> frozenset[str]:
    return frozenset(available_timezones())


@lru_cache(maxsize=64)
def zone_named(name: str) -> ZoneInfo | None:
    """The time zone of an IANA name such as `Europe/Madrid`; None when there is none."""
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        # ValueError: a path; OSError: the name of a directory of the database.
        return None


def is_zone_of_a_place(name: str) -> bool:
    """Whether somebody may state this zone: an area and a place, such as `Europe/Madrid`, or UTC.

    What only some machines know, or stands for whatever a machine is set to (`localtime`,
    `posix/…`, `right/…`), means something else elsewhere.
    """
    return name == "UTC" or (name.partition("/")[0] in _AREAS and name in _names())


@dataclass(frozen=True)
class RegistrationWindow:
    """From `opens` until `closes`, the end exclusive; responses of forms have some grace."""

    opens: datetime
    closes: datetime
    time_zone: str
    """IANA name; deadlines are shown in it. Instants are kept in UTC."""
    grace_minutes: int = 0
    """How long after `closes` a response still counts, for those who were filling in the form."""

    def verdict(self, received_at: datetime) -> Reason | None:
        """EARLY or LATE for an instant outside, else None."""
        if received_at < self.opens:
            return Reason.EARLY
        if received_at >= self.closes + timedelta(minutes=self.grace_minutes):
            return Reason.LATE
        return None

    def findings(self) -> list[Finding]:
        """What is wrong with it, at its place in what is sent to plan an edition."""
        findings = [
            Finding(f"/registration_{name}", "zone_missing", "Give the time with its zone or Z.")
            for name, moment in (("opens", self.opens), ("closes", self.closes))
            if moment.tzinfo is None
        ]
        if not findings and self.closes <= self.opens:
            findings.append(
                Finding(
                    "/registration_closes",
                    "closes_before_opens",
                    "Registration closes after it opens.",
                )
            )
        if not is_zone_of_a_place(self.time_zone):
            findings.append(
                Finding(
                    "/time_zone",
                    "time_zone_unknown",
                    "Give an IANA name such as Europe/Madrid.",
                )
            )
        if not 0 <= self.grace_minutes <= 7 * 24 * 60:
            findings.append(
                Finding("/grace_minutes", "grace_too_long", "Grace is from 0 minutes to 7 days.")
            )
        return findings

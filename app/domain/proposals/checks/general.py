"""Rules of block G, general information."""

import re
from collections.abc import Iterator
from datetime import UTC, timedelta, tzinfo
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

from app.domain.proposals.checks.judged import (
    Issue,
    Judged,
    all_listed,
    issue,
    required,
    text,
)
from app.domain.proposals.content import Model
from app.domain.vocabulary.micro_credential import PartnerRole
from app.domain.vocabulary.text import is_blank

_MAIL = re.compile(r"[^@\s]{1,64}@[^@\s.]+(\.[^@\s.]+)+")


@cache
def _time_zones() -> frozenset[str]:
    return frozenset(available_timezones())


def _model(judged: Judged) -> Iterator[Issue]:
    general = judged.content.general
    awarding = judged.content.partners(PartnerRole.AWARDING)
    if general.model is Model.JOINT and len(awarding) < 2:
        yield issue(
            "/general/partners",
            "joint_needs_two",
            "A joint micro-credential is awarded by two partners or more.",
            awarding=len(awarding),
        )
    if general.model is Model.REALIGNED and not (general.source_course or "").strip():
        yield required("/general/source_course")
    if general.model is not Model.REALIGNED and general.source_course is not None:
        yield issue(
            "/general/source_course",
            "realigned_only",
            "Only a realigned micro-credential has a source course.",
        )


def _partners(judged: Judged) -> Iterator[Issue]:
    for n, partner in enumerate(judged.content.general.partners):
        if partner.institution not in judged.institutions:
            yield issue(
                f"/general/partners/{n}/institution",
                "not_a_partner",
                f"{partner.institution} is no partner of the alliance.",
            )


def _texts(judged: Judged) -> Iterator[Issue]:
    general = judged.content.general
    yield from text("/general/working_title", general.working_title, ["en"], longest=150)
    yield from text(
        "/general/summary_public",
        general.summary_public,
        judged.display_tags,
        shortest=50,
        longest=2000,
    )
    yield from all_listed("/general/target_groups", general.target_groups, "target-group")


def _dates(judged: Judged) -> Iterator[Issue]:
    start, end = judged.content.general.planned_start, judged.content.general.planned_end
    if start is None:
        yield required("/general/planned_start")
    if end is None:
        yield required("/general/planned_end")
    if start and end and end <= start:
        yield issue("/general/planned_end", "dates_order", "The end comes after the start.")
    earliest = judged.today + timedelta(days=judged.policy.lead_time_days)
    if start and start < earliest:
        yield issue(
            "/general/planned_start",
            "lead_time",
            f"Between submission and start lie at least {judged.policy.lead_time_days} days: "
            f"start on {earliest.isoformat()} or later.",
            days=judged.policy.lead_time_days,
            earliest=earliest.isoformat(),
        )


def _places(judged: Judged) -> Iterator[Issue]:
    general = judged.content.general
    if general.places is None:
        yield required("/general/places")
    else:
        for name in ("min_participants", "quota_per_institution"):
            value = getattr(general, name)
            if value is not None and value > general.places:
                yield issue(
                    f"/general/{name}",
                    "above_places",
                    f"This cannot exceed the {general.places} places.",
                    places=general.places,
                )
    if general.quota_per_institution is not None and general.no_institution_rule is None:
        yield issue(
            "/general/no_institution_rule",
            "required",
            "With a quota per institution, say how people without one count.",
        )


def _window(judged: Judged) -> Iterator[Issue]:
    window = judged.content.general.registration_window
    pointer = "/general/registration_window"
    if window is None:
        yield required(pointer)
        return
    if window.closes <= window.opens:
        yield issue(f"{pointer}/closes", "dates_order", "Registration closes after it opens.")
    zone: tzinfo = UTC
    if window.time_zone in _time_zones():
        zone = ZoneInfo(window.time_zone)
    else:
        yield issue(
            f"{pointer}/time_zone",
            "time_zone",
            "Give an IANA time zone such as Europe/Madrid.",
        )
    start = judged.content.general.planned_start
    if start and window.closes.astimezone(zone).date() > start:
        yield issue(
            f"{pointer}/closes",
            "window_after_start",
            "Registration closes on the day of the start or before.",
            start=start.isoformat(),
        )


def _contact(judged: Judged) -> Iterator[Issue]:
    address = judged.content.general.contact_email
    if address is None or is_blank({"": address}):
        yield required("/general/contact_email")
    elif len(address) > 254 or not _MAIL.fullmatch(address):
        yield issue("/general/contact_email", "email", "This is not an e-mail address.")


RULES = (_model, _partners, _texts, _dates, _places, _window, _contact)

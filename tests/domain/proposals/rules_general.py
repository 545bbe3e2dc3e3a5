"""Rules of general information: pointer, code, an example that breaks it, one that keeps it."""

from datetime import UTC, date, datetime

from app.domain.proposals.content import (
    Model,
    Partner,
    RegistrationWindow,
)
from app.domain.vocabulary.micro_credential import PartnerRole
from tests.domain.proposals.variations import GOOD, HERE, NOWHERE, Row, general, window

GENERAL_RULES: dict[str, Row] = {
    "a joint one needs two awarding partners": (
        "/general/partners",
        "joint_needs_two",
        general(partners=(HERE, Partner("HKA", PartnerRole.CO_DELIVERING))),
        GOOD,
    ),
    "a realigned one names its source": (
        "/general/source_course",
        "required",
        general(model=Model.REALIGNED),
        general(model=Model.REALIGNED, source_course="Practice I"),
    ),
    "only a realigned one has a source": (
        "/general/source_course",
        "realigned_only",
        general(source_course="Practice I"),
        GOOD,
    ),
    "partners are partners of the alliance": (
        "/general/partners/1/institution",
        "not_a_partner",
        general(partners=(HERE, Partner("ATLANTIS", PartnerRole.SUPPORTING))),
        GOOD,
    ),
    "a working title in English": (
        "/general/working_title/en",
        "required",
        general(working_title={"es": "Práctica"}),
        general(working_title={"es": "Práctica", "en": "Practice"}),
    ),
    "a short working title": (
        "/general/working_title/en",
        "too_long",
        general(working_title={"en": "x" * 151}),
        general(working_title={"en": "x" * 150}),
    ),
    "languages by their tags": (
        "/general/working_title/English",
        "language_tag",
        general(working_title={"en": "Practice", "English": "Practice"}),
        general(working_title={"en": "Practice", "pt-BR": "Prática"}),
    ),
    "a summary of some length": (
        "/general/summary_public/en",
        "too_short",
        general(summary_public={"en": "x" * 49}),
        general(summary_public={"en": "x" * 50}),
    ),
    "a summary that one reads": (
        "/general/summary_public/en",
        "too_long",
        general(summary_public={"en": "x" * 2001}),
        general(summary_public={"en": "x" * 2000}),
    ),
    "target groups of the list": (
        "/general/target_groups/0/uri",
        "not_in_list",
        general(target_groups=(NOWHERE,)),
        general(target_groups=()),
    ),
    "a start": ("/general/planned_start", "required", general(planned_start=None), GOOD),
    "an end": ("/general/planned_end", "required", general(planned_end=None), GOOD),
    "the end after the start": (
        "/general/planned_end",
        "dates_order",
        general(planned_end=date(2027, 5, 10)),
        general(planned_end=date(2027, 5, 11)),
    ),
    "time before the start": (
        "/general/planned_start",
        "lead_time",
        general(planned_start=date(2027, 4, 14)),
        general(
            planned_start=date(2027, 4, 15),
            registration_window=RegistrationWindow(
                datetime(2027, 3, 1, tzinfo=UTC), datetime(2027, 4, 1, tzinfo=UTC), "Europe/Madrid"
            ),
        ),
    ),
    "places": (
        "/general/places",
        "required",
        general(places=None, min_participants=None, quota_per_institution=None),
        GOOD,
    ),
    "a least number within the places": (
        "/general/min_participants",
        "above_places",
        general(min_participants=51),
        general(min_participants=50),
    ),
    "a quota within the places": (
        "/general/quota_per_institution",
        "above_places",
        general(quota_per_institution=51),
        general(quota_per_institution=50),
    ),
    "a rule for people without institution": (
        "/general/no_institution_rule",
        "required",
        general(no_institution_rule=None),
        general(no_institution_rule=None, quota_per_institution=None),
    ),
    "a registration window": (
        "/general/registration_window",
        "required",
        general(registration_window=None),
        GOOD,
    ),
    "a window that opens first": (
        "/general/registration_window/closes",
        "dates_order",
        window(closes=datetime(2027, 4, 1, 10, tzinfo=UTC)),
        GOOD,
    ),
    "a window before the start": (
        "/general/registration_window/closes",
        "window_after_start",
        window(closes=datetime(2027, 5, 10, 22, 30, tzinfo=UTC)),
        window(closes=datetime(2027, 5, 10, 21, 30, tzinfo=UTC)),
    ),
    "a time zone of the world": (
        "/general/registration_window/time_zone",
        "time_zone",
        window(time_zone="Europe/Oviedo"),
        window(time_zone="Europe/Berlin"),
    ),
    "a contact": ("/general/contact_email", "required", general(contact_email=None), GOOD),
    "a contact that is an address": (
        "/general/contact_email",
        "email",
        general(contact_email="practice at example"),
        GOOD,
    ),
}

"""Rules of block C, certified academic data, apart from outcomes and assessment."""

import base64
import binascii
from collections.abc import Iterator
from decimal import Decimal

from app.domain.proposals.checks.judged import (
    Issue,
    Judged,
    all_listed,
    days,
    duration,
    https,
    issue,
    listed,
    needed,
    required,
    text,
    warning,
)
from app.domain.proposals.content import Model
from app.domain.vocabulary.lists import SNB, code_of, controlled_list
from app.domain.vocabulary.micro_credential import PartnerRole
from app.domain.vocabulary.specification import Media, Stackability
from app.domain.vocabulary.text import folded, is_blank

ECTS = f"{SNB}education-credit/6fcec5c5af"
"""European Credit Transfer System, in the EU list education-credit."""

GENERIC = f"{SNB}credential/e34929035b"
"""The credential profile of micro-credentials, in the EU list credential."""

CYCLES = {"5": "short", "6": "1", "7": "2", "8": "3"}
"""EQF level and cycle of the QF-EHEA that belong together."""

SPANISH_LIMIT = Decimal(15)
"""Royal Decree 822/2021, article 37: a micro-credential of a Spanish university has fewer."""

LONGEST_TITLE = 150
LARGEST_PICTURE = 500_000
"""Bytes. A picture is carried inside every credential."""

_MAGIC = {"PNG": b"\x89PNG\r\n\x1a\n", "JPEG": b"\xff\xd8\xff"}

_QUOTA_WORDS = frozenset(
    {"quota", "quotas", "places", "seats", "cupo", "cupos", "plaza", "plazas", "aforo"}
)


def _titles(judged: Judged) -> Iterator[Issue]:
    academic = judged.content.academic
    bodies = [judged.institutions[c] for c in academic.awarding_bodies if c in judged.institutions]
    wanted = ["en", *judged.display_tags, *(body.name_local_language for body in bodies)]
    yield from text(
        "/academic/title", academic.title, list(dict.fromkeys(wanted)), longest=LONGEST_TITLE
    )
    yield from text(
        "/academic/description", academic.description, judged.display_tags, longest=2000
    )
    for name in ("outcome_summary", "entry_requirements", "further_information"):
        texts = getattr(academic, name)
        yield from text(
            f"/academic/{name}", texts, judged.display_tags, longest=2000, optional=True
        )
    for tag, words in academic.entry_requirements.items():
        if not _QUOTA_WORDS.isdisjoint(folded(words).split()):
            yield warning(
                f"/academic/entry_requirements/{tag}",
                "quota_text",
                "Places and quotas have their own fields; this one says what one has to know.",
            )


def _kind(judged: Judged) -> Iterator[Issue]:
    academic = judged.content.academic
    yield from needed("/academic/credential_profile", academic.credential_profile, "credential")
    if academic.credential_profile and academic.credential_profile.uri != GENERIC:
        yield issue(
            "/academic/credential_profile/uri",
            "not_generic",
            "Micro-credentials are issued as generic credentials: the other profiles ask for "
            "evidence that a proposal has no place for. Choose Generic.",
        )
    yield from needed(
        "/academic/opportunity_type", academic.opportunity_type, "learning-opportunity"
    )
    yield from needed("/academic/learning_setting", academic.learning_setting, "learning-setting")
    yield from listed("/academic/schedule", academic.schedule, "learning-schedule")
    if not academic.mode:
        yield required("/academic/mode")
    yield from all_listed("/academic/mode", academic.mode, "learning-assessment")
    if not academic.languages_teaching:
        yield required("/academic/languages_teaching")
    yield from all_listed("/academic/languages_teaching", academic.languages_teaching, "language")


def _bodies(judged: Judged) -> Iterator[Issue]:
    academic, pointer = judged.content.academic, "/academic/awarding_bodies"
    awarding = judged.content.partners(PartnerRole.AWARDING)
    if not academic.awarding_bodies:
        yield required(pointer)
    for n, code in enumerate(academic.awarding_bodies):
        if code in academic.awarding_bodies[:n]:
            yield issue(f"{pointer}/{n}", "duplicate", f"{code} is listed twice.")
        if code not in awarding:
            yield issue(
                f"{pointer}/{n}", "not_awarding", f"{code} is no awarding partner of this proposal."
            )
    for code in awarding:
        if academic.awarding_bodies and code not in academic.awarding_bodies:
            yield issue(
                pointer,
                "awarding_missing",
                f"{code} is an awarding partner but no awarding body.",
                institution=code,
            )
    if academic.issuer is None:
        # A decentralised micro-credential is sealed by whoever runs the edition.
        if judged.content.general.model is not Model.DECENTRALISED:
            yield required("/academic/issuer")
    elif academic.issuer not in academic.awarding_bodies:
        yield issue("/academic/issuer", "not_awarding", "The issuer is one of the awarding bodies.")


def _level(judged: Judged) -> Iterator[Issue]:
    academic = judged.content.academic
    yield from needed("/academic/eqf_level", academic.eqf_level, "eqf")
    level = academic.eqf_level.uri.rsplit("/", 1)[-1] if academic.eqf_level else None
    if level in {"1", "2", "3", "4"}:
        yield issue(
            "/academic/eqf_level/uri",
            "eqf_level",
            "Higher education stands at EQF levels 5 to 8.",
            level=level,
        )
    if academic.cycle is not None:
        if academic.cycle not in CYCLES.values():
            yield issue("/academic/cycle", "cycle", "Cycles are short, 1, 2 and 3.")
        elif level in CYCLES and CYCLES[level] != academic.cycle:
            yield issue(
                "/academic/cycle",
                "cycle_and_level",
                f"EQF level {level} goes with the cycle {CYCLES[level]}.",
                level=level,
                cycle=CYCLES[level],
            )
    yield from all_listed("/academic/nqf_levels", academic.nqf_levels, "qdr")
    if not academic.isced_f:
        yield required("/academic/isced_f")
    elif len(academic.isced_f) > 3:
        yield issue("/academic/isced_f", "too_many", "One to three fields of education.", most=3)
    yield from all_listed("/academic/isced_f", academic.isced_f, "isced-f")
    for n, concept in enumerate(academic.isced_f):
        code = concept.uri.rsplit("/", 1)[-1]
        if controlled_list("isced-f").contains(concept.uri) and len(code) < 4:
            yield warning(
                f"/academic/isced_f/{n}/uri",
                "isced_f_broad",
                "A detailed field, with four digits, says more.",
            )


def _credits(judged: Judged) -> Iterator[Issue]:
    academic = judged.content.academic
    ects, hours = academic.ects, academic.hours_per_ects
    if ects is None:
        yield required("/academic/ects")
    elif ects <= 0 or ects % Decimal("0.5"):
        yield issue("/academic/ects", "ects_step", "Credits come in steps of a half, above zero.")
    elif ects >= SPANISH_LIMIT and any(
        judged.institutions[code].country == "ES"
        for code in academic.awarding_bodies
        if code in judged.institutions
    ):
        yield issue(
            "/academic/ects",
            "ects_limit",
            "Where a Spanish university awards, a micro-credential has fewer than 15 credits.",
            limit=int(SPANISH_LIMIT),
        )
    yield from needed("/academic/credit_framework", academic.credit_framework, "education-credit")
    if academic.credit_framework and academic.credit_framework.uri != ECTS:
        yield issue(
            "/academic/credit_framework/uri", "ects_needed", "Credits of the alliance are ECTS."
        )
    if hours is None:
        yield required("/academic/hours_per_ects")
    elif not 25 <= hours <= 30:
        yield issue(
            "/academic/hours_per_ects",
            "hours_per_ects",
            "A credit stands for 25 to 30 hours.",
        )
    if academic.workload_hours is None:
        yield required("/academic/workload_hours")
    elif ects is not None and hours is not None and academic.workload_hours != ects * hours:
        yield issue(
            "/academic/workload_hours",
            "workload",
            f"{format(ects.normalize(), 'f')} credits of {hours} hours are "
            f"{format((ects * hours).normalize(), 'f')} hours.",
            hours=float(ects * hours),
        )


def _parts(judged: Judged) -> Iterator[Issue]:
    academic, pointer = judged.content.academic, "/academic/workload_parts"
    if not academic.workload_parts:
        yield required(pointer)
        return
    for n, part in enumerate(academic.workload_parts):
        yield from text(f"{pointer}/{n}/title", part.title, judged.display_tags, longest=300)
        yield from listed(f"{pointer}/{n}/kind", part.kind, "learning-activity")
        if part.hours < 1:
            yield issue(f"{pointer}/{n}/hours", "hours", "A part takes an hour or more.")
    total = sum(part.hours for part in academic.workload_parts)
    if academic.workload_hours is not None and total != academic.workload_hours:
        yield issue(
            pointer,
            "workload_parts",
            f"The parts add up to {total} hours, the workload is {academic.workload_hours}.",
            total=total,
            workload=academic.workload_hours,
        )


def _durations(judged: Judged) -> Iterator[Issue]:
    academic, general = judged.content.academic, judged.content.general
    yield from duration("/academic/max_duration", academic.max_duration)
    yield from duration("/academic/validity_period", academic.validity_period)
    longest = days(academic.max_duration) if academic.max_duration else None
    if longest and general.planned_start and general.planned_end:
        length = (general.planned_end - general.planned_start).days
        if length > longest:
            yield issue(
                "/academic/max_duration",
                "shorter_than_edition",
                f"The planned edition takes {length} days, which is longer.",
                days=length,
            )


def _pathways(judged: Judged) -> Iterator[Issue]:
    academic, pointer = judged.content.academic, "/academic/stacks_into"
    if academic.stackability is None:
        yield required("/academic/stackability")
    if academic.stackability is Stackability.STACKABLE and not academic.stacks_into:
        yield issue(pointer, "required", "A stackable one names at least one larger programme.")
    if academic.stackability is Stackability.STANDALONE and academic.stacks_into:
        yield issue(pointer, "standalone", "A stand-alone one counts towards no programme.")
    for n, target in enumerate(academic.stacks_into):
        yield from text(
            f"{pointer}/{n}/programme", target.programme, judged.display_tags, longest=300
        )
        if target.institution not in judged.institutions:
            yield issue(
                f"{pointer}/{n}/institution",
                "not_a_partner",
                f"{target.institution} is no partner of the alliance.",
            )
    if academic.partial_qualification is None:
        yield required("/academic/partial_qualification")
    yield from https("/academic/homepage", academic.homepage)


def _display(judged: Judged) -> Iterator[Issue]:
    academic, pointer = judged.content.academic, "/academic/display_languages"
    if not academic.display_languages:
        yield required(pointer)
    yield from all_listed(pointer, academic.display_languages, "language")
    for n, concept in enumerate(academic.display_languages):
        if controlled_list("language").contains(concept.uri) and code_of(concept.uri) is None:
            yield issue(
                f"{pointer}/{n}/uri", "language_tag", "There is no BCP 47 tag for this language."
            )
    yield from needed("/academic/primary_language", academic.primary_language, "language")
    shown = {concept.uri for concept in academic.display_languages}
    if academic.primary_language and academic.primary_language.uri not in shown:
        yield issue(
            "/academic/primary_language/uri",
            "not_displayed",
            "The primary language is one of the display languages.",
        )
    if academic.visual:
        for name in ("logo", "background"):
            media: Media | None = getattr(academic.visual, name)
            if media is not None:
                yield from _picture(f"/academic/visual/{name}", media, judged)


def _picture(pointer: str, media: Media, judged: Judged) -> Iterator[Issue]:
    kind = media.content_type.uri.rsplit("/", 1)[-1]
    yield from listed(f"{pointer}/content_type", media.content_type, "file-type")
    if kind not in _MAGIC:
        yield issue(f"{pointer}/content_type/uri", "picture_type", "Pictures are PNG or JPEG.")
        return
    try:
        content = base64.b64decode(media.content, validate=True)
    except (binascii.Error, ValueError):
        yield issue(f"{pointer}/content", "base64", "The bytes are given in base64 (RFC 4648).")
        return
    if not content.startswith(_MAGIC[kind]):
        yield issue(f"{pointer}/content", "picture_type", f"These are not the bytes of a {kind}.")
    if len(content) > LARGEST_PICTURE:
        yield issue(
            f"{pointer}/content",
            "too_large",
            f"At most {LARGEST_PICTURE // 1000} kB: every credential carries the picture.",
            bytes=len(content),
        )
    if not is_blank(media.alternative_text):
        yield from text(f"{pointer}/alternative_text", media.alternative_text, judged.display_tags)


RULES = (
    _titles,
    _kind,
    _bodies,
    _level,
    _credits,
    _parts,
    _durations,
    _pathways,
    _display,
)

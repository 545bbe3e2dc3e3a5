"""Controlled values that the demonstration uses, by what they mean."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

_SNB = "http://data.europa.eu/snb/"
_AUTHORITY = "http://publications.europa.eu/resource/authority/"


def value(list_and_code: str) -> dict[str, str]:
    """A value of a list under data.europa.eu/snb, such as `eqf/6`."""
    return {"uri": _SNB + list_and_code}


def language(code: str) -> dict[str, str]:
    """A language of the EU authority list by its ISO 639-3 code."""
    return {"uri": f"{_AUTHORITY}language/{code}"}


def country(code: str) -> dict[str, str]:
    """A country of the EU authority list by its ISO 3166-1 alpha-3 code."""
    return {"uri": f"{_AUTHORITY}country/{code}"}


ENGLISH, SPANISH = language("ENG"), language("SPA")
SPAIN = country("ESP")

GENERIC = value("credential/e34929035b")
SHORT_LEARNING_PROGRAMME = value("learning-opportunity/74a4a268e8")
EQF_6 = value("eqf/6")
ECTS = value("education-credit/6fcec5c5af")
EDUCATION_INTERDISCIPLINARY = value("isced-f/0188")
ENVIRONMENTAL_PROTECTION = value("isced-f/0712")
E_LEARNING = value("learning-activity/bf2e3a7bae")
PRACTICE = value("learning-activity/3c8bd58d62")
SELF_STUDY = value("learning-activity/b660f5dcea")
ONLINE = value("learning-assessment/920fbb3cbe")
FORMAL = value("learning-setting/6fd4685715")
PART_TIME_LIGHT = value("learning-schedule/67395e6b5a")
QUIZ = value("assessment/b1b68f6735")
GROUP_PERFORMANCE = value("assessment/56539a6507")
PEER_REVIEW = value("assessment/812e3b0ae1")
PROJECT_WORK = value("assessment/795dac4096")
UNSUPERVISED_WITHOUT_ID = value("supervision-verification/c598449d64")
INSTITUTIONAL_QA = value("accreditation/bb4618238e")
GRADUATES_EQF_6 = value("target-group/e7627913ad")
SKILL_AND_COMPETENCE = value("skill-type/skill")
LEARNING_OPPORTUNITY_RIGHT = value("entitlement/64aad92881")
PROSPECTIVE = value("entitlement-status/5b8d6b34fb")

PASS_FAIL: dict[str, Any] = {
    "title": {"en": "Pass or fail", "es": "Apto o no apto"},
    "scale": "pass_fail",
    "passing": "Pass",
    "description": {
        "en": "Pass: every part of the assessment is completed. There are no marks.",
        "es": "Apto: se completan todas las partes de la evaluación. No hay calificación numérica.",
    },
}


def window(start: date, *, opens: int, closes: int) -> dict[str, str]:
    """A registration window, given in days before the start, in the time of Oviedo."""

    def noon(days: int) -> str:
        return datetime.combine(start - timedelta(days), time(12), tzinfo=UTC).isoformat()

    return {"opens": noon(opens), "closes": noon(closes), "time_zone": "Europe/Madrid"}


def quality_record(start: date) -> dict[str, Any]:
    """A decision on quality assurance that nobody took: it says so itself."""
    return {
        "title": {
            "en": "Demonstration: internal quality assurance of the awarding universities",
            "es": "Demostración: garantía interna de calidad de las universidades que otorgan",
        },
        "type": INSTITUTIONAL_QA,
        "agency": {
            "en": "Demonstration agency (does not exist)",
            "es": "Agencia de demostración (no existe)",
        },
        "agency_country": SPAIN,
        "decision": "Demonstration",
        "issued_on": (start - timedelta(days=365)).isoformat(),
        "valid_until": (start + timedelta(days=5 * 365)).isoformat(),
    }

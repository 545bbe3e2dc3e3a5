"""A micro-credential that does not exist, made up to show a credential that gives a right."""

from datetime import date, timedelta
from typing import Any

from app.demo import content_values as v

CREATE: dict[str, Any] = {
    "working_title": {
        "en": "Green laboratory practice (fictitious)",
        "es": "Prácticas de laboratorio verde (ficticia)",
    },
    "model": "realigned",
    "lead_institution": "UNIOVI",
    "partners": [
        {"institution": "UNIOVI", "role": "awarding"},
        {"institution": "XAMK", "role": "recognising"},
    ],
}

RIGHTS: dict[str, Any] = {
    "has_rights": True,
    "rights": [
        {
            "title": {
                "en": "Entry to the fictitious course “Green laboratory management”",
                "es": "Acceso al curso ficticio «Gestión de laboratorios verdes»",
            },
            "type": v.LEARNING_OPPORTUNITY_RIGHT,
            "status": v.PROSPECTIVE,
            "description": {
                "en": "Holders may enter the follow-up course without its entrance interview. "
                "Both courses are made up for demonstration.",
                "es": "Permite acceder al curso siguiente sin la entrevista previa. Ambos cursos "
                "son inventados, con fines de demostración.",
            },
            "limit_organisations": ["UNIOVI"],
            "limit_jurisdiction": [v.SPAIN],
            "legal_basis": "Demonstration: rules of a course that does not exist",
        }
    ],
}


def general(start: date) -> dict[str, Any]:
    """The general section for an edition that starts on that day."""
    return {
        "source_course": "Fictitious course GLP-101, made up for this demonstration",
        "summary_public": {
            "en": "A made-up course, for demonstration only: how to run a teaching laboratory "
            "with less energy, less water and less waste.",
            "es": "Un curso inventado, solo para demostración: cómo llevar un laboratorio docente "
            "con menos energía, menos agua y menos residuos.",
        },
        "planned_start": start.isoformat(),
        "planned_end": (start + timedelta(days=40)).isoformat(),
        "places": 20,
        "min_participants": 5,
        "registration_window": v.window(start, opens=30, closes=7),
        "contact_email": "demonstration@example.org",
    }


def academic(start: date) -> dict[str, Any]:
    """The academic section; its skills are still undecided."""
    return {
        "title": {
            "en": "Green laboratory practice (fictitious)",
            "es": "Prácticas de laboratorio verde (ficticia)",
        },
        "description": {
            "en": "This micro-credential does not exist. It shows how a credential can carry a "
            "right for its holder, here the entry to another course that does not exist either.",
            "es": "Esta microcredencial no existe. Muestra cómo una credencial puede conferir un "
            "derecho a su titular, aquí el acceso a otro curso que tampoco existe.",
        },
        "awarding_bodies": ["UNIOVI"],
        "issuer": "UNIOVI",
        "eqf_level": v.EQF_6,
        "cycle": "1",
        "isced_f": [v.ENVIRONMENTAL_PROTECTION],
        "ects": "2",
        "hours_per_ects": 25,
        "workload_hours": 50,
        "workload_parts": [
            {
                "title": {"en": "Online units", "es": "Unidades en línea"},
                "kind": v.E_LEARNING,
                "hours": 20,
            },
            {
                "title": {"en": "Work in one's own laboratory", "es": "Trabajo en el laboratorio"},
                "kind": v.PRACTICE,
                "hours": 30,
                "contact": True,
            },
        ],
        "outcomes": [
            {
                "code": "LO1",
                "title": {
                    "en": "Promote sustainable habits among the users of a teaching laboratory.",
                    "es": "Promover hábitos sostenibles entre quienes usan un laboratorio docente.",
                },
                "skills": [{"wording": "promote sustainability"}],
            },
            {
                "code": "LO2",
                "title": {
                    "en": "Measure the energy, water and waste of a laboratory and reduce them.",
                    "es": "Medir y reducir la energía, el agua y los residuos de un laboratorio.",
                },
                "skills": [{"wording": "manage environmental impact"}],
            },
            {
                "code": "LO3",
                "title": {
                    "en": "Keep a log of measures taken and present what they achieved.",
                    "es": "Llevar un registro de las medidas tomadas y exponer sus resultados.",
                },
                "skills": [{"wording": "keep the green laboratory log"}],
            },
        ],
        "mode": [v.ONLINE],
        "learning_setting": v.FORMAL,
        "languages_teaching": [v.ENGLISH],
        "assessments": [
            {
                "code": "A1",
                "title": {"en": "The laboratory's log", "es": "El registro del laboratorio"},
                "type": v.PROJECT_WORK,
                "mode": [v.ONLINE],
                "languages": [v.ENGLISH],
                "outcomes": ["LO1", "LO2", "LO3"],
            }
        ],
        "grading_scheme": v.PASS_FAIL,
        "id_verification": v.UNSUPERVISED_WITHOUT_ID,
        "qa_types": [v.INSTITUTIONAL_QA],
        "qa_records": [v.quality_record(start)],
        "stackability": "standalone",
        "partial_qualification": False,
        "display_languages": [v.ENGLISH, v.SPANISH],
        "primary_language": v.ENGLISH,
    }

"""The course “Towards INGENIUM Micro-credentials Framework”.

Its facts (name, credits, hours, skill names, places, quota, contact, dates of the first edition)
are those of the alliance's public page; the descriptions are our own. What the page does not give
is a decision of the demonstration's authors (EQF level 6 from “Bachelor”, field of education,
identity verification) or says that it is a demonstration (quality assurance).
"""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from app.demo import content_values as v

TITLE = {
    "en": "Towards INGENIUM Micro-credentials Framework",
    "es": "Hacia un marco de microcredenciales INGENIUM",
    "de": "Auf dem Weg zu einem INGENIUM-Rahmen für Microcredentials",
    "it": "Verso un quadro INGENIUM per le microcredenziali",
}
"""English, and the language of each awarding university."""

CREATE: dict[str, Any] = {
    "working_title": {"en": TITLE["en"], "es": TITLE["es"]},
    "model": "joint",
    "lead_institution": "UNIOVI",
    "partners": [
        {"institution": "UNIOVI", "role": "awarding"},
        {"institution": "HKA", "role": "awarding"},
        {"institution": "UDA", "role": "awarding"},
    ],
}

PAST_EDITIONS: Sequence[dict[str, Any]] = (
    {"start": "2026-05-10", "end": "2026-06-30", "places": 50},
)
"""The first edition, as the page announces it."""


def general(start: date) -> dict[str, Any]:
    """The general section for an edition that starts on that day."""
    return {
        "summary_public": {
            "en": "A short online course for the staff of European universities and for their "
            "partners outside: learn how a joint micro-credential is planned, described, "
            "quality-assured and issued as a digital credential, by drafting one together.",
            "es": "Un curso breve en línea para el personal de universidades europeas y para sus "
            "socios externos: cómo se planifica, se describe, se asegura su calidad y se expide "
            "como credencial digital una microcredencial conjunta, redactando una en equipo.",
        },
        "target_groups": [v.GRADUATES_EQF_6],
        "planned_start": start.isoformat(),
        "planned_end": (start + timedelta(days=51)).isoformat(),
        "places": 50,
        "quota_per_institution": 5,
        "no_institution_rule": "own_bucket_per_organisation",
        "registration_window": v.window(start, opens=30, closes=7),
        "contact_email": "microcredenciales@uniovi.es",
    }


OUTCOMES: Sequence[tuple[str, dict[str, str], tuple[str, ...]]] = (
    (
        "LO1",
        {
            "en": "Interpret the European and institutional rules for micro-credentials and apply "
            "them to a case, from the Council Recommendation of 2022 and the Union of Skills to "
            "the alliance's own procedures.",
            "es": "Interpretar las normas europeas e institucionales sobre microcredenciales y "
            "aplicarlas a un caso, desde la Recomendación del Consejo de 2022 y la Unión de las "
            "Competencias hasta los procedimientos de la alianza.",
        },
        ("apply system organisational policies", "ensure ongoing compliance with regulations"),
    ),
    (
        "LO2",
        {
            "en": "Design the structure of a joint micro-credential and document it, with the "
            "roles, processes and quality requirements of every university that takes part.",
            "es": "Diseñar la estructura de una microcredencial conjunta y documentarla, con las "
            "funciones, los procesos y los requisitos de calidad de cada universidad participante.",
        },
        (
            "documenting and recording information",
            "assess project resource needs",
            "apply quality standards",
        ),
    ),
    (
        "LO3",
        {
            "en": "Select the digital tools and administrative services with which "
            "micro-credentials are managed, certified and recognised, in line with ELM version 3, "
            "Europass and the alliance's procedures.",
            "es": "Seleccionar las herramientas digitales y los servicios administrativos con los "
            "que se gestionan, certifican y reconocen las microcredenciales, conforme a ELM "
            "versión 3, Europass y los procedimientos de la alianza.",
        },
        (
            "use online tools to collaborate",
            "use ICT resources to solve work related tasks",
            "digital communication and collaboration",
        ),
    ),
    (
        "LO4",
        {
            "en": "Integrate ESCO skills into learning outcomes and assessment criteria, so that "
            "these are relevant, transparent and portable across the European Qualifications "
            "Framework.",
            "es": "Integrar competencias de ESCO en los resultados de aprendizaje y los criterios "
            "de evaluación, para que sean pertinentes, transparentes y transferibles en el Marco "
            "Europeo de Cualificaciones.",
        },
        ("linking learning outcomes of qualifications with ESCO skills", "evaluate data"),
    ),
    (
        "LO5",
        {
            "en": "Create, together with others, the draft of a micro-credential proposal that is "
            "technically accurate, inclusive and consistent with the alliance's quality system.",
            "es": "Elaborar en equipo el borrador de una propuesta de microcredencial "
            "técnicamente correcta, inclusiva y coherente con el sistema de calidad de la alianza.",
        },
        (
            "work in teams",
            "use online tools to collaborate",
            "apply system organisational policies",
        ),
    ),
)
"""Code, text, and the skill names of the page; on each name its authors still have to decide."""

ASSESSMENTS: Sequence[dict[str, Any]] = (
    {
        "code": "A1",
        "title": {
            "en": "A multiple-choice quiz after each recorded session",
            "es": "Un cuestionario de opción múltiple tras cada sesión grabada",
        },
        "type": v.QUIZ,
        "outcomes": ["LO1", "LO3"],
    },
    {
        "code": "A2",
        "title": {
            "en": "Proposal of a simulated 1 ECTS micro-credential, in an international team",
            "es": "Propuesta simulada de una microcredencial de 1 ECTS, en equipo internacional",
        },
        "type": v.GROUP_PERFORMANCE,
        "outcomes": ["LO2", "LO4", "LO5"],
    },
    {
        "code": "A3",
        "title": {
            "en": "Constructive part in the anonymous peer review of other teams' proposals",
            "es": "Participación constructiva en la revisión anónima por pares de otras propuestas",
        },
        "type": v.PEER_REVIEW,
        "outcomes": ["LO2", "LO4"],
    },
)


def academic(start: date) -> dict[str, Any]:
    """The academic section; its skills are still undecided."""
    return {
        "title": TITLE,
        "description": {
            "en": "Academic and administrative staff, and people who work with universities from "
            "outside, learn what it takes to design, run and certify a joint micro-credential. "
            "They study the European and institutional rules, write learning outcomes with ESCO "
            "skills that can be read across the European Qualifications Framework, and use the "
            "tools for quality assurance and digital certification, the European Learning Model "
            "and Europass among them. In international teams they draft a proposal that could "
            "serve as a model for the alliance, and review the drafts of others.",
            "es": "El personal académico y administrativo, y quienes colaboran con las "
            "universidades desde fuera, aprenden qué hace falta para diseñar, impartir y "
            "certificar una microcredencial conjunta. Estudian las normas europeas e "
            "institucionales, redactan resultados de aprendizaje con competencias de ESCO legibles "
            "en todo el Marco Europeo de Cualificaciones y utilizan las herramientas de garantía "
            "de calidad y certificación digital, entre ellas el European Learning Model y "
            "Europass. En equipos internacionales redactan una propuesta que pueda servir de "
            "modelo a la alianza y revisan las de otros equipos.",
        },
        "credential_profile": v.GENERIC,
        "opportunity_type": v.SHORT_LEARNING_PROGRAMME,
        "awarding_bodies": ["UNIOVI", "HKA", "UDA"],
        "issuer": "UNIOVI",
        "eqf_level": v.EQF_6,
        "cycle": "1",
        "isced_f": [v.EDUCATION_INTERDISCIPLINARY],
        "ects": "1",
        "credit_framework": v.ECTS,
        "hours_per_ects": 25,
        "workload_hours": 25,
        "workload_parts": [
            {
                "title": {
                    "en": "Teaching: recorded lectures, tutorials and live closing sessions",
                    "es": "Docencia: lecciones grabadas, tutorías y sesiones finales en directo",
                },
                "kind": v.E_LEARNING,
                "hours": 14,
                "contact": True,
            },
            {
                "title": {
                    "en": "Group work: drafting a proposal and reviewing those of others",
                    "es": "Trabajo en grupo: redacción de una propuesta y revisión de otras",
                },
                "kind": v.PRACTICE,
                "hours": 11,
            },
        ],
        "outcomes": [
            {
                "code": code,
                "title": title,
                "skills": [{"wording": wording} for wording in wordings],
                "type": v.SKILL_AND_COMPETENCE,
            }
            for code, title, wordings in OUTCOMES
        ],
        "outcome_summary": {
            "en": "Can take part in designing, documenting and certifying a joint "
            "micro-credential that meets European standards.",
            "es": "Puede participar en el diseño, la documentación y la certificación de una "
            "microcredencial conjunta conforme a los estándares europeos.",
        },
        "mode": [v.ONLINE],
        "learning_setting": v.FORMAL,
        "schedule": v.PART_TIME_LIGHT,
        "max_duration": "P3M",
        "languages_teaching": [v.ENGLISH],
        "assessments": [
            {**assessment, "mode": [v.ONLINE], "languages": [v.ENGLISH]}
            for assessment in ASSESSMENTS
        ],
        "grading_scheme": v.PASS_FAIL,
        "id_verification": v.UNSUPERVISED_WITHOUT_ID,
        "qa_types": [v.INSTITUTIONAL_QA],
        "qa_records": [v.quality_record(start)],
        "entry_requirements": {
            "en": "No earlier qualification is asked for. The course is meant for academic and "
            "administrative staff of the partner universities and for external stakeholders.",
            "es": "No se exige titulación previa. El curso se dirige al personal académico y "
            "administrativo de las universidades socias y a agentes externos.",
        },
        "stackability": "standalone",
        "partial_qualification": False,
        "further_information": {
            "en": "Taught in the alliance's own Moodle. Questions: microcredenciales@uniovi.es.",
            "es": "Se imparte en el Moodle de la alianza. Contacto: microcredenciales@uniovi.es.",
        },
        "homepage": "https://ingenium-university.eu/courses/"
        "towards-ingenium-micro-credentials-framework/",
        "display_languages": [v.ENGLISH, v.SPANISH],
        "primary_language": v.ENGLISH,
    }

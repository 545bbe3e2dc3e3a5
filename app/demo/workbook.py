"""A Microsoft Forms workbook as untidy as real ones, made up for the demonstration.

Every person in it is invented; the addresses are of `example.org`, which belongs to nobody
(RFC 2606).
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from openpyxl import Workbook

ZONE = ZoneInfo("Europe/Madrid")
"""Where the form's owner sits: Forms writes local time and says nowhere which."""

MEDIA_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

HEADERS = (
    "ID",
    "Hora de inicio",
    "Hora de finalización",
    "Correo electrónico",
    "Nombre",
    "Nombre y apellidos",
    "Correo electrónico2",
    "¿En qué institución trabaja o estudia?\xa0",
    "País",
    "Idioma de comunicación",
    "He leído el aviso de privacidad",
    "¿Qué espera del curso?",
)
"""A Spanish form for people without an account there, so that it asks who they are."""

QUESTIONS = {
    "Nombre y apellidos": "full_name",
    "Correo electrónico2": "email",
    "¿En qué institución trabaja o estudia?": "institution",
    "País": "country",
    "Idioma de comunicación": "language",
    "He leído el aviso de privacidad": "privacy_notice",
}
"""Which question holds which of our fields. The last column is left unmapped on purpose."""

SPELLINGS: dict[str, tuple[str, Sequence[str], int]] = {
    "UNIOVI": ("ES", ("Universidad de Oviedo", "Uniovi", "universidad de oviedo ", "UO"), 12),
    "HKA": ("DE", ("Hochschule Karlsruhe", "HKA", "Karlsruhe University of Applied Sciences"), 9),
    "UDA": (
        "IT",
        ("Università degli Studi G. d'Annunzio Chieti-Pescara", "UdA", "G. D’Annunzio"),
        9,
    ),
    "MUS": ("BG", ("Медицински университет София", "Medical University of Sofia"), 6),
    "HIS": ("SE", ("Högskolan i Skövde", "Hogskolan i Skovde", "University of Skövde"), 7),
    "UOC": ("GR", ("Πανεπιστήμιο Κρήτης", "University of Crete"), 8),
    "TUIASI": ("RO", ("TUIASI", "Technical University of Iasi", "TU Iași"), 8),
    "MTU": ("IE", ("Munster Technological University", "Cork Institute of Technology"), 7),
    "XAMK": ("FI", ("Xamk", "South-Eastern Finland University of Applied Sciences"), 6),
    "URN": ("FR", ("Université de Rouen Normandie", "University of Rouen"), 7),
}
EXTERNALS: tuple[tuple[str, str, int], ...] = (
    ("Cámara de Comercio de Asturias", "ES", 3),
    ("Skövde Science Park AB", "SE", 2),
)
MISSPELT = ("Universidad de Oviedoo", "Hochschule Karlsrue")
"""Nobody's known spelling: an officer decides."""

_GIVEN = (
    "Ana",
    "Marta",
    "Lucía",
    "Jörg",
    "Anneke",
    "Giulia",
    "Pietro",
    "Надежда",
    "Иван",
    "Åsa",
    "Björn",
    "Ελένη",
    "Νίκος",
    "Ștefania",
    "Andrei",
    "Aoife",
    "Ciarán",
    "Päivi",
    "Mikko",
    "Amélie",
    "Léo",
    "Ingrid",
    "Tomás",
    "Sofía",
    "Katarzyna",
)
_FAMILY = (
    "Álvarez",
    "García",
    "Müller",
    "Schäfer",
    "D’Amico",
    "Ricci",
    "Петрова",
    "Георгиев",
    "Lindqvist",
    "Öberg",
    "Παπαδάκη",
    "Ionescu",
    "Țepeș",
    "Ní-Bhriain",
    "O’Sullivan",
    "Virtanen",
    "Mäkelä",
    "Lefèvre",
    "Dubois",
    "Novák",
)


@dataclass(frozen=True)
class Response:
    """One row: who answered, when, and what they wrote as their institution."""

    id: int
    completed: datetime
    full_name: str
    email: str
    institution: str
    country: str
    language: str


def responses(opens: datetime, closes: datetime, seed: int = 2026) -> list[Response]:
    """About ninety of them, in the order of the form, untidy ones included."""
    opens, closes = opens.replace(microsecond=0), closes.replace(microsecond=0)
    chance = random.Random(seed)  # noqa: S311  # a story, not a secret
    people: list[tuple[str, str]] = []
    for country, spellings, number in SPELLINGS.values():
        people.extend((spellings[n % len(spellings)], country) for n in range(number))
    for name, country, number in EXTERNALS:
        people.extend((name, country) for _ in range(number))
    people.extend((spelling, "ES") for spelling in MISSPELT)
    chance.shuffle(people)
    span = closes - opens - timedelta(minutes=10)
    moments = sorted(opens + span * chance.random() for _ in people)
    rows = [
        Response(
            id=number,
            completed=moment.replace(microsecond=0),
            full_name=f"{chance.choice(_GIVEN)} {chance.choice(_FAMILY)}",
            email=f"form-{number}@example.org",
            institution=institution,
            country=country,
            language="Español" if country == "ES" else "English",
        )
        for number, ((institution, country), moment) in enumerate(
            zip(people, moments, strict=True), start=3
        )
    ]
    twice = rows[10]
    last = rows[-1].id
    return [
        Response(1, opens - timedelta(hours=30), "Eager Early", "early@example.org",
                 "Uniovi", "ES", "English"),
        *rows,
        Response(last + 1, closes - timedelta(minutes=8), twice.full_name, twice.email.upper(),
                 twice.institution, twice.country, twice.language),
        Response(last + 2, closes - timedelta(minutes=7), "Nadia Nowhere", "nowhere@example.org",
                 "", "FR", "English"),
        Response(last + 3, closes - timedelta(minutes=6), '=HYPERLINK("http://x.example","Ana")',
                 "formula@example.org", "HKA", "DE", "English"),
        Response(last + 5, closes + timedelta(seconds=2), "Lars Late", "late@example.org",
                 "Högskolan i Skövde", "SE", "English"),
    ]  # fmt: skip


def write(path: Path, rows: Sequence[Response]) -> None:
    """The workbook that Forms would give for these responses, times in `ZONE`."""
    book = Workbook()
    sheet = book.active
    if sheet is None:
        raise RuntimeError("a new workbook has a sheet")
    sheet.title = "Sheet1"
    sheet.append(list(HEADERS))
    for row in rows:
        completed = row.completed.astimezone(ZONE).replace(tzinfo=None)
        sheet.append(
            [
                row.id,
                completed - timedelta(minutes=4),
                completed,
                "anonymous",
                "",
                row.full_name,
                row.email,
                row.institution,
                row.country,
                row.language,
                "Sí;",
                "Aprender; compartir;",
            ]
        )
        # A person who types a formula into a form leaves text, not a formula.
        name = sheet.cell(sheet.max_row, 6)
        name.data_type = "s"
        for column in (2, 3):
            sheet.cell(sheet.max_row, column).number_format = "m/d/yy h:mm:ss"
    path.parent.mkdir(parents=True, exist_ok=True)
    book.save(path)

"""Workbooks as people get them from Microsoft Forms, written by hand with openpyxl."""

import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from openpyxl import Workbook

HEADERS: dict[str, tuple[str, ...]] = {
    "en": ("ID", "Start time", "Completion time", "Email", "Name", "Last modified time"),
    "es": (
        "Id", "Hora de inicio", "Hora de finalización", "Correo electrónico", "Nombre",
        "Hora de la última modificación",
    ),
    "fr": (
        "ID", "Heure de début", "Heure de fin", "Adresse de messagerie", "Nom",
        "Heure de la dernière modification",
    ),
    "de": ("ID", "Startzeit", "Fertigstellungszeit", "E-Mail", "Name"),
    "it": (
        "ID", "Ora di inizio", "Ora di completamento", "Posta elettronica", "Nome",
        "Ora ultima modifica",
    ),
}  # fmt: skip

QUESTIONS: dict[str, tuple[str, str, str, str]] = {
    "en": ("Full name", "E-mail address", "Home institution", "Country"),
    "es": ("Nombre y apellidos", "Correo electrónico de contacto", "Institución\n de origen",
           "País"),
    "fr": ("Nom et prénom", "Adresse de messagerie personnelle", "Établissement\xa0d'origine",
           "Pays"),
    "de": ("Vor- und Nachname", "E-Mail-Adresse für Rückfragen", "Hochschule", "Land"),
    "it": ("Nome e cognome", "Posta elettronica personale", "Ateneo di provenienza ", "Paese"),
}  # fmt: skip


@dataclass(frozen=True)
class Row:
    """One response, as the person gave it. `at` is an instant; the workbook shows local time."""

    number: Any
    at: datetime | None
    name: str
    email: str
    institution: str
    country: str = "Spain"
    modified: datetime | None = None
    consent: str | None = None
    """To the question whether one agrees to photographs; None where the form does not ask it."""


def workbook(
    rows: Iterable[Row],
    *,
    language: str = "es",
    zone: str = "Europe/Madrid",
    more: Sequence[str] = (),
) -> bytes:
    """An .xlsx export of these responses. `more` are further questions, which nobody answers."""
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    system = HEADERS[language]
    sheet.append([*system, *QUESTIONS[language], *more])
    for row in rows:
        shown = [_local(row.at, zone, -timedelta(minutes=3)), _local(row.at, zone)]
        recorded: list[Any] = ["anonymous", None]
        if len(system) > 5:
            recorded.append(_local(row.modified, zone))
        answers = [row.name, row.email, row.institution, row.country]
        sheet.append([row.number, *shown, *recorded, *answers])
    return saved(book)


def _local(at: datetime | None, zone: str, by: timedelta = timedelta()) -> datetime | None:
    if at is None:
        return None
    return (at + by).astimezone(ZoneInfo(zone)).replace(tzinfo=None)


def saved(book: Workbook) -> bytes:
    """The bytes of a workbook."""
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def mapping_questions(language: str = "es") -> dict[str, str]:
    """How the questions of `workbook` are mapped."""
    name, email, institution, country = (" ".join(q.split()) for q in QUESTIONS[language])
    return {name: "full_name", email: "email", institution: "institution", country: "country"}


NOON = datetime(2027, 3, 1, 12, tzinfo=UTC)

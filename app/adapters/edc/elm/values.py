"""The small classes of the Learning Model, one function each, and how values are written."""

import base64
import calendar
import re
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from app.adapters.edc.elm.words import Topic, phrase
from app.domain.vocabulary.concepts import Concept
from app.domain.vocabulary.lists import AUTHORITY, SNB, controlled_list, labelled, list_of
from app.domain.vocabulary.text import LanguageMap

Node = dict[str, Any]

ESCO = "http://data.europa.eu/esco/"
ESCO_SKILLS = f"{ESCO}concept-scheme/skills"
ESCO_OCCUPATIONS = f"{ESCO}concept-scheme/occupations"
_BASE64 = Concept(f"{SNB}encoding/6146cde7dd", {"en": "base64"})
_MANDATE = Concept(f"{SNB}evidence-type/c_18016257")

_PARTS = re.compile(
    r"P(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)W)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?"
)


def node(class_name: str, **keys: Any) -> Node:
    """An object of a class; keys without a value are left out, lists of one stand alone."""
    made: Node = {"type": class_name}
    for key, value in keys.items():
        if value is None or value in ("", [], {}, ()):
            continue
        if isinstance(value, (list, tuple)):
            made[key] = value[0] if len(value) == 1 else list(value)
        else:
            made[key] = value
    return made


def texts(given: LanguageMap) -> Node:
    """A language map without blank texts, otherwise as it was given."""
    return {tag: text for tag, text in given.items() if text.strip()}


def instant(moment: datetime) -> str:
    """A point in time in UTC, to the second: `2026-03-02T09:00:00Z`."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def day(when: date) -> str:
    """A calendar day as the dateTime that ELM demands, at midnight UTC as EDC writes it."""
    return f"{when.isoformat()}T00:00:00Z"


def hours(count: int) -> str:
    """A number of hours as ISO 8601 duration: 25 is `PT25H`."""
    return f"PT{count}H"


def number(value: Decimal) -> str:
    """A decimal without trailing zeros, as ELM writes credit points: `1`, `2.5`."""
    return format(value.normalize(), "f")


def later(moment: datetime, period: str) -> datetime:
    """The moment one ISO 8601 duration later.

    Years and months go by the calendar; where the day does not exist it is the month's last, so a
    month after 31 January is 28 February. Raises ValueError for what is no duration.
    """
    matched = _PARTS.fullmatch(period)
    if not matched or not any(matched.groups()):
        raise ValueError(f"{period!r} is not an ISO 8601 duration")
    years, months, weeks, days, hrs, minutes, seconds = (int(g or 0) for g in matched.groups())
    index = moment.month - 1 + months + 12 * years
    year, month = moment.year + index // 12, index % 12 + 1
    last = calendar.monthrange(year, month)[1]
    shifted = moment.replace(year=year, month=month, day=min(moment.day, last))
    return shifted + timedelta(weeks=weeks, days=days, hours=hrs, minutes=minutes, seconds=seconds)


def concept(value: Concept, languages: Iterable[str]) -> Node:
    """A value of a controlled list, with its scheme and its labels in some of the languages."""
    found = list_of(value.uri)
    listed = found.get(value.uri) if found else None
    scheme = found.scheme if found else _scheme_by_form(value.uri)
    return node(
        "Concept",
        id=value.uri,
        inScheme=concept_scheme(scheme) if scheme else None,
        notation=listed.notation if listed else None,
        prefLabel=labels(labelled(value).label, languages),
    )


def concepts(values: Iterable[Concept], languages: Iterable[str]) -> list[Node]:
    """Several values, in their order."""
    return [concept(value, languages) for value in values]


def esco_skill(uri: str, given: LanguageMap) -> Node:
    """A skill of ESCO, with its labels."""
    return node(
        "Concept",
        id=uri,
        inScheme=concept_scheme(ESCO_SKILLS),
        notation="Skill",
        prefLabel=texts(given),
    )


def concept_scheme(iri: str) -> Node:
    """The scheme of a concept, typed, which a bare IRI would not be."""
    return node("ConceptScheme", id=iri)


def labels(given: LanguageMap, languages: Iterable[str]) -> Node:
    """The labels in these languages; in English, or any, where there is none of them."""
    chosen = {tag: given[tag] for tag in languages if given.get(tag)}
    if chosen or not given:
        return chosen
    tag = "en" if "en" in given else next(iter(given))
    return {tag: given[tag]}


def jurisdiction(value: Concept) -> Concept:
    """A country as administrative territorial unit: the shapes accept no other scheme there."""
    country = f"{AUTHORITY}country/"
    if not value.uri.startswith(country):
        return value
    code = value.uri.removeprefix(country)
    return Concept(f"{AUTHORITY}atu/{code}", labelled(value).label)


def note(
    content: LanguageMap, *, about: Topic | None = None, languages: Iterable[str] = ()
) -> Node:
    """A text, and what it is about where the key alone does not tell (Note.subject)."""
    literal = texts(content)
    if not literal:
        return {}
    return node("Note", noteLiteral=literal, subject=topic(about, languages) if about else None)


def topic(about: Topic, languages: Iterable[str]) -> Node:
    """What a note is about. Of no published list, so named like the objects of a credential."""
    return node("Concept", id=f"urn:epass:concept:{about}", prefLabel=phrase(about, languages))


def identifier(scheme_name: str, notation: str) -> Node:
    """An identifier in a scheme that is known by name."""
    return node("Identifier", schemeName=scheme_name, notation=notation)


def legal_identifier(notation: str, country: Node) -> Node:
    """An identifier that a country's law gives (register, tax, eIDAS)."""
    return node("LegalIdentifier", notation=notation, spatial=country)


def web_resource(address: str | None) -> Node:
    """A page on the web."""
    return node("WebResource", contentURL=address) if address else {}


def period_of_time(start: date, end: date) -> Node:
    """From one day to another, both included."""
    return node("PeriodOfTime", startDate=day(start), endDate=day(end))


def credit_point(points: Decimal | None, framework: Node) -> Node:
    """A number of credits of a framework."""
    if points is None or not framework:
        return {}
    return node("CreditPoint", framework=framework, point=number(points))


def location(country: Node) -> Node:
    """Somewhere in a country."""
    return node("Location", address=node("Address", countryCode=country))


def media_object(content: bytes, file_type: str) -> Node:
    """A file inside the credential; `file_type` is a code of the EU's list, `PNG`."""
    return node(
        "MediaObject",
        content=base64.b64encode(content).decode("ascii"),
        contentEncoding=concept(_BASE64, ["en"]),
        contentType=concept(Concept(f"{AUTHORITY}file-type/{file_type}"), ["en"]),
    )


def mandate_evidence(statement: str, languages: Iterable[str]) -> Node:
    """That the sealing institution acts for those who award (evidence type: mandate)."""
    return node("Evidence", dcType=concept(_MANDATE, languages), evidenceStatement=statement)


def _scheme_by_form(uri: str) -> str | None:
    """The scheme of a value that our copies of the lists do not hold, by the form of its IRI."""
    known: Mapping[str, str] = {
        f"{ESCO}skill/": ESCO_SKILLS,
        f"{ESCO}occupation/": ESCO_OCCUPATIONS,
        f"{AUTHORITY}atu/": controlled_list("atu").scheme,
        f"{SNB}dcf/": controlled_list("dcf").scheme,
    }
    return next((scheme for prefix, scheme in known.items() if uri.startswith(prefix)), None)

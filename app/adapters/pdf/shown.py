"""What the pages of a credential show in one language: read from the sealed document alone."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from babel.dates import format_date, format_datetime
from babel.numbers import format_decimal

from app.adapters.edc.elm.words import capitals, word
from app.adapters.pdf.nodes import (
    Said,
    first,
    hours,
    labels,
    moment,
    nodes,
    number,
    plain,
    said,
)
from app.domain.vocabulary.text import language_tag

Pair = tuple[str | Said, Sequence[Said]]
"""A label, of our own words or of the credential's, and what it labels."""
Row = Sequence[Sequence[Said]]
"""The cells of a row of a table, each of them some texts."""

_LOCALES = {"en": "en_IE"}
"""Dates are written as in Europe: day, month, year."""
_ESCO = "http://data.europa.eu/esco/"
_WEIGHT, _PASSING = "urn:epass:concept:weight", "urn:epass:concept:passing-grade"


def languages(credential: Mapping[str, Any]) -> Sequence[str]:
    """BCP 47 tags of the languages that it is displayed in, the primary one first."""
    display = first(credential, "displayParameter")
    uris = (
        node.get("id") for key in ("primaryLanguage", "language") for node in nodes(display, key)
    )
    tags = (language_tag(uri) for uri in uris if isinstance(uri, str))
    return list(dict.fromkeys(tag for tag in tags if tag)) or ["en"]


def shown(credential: Mapping[str, Any], tag: str) -> dict[str, Any]:
    """Everything that stands on the pages, but for the seal (`app.adapters.pdf.rendering`)."""
    claim = first(credential, "credentialSubject", "hasClaim")
    course, holder = first(claim, "specifiedBy"), first(credential, "credentialSubject")
    bodies = nodes(claim, "awardedBy", "awardingBody")
    awarded = moment(first(claim, "awardedBy").get("awardingDate")) or moment(
        credential.get("issued")
    )
    joint = len(bodies) > 1
    until = moment(credential.get("validUntil"))
    return {
        "language": tag,
        "title": said(claim.get("title"), tag) or plain("", tag),
        "summary": said(first(credential, "displayParameter").get("description"), tag),
        "alliance": next(
            (s for g in nodes(claim, "awardedBy", "awardingBody", "groupMemberOf")
             if (s := said(g.get("prefLabel"), tag))),
            None,
        ),
        "kind": capitals(word("joint-kind" if joint else "kind", tag)),
        "certifies": word("certifies", tag),
        "completed": word("completed", tag),
        "holder": (said(holder.get("fullName"), tag) or plain("", tag))["text"],
        "facts": _facts(claim, course, tag),
        "awarded": capitals(word("awarded-jointly-by" if joint else "awarded-by", tag)),
        "bodies": [
            {"name": name, "country": _country(body, tag)}
            for body in bodies
            if (name := said(body.get("legalName"), tag))
        ],
        "dates": [
            {"label": label, "value": value}
            for label, at in ((word("date", tag), awarded), (word("valid-until", tag), until))
            if (value := date(at, tag))
        ],
        "sections": [s for s in _sections(credential, claim, course, holder, tag) if s],
        "words": {
            name: word(name, tag) for name in ("verify", "outcomes", "verify-at", "skills")
        },
    }  # fmt: skip


def date(at: datetime | None, tag: str) -> str:
    """A day in words; nothing for no day."""
    return "" if at is None else format_date(at.date(), "long", locale=_LOCALES.get(tag, tag))


def instant(at: datetime, tag: str) -> str:
    """A moment in words, in its own zone, which it names."""
    return f"{format_datetime(at, 'long', locale=_LOCALES.get(tag, tag))}"


def _facts(claim: Any, course: Any, tag: str) -> list[dict[str, str]]:
    facts = []
    points = first(claim, "creditReceived") or first(course, "creditPoint")
    if (ects := number(points.get("point"))) is not None:
        facts.append((word("credits", tag), f"{format_decimal(ects, locale=tag)} ECTS"))
    if isinstance(level := first(course, "eqfLevel").get("id"), str):
        facts.append((word("level", tag), word("eqf", tag, level=level.rsplit("/", 1)[-1])))
    if workload := hours(course.get("volumeOfLearning")):
        facts.append((word("workload", tag), word("hours", tag, hours=workload)))
    if grade := said(first(claim, "provenBy", "grade").get("noteLiteral"), tag):
        facts.append((word("result", tag), grade["text"]))
    return [{"label": capitals(label), "value": value} for label, value in facts]


def _sections(
    credential: Any, claim: Any, course: Any, holder: Any, tag: str
) -> Iterable[dict[str, Any] | None]:
    yield _pairs("holder", _holder(holder, tag), tag)
    yield _outcomes(course, tag)
    yield _results(claim, tag)
    yield _pairs("about", _about(claim, course, tag), tag)
    yield _activities(claim, tag)
    yield _rights(claim, tag)
    yield _bodies(claim, tag)


def _holder(holder: Any, tag: str) -> Iterable[Pair]:
    yield word("holder", tag), _some(said(holder.get("fullName"), tag))
    yield word("birth-date", tag), _some(_day(moment(holder.get("dateOfBirth")), tag))
    for identifier in nodes(holder, "identifier"):
        scheme, notation = identifier.get("schemeName"), identifier.get("notation")
        if isinstance(scheme, str) and isinstance(notation, str):
            yield scheme, [plain(notation, tag)]


def _outcomes(course: Any, tag: str) -> dict[str, Any] | None:
    items = [
        {
            "title": title,
            "skills": [
                {"label": label, "address": skill["id"]}
                for skill in nodes(outcome, "relatedESCOSkill")
                if (label := said(skill.get("prefLabel"), tag))
                and str(skill.get("id", "")).startswith(_ESCO)
            ],
            "notes": [
                note
                for n in nodes(outcome, "additionalNote")
                if (note := said(n.get("noteLiteral"), tag))
            ],
        }
        for outcome in nodes(course, "learningOutcome")
        if (title := said(outcome.get("title"), tag))
    ]
    summary = said(first(course, "learningOutcomeSummary").get("noteLiteral"), tag)
    if not items and not summary:
        return None
    heading = word("outcomes", tag)
    return {"heading": heading, "form": "outcomes", "items": items, "text": summary}


def _results(claim: Any, tag: str) -> dict[str, Any] | None:
    whole = first(claim, "provenBy")
    parts = nodes(whole, "hasPart")
    rows = [_result(part, tag, share=True) for part in parts]
    rows.append(_result(whole, tag, share=False))
    if not any(row[-1] for row in rows):
        return None
    heads = ["assessment", "kind-of-assessment", "share", "day", "grade"]
    # Where nothing is known of a kind, shares above all, its column would only be in the way.
    known = [n for n, _ in enumerate(heads) if n == 0 or any(row[n] for row in rows)]
    plan = first(whole, "specifiedBy")
    scheme = first(plan, "gradingScheme")
    checks = [s for part in parts or [whole] for s in labels(part, "idVerification", tag)]
    pairs: list[Pair] = [
        (word("grading-scale", tag),
         _some(said(scheme.get("title"), tag), said(scheme.get("description"), tag))),
        (word("passing-grade", tag), _some(_note(plan, _PASSING, tag))),
        (word("identity-check", tag), list({s["text"]: s for s in checks}.values())),
    ]  # fmt: skip
    return {
        "heading": word("results", tag),
        "form": "table",
        "heads": [word(heads[n], tag) for n in known],
        "rows": [[row[n] for n in known] for row in rows],
        "last": "total",
        "pairs": _kept(pairs, tag),
    }


def _result(assessment: Any, tag: str, *, share: bool) -> Row:
    plan = first(assessment, "specifiedBy")
    return (
        _some(said(assessment.get("title"), tag)),
        labels(plan, "dcType", tag),
        _some(_note(plan, _WEIGHT, tag)) if share else (),
        _some(_day(moment(assessment.get("dateIssued")), tag)),
        _some(said(first(assessment, "grade").get("noteLiteral"), tag)),
    )


def _about(claim: Any, course: Any, tag: str) -> Iterable[Pair]:
    edition = first(claim, "learningOpportunity")
    temporal = first(edition, "temporal")
    start, end = (date(moment(temporal.get(k)), tag) for k in ("startDate", "endDate"))
    code = first(edition, "identifier").get("notation")
    taught = plain(word("from-to", tag, start=start, end=end), tag) if start and end else None
    quality = [s for a in nodes(course, "accreditation") for s in _accreditation(a, tag)]
    yield word("edition", tag), _some(plain(code, tag) if isinstance(code, str) else None, taught)
    yield word("field", tag), labels(course, "thematicArea", tag)
    yield word("eqf-level", tag), labels(course, "eqfLevel", tag)
    yield word("nqf-level", tag), labels(course, "nqfLevel", tag)
    yield word("cycle", tag), labels(course, "educationLevel", tag)
    yield word("participation", tag), labels(course, "mode", tag)
    yield word("taught-in", tag), labels(course, "language", tag)
    yield word("entry", tag), _some(said(first(course, "entryRequirement").get("noteLiteral"), tag))
    yield word("quality-assurance", tag), quality
    for note in nodes(course, "additionalNote"):
        subject = said(first(note, "subject").get("prefLabel"), tag)
        if subject:
            yield subject, _some(said(note.get("noteLiteral"), tag))


def _accreditation(accreditation: Any, tag: str) -> Sequence[Said]:
    agent = first(accreditation, "accreditingAgent")
    until = _day(moment(accreditation.get("expiryDate")), tag)
    mention = plain(f"{word('valid-until', tag)}: {until['text']}", tag) if until else None
    return _some(said(accreditation.get("title"), tag), said(agent.get("legalName"), tag), mention)


def _activities(claim: Any, tag: str) -> dict[str, Any] | None:
    rows: list[Row] = []
    for activity in nodes(claim, "influencedBy"):
        spent = hours(activity.get("workload"))
        worked = plain(word("hours", tag, hours=spent), tag) if spent else None
        kinds = labels(first(activity, "specifiedBy"), "dcType", tag)
        rows.append((_some(said(activity.get("title"), tag)), kinds, _some(worked)))
    heads = [word(head, tag) for head in ("activity", "kind-of-assessment", "workload")]
    return _table("workload", heads, rows, tag)


def _rights(claim: Any, tag: str) -> dict[str, Any] | None:
    pairs: list[Pair] = []
    for right in nodes(claim, "entitlesTo"):
        title = said(right.get("title"), tag)
        until = _day(moment(right.get("expiryDate")), tag)
        mention = plain(f"{word('valid-until', tag)}: {until['text']}", tag) if until else None
        text = said(first(right, "specifiedBy").get("description"), tag)
        where = [
            s
            for o in nodes(right, "specifiedBy", "limitOrganisation")
            if (s := said(o.get("legalName"), tag))
        ]
        if title:
            pairs.append((title, [*_some(text), *where, *_some(mention)]))
    return _pairs("rights", pairs, tag)


def _bodies(claim: Any, tag: str) -> dict[str, Any] | None:
    rows: list[Row] = []
    for body in nodes(claim, "awardedBy", "awardingBody"):
        own = body.get("legalName")
        names = _some(said(own, tag))
        if isinstance(own, Mapping):
            seen = {name["text"] for name in names}
            names += [
                {"text": text, "language": language}
                for language, text in own.items()
                if language != "en" and isinstance(text, str) and text not in seen
            ]
        address = first(body, "homepage").get("contentURL")
        site = plain(address, tag) if isinstance(address, str) else None
        rows.append((names, _some(_country(body, tag)), _some(site)))
    heads = [word(head, tag) for head in ("institution", "country", "website")]
    return _table("awarding-bodies", heads, rows, tag)


def _country(body: Any, tag: str) -> Said | None:
    return said(first(body, "location", "address", "countryCode").get("prefLabel"), tag)


def _note(parent: Any, subject: str, tag: str) -> Said | None:
    for note in nodes(parent, "additionalNote"):
        if first(note, "subject").get("id") == subject:
            return said(note.get("noteLiteral"), tag)
    return None


def _day(at: datetime | None, tag: str) -> Said | None:
    return plain(date(at, tag), tag) if at else None


def _some(*texts: Said | None) -> list[Said]:
    return [text for text in texts if text]


def _kept(pairs: Iterable[Pair], tag: str) -> list[dict[str, Any]]:
    """Pairs that have something to say, those with the same label together."""
    kept: dict[str, dict[str, Any]] = {}
    for label, values in pairs:
        named = plain(label, tag) if isinstance(label, str) else label
        if values:
            entry = kept.setdefault(named["text"], {"label": named, "values": []})
            entry["values"].extend(values)
    return list(kept.values())


def _pairs(heading: str, pairs: Iterable[Pair], tag: str) -> dict[str, Any] | None:
    kept = _kept(pairs, tag)
    return {"heading": word(heading, tag), "form": "pairs", "pairs": kept} if kept else None


def _table(heading: str, heads: list[str], rows: list[Row], tag: str) -> dict[str, Any] | None:
    if not rows:
        return None
    return {
        "heading": word(heading, tag), "form": "table", "heads": heads,
        "rows": rows, "last": "row", "pairs": [],
    }  # fmt: skip

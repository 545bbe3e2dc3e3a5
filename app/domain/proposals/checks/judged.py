"""What the rules look at, and the words in which they answer."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from app.domain.errors import Finding
from app.domain.proposals.content import Content
from app.domain.proposals.policy import ProposalPolicy
from app.domain.vocabulary.concepts import Concept
from app.domain.vocabulary.institutions import Institution, InstitutionCode
from app.domain.vocabulary.lists import AUTHORITY, SNB, code_of, controlled_list
from app.domain.vocabulary.skills import Resolution, Skill
from app.domain.vocabulary.text import LanguageMap, is_blank, missing_languages

Params = str | int | float | bool | None

_TAG = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*")


@dataclass(frozen=True)
class Issue:
    """A finding, and whether it only warns."""

    finding: Finding
    warning: bool = False


@dataclass(frozen=True)
class Report:
    """The answer of all rules. Complete means: no errors."""

    errors: tuple[Finding, ...] = ()
    warnings: tuple[Finding, ...] = ()


@dataclass(frozen=True)
class EscoFacts:
    """What ESCO says about the skills that a proposal names."""

    linked: Mapping[tuple[str, str], Skill] = field(default_factory=dict)
    """By URI and language of the link; links that ESCO does not know are missing."""
    undecided: Mapping[str, Resolution] = field(default_factory=dict)
    """By wording."""


@dataclass(frozen=True)
class Judged:
    """A proposal's content with all that its rules need to know."""

    content: Content
    lead: InstitutionCode
    today: date
    policy: ProposalPolicy
    institutions: Mapping[InstitutionCode, Institution]
    esco: EscoFacts = EscoFacts()

    @property
    def display_tags(self) -> list[str]:
        """BCP 47 tags of the languages in which the credential is shown; English if none yet."""
        tags = [code_of(c.uri) for c in self.content.academic.display_languages]
        return [tag for tag in tags if tag] or ["en"]


def issue(pointer: str, code: str, detail: str, **params: Params) -> Issue:
    """Something that blocks submission."""
    return Issue(Finding(pointer, code, detail, params))


def warning(pointer: str, code: str, detail: str, **params: Params) -> Issue:
    """Something to look at that does not block."""
    return Issue(Finding(pointer, code, detail, params), warning=True)


def required(pointer: str) -> Issue:
    """A field that may not be empty."""
    return issue(pointer, "required", "This field is needed.")


def text(
    pointer: str,
    texts: LanguageMap,
    wanted: Sequence[str],
    *,
    longest: int | None = None,
    shortest: int = 0,
    optional: bool = False,
) -> Iterator[Issue]:
    """A text for people: in every wanted language, within its length.

    An optional one may be empty altogether, but not in some of the languages only.
    """
    for tag in texts:
        if not _TAG.fullmatch(tag):
            yield issue(
                f"{pointer}/{escape(tag)}",
                "language_tag",
                "Languages are given by BCP 47 tags such as en, es or pt-BR.",
            )
    if optional and is_blank(texts):
        return
    for tag in missing_languages(texts, wanted):
        yield issue(f"{pointer}/{tag}", "required", f"The text in {tag} is missing.", language=tag)
    for tag, words in texts.items():
        length = len(words.strip())
        if longest is not None and length > longest:
            yield issue(
                f"{pointer}/{escape(tag)}",
                "too_long",
                f"At most {longest} characters; these are {length}.",
                longest=longest,
                length=length,
            )
        if 0 < length < shortest:
            yield issue(
                f"{pointer}/{escape(tag)}",
                "too_short",
                f"At least {shortest} characters; these are {length}.",
                shortest=shortest,
                length=length,
            )


_PARTIALLY_KNOWN = {"dcf": f"{SNB}dcf/", "atu": f"{AUTHORITY}atu/"}
"""Lists of which we hold only a few values: any IRI of theirs is taken for a value."""


def _is_value(uri: str, name: str) -> bool:
    base = _PARTIALLY_KNOWN.get(name)
    return controlled_list(name).contains(uri) or (
        base is not None and uri.startswith(base) and len(uri) > len(base)
    )


def listed(pointer: str, concept: Concept | None, *names: str) -> Iterator[Issue]:
    """A value of one of the controlled lists, if there is a value."""
    if concept is None or any(_is_value(concept.uri, name) for name in names):
        return
    lists = " or ".join(names)
    yield issue(
        f"{pointer}/uri",
        "not_in_list",
        f"This is no value of the list {lists}. GET /v1/vocabularies/{names[0]} has them all.",
        list=names[0],
    )


def all_listed(pointer: str, concepts: Sequence[Concept], *names: str) -> Iterator[Issue]:
    """Values of a controlled list, none of them twice."""
    seen: set[str] = set()
    for n, concept in enumerate(concepts):
        yield from listed(f"{pointer}/{n}", concept, *names)
        if concept.uri in seen:
            yield issue(f"{pointer}/{n}/uri", "duplicate", "This value is listed twice.")
        seen.add(concept.uri)


def needed(pointer: str, concept: Concept | None, name: str) -> Iterator[Issue]:
    """A value of a controlled list that may not be empty."""
    if concept is None:
        yield required(pointer)
    yield from listed(pointer, concept, name)


def https(pointer: str, address: str | None) -> Iterator[Issue]:
    """An https address, if there is one."""
    if address is not None and not re.fullmatch(r"https://[^\s/]+\.[^\s/]+(/\S*)?", address):
        yield issue(pointer, "https_needed", "Give an address that begins with https://.")


_DURATION = re.compile(r"P(?=\d)(?:(\d{1,4})Y)?(?:(\d{1,4})M)?(?:(\d{1,4})W)?(?:(\d{1,5})D)?")


def days(duration: str) -> int | None:
    """Days in an ISO 8601 duration of years, months, weeks and days; None if it is not one.

    Months count 31 and years 366 days, so that the answer is the longest that can be meant.
    """
    found = _DURATION.fullmatch(duration)
    if found is None:
        return None
    years, months, weeks, single = (int(part or 0) for part in found.groups())
    return (years * 366 + months * 31 + weeks * 7 + single) or None


def duration(pointer: str, value: str | None) -> Iterator[Issue]:
    """An ISO 8601 duration, if there is one."""
    if value is not None and days(value) is None:
        yield issue(pointer, "duration", "Give an ISO 8601 duration such as P2M or P10W.")


def escape(key: str) -> str:
    """A key as a part of a JSON Pointer (RFC 6901 section 3)."""
    return key.replace("~", "~0").replace("/", "~1")

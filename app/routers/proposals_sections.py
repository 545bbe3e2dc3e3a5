"""Sections of proposals between JSON and the domain."""

import json
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from pydantic import TypeAdapter, ValidationError

from app.domain.errors import Finding
from app.domain.proposals.checks.judged import escape
from app.domain.proposals.content import General, Rights, Section, SectionContent
from app.domain.proposals.errors import ContentInvalid
from app.domain.vocabulary.specification import AcademicData
from app.routers.habits.problems import findings_of


@cache
def _adapter(section: Section) -> TypeAdapter[Any]:
    match section:
        case Section.GENERAL:
            return TypeAdapter(General)
        case Section.ACADEMIC:
            return TypeAdapter(AcademicData)
        case Section.RIGHTS:
            return TypeAdapter(Rights)


def read_section(section: Section, plain: Mapping[str, Any]) -> SectionContent:
    """The section that the plain data describes.

    Strict: a number in quotation marks is no number. Raises ContentInvalid whose findings point
    into the data.
    """
    unwritable = list(_unwritable(plain, ""))
    if unwritable:
        raise ContentInvalid(unwritable)
    try:
        content: SectionContent = _adapter(section).validate_json(json.dumps(plain), strict=True)
    except ValidationError as error:
        raise ContentInvalid(
            [
                Finding(f.pointer.removeprefix("/body") or "/", f.code, f.detail)
                for f in findings_of(
                    [{**e, "loc": ("body", *e["loc"])} for e in error.errors(include_url=False)]
                )
            ]
        ) from error
    return content


def _unwritable(value: Any, pointer: str) -> Iterator[Finding]:
    """Texts with characters that no database column and no credential can hold."""
    match value:
        case str() if "\0" in value or (not value.isprintable() and _has_surrogate(value)):
            yield Finding(
                pointer or "/", "unwritable_text", "Leave out the characters U+0000 and surrogates."
            )
        case Mapping():
            for key, item in value.items():
                yield from _unwritable(key, f"{pointer}/{escape(key)}")
                yield from _unwritable(item, f"{pointer}/{escape(key)}")
        case list():
            for n, item in enumerate(value):
                yield from _unwritable(item, f"{pointer}/{n}")
        case _:
            pass


def _has_surrogate(text: str) -> bool:
    return any("\ud800" <= character <= "\udfff" for character in text)

"""Sections of proposals between JSON and the domain."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from functools import cache
from typing import Annotated, Any, ClassVar, Literal, get_type_hints

from pydantic import (
    BaseModel,
    Field,
    GetJsonSchemaHandler,
    TypeAdapter,
    ValidationError,
    create_model,
)
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from app.domain.errors import Finding
from app.domain.proposals.checks.judged import escape
from app.domain.proposals.content import General, Rights, Section, SectionContent, map_concepts
from app.domain.proposals.errors import ContentInvalid
from app.domain.vocabulary.lists import labelled
from app.domain.vocabulary.specification import STRICT, AcademicData
from app.routers.habits.problems import findings_of

CLASSES: Mapping[Section, type[Any]] = {
    Section.GENERAL: General,
    Section.ACADEMIC: AcademicData,
    Section.RIGHTS: Rights,
}


@cache
def _adapter(section: Section) -> TypeAdapter[Any]:
    return TypeAdapter(CLASSES[section])


@cache
def _descriptions(section: Section) -> Mapping[str, str]:
    """What the fields of a section mean, from the docstrings of its class."""
    properties = _adapter(section).json_schema()["properties"]
    return {name: p["description"] for name, p in properties.items() if "description" in p}


def _described(section: Section) -> dict[str, Any]:
    """How a section is answered, for the contract: all members are there, each with its meaning."""

    def complete(schema: dict[str, Any]) -> None:
        for name, description in _descriptions(section).items():
            schema["properties"][name].setdefault("description", description)
        schema["required"] = list(schema["properties"])

    return {**STRICT, "json_schema_extra": complete}


@dataclass(frozen=True)
class GeneralSection(General):
    """The general section, and what the caller may do to it now."""

    __pydantic_config__: ClassVar[Mapping[str, object]] = _described(Section.GENERAL)

    section: Literal["general"] = "general"
    allowed_actions: tuple[str, ...] = ()
    """What the caller may do to the section now. Ignored in edits, as `section` is."""


@dataclass(frozen=True)
class AcademicSection(AcademicData):
    """The section of certified academic data, and what the caller may do to it now."""

    __pydantic_config__: ClassVar[Mapping[str, object]] = _described(Section.ACADEMIC)

    section: Literal["academic"] = "academic"
    allowed_actions: tuple[str, ...] = ()
    """What the caller may do to the section now. Ignored in edits, as `section` is."""


@dataclass(frozen=True)
class RightsSection(Rights):
    """The section of rights, and what the caller may do to it now."""

    __pydantic_config__: ClassVar[Mapping[str, object]] = _described(Section.RIGHTS)

    section: Literal["rights"] = "rights"
    allowed_actions: tuple[str, ...] = ()
    """What the caller may do to the section now. Ignored in edits, as `section` is."""


AnySection = Annotated[
    GeneralSection | AcademicSection | RightsSection, Field(discriminator="section")
]

_SHOWN: Mapping[type[Any], type[Any]] = {
    General: GeneralSection,
    AcademicData: AcademicSection,
    Rights: RightsSection,
}


def show_section(content: SectionContent, allowed: list[str]) -> Any:
    """A section as it is answered: labels beside controlled values, and allowed actions."""
    shown = map_concepts(content, labelled)
    values = {field.name: getattr(shown, field.name) for field in fields(content)}
    return _SHOWN[type(content)](**values, allowed_actions=tuple(allowed))


def patch_of(body: Mapping[str, Any]) -> dict[str, Any]:
    """The patch without the members that only answers have."""
    return {k: v for k, v in body.items() if k not in {"section", "allowed_actions"}}


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
        errors = [{**e, "loc": ("body", *e["loc"])} for e in error.errors(include_url=False)]
        raise ContentInvalid(findings_of(errors)) from error
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


def _patch_model(section: Section) -> type[BaseModel]:
    hints = get_type_hints(CLASSES[section], include_extras=True)
    described = _descriptions(section)
    members: dict[str, Any] = {
        field.name: (
            hints[field.name] | None,
            Field(None, description=described.get(field.name)),
        )
        for field in fields(CLASSES[section])
    }
    return create_model(
        f"{section.value.title()}Patch",
        __doc__=f"A merge patch of the section {section.value}: what is left out stays as it is, "
        "null empties a field or takes out a language, lists are replaced whole.",
        **members,
    )


_PATCHES: Any = (
    _patch_model(Section.GENERAL) | _patch_model(Section.ACADEMIC) | _patch_model(Section.RIGHTS)
)
_PATCH_SCHEMA = TypeAdapter[Any](_PATCHES).core_schema


class _DescribedAsPatch:
    """Describes a plain object by the fields of the sections, without validating it yet: null
    means something else in a patch than in a section."""

    @staticmethod
    def __get_pydantic_json_schema__(
        _schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        return handler(_PATCH_SCHEMA)


MergePatch = Annotated[dict[str, Any], _DescribedAsPatch]
"""A merge patch of a section (RFC 7396)."""

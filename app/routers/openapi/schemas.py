"""Schemas as generators of clients like them: short names, no noise, nothing optional that is
always there."""

import re
from collections.abc import Callable, Iterator
from typing import Any

Json = dict[str, Any]
PREFIX = "#/components/schemas/"

_NAMES = {
    "Page_DecisionOut_": "PlaceDecisionPage",
    "states.State": "ProposalState",
    "State": "ProposalState",
    "registration.State": "RegistrationState",
    "Model": "ProposalModel",
    "Mode": "EditionMode",
    "Decision": "ObjectionDecision",
    "proposals_models.DecisionOut": "PanelConclusion",
    "DecisionOut": "PanelConclusion",
    "places_models.DecisionOut": "PlaceDecision",
    "editions_models.ReasonIn": "EditionReasonIn",
    "imports.Verdict": "ImportRowVerdict",
    "importing.Verdict": "ResultRowVerdict",
    "Outcome": "ResultOutcome",
    "Scale": "GradingScale",
    "Section": "SectionName",
    "Partner": "SectionPartner",
    "Availability": "AvailabilityLevel",
    "AvailabilityItem": "InstitutionAvailability",
    "Answer": "FormAnswer",
    "Standing": "CredentialStanding",
    "QuotaRuleModel": "QuotaRuleIn",
    "UnusedSeatsModel": "UnusedSeats",
    "CapsOut": "DecidedCaps",
    "ConfirmListIn": "ConfirmAffiliationsIn",
    "ConfirmedListOut": "ConfirmedAffiliations",
    "AffiliationOut": "AffiliationClaim",
    "ImportOut": "ResponseImport",
    "ImportRowOut": "ResponseImportRow",
    "PublishIn": "PublishListIn",
    "PublishedOut": "PublishedList",
    "EditedOut": "EditedEdition",
    "CancelIn": "CancelRegistrationIn",
    "CancelledOut": "CancelledRegistration",
    "DecidedOut": "DecidedRegistration",
    "Kind": "DecisionKind",
    "skills_models.SuggestionOut": "SkillSuggestion",
    "imports_models.SuggestionOut": "InstitutionSuggestion",
    "EditionPlacesOut": "PlacesInEdition",
}
"""Names that say too little outside their module, and what two modules call the same."""

_IN_SCHEMA = ("items", "additionalProperties", "propertyNames", "contains", "not")
_IN_LIST = ("anyOf", "oneOf", "allOf", "prefixItems")
_IN_MAP = ("properties", "$defs", "patternProperties")


def subschemas(schema: Any) -> Iterator[Json]:
    """A schema and all schemas inside it, from the outside in. References are not followed."""
    if not isinstance(schema, dict):
        return
    yield schema
    for key in _IN_SCHEMA:
        yield from subschemas(schema.get(key))
    for key in _IN_LIST:
        for part in schema.get(key, ()):
            yield from subschemas(part)
    for key in _IN_MAP:
        for part in schema.get(key, {}).values():
            yield from subschemas(part)


def references(value: Any) -> Iterator[str]:
    """Names of the schemas that some part of the document refers to."""
    if isinstance(value, dict):
        for key, item in value.items():
            if key == "$ref" and isinstance(item, str) and item.startswith(PREFIX):
                yield item.removeprefix(PREFIX)
            else:
                yield from references(item)
    elif isinstance(value, list):
        for item in value:
            yield from references(item)


def reachable(value: Any, schemas: Json) -> set[str]:
    """Names of all schemas that a part of the document leads to."""
    found: set[str] = set()
    waiting = list(references(value))
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting.extend(references(schemas[name]))
    return found


def short_name(name: str) -> str:
    """The name of a schema as clients see it: without `Out`, brackets and modules."""
    if name in _NAMES:
        return _NAMES[name]
    if page := re.fullmatch(r"Page_(\w+?)_", name):
        return f"{short_name(page[1])}Page"
    if form := re.fullmatch(r"Body_(\w+)", name):
        return "".join(word.title() for word in form[1].split("_")) + "Form"
    if name.endswith("-Input"):
        return f"{short_name(name.removesuffix('-Input'))}In"
    name = name.removesuffix("-Output")
    if "__" in name:
        *_, module, name = name.split("__")
        if f"{module}.{name}" in _NAMES:
            return _NAMES[f"{module}.{name}"]
    return _NAMES.get(name, name.removesuffix("Out") or name)


def rename(document: Json) -> None:
    """Give every schema its short name; of two that would have the same, one keeps its long."""
    schemas = document["components"]["schemas"]
    names: dict[str, str] = {}
    for name in schemas:
        short = short_name(name)
        names[name] = name if short in names.values() else short
    document["components"]["schemas"] = {names[name]: schemas[name] for name in sorted(schemas)}
    _replace(document, lambda ref: PREFIX + names[ref.removeprefix(PREFIX)])


def _replace(value: Any, new: Callable[[str], str]) -> None:
    pairs: Any = value.items() if isinstance(value, dict) else enumerate(value)
    for key, item in pairs:
        if isinstance(item, str):
            if item.startswith(PREFIX):
                value[key] = new(item)
        elif isinstance(item, dict | list):
            _replace(item, new)


def without_null(schema: Json) -> Json:
    """The schema for places where null cannot be said, as in an address."""
    kinds = [part for part in schema.get("anyOf", ()) if part != {"type": "null"}]
    if len(kinds) != 1:
        return schema
    rest = {key: item for key, item in schema.items() if key not in {"anyOf", "default"}}
    return {**kinds[0], **rest}


def tidy(document: Json) -> None:
    """Take out titles that repeat a name; mark what is always in an answer as required."""
    schemas = document["components"]["schemas"]
    bodies = [
        operation.get("requestBody", {})
        for item in document["paths"].values()
        for operation in item.values()
        if isinstance(operation, dict)
    ]
    taken = reachable(bodies, schemas)
    for name, schema in schemas.items():
        for part in subschemas(schema):
            part.pop("title", None)
            for bound in ("minimum", "maximum"):
                if isinstance(part.get(bound), float) and part[bound].is_integer():
                    part[bound] = int(part[bound])
            if name not in taken and "properties" in part:
                part["required"] = list(part["properties"])
                for member in part["properties"].values():
                    # Answers are complete: a default is no more than what usually stands there.
                    usual = member.pop("default", None)
                    if isinstance(usual, str) and "const" not in member:
                        member.setdefault("examples", [usual])
    for item in document["paths"].values():
        for operation in item.values():
            for part in _inline(operation):
                part.pop("title", None)


def plain_forms(document: Json) -> None:
    """Say of forms what generators understand: a field is left out and never null, and a file is
    a binary string (OpenAPI 3.0), which they know better than `contentMediaType`."""
    schemas = document["components"]["schemas"]
    for item in document["paths"].values():
        for operation in item.values():
            content = operation.get("requestBody", {}).get("content", {})
            form = content.get("multipart/form-data", {}).get("schema", {})
            found = schemas.get(form.get("$ref", "").rpartition("/")[2], {})
            for name, field in found.get("properties", {}).items():
                plain = without_null(field)
                if plain.pop("contentMediaType", None) is not None:
                    plain["format"] = "binary"
                found["properties"][name] = plain


def _inline(operation: Json) -> Iterator[Json]:
    for parameter in operation.get("parameters", ()):
        yield from subschemas(parameter["schema"])
    answers = [r for r in operation["responses"].values() if "content" in r]
    for holder in (operation.get("requestBody", {}), *answers):
        for media in holder.get("content", {}).values():
            yield from subschemas(media.get("schema"))


def drop_unused(document: Json) -> None:
    """Take out schemas that nothing leads to."""
    components = document["components"]
    schemas = components["schemas"]
    used = reachable([document["paths"], components.get("responses", {})], schemas)
    components["schemas"] = {name: schemas[name] for name in schemas if name in used}

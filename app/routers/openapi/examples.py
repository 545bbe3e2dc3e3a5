"""Examples of answers and bodies, put together from the examples of their members."""

import re
from typing import Any

from app.routers.openapi.example_values import DATES, LANGUAGE_MAPS, VALUES
from app.routers.openapi.schemas import PREFIX, Json
from app.routers.openapi.texts import ID

_DEEPEST = 12
_KIND = {
    str: "string", int: "integer", bool: "boolean", list: "array", dict: "object",
    type(None): "null",
}  # fmt: skip


class Examples:
    """Makes one example for a schema; the same schema always gives the same example.

    What a schema says itself comes first, then what `example_values` knows for a member of that
    name, then what its type allows.
    """

    def __init__(self, schemas: Json) -> None:
        self._schemas = schemas

    def of(self, schema: Json, name: str = "", owner: str = "", depth: int = 0) -> Any:
        """An example of the schema, as the member `name` of the schema `owner`."""
        if f"{owner}.{name}" in VALUES:
            return VALUES[f"{owner}.{name}"]
        for key in ("example", "const"):
            if key in schema:
                return schema[key]
        for key in ("examples", "enum"):
            if schema.get(key):
                return schema[key][0]
        if name in VALUES and _KIND[type(VALUES[name])] in self._kinds(schema):
            return VALUES[name]
        if "$ref" in schema:
            referred = schema["$ref"].removeprefix(PREFIX)
            return self._referred(referred, name, depth)
        for key in ("anyOf", "oneOf", "allOf"):
            if key in schema:
                chosen = next(part for part in schema[key] if part.get("type") != "null")
                return self.of(chosen, name, owner, depth + 1)
        return self._of_type(schema, name, owner, depth)

    def _kinds(self, schema: Json) -> set[str]:
        """The JSON types that the schema allows."""
        if "$ref" in schema:
            return self._kinds(self._schemas[schema["$ref"].removeprefix(PREFIX)])
        for key in ("anyOf", "oneOf"):
            if key in schema:
                return {kind for part in schema[key] for kind in self._kinds(part)}
        return {schema["type"]} if "type" in schema else set()

    def _referred(self, referred: str, name: str, depth: int) -> Any:
        schema = self._schemas[referred]
        if referred in VALUES:
            return VALUES[referred]
        if "enum" in schema or schema.get("type") != "object":
            return self.of(schema, name, referred, depth + 1)
        if schema.get("examples"):
            return schema["examples"][0]
        return self._object(schema, referred, depth)

    def _of_type(self, schema: Json, name: str, owner: str, depth: int) -> Any:
        match schema.get("type"):
            case "object":
                return self._object(schema, owner, depth, name)
            case "array":
                if depth > _DEEPEST or schema.get("maxItems") == 0:
                    return []
                return [self.of(schema.get("items", {}), singular(name), owner, depth + 1)]
            case "string":
                return _text(schema, name)
            case "integer" | "number":
                return max(1, schema.get("minimum", 1))
            case "boolean":
                return bool(schema.get("default", False))
        return None

    def _object(self, schema: Json, owner: str, depth: int, name: str = "") -> Any:
        if depth > _DEEPEST:
            return {}
        members = schema.get("properties", {})
        if members:
            return {key: self.of(member, key, owner, depth + 1) for key, member in members.items()}
        values = schema.get("additionalProperties")
        if not isinstance(values, dict) or not values:
            return {}
        if name in LANGUAGE_MAPS:
            return LANGUAGE_MAPS[name]
        keys = schema.get("propertyNames", {})
        key = self.of(keys, "", "", depth + 1) if "$ref" in keys else "en"
        return {key: self.of(values, singular(name), owner, depth + 1)}


def singular(name: str) -> str:
    """The name of one of them."""
    return re.sub(r"ies$", "y", name) if name.endswith("ies") else name.removesuffix("s")


def _text(schema: Json, name: str) -> str:
    match schema.get("format"):
        case "uuid":
            return ID
        case "date":
            return DATES.get(name, "2027-03-01")
        case "date-time":
            return f"{DATES.get(name, '2027-03-01')}T09:00:00Z"
        case "binary":
            return ""
    return str(schema.get("default") or MISSING)


MISSING = "text"
"""What stands where nobody has said what a text looks like; a test looks for it."""

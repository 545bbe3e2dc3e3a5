"""What a change of the contract breaks for programs that were written for the one before.

Asked for and given are judged apart: a client may be asked for less and given more, never the
other way round.
"""

from collections.abc import Iterator, Mapping
from typing import Any

Json = Mapping[str, Any]
_METHODS = ("get", "put", "post", "patch", "delete")
_DEEPEST = 8


def breaking_changes(before: Json, after: Json) -> list[str]:
    """Everything that breaks, one line each; empty when old clients keep working."""
    return sorted(set(_paths(before, after)))


def _paths(before: Json, after: Json) -> Iterator[str]:
    for path, item in before["paths"].items():
        for method in _METHODS:
            if method not in item:
                continue
            new = after["paths"].get(path, {}).get(method)
            name = item[method]["operationId"]
            if new is None:
                yield f"{name}: {method.upper()} {path} is gone"
                continue
            if new["operationId"] != name:
                yield f"{name}: is called {new['operationId']} now"
            yield from _Operation(name, before, after).changes(item[method], new)


class _Operation:
    """One operation, before and after."""

    def __init__(self, name: str, before: Json, after: Json) -> None:
        self._name = name
        self._before = before
        self._after = after

    def changes(self, old: Json, new: Json) -> Iterator[str]:
        """What breaks in it."""
        yield from self._parameters(old, new)
        yield from self._body(old.get("requestBody"), new.get("requestBody"))
        for status, answer in old["responses"].items():
            if not status.startswith("2"):
                continue
            if status not in new["responses"]:
                yield f"{self._name}: does not answer {status} any more"
                continue
            given = new["responses"][status].get("content", {})
            for media_type, media in answer.get("content", {}).items():
                if media_type not in given:
                    yield f"{self._name}: does not answer with {media_type} any more"
                    continue
                where = f"{self._name}: answer {status}"
                yield from self._given(where, media["schema"], given[media_type]["schema"])

    def _parameters(self, old: Json, new: Json) -> Iterator[str]:
        known = {(p["in"], p["name"]): p for p in old.get("parameters", ())}
        asked = {(p["in"], p["name"]): p for p in new.get("parameters", ())}
        for key in known.keys() - asked.keys():
            yield f"{self._name}: parameter {key[1]} is gone"
        for key, parameter in asked.items():
            was_required = key in known and known[key].get("required", False)
            if parameter.get("required") and not was_required:
                yield f"{self._name}: parameter {key[1]} is required now"
            if key in known:
                where = f"{self._name}: parameter {key[1]}"
                yield from self._asked(where, known[key]["schema"], parameter["schema"])

    def _body(self, old: Json | None, new: Json | None) -> Iterator[str]:
        if new is None:
            if old is not None:
                yield f"{self._name}: takes no body any more"
            return
        if new.get("required") and not (old or {}).get("required"):
            yield f"{self._name}: a body is required now"
        for media_type, media in (old or {"content": {}})["content"].items():
            if media_type not in new["content"]:
                yield f"{self._name}: does not take {media_type} any more"
                continue
            where = f"{self._name}: body"
            yield from self._asked(where, media["schema"], new["content"][media_type]["schema"])

    def _asked(self, where: str, old: Json, new: Json, depth: int = 0) -> Iterator[str]:
        """What is asked for: nothing more may be needed, and nothing allowed before refused."""
        now = _types(new, self._after)
        gone = _types(old, self._before) - now
        old, new = _resolved(self._before, old), _resolved(self._after, new)
        if gone and now:
            yield f"{where}: may not be {' or '.join(sorted(gone))} any more"
        if gone := set(old.get("enum", ())) - set(new.get("enum", old.get("enum", ()))):
            yield f"{where}: does not take {', '.join(sorted(map(str, gone)))} any more"
        for name in set(new.get("required", ())) - set(old.get("required", ())):
            yield f"{where}: {name} is required now"
        strict = new.get("additionalProperties") is False
        yield from self._members(where, old, new, depth, gone=strict, follow=self._asked)

    def _given(self, where: str, old: Json, new: Json, depth: int = 0) -> Iterator[str]:
        """What is given: everything that was there before, as it was."""
        past = _types(old, self._before)
        more = _types(new, self._after) - past
        old, new = _resolved(self._before, old), _resolved(self._after, new)
        if more and past:
            yield f"{where}: may be {' or '.join(sorted(more))} now"
        for name in set(old.get("required", ())) - set(new.get("required", ())):
            yield f"{where}: {name} may be missing now"
        yield from self._members(where, old, new, depth, gone=True, follow=self._given)

    def _members(
        self, where: str, old: Json, new: Json, depth: int, *, gone: bool, follow: Any
    ) -> Iterator[str]:
        if depth > _DEEPEST:
            return
        members = new.get("properties", {})
        for name, member in old.get("properties", {}).items():
            if name in members:
                yield from follow(f"{where}/{name}", member, members[name], depth + 1)
            elif gone:
                yield f"{where}: {name} is gone"
        if "items" in old and "items" in new:
            yield from follow(f"{where}/*", old["items"], new["items"], depth + 1)


def _resolved(document: Json, schema: Json) -> Json:
    """The schema behind references, and the one that is not null of two."""
    while "$ref" in schema:
        found: Any = document
        for key in schema["$ref"].removeprefix("#/").split("/"):
            found = found[key]
        schema = found
    parts = [part for part in schema.get("anyOf", ()) if part.get("type") != "null"]
    return _resolved(document, parts[0]) if len(parts) == 1 else schema


def _types(schema: Json, document: Json) -> set[str]:
    """The types that a schema allows; empty where it allows everything."""
    if "$ref" in schema:
        return _types(_resolved(document, schema), document)
    parts = [*schema.get("anyOf", ()), *schema.get("oneOf", ())]
    if parts:
        return {kind for part in parts for kind in _types(part, document)}
    kind = schema.get("type")
    return set(kind) if isinstance(kind, list) else {kind} if kind else set()

"""The Commission's own SHACL shapes, where an operator has them: a second opinion before a seal.

They are no part of this project. A folder with the files is given by a setting; each says by which
IRI it is known and what it imports, which has to be in the folder too. What they judge is the graph
under our contexts, which tests hold against the official ones. The engine runs in a process of its
own (`official_shapes_child`), with limits, one for each process of the service.
"""

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from threading import Lock, Timer
from typing import Any

from app.adapters.edc.elm import official_shapes_child
from app.adapters.edc.elm.context import rendered_contexts
from app.domain.credentials.profile.model import Profile
from app.domain.credentials.profile.tables import Profiles, known_profiles, schemas_of
from app.domain.credentials.profile.validation import UNANSWERED
from app.domain.errors import Finding

_CHILD = Path(official_shapes_child.__file__)
_PATIENCE = 120
"""Seconds by the clock for one answer; the child's own limit is one of processor time."""
_CREDENTIALS_EACH = 1_000
"""After so many a new process begins, so that nothing that a library keeps can grow for ever."""

OFFICIAL = "official_shapes"
"""Code of what the shapes find."""


class ShapesUnusable(Exception):
    """The folder with the official shapes is not what it should be; the process does not start."""


class OfficialShapes:
    """The shapes of one folder. For use from several threads: one question at a time. Blocking."""

    def __init__(self, folder: Path, profiles: Profiles | None = None) -> None:
        """`profiles` are those that documents are read by, by default all that are known.

        Raises ShapesUnusable where the shapes of what is issued are not complete.
        """
        self._folder = folder
        self._known = profiles or known_profiles()
        self._lock = Lock()
        self._child: subprocess.Popen[bytes] | None = None
        self._asked = 0
        self._judged: frozenset[str] = frozenset()
        with self._lock:
            self._judged = self._start()
        schema = self._known.default.generic_schema
        if schema not in self._judged:
            self.close()
            raise ShapesUnusable(f"{folder} has no complete shapes of {schema}")

    def findings(self, payload: bytes, document: Mapping[str, Any]) -> tuple[Finding, ...]:
        """What the shapes that a document names have against it; `payload` is its text.

        A document for which there are no shapes, or no answer, gets a finding that says so.
        """
        named = [schema for schema in schemas_of(document) if schema in self._judged]
        if not named:
            return (_NO_SHAPES,)
        profile = self._known.of(document)
        with self._lock:
            answers = [self._answer(schema, profile, payload) for schema in named]
        places = _Places(document, profile)
        found: list[Finding] = []
        for answer in answers:
            found += [one for one in places.findings(answer) if one not in found]
        return tuple(found)

    @property
    def process(self) -> int | None:
        """The number of the process that will be asked next, if it has begun."""
        child = self._child
        return None if child is None else child.pid

    def close(self) -> None:
        """End the process behind it. What is asked later begins another."""
        with self._lock:
            self._end()

    # What follows is called with the lock.

    def _answer(self, schema: str, profile: Profile, payload: bytes) -> Mapping[str, Any]:
        if self._asked >= _CREDENTIALS_EACH:
            self._end()
        try:
            if self._child is None:
                self._start()
            self._asked += 1
            question = {"shapes": schema, "contexts": _name(profile), "bytes": len(payload)}
            return self._ask(question, payload)
        except (OSError, ValueError, ShapesUnusable):
            # It came to its limits, or was ended from outside: the next one asks a new process.
            self._end()
            return {"refused": "unanswered"}

    def _start(self) -> frozenset[str]:
        self._child = subprocess.Popen(
            [sys.executable, "-I", "-X", "utf8", str(_CHILD)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={},
        )
        self._asked = 0
        contexts = {_name(profile): rendered_contexts(profile) for profile in self._known}
        try:
            answer = self._ask({"folder": str(self._folder.resolve()), "contexts": contexts})
        except (OSError, ValueError):
            self._end()
            raise ShapesUnusable(f"the shapes in {self._folder} cannot be read") from None
        if "refused" in answer:
            self._end()
            raise ShapesUnusable(f"the shapes in {self._folder} cannot be read")
        return frozenset(iri for iri, missing in answer["shapes"].items() if not missing)

    def _ask(self, question: Mapping[str, Any], payload: bytes = b"") -> dict[str, Any]:
        child = self._child
        if child is None or child.stdin is None or child.stdout is None:
            raise OSError
        # A child that hangs is ended, whereupon reading its answer does.
        patience = Timer(_PATIENCE, child.kill)
        patience.start()
        try:
            child.stdin.write(json.dumps(question).encode() + b"\n" + payload)
            child.stdin.flush()
            answer: dict[str, Any] = json.loads(child.stdout.readline())
            return answer
        finally:
            patience.cancel()

    def _end(self) -> None:
        child, self._child = self._child, None
        if child is None:
            return
        child.kill()
        for pipe in (child.stdin, child.stdout):
            if pipe is not None:
                try:
                    pipe.close()
                except OSError:  # a question that never got through
                    continue
        child.wait()


_NO_SHAPES = Finding(
    "/credentialSchema", UNANSWERED, "There are no official shapes here for what it declares to be."
)


def _name(profile: Profile) -> str:
    return "/".join(profile.key)


class _Places:
    """Where in a document the nodes and paths of a graph are."""

    def __init__(self, document: Mapping[str, Any], profile: Profile) -> None:
        # Of several copies of an object, the first is pointed at.
        self._pointers = dict(reversed(list(_pointers(document))))
        self._keys = {profile.expand(key.iri): key.name for key in profile.keys.values()}

    def findings(self, answer: Mapping[str, Any]) -> Iterator[Finding]:
        if "refused" in answer:
            yield Finding("", UNANSWERED, "The official shapes could not be asked about it.")
            return
        if answer["credentials"] != 1:
            yield Finding("", OFFICIAL, "To the official shapes it is no credential at all.")
        for node, path, constraint in answer["results"]:
            key = self._keys.get(path)
            yield Finding(
                self._pointers.get(node, "") + (f"/{key}" if key else ""),
                OFFICIAL,
                f"The official shapes ask otherwise here ({constraint}).",
            )


def _pointers(document: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """The id and the pointer of every object that has an id, in document order."""
    waiting: list[tuple[str, Any]] = [("", document)]
    while waiting:
        pointer, value = waiting.pop()
        if isinstance(value, Mapping):
            if isinstance(value.get("id"), str):
                yield value["id"], pointer
            below = list(value.items())
        elif isinstance(value, list):
            below = list(enumerate(value))
        else:
            continue
        waiting.extend((f"{pointer}/{key}", item) for key, item in reversed(below))

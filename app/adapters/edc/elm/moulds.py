"""Credentials of one course, cast in a mould: what its learners share is built and judged once.

A mould is made from two credentials that differ in everything that is one learner's own, and in
nothing else. Wherever the two differ is a hole; what goes into it is written there byte for byte
as building it anew would have. Where a difference is not one of the values that are known to be the
learner's own, there is no mould, and every credential is built by itself.
"""

import base64
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import cached_property, partial
from secrets import token_hex
from typing import Any
from uuid import UUID

import orjson

from app.adapters.edc.elm.values import day, instant, later
from app.domain.credentials.credential_id import credential_urn
from app.domain.credentials.profile.leaves import Leaf, are_sound, leaf_of
from app.domain.credentials.profile.model import Profile
from app.domain.credentials.profile.values import is_duration
from app.domain.vocabulary.award import Holder


@dataclass(frozen=True)
class Own:
    """What is one learner's own in a credential."""

    credential_id: UUID
    holder: Holder
    issued: datetime
    images: Mapping[str, bytes] = field(repr=False)
    """PNG by BCP 47 tag."""
    validity: str | None
    """How long the credential is valid, as ISO 8601 duration: the same for all of a course."""

    @cached_property
    def valid_until(self) -> datetime | None:
        """When it ends, if it does."""
        validity = self.validity
        return later(self.issued, validity) if validity and is_duration(validity) else None

    @property
    def shape(self) -> tuple[object, ...]:
        """Which of them there are: credentials of two shapes differ in form."""
        holder = self.holder
        return (
            bool(holder.full_name),
            bool(holder.given_name),
            bool(holder.family_name),
            holder.birth_date is None,
            # Whether it is a European one stands beside it.
            holder.student_identifier and holder.student_identifier.rpartition(":")[0],
            tuple(self.images),
        )

    @cached_property
    def values(self) -> dict[str, str]:
        """Each as it stands in the document, by a name."""
        holder = self.holder
        until = self.valid_until
        found = {
            "id": credential_urn(self.credential_id),
            "moment": instant(self.issued),
            "until": instant(until) if until else None,
            "full_name": holder.full_name,
            "given_name": holder.given_name,
            "family_name": holder.family_name,
            "birth_date": day(holder.birth_date) if holder.birth_date else None,
            "student_identifier": holder.student_identifier,
            **{
                f"image-{tag}": base64.b64encode(png).decode("ascii")
                for tag, png in self.images.items()
            },
        }
        return {name: value for name, value in found.items() if value}

    @property
    def beginnings(self) -> dict[str, str]:
        """The images cut short, in base64: whether a file is readable, its first bytes tell.

        That the rest of it is base64 is so by construction.
        """
        return {
            f"image-{tag}": base64.b64encode(png[:_BEGINNING]).decode("ascii")
            for tag, png in self.images.items()
        }

    def altered(self) -> "Own":
        """Somebody of the same shape with whom nothing is shared."""
        holder, born = self.holder, self.holder.birth_date
        return Own(
            UUID(int=self.credential_id.int ^ 0xFFFF),
            replace(
                holder,
                full_name=holder.full_name + token_hex(8),
                given_name=holder.given_name and holder.given_name + token_hex(8),
                family_name=holder.family_name and holder.family_name + token_hex(8),
                birth_date=born and born + timedelta(days=1 if born.year < 9999 else -1),
                student_identifier=holder.student_identifier
                and holder.student_identifier + token_hex(8),
            ),
            self.issued + timedelta(seconds=1),
            {tag: png + token_hex(8).encode() for tag, png in self.images.items()},
            self.validity,
        )


_BEGINNING = 48
"""Bytes of a file that the rules of the whole look at, and more."""


@dataclass(frozen=True)
class _Hole:
    name: str
    """Of the value that goes into it."""
    token: str
    """What stands there meanwhile."""
    leaf: Leaf | None
    """None for the credential's own id, which a rule of the whole judges."""


@dataclass(frozen=True)
class Mould:
    """A credential with holes."""

    _pieces: tuple[bytes, ...] = field(repr=False)
    """What stands between the holes."""
    _names: tuple[str, ...]
    """Of the values that go into them, in order."""
    _leaves: tuple[tuple[Leaf, str], ...] = field(repr=False)
    _outline: Mapping[str, str] = field(repr=False)
    _media: tuple[Mapping[str, Any], ...] = field(repr=False)
    _tokens: Mapping[str, str] = field(repr=False)
    """Names by what stands in `_outline` and `_media` instead of a value."""

    def cast(self, own: Own) -> bytes:
        """The credential of one learner, serialised as if it had been built."""
        written = {name: orjson.dumps(value) for name, value in own.values.items()}
        parts = [self._pieces[0]]
        for name, piece in zip(self._names, self._pieces[1:], strict=True):
            parts += (written[name], piece)
        return b"".join(parts)

    def is_sound(self, own: Own, size: int) -> bool:
        """Whether validation has nothing against the credential of that many bytes that was cast.

        For a mould that was made from a credential against which it had nothing. False says only
        that the whole has to be validated.
        """
        values = own.values
        beginnings = values | own.beginnings
        return are_sound(
            ((leaf, values[name]) for leaf, name in self._leaves),
            outline=self._filled(self._outline, values),
            media=[self._filled(file, beginnings) for file in self._media],
            size=size,
        )

    def _filled(self, texts: Mapping[str, Any], values: Mapping[str, str]) -> dict[str, Any]:
        return {
            key: values[self._tokens[text]]
            if isinstance(text, str) and text in self._tokens
            else text
            for key, text in texts.items()
        }


def mould_of(
    document: Mapping[str, Any],
    own: Own,
    build: Callable[[Own], Mapping[str, Any]],
    profile: Profile,
) -> Mould | None:
    """The mould of a credential that was built from what is one learner's own by `build`.

    `profile` is the one that it was written by. None when it cannot be told what is the learner's
    own in it.
    """
    other = own.altered()
    values, others = own.values, other.values
    if set(values) != set(others) or len(set(others.values())) != len(others):
        return None
    making = _Making(values, {value: name for name, value in others.items()}, profile)
    try:
        tree = making.compared(document, build(other), profile.types[-1])
    except _NotAlike:
        return None
    mould = making.mould(tree)
    return mould if mould.cast(own) == orjson.dumps(document) else None


class _NotAlike(Exception):
    """Two credentials differ in more than what is known to be a learner's own."""


class _Making:
    def __init__(
        self, values: Mapping[str, str], names: Mapping[str, str], profile: Profile
    ) -> None:
        self._profile = profile
        self._values = values
        self._names = names
        self._holes: list[_Hole] = []
        self._media: list[Mapping[str, Any]] = []

    def compared(self, one: Any, other: Any, class_name: str | None) -> Any:
        """An object with something instead of each value that differs."""
        made = {}
        if not isinstance(other, dict) or list(one) != list(other):
            raise _NotAlike
        cls = self._profile.classes.get(class_name or "")
        for name, value in one.items():
            key = cls.keys.get(name) if cls else None
            made[name] = self._below(value, other[name], partial(leaf_of, key))
        if class_name == "MediaObject":
            self._media.append(made)
        return made

    def _below(self, one: Any, other: Any, leaf: Callable[[str | None], Leaf | None]) -> Any:
        if type(one) is not type(other):
            raise _NotAlike
        if isinstance(one, list):
            if len(one) != len(other):
                raise _NotAlike
            return [self._below(a, b, leaf) for a, b in zip(one, other, strict=True)]
        if isinstance(one, dict):
            if "type" in one:
                return self.compared(one, other, one["type"])
            if list(one) != list(other):
                raise _NotAlike
            return {tag: self._text(one[tag], other[tag], leaf(tag)) for tag in one}
        return self._text(one, other, leaf(None))

    def _text(self, one: Any, other: Any, leaf: Leaf | None) -> Any:
        if one == other:
            return one
        name = self._names.get(other)
        if name is None or self._values[name] != one or (leaf is None and name != "id"):
            raise _NotAlike
        hole = _Hole(name, token_hex(16), leaf)
        self._holes.append(hole)
        return hole.token

    def mould(self, tree: Mapping[str, Any]) -> Mould:
        tokens = {hole.token: hole.name for hole in self._holes}
        pattern = b"|".join(b'"%b"' % token.encode() for token in tokens)
        split = re.split(b"(%b)" % pattern, orjson.dumps(tree))
        return Mould(
            _pieces=tuple(split[::2]),
            _names=tuple(tokens[token.strip(b'"').decode()] for token in split[1::2]),
            # A value that stands in several places of one kind is judged once.
            _leaves=tuple(
                dict.fromkeys((hole.leaf, hole.name) for hole in self._holes if hole.leaf)
            ),
            _outline={name: text for name, text in tree.items() if isinstance(text, str)},
            _media=tuple(self._media),
            _tokens=tokens,
        )

"""The unsigned part of a JAdES seal (`etsiU`): reading it, and adding to it.

Adding is an insertion into the text of the file: every byte that was there stays, in its order.
Entries are base64url texts of JSON objects, in the order in which they came about, as Europass has
them: `sigTst`, `xVals`, `rVals`, `arcTst`, and for each renewal `tstVD` and another `arcTst`
(ETSI TS 119 182-1, section 5.3). Tokens, certificates and revocation data in them are DER in
standard base64.
"""

import base64
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from app.adapters.edc.seal.jades import base64url
from app.domain.credentials.levels import SealLevel, SealNotExtensible
from app.domain.errors import InternalInconsistency

Entry = Mapping[str, Any]
_JSON = json.JSONDecoder()
_BLANKS = " \t\r\n"


@dataclass(frozen=True)
class SealText:
    """The parts of a seal as they stand in the file."""

    payload: bytes = field(repr=False)
    """What the member `payload` says, as UTF-8."""
    protected: str = field(repr=False)
    signature: str = field(repr=False)
    entries: tuple[str, ...] = field(repr=False)
    """The entries of `etsiU`, encoded."""

    @property
    def header(self) -> dict[str, Any]:
        """The protected header. Raises SealNotExtensible."""
        return _decoded(self.protected)

    @property
    def unsigned(self) -> Sequence[tuple[str, Any]]:
        """The entries as names and values, in order. Raises SealNotExtensible."""
        return [item for entry in self.entries for item in _decoded(entry).items()]

    @property
    def level(self) -> SealLevel:
        """What the seal claims by what it carries. Raises SealNotExtensible."""
        names = [name for name, _ in self.unsigned]
        if "sigTst" not in names:
            return SealLevel.B_B
        if "xVals" not in names and "rVals" not in names:
            return SealLevel.B_T
        return SealLevel.B_LTA if "arcTst" in names else SealLevel.B_LT

    def tokens(self, name: str) -> Sequence[bytes]:
        """The timestamp tokens (DER) of `sigTst` or `arcTst`, in order."""
        try:
            return [
                base64.b64decode(token["val"], validate=True)
                for entry, value in self.unsigned
                if entry == name
                for token in value["tstTokens"]
            ]
        except (KeyError, TypeError, ValueError):
            raise SealNotExtensible(f"A {name} of the seal cannot be read.") from None


def seal_text(raw: bytes) -> SealText:
    """The parts of a seal with one signature and encoded entries. Raises SealNotExtensible."""
    text, found = _located(raw)
    protected, signature = _text_at(text, found.protected), _text_at(text, found.signature)
    if not all(part.isascii() for part in (protected, signature, *found.entries)):
        raise SealNotExtensible("A part of the seal is not base64url.")
    try:
        payload = _text_at(text, found.payload).encode("utf-8")
    except UnicodeEncodeError:
        raise SealNotExtensible("The payload of the seal is not text.") from None
    return SealText(payload, protected, signature, found.entries)


def with_entries(raw: bytes, *entries: Entry) -> bytes:
    """The file with further entries behind those that it has. Raises SealNotExtensible."""
    text, found = _located(raw)
    added = [f'"{encoded(entry)}"' for entry in entries]
    if found.inside_list is not None:
        at = found.inside_list
        inserted = ("," if found.entries else "") + ",".join(added)
    elif found.header is None:
        at = found.protected[1]
        inserted = f',"header":{{"etsiU":[{",".join(added)}]}}'
    else:
        raise SealNotExtensible("The seal has unprotected parameters other than etsiU.")
    after = f"{text[:at]}{inserted}{text[at:]}".encode()
    insist_on_extension(raw, after)
    return after


def insist_on_extension(before: bytes, after: bytes) -> None:
    """Raises InternalInconsistency unless `after` is `before` with entries added and no more."""
    old, new = seal_text(before), seal_text(after)
    if (
        (new.payload, new.protected, new.signature) != (old.payload, old.protected, old.signature)
        or new.entries[: len(old.entries)] != old.entries
        or len(new.entries) <= len(old.entries)
    ):
        raise InternalInconsistency("an added timestamp has changed what was sealed")


def encoded(entry: Entry) -> str:
    """An entry as it stands in `etsiU`."""
    return base64url(json.dumps(entry, separators=(",", ":")).encode())


def signature_timestamp(token: bytes) -> Entry:
    """`sigTst` (section 5.3.4)."""
    return {"sigTst": _timestamp(token)}


def archive_timestamp(token: bytes) -> Entry:
    """`arcTst` (section 5.3.6). Without `canonAlg`: there is nothing to canonicalise."""
    return {"arcTst": _timestamp(token)}


def certificate_values(certificates: Sequence[bytes]) -> Entry:
    """`xVals` (section 5.3.5.1) of certificates in DER."""
    return {"xVals": [{"x509Cert": _value(certificate)} for certificate in certificates]}


def revocation_values(crls: Sequence[bytes], responses: Sequence[bytes]) -> Entry:
    """`rVals` (section 5.3.5.3) of revocation lists and OCSP responses in DER."""
    values = {
        "crlVals": [_value(crl) for crl in crls],
        "ocspVals": [_value(response) for response in responses],
    }
    return {"rVals": {name: found for name, found in values.items() if found}}


def timestamp_validation(
    certificates: Sequence[bytes], crls: Sequence[bytes], responses: Sequence[bytes]
) -> Entry:
    """`tstVD` (section 5.3.5.5): what an earlier timestamp needs, before a later one covers it."""
    return {
        "tstVD": {
            **certificate_values(certificates),
            **revocation_values(crls, responses),
        }
    }


def _timestamp(token: bytes) -> Entry:
    return {"tstTokens": [_value(token)]}


def _value(der: bytes) -> Entry:
    return {"val": base64.b64encode(der).decode("ascii")}


def _decoded(text: str) -> dict[str, Any]:
    try:
        value = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    except (ValueError, RecursionError):
        value = None
    if not isinstance(value, dict):
        raise SealNotExtensible("A part of the seal is not base64url of a JSON object.")
    return value


Span = tuple[int, int]
"""Where a value begins and where it ends."""


@dataclass(frozen=True)
class _Located:
    payload: Span
    protected: Span
    signature: Span
    header: Span | None
    entries: tuple[str, ...]
    inside_list: int | None
    """Where the list of entries ends, before its bracket."""


def _located(raw: bytes) -> tuple[str, _Located]:
    """Where the parts of a seal stand in the file's text."""
    try:
        text = raw.decode("utf-8")
        outer = dict(_members(text, _skip(text, 0)))
        first, *others = _items(text, outer["signatures"][0])
        if others or outer.keys() != {"payload", "signatures"}:
            raise SealNotExtensible("The file holds something else than one seal.")
        seal = dict(_members(text, first[0]))
        entries: tuple[str, ...] = ()
        inside = None
        if "header" in seal:
            header = dict(_members(text, seal["header"][0]))
            if header.keys() != {"etsiU"}:
                raise SealNotExtensible("The seal has unprotected parameters other than etsiU.")
            spans = list(_items(text, header["etsiU"][0]))
            entries = tuple(_text_at(text, span) for span in spans)
            inside = spans[-1][1] if spans else _skip(text, header["etsiU"][0] + 1)
        return text, _Located(
            outer["payload"],
            seal["protected"],
            seal["signature"],
            seal.get("header"),
            entries,
            inside,
        )
    except (KeyError, ValueError, IndexError, RecursionError):
        raise SealNotExtensible("The file is not a seal in general JSON serialisation.") from None


def _members(text: str, at: int) -> Iterator[tuple[str, Span]]:
    """The members of the object that begins there. Raises ValueError, IndexError."""
    names = set()
    for name, start in _parts(text, at, ("{", "}"), named=True):
        if name in names:
            raise ValueError("a name stands twice")
        names.add(name)
        yield name, (start, _JSON.raw_decode(text, start)[1])


def _items(text: str, at: int) -> Iterator[Span]:
    """The items of the list that begins there. Raises ValueError, IndexError."""
    for _, start in _parts(text, at, ("[", "]"), named=False):
        yield start, _JSON.raw_decode(text, start)[1]


def _parts(
    text: str, at: int, brackets: tuple[str, str], *, named: bool
) -> Iterator[tuple[str, int]]:
    opening, closing = brackets
    if text[at] != opening:
        raise ValueError("another kind of value")
    at = _skip(text, at + 1)
    while text[at] != closing:
        name = ""
        if named:
            name, at = _JSON.raw_decode(text, at)
            at = _skip(text, at)
            if text[at] != ":" or not isinstance(name, str):
                raise ValueError("no member")
            at = _skip(text, at + 1)
        yield name, at
        at = _skip(text, _JSON.raw_decode(text, at)[1])
        if text[at] == ",":
            at = _skip(text, at + 1)


def _skip(text: str, at: int) -> int:
    while text[at] in _BLANKS:
        at += 1
    return at


def _text_at(text: str, span: Span) -> str:
    value = _JSON.raw_decode(text, span[0])[0]
    if not isinstance(value, str):
        raise SealNotExtensible("A part of the seal is not a text.")
    return value

"""Takes the credential out of a PDF, in a process of its own: a hostile one costs only that.

Run as a script with the PDF on standard input. Writes one line of JSON to standard output, either
`{"refused": code}` or `{"attachments": n}`, and after the latter the bytes of the attachment that
is a credential. Nothing is drawn, no script of the document runs, nothing is fetched.
"""

import codecs
import io
import json
import sys
from collections.abc import Iterator
from math import ceil
from time import process_time
from typing import Any

MEMORY = 900_000_000
"""Bytes of address space."""
SECONDS = 2
"""Of processor time for the document, beside what it took to start."""
ATTACHMENTS = 20
NODES = 200
"""Of the tree of names, which a document may make as large as it likes, or a circle."""
LARGEST = 10_000_000
"""Bytes of one attachment."""

_MARKS = {
    codecs.BOM_UTF8: "utf-8",
    # Before those of two bytes, with which they begin.
    codecs.BOM_UTF32_LE: "utf-32-le",
    codecs.BOM_UTF32_BE: "utf-32-be",
    codecs.BOM_UTF16_LE: "utf-16-le",
    codecs.BOM_UTF16_BE: "utf-16-be",
}


class Refused(Exception):
    """Nothing is taken out; the argument is a stable code."""


def limit_this_process() -> None:
    """Give up memory and time that an honest document does not need."""
    try:
        import resource  # not everywhere
    except ImportError:
        return
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    seconds = ceil(process_time()) + SECONDS
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))


def credential_in(content: bytes) -> tuple[bytes, int]:
    """The attachment that is a JSON object, and how many attachments there are. Raises Refused."""
    from pyhanko.pdf_utils.decode_limits import DecodeLimits, StreamDecodeLimits
    from pyhanko.pdf_utils.reader import PdfFileReader

    limit_this_process()
    limits = DecodeLimits(per_stream=StreamDecodeLimits(max_output_size=LARGEST))
    reader = PdfFileReader(io.BytesIO(content), strict=False, decode_limits=limits)
    if reader.encrypted:
        raise Refused("pdf_encrypted")
    attached: dict[Any, bytes] = {}
    for reference in _files(reader.root):
        stream = _stream(_direct(reference))
        if stream is None:
            continue
        attached.setdefault(id(stream), stream.data)
        if len(attached) > ATTACHMENTS:
            raise Refused("pdf_too_many_attachments")
    found = {data for data in attached.values() if _begins_an_object(data)}
    if not found:
        raise Refused("pdf_without_credential")
    if len(found) > 1:
        raise Refused("pdf_several_credentials")
    return found.pop(), len(attached)


def _begins_an_object(data: bytes) -> bool:
    """Whether a reader of JSON might take it for an object: some look past a byte order mark."""
    for mark, encoding in _MARKS.items():
        if data.startswith(mark):
            return data[len(mark) :].decode(encoding, "ignore").lstrip()[:1] == "{"
    # Zeros: two or four bytes a character need no mark (RFC 4627, section 3).
    return data.lstrip(b" \t\r\n\x0b\x0c\0")[:1] == b"{"


def _files(catalog: Any) -> Iterator[Any]:
    """The file specifications of a document, by name and by association (PDF 2.0, 7.11, 14.13)."""
    associated = _at(catalog, "/AF")
    associated = associated if isinstance(associated, list) else [associated]
    if len(associated) > 2 * ATTACHMENTS:
        raise Refused("pdf_too_many_attachments")
    yield from associated
    waiting = [_at(_at(catalog, "/Names"), "/EmbeddedFiles")]
    looked_at = named = 0
    while waiting:
        node = _direct(waiting.pop())
        looked_at += 1
        if looked_at > NODES:
            raise Refused("pdf_too_many_attachments")
        names, kids = _list_at(node, "/Names"), _list_at(node, "/Kids")
        named += len(names)
        # A name and a file each, and a file may have two names.
        if named > 4 * ATTACHMENTS or len(kids) > NODES:
            raise Refused("pdf_too_many_attachments")
        yield from names[1::2]
        waiting.extend(kids)


def _stream(file: Any) -> Any:
    embedded = _at(file, "/EF")
    stream = _at(embedded, "/UF") or _at(embedded, "/F")
    return stream if hasattr(stream, "data") else None


def _list_at(holder: Any, key: str) -> list[Any]:
    found = _at(holder, key)
    return list(found) if isinstance(found, list) else []


def _at(holder: Any, key: str) -> Any:
    return _direct(holder.get(key)) if isinstance(holder, dict) else None


def _direct(value: Any) -> Any:
    """The object itself, where there is only a reference to it."""
    return value.get_object() if hasattr(value, "get_object") else value


def main() -> None:
    """Read standard input, write the answer."""
    content = sys.stdin.buffer.read()
    try:
        data, attachments = credential_in(content)
    except Refused as refusal:
        sys.stdout.write(json.dumps({"refused": str(refusal)}))
        return
    except (MemoryError, RecursionError):
        sys.stdout.write(json.dumps({"refused": "pdf_excessive"}))
        return
    except Exception as error:
        code = "pdf_excessive" if "Limit" in type(error).__name__ else "pdf_unreadable"
        sys.stdout.write(json.dumps({"refused": code}))
        return
    sys.stdout.buffer.write(json.dumps({"attachments": attachments}).encode() + b"\n" + data)


if __name__ == "__main__":
    main()

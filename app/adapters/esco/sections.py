"""A file of named arrays and texts that processes map into memory instead of each loading it.

Pages of the file are shared by all workers of a machine, and read only where a question touches
them. Layout: magic, length of the header, header as JSON (name → type, offset, count), sections,
each at a multiple of eight.
"""

import json
import mmap
import os
import struct
from array import array
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

MAGIC = b"ESCOIX\x01\n"
_HEAD = struct.Struct("<8sQ")


class SectionsWriter:
    """Collects sections and puts them into one file."""

    def __init__(self, facts: Mapping[str, Any]) -> None:
        self._facts = dict(facts)
        self._parts: list[tuple[str, str, bytes]] = []

    def numbers(self, name: str, kind: str, values: Iterable[int] | Iterable[float]) -> None:
        """An array: `kind` as in the module array."""
        data = values if isinstance(values, array) else array(kind, values)
        self._parts.append((name, kind, data.tobytes()))

    def texts(self, name: str, values: Iterable[str]) -> None:
        """A list of texts, to be read one by one."""
        offsets = array("I", [0])
        blob = bytearray()
        for value in values:
            blob += value.encode()
            offsets.append(len(blob))
        self.numbers(name + ".at", "I", offsets)
        self._parts.append((name, "B", bytes(blob)))

    def lists(self, name: str, rows: Iterable[Sequence[int]]) -> None:
        """A list of lists of numbers below 2**32."""
        starts = array("I", [0])
        flat = array("I")
        for row in rows:
            flat.extend(row)
            starts.append(len(flat))
        self.numbers(name + ".at", "I", starts)
        self.numbers(name, "I", flat)

    def content(self) -> bytes:
        """The whole file."""
        table: dict[str, tuple[str, int, int]] = {}
        offset = 0
        for name, kind, data in self._parts:
            table[name] = (kind, offset, len(data))
            offset += -(-len(data) // 8) * 8
        header = json.dumps({"facts": self._facts, "sections": table}).encode()
        header += b" " * (-(len(header) + _HEAD.size) % 8)
        out = bytearray(_HEAD.pack(MAGIC, len(header)) + header)
        for _, _, data in self._parts:
            out += data
            out += b"\0" * (-len(data) % 8)
        return bytes(out)

    def save(self, path: Path) -> None:
        """Write the file so that a reader sees all of it or none."""
        path.parent.mkdir(parents=True, exist_ok=True)
        fresh = path.with_suffix(f".{os.getpid()}.new")
        with fresh.open("wb") as file:
            file.write(self.content())
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(path)


class Texts(Sequence[str]):
    """A section of texts."""

    def __init__(self, blob: memoryview, at: memoryview) -> None:
        self._blob = blob
        self._at = at

    def __len__(self) -> int:
        return len(self._at) - 1

    def __getitem__(self, index: Any) -> Any:
        return str(self._blob[self._at[index] : self._at[index + 1]], "utf-8")


class Lists:
    """A section of lists of numbers."""

    def __init__(self, flat: memoryview, at: memoryview) -> None:
        self._flat = flat
        self._at = at

    def __len__(self) -> int:
        return len(self._at) - 1

    def __getitem__(self, index: int) -> list[int]:
        return self._flat[self._at[index] : self._at[index + 1]].tolist()

    def size(self, index: int) -> int:
        """How long one list is."""
        found: int = self._at[index + 1] - self._at[index]
        return found


class Sections:
    """What `SectionsWriter` wrote, read in place."""

    def __init__(self, content: bytes | mmap.mmap) -> None:
        view = memoryview(content)
        magic, length = _HEAD.unpack_from(view)
        if magic != MAGIC:
            raise ValueError("This is no index of ESCO, or one of another edition of this service.")
        header = json.loads(bytes(view[_HEAD.size : _HEAD.size + length]))
        self._body = view[_HEAD.size + length :]
        self._table: dict[str, tuple[str, int, int]] = header["sections"]
        self.facts: dict[str, Any] = header["facts"]

    @classmethod
    def of_file(cls, path: Path) -> "Sections":
        """Map a file; it stays readable when the file is replaced."""
        with path.open("rb") as file:
            return cls(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))

    def numbers(self, name: str) -> memoryview:
        """An array."""
        kind, offset, length = self._table[name]
        # The type of what is in it depends on a text, which the type checker cannot follow.
        cast: Any = self._body[offset : offset + length].cast
        found: memoryview = cast(kind)
        return found

    def texts(self, name: str) -> Texts:
        """A list of texts."""
        return Texts(self.numbers(name), self.numbers(name + ".at"))

    def lists(self, name: str) -> Lists:
        """A list of lists."""
        return Lists(self.numbers(name), self.numbers(name + ".at"))

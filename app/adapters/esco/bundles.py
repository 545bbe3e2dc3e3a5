"""The files that ESCO is published in: zips of CSV files, single ones, packed ones.

A file from outside is not trusted: sizes are bounded before and while it is unpacked, it must be
UTF-8, and no line or cell may be longer than any of ESCO's. What is refused is refused whole.
"""

import csv
import gzip
import hashlib
import io
import re
import zipfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from app.domain.errors import Invalid

MOST_BYTES = 300_000_000
"""Of one file when unpacked; the largest of ESCO 1.1.1 has 21 million."""
MOST_IN_BUNDLE = 1_000_000_000
"""Of all files of a zip; ESCO 1.1.1 has 42 million in one language."""
MOST_RATIO = 150
"""Unpacked to packed; ESCO's own files reach 15."""
MOST_FILES = 200
LONGEST_LINE = 1_000_000
LONGEST_CELL = 200_000
"""Characters; the longest cell that is read has less than 10,000."""
_FEW_BYTES = 1_000_000

_LANGUAGE = re.compile(
    r"_([a-z]{2}(?:-[a-z]{2})?)(?:\.v?\d+(?:\.\d+)*)?\.csv(?:\.gz)?$", re.IGNORECASE
)
_VERSION = re.compile(r"v(\d+\.\d+\.\d+)", re.IGNORECASE)


class EscoFileRefused(Invalid):
    """A file that is no ESCO data, or looks as if it would do harm. Nothing was changed."""

    code = "esco_file_refused"

    def __init__(self, name: str, why: str) -> None:
        super().__init__(f"{name}: {why} Nothing was changed.")


@dataclass(frozen=True)
class SourceFile:
    """One CSV file, wherever it lies."""

    name: str
    """Its name without folders."""
    opened: Callable[[], IO[bytes]]

    @property
    def language(self) -> str | None:
        """The language that its name ends with."""
        found = _LANGUAGE.search(self.name)
        return found.group(1).lower() if found else None

    def fingerprint(self) -> str:
        """SHA-256 of its content. Raises EscoFileRefused when it is too large."""
        digest = hashlib.sha256()
        with self._reading() as stream:
            while block := stream.read(1 << 20):
                digest.update(block)
        return digest.hexdigest()

    def rows(self) -> Iterator[list[str]]:
        """Its rows, the one with the names of columns first. Raises EscoFileRefused."""
        with self._reading() as stream:
            reader = csv.reader(_lines(self.name, stream), strict=True)
            csv.field_size_limit(LONGEST_CELL)
            try:
                yield from reader
            except csv.Error as wrong:
                said = str(wrong)
                why = (
                    f"a cell after line {reader.line_num} has more than {LONGEST_CELL} characters."
                    if "field larger" in said
                    else f"the CSV is broken near line {reader.line_num}: {said}."
                )
                raise EscoFileRefused(self.name, why) from None

    def _reading(self) -> "_Bounded":
        return _Bounded(self.name, self.opened)


class _Bounded:
    """A stream that refuses to yield more than `MOST_BYTES`."""

    def __init__(self, name: str, opened: Callable[[], IO[bytes]]) -> None:
        self._name = name
        self._opened = opened
        self._stream: IO[bytes] | None = None
        self._read = 0

    def __enter__(self) -> "_Bounded":
        self._stream = self._opened()
        return self

    def __exit__(self, *_: object) -> None:
        if self._stream is not None:
            self._stream.close()

    def read(self, size: int) -> bytes:
        """The next bytes."""
        return self._counted(lambda stream: stream.read(size))

    def readline(self, size: int) -> bytes:
        """The rest of the line, or so many bytes of it."""
        return self._counted(lambda stream: stream.readline(size))

    def _counted(self, read: Callable[[IO[bytes]], bytes]) -> bytes:
        if self._stream is None:
            raise ValueError("not open")
        try:
            found = read(self._stream)
        except (OSError, EOFError, zlib.error, zipfile.BadZipFile, RuntimeError):
            raise EscoFileRefused(self._name, "it is damaged or encrypted.") from None
        self._read += len(found)
        if self._read > MOST_BYTES:
            raise EscoFileRefused(self._name, f"it unpacks to more than {MOST_BYTES} bytes.")
        return found


def _lines(name: str, stream: _Bounded) -> Iterator[str]:
    number = 0
    while line := stream.readline(LONGEST_LINE + 1):
        number += 1
        if len(line) > LONGEST_LINE:
            raise EscoFileRefused(name, f"line {number} has more than {LONGEST_LINE} bytes.")
        try:
            text = line.decode("utf-8-sig" if number == 1 else "utf-8")
        except UnicodeDecodeError:
            raise EscoFileRefused(
                name, f"line {number} is not UTF-8; save the file as UTF-8."
            ) from None
        if "\0" in text:
            raise EscoFileRefused(name, f"line {number} has the character U+0000.")
        yield text


def files_of(path: Path) -> Sequence[SourceFile]:
    """The CSV files of a zip or folder, or the one that the path names.

    Raises EscoFileRefused.
    """
    if path.is_dir():
        names = sorted([*path.glob("*.csv"), *path.glob("*.csv.gz")])
        return [one for name in names for one in files_of(name)]
    if not path.is_file():
        raise EscoFileRefused(path.name, "there is no such file.")
    if path.suffix == ".zip":
        return _zipped(path)
    if path.suffix == ".gz":
        return [SourceFile(path.name, lambda: io.BufferedReader(gzip.open(path)))]
    if path.suffix == ".csv":
        return [SourceFile(path.name, lambda: path.open("rb"))]
    raise EscoFileRefused(path.name, "it is neither .zip nor .csv nor .csv.gz.")


def _zipped(path: Path) -> Sequence[SourceFile]:
    try:
        with zipfile.ZipFile(path) as archive:
            entries = [entry for entry in archive.infolist() if entry.filename.endswith(".csv")]
            everything = archive.infolist()
    # NotImplementedError is zipfile's word for a ZIP version that it cannot read.
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        raise EscoFileRefused(path.name, "it is no zip file, or a damaged one.") from None
    if len(everything) > MOST_FILES:
        raise EscoFileRefused(path.name, f"it has more than {MOST_FILES} files.")
    if not entries:
        raise EscoFileRefused(path.name, "there is no CSV file in it.")
    if sum(entry.file_size for entry in everything) > MOST_IN_BUNDLE:
        raise EscoFileRefused(path.name, f"it unpacks to more than {MOST_IN_BUNDLE} bytes.")
    for entry in entries:
        if entry.flag_bits & 1:
            raise EscoFileRefused(path.name, f"{entry.filename} in it is encrypted.")
        if entry.file_size > _FEW_BYTES and entry.file_size > MOST_RATIO * entry.compress_size:
            raise EscoFileRefused(
                path.name, f"{entry.filename} in it is packed more tightly than any real data."
            )

    def opener(name: str) -> Callable[[], IO[bytes]]:
        def opened() -> IO[bytes]:
            # Each reader opens the archive anew: nobody has to remember to close it.
            with zipfile.ZipFile(path) as archive:
                return io.BufferedReader(_Kept(archive.open(name)))

        return opened

    return [
        SourceFile(entry.filename.rsplit("/", 1)[-1], opener(entry.filename)) for entry in entries
    ]


class _Kept(io.RawIOBase):
    """A member of an archive as a plain stream."""

    def __init__(self, member: IO[bytes]) -> None:
        self._member = member

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]  # typeshed: Buffer
        found = self._member.read(len(buffer))
        buffer[: len(found)] = found
        return len(found)

    def close(self) -> None:
        self._member.close()
        super().close()


def version_in(path: Path) -> str | None:
    """The ESCO version that a file's name or folder speaks of."""
    for part in (path.name, path.parent.name):
        if found := _VERSION.search(part):
            return found.group(1)
    return None

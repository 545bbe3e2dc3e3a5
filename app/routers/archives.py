"""Several files in one: ZIP archives, given out and taken in."""

import io
import json
import struct
import zipfile
import zlib
from collections.abc import Iterable, Mapping
from typing import Any

from fastapi import Response

from app.domain.errors import Invalid

ZIP = "application/zip"
ZIP_RESPONSE: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The files.",
        "content": {ZIP: {"schema": {"type": "string", "format": "binary"}}},
    }
}
_MOST_FILES = 500
_MOST_BYTES = 100_000_000
"""Of all files together: five times what an upload may have packed."""
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
"""Those that every program writes. Of others, a reader may hold far more than was asked for."""
_ENTRY = b"PK\x01\x02"
"""What each entry of the list of files begins with."""
_FIXED = (2026, 1, 1, 0, 0, 0)
"""A date for all files: the same files make the same archive."""


class ArchiveUnusable(Invalid):
    """What was sent is no ZIP archive, or one that is too large once it is unpacked."""

    code = "archive_unusable"


def zip_response(
    name: str, manifest: Mapping[str, Any], files: Iterable[tuple[str, bytes]]
) -> Response:
    """An archive to be saved under that name, with `manifest.json` first."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        text = json.dumps(manifest, ensure_ascii=False, indent=1).encode("utf-8")
        for path, content in (("manifest.json", text), *files):
            archive.writestr(zipfile.ZipInfo(path, _FIXED), content, zipfile.ZIP_DEFLATED)
    return Response(
        packed.getvalue(),
        media_type=ZIP,
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


def unpacked(raw: bytes) -> dict[str, bytes]:
    """The files of an archive by their names with folders. Raises ArchiveUnusable.

    Takes a while: run it in a thread. What the archive says of its sizes is not believed.
    """
    # Counted before the list is read, for each entry takes far more memory than bytes.
    if raw.count(_ENTRY) > 2 * _MOST_FILES:
        raise _too_much()
    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as archive:
            members = [one for one in archive.infolist() if not one.is_dir()]
            if len(members) > _MOST_FILES:
                raise _too_much()
            if len({one.filename for one in members}) < len(members):
                raise ArchiveUnusable("The archive has several files of one name. Rename them.")
            files: dict[str, bytes] = {}
            left = _MOST_BYTES
            for one in members:
                if one.compress_type not in _METHODS:
                    raise ArchiveUnusable(
                        "The archive is packed in a way that is not read here. Pack it as usual "
                        "(deflate), or not at all (stored)."
                    )
                with archive.open(one) as member:
                    content = member.read(left + 1)
                left -= len(content)
                if left < 0:
                    raise _too_much()
                files[one.filename] = content
            return files
    except _BROKEN as error:
        raise ArchiveUnusable(
            "The file cannot be read as a ZIP archive: it is damaged, encrypted or cut off. Pack "
            "it again and send it anew."
        ) from error


_BROKEN = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    EOFError,
    OSError,
    OverflowError,
    RuntimeError,
    ValueError,
)
"""What the reader raises at damage: of offsets, sizes, names, dates, and of what is packed."""


def _too_much() -> ArchiveUnusable:
    return ArchiveUnusable(
        f"The archive has more than {_MOST_FILES} files or {_MOST_BYTES // 10**6} MB. "
        "Send it in parts."
    )

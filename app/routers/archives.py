"""Several files in one: ZIP archives, given out and taken in."""

import io
import json
import zipfile
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
_MOST_BYTES = 200_000_000
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
    """The files of an archive by their names without folders. Raises ArchiveUnusable."""
    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as archive:
            members = [one for one in archive.infolist() if not one.is_dir()]
            if len(members) > _MOST_FILES or sum(m.file_size for m in members) > _MOST_BYTES:
                raise ArchiveUnusable(
                    f"The archive has more than {_MOST_FILES} files or {_MOST_BYTES // 10**6} MB. "
                    "Send it in parts."
                )
            # What a member says of its size is checked while it is read.
            return {one.filename.rpartition("/")[2]: archive.read(one) for one in members}
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError) as error:
        raise ArchiveUnusable("The file cannot be read as a ZIP archive.") from error

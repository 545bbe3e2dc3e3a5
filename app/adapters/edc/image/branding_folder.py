"""Brandings from a folder.

`UNIOVI.json` holds `{"primary": "#1f3a6e", "accent": "#8a6516"}`; `UNIOVI.svg`, `.png` or `.jpg`
is the logo. Files named `ALLIANCE` are for everybody: its colours where an institution has none,
its logo before that of the issuer.
"""

import base64
import json
import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from app.adapters.edc.image.branding import PLAIN, Branding, BrandingUnusable, Logo
from app.adapters.edc.image.drawings import safe_drawing
from app.adapters.edc.image.pictures import PictureUnusable, embedded
from app.adapters.reference import alliance, partners
from app.domain.errors import Invalid
from app.domain.vocabulary.concepts import Concept
from app.domain.vocabulary.institutions import InstitutionCode
from app.domain.vocabulary.lists import AUTHORITY
from app.domain.vocabulary.specification import Media

log = logging.getLogger(__name__)

ALLIANCE = "ALLIANCE"
_PICTURES = (".png", ".jpg", ".jpeg")
_MOST_BYTES = 2_000_000


class FolderBranding:
    """Brandings from a folder, read anew when a file has changed. Blocking."""

    def __init__(self, folder: Path | None, names: Mapping[InstitutionCode, str]) -> None:
        """`names` are whose logos they are, by code, with the alliance's under `ALLIANCE`.

        Raises BrandingUnusable for a file that cannot be used, and names it.
        """
        self._folder = folder
        self._names = names
        self._known: dict[InstitutionCode, tuple[Any, Branding]] = {}
        for code in names:
            self._read(code)

    def __call__(self, institution: InstitutionCode) -> Branding:
        """How an institution's credentials look; as before while a new file is faulty."""
        if self._folder is None or institution not in self._names:
            return PLAIN
        state = tuple(map(_state, self._files(institution)))
        known = self._known.get(institution)
        if known is not None and known[0] == state:
            return known[1]
        try:
            branding = self._read(institution)
        except BrandingUnusable as error:
            log.warning("branding of %s left as it was: %s", institution, error.detail)
            branding = known[1] if known else PLAIN
        self._known[institution] = (state, branding)
        return branding

    def _read(self, institution: InstitutionCode) -> Branding:
        if self._folder is None:
            return PLAIN
        colours = {**self._colours(ALLIANCE), **self._colours(institution)}
        codes = dict.fromkeys((ALLIANCE, institution))
        logos = tuple(logo for code in codes if (logo := self._logo(code)))
        with _about(f"{institution}.json"):
            return Branding(**colours, logos=logos)

    def _files(self, institution: InstitutionCode) -> list[Path]:
        folder = self._folder or Path()
        endings = (".json", ".svg", *_PICTURES)
        return [folder / f"{code}{e}" for code in (ALLIANCE, institution) for e in endings]

    def _colours(self, code: str) -> Mapping[str, str]:
        path = (self._folder or Path()) / f"{code}.json"
        if not path.is_file():
            return {}
        try:
            read = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise BrandingUnusable(f"{path.name} cannot be read as JSON.") from error
        if (
            not isinstance(read, dict)
            or read.keys() - {"primary", "accent"}
            or not all(isinstance(value, str) for value in read.values())
        ):
            raise BrandingUnusable(f"{path.name} holds other things than primary and accent.")
        return read

    def _logo(self, code: str) -> Logo | None:
        for ending in (".svg", *_PICTURES):
            path = (self._folder or Path()) / f"{code}{ending}"
            if path.is_file():
                with _about(path.name):
                    return Logo(self._names.get(code, code), _drawn(path))
        return None


def _drawn(path: Path) -> str:
    data = path.read_bytes() if path.stat().st_size <= _MOST_BYTES else b""
    if not data:
        raise PictureUnusable(f"It is empty, or larger than {_MOST_BYTES // 1_000_000} MB.")
    if path.suffix == ".svg":
        return safe_drawing(data)
    kind = Concept(f"{AUTHORITY}file-type/{'PNG' if path.suffix == '.png' else 'JPEG'}")
    return embedded(Media(kind, base64.b64encode(data).decode("ascii")))


@contextmanager
def _about(file: str) -> Iterator[None]:
    """Name the file in what is said against it."""
    try:
        yield
    except Invalid as error:
        raise BrandingUnusable(f"{file}: {error.detail}") from error


def _state(path: Path) -> int | None:
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return None


def branded_names() -> Mapping[InstitutionCode, str]:
    """The partners and the alliance, as the text alternatives of their logos name them."""
    return {ALLIANCE: alliance().name, **{p.code: p.name_local for p in partners()}}

"""Whom this deployment trusts, and which institutions it knows as recognised."""

import csv
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import UTC, date, datetime
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol

from cryptography import x509

from app.adapters.edc.pki.certificates import TEST_IDENTIFIER, certificate_facts
from app.adapters.edc.pki.trust import Purpose, TrustAnchor, TrustStore
from app.adapters.edc.seal.development_seal import development_anchor
from app.domain.clock import Clock


class SettingUnusable(Exception):
    """A file that the settings name is not what it should be; the process does not start."""


class TrustSource(Protocol):
    """Where the authorities that are trusted come from."""

    @property
    def store(self) -> TrustStore:
        """Everything that is trusted."""
        ...


class ListedAuthorities(Protocol):
    """Authorities that trusted lists name; they change as lists are refreshed."""

    @property
    def anchors(self) -> tuple[TrustAnchor, ...]:
        """All of them, as the same object until they change. May block."""
        ...


class Trusted:
    """The configured authorities, those of trusted lists, and in development our own.

    Never those of the system's store.
    """

    def __init__(
        self,
        anchors: Path | None,
        *,
        development_seals: Path | None,
        clock: Clock,
        lists: ListedAuthorities | None = None,
        timestamp_anchors: Path | None = None,
    ) -> None:
        """`anchors` is a PEM file; `development_seals` the folder of the stand-ins, if allowed.

        `timestamp_anchors` is a PEM file too, with authorities for timestamps and nothing else.
        Raises SettingUnusable.
        """
        stamping = () if timestamp_anchors is None else _anchors(timestamp_anchors)
        self._configured = (
            *(() if anchors is None else _anchors(anchors)),
            *(replace(anchor, purposes=frozenset({Purpose.TIMESTAMPS})) for anchor in stamping),
        )
        self._development_seals = development_seals
        self._clock = clock
        self._lists = lists
        self._made: tuple[tuple[TrustAnchor, ...], TrustStore] | None = None

    @property
    def store(self) -> TrustStore:
        """Everything that is trusted. Blocking on first use: makes the development authority."""
        listed = () if self._lists is None else self._lists.anchors
        made = self._made
        if made is None or made[0] is not listed:
            made = (listed, TrustStore((*self._configured, *self._own, *listed)))
            self._made = made
        return made[1]

    @cached_property
    def _own(self) -> tuple[TrustAnchor, ...]:
        if self._development_seals is None:
            return ()
        return (development_anchor(self._development_seals, self._clock.now()),)


@dataclass(frozen=True)
class RegisterEntry:
    """A recognised institution, in the words of the register."""

    name: str | None = None
    country: str | None = None
    source: str | None = None
    """Where that it is recognised was looked up: a national register, a decision."""


class RecognisedInstitutions:
    """The register of recognised institutions: a CSV file with organizationIdentifiers.

    Its column `organisation_identifier` counts; `name`, `country` and `source` are shown, and
    `as_of` (a date) says when a row was looked up; without it, the date of the file does.
    """

    def __init__(self, file: Path | None) -> None:
        """Raises SettingUnusable. The reserved identifier of development seals is left out."""
        self._known: Mapping[str, RegisterEntry] | None = None
        self.as_of: date | None = None
        """How old the register is: the latest date in it, else that of the file."""
        if file is not None:
            self._known, self.as_of = _register(file)

    def recognised(self, organisation_identifier: str) -> bool | None:
        """Whether the register has it; None without a register."""
        return None if self._known is None else organisation_identifier in self._known

    def entry(self, organisation_identifier: str) -> RegisterEntry | None:
        """What the register says of it; None when it does not have it."""
        return (self._known or {}).get(organisation_identifier)

    def evidence(self, organisation_identifier: str) -> Mapping[str, Any]:
        """The same, with the date of the register, as evidence of a check."""
        found = self.entry(organisation_identifier)
        return {
            "register_as_of": self.as_of.isoformat() if self.as_of else None,
            "register_says": None if found is None else asdict(found),
        }


def certificates_in(file: Path) -> list[x509.Certificate]:
    """The certificates of a PEM file. Raises SettingUnusable."""
    try:
        return x509.load_pem_x509_certificates(file.read_bytes())
    except (OSError, ValueError) as error:
        raise SettingUnusable(f"{file} holds no certificates in PEM") from error


def _anchors(file: Path) -> tuple[TrustAnchor, ...]:
    return tuple(
        TrustAnchor(certificate, certificate_facts(certificate).subject)
        for certificate in certificates_in(file)
    )


def _register(file: Path) -> tuple[Mapping[str, RegisterEntry], date]:
    column = "organisation_identifier"
    try:
        with file.open(encoding="utf-8-sig", newline="") as opened:
            reader = csv.DictReader(opened)
            if column not in (reader.fieldnames or ()):
                raise SettingUnusable(f"{file} has no column {column}")
            rows = list(reader)
        dated = datetime.fromtimestamp(file.stat().st_mtime, UTC).date()
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise SettingUnusable(f"{file} cannot be read as CSV") from error
    known: dict[str, RegisterEntry] = {}
    dates: list[date] = []
    for row in rows:
        values = {name: (value or "").strip() for name, value in row.items() if name in _COLUMNS}
        number = values[column]
        # Whoever lists a stand-in by mistake has not made it a university.
        if number and not number.startswith(TEST_IDENTIFIER):
            said = (values.get(name) or None for name in ("name", "country", "source"))
            known[number] = RegisterEntry(*said)
        if stated := values.get("as_of"):
            try:
                dates.append(date.fromisoformat(stated))
            except ValueError as error:
                raise SettingUnusable(f"{file}: {stated[:20]} is no date") from error
    return known, max(dates, default=dated)


_COLUMNS = ("organisation_identifier", "name", "country", "source", "as_of")

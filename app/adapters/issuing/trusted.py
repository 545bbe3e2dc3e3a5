"""Whom this deployment trusts, and which institutions it knows as recognised."""

import csv
from functools import cached_property
from pathlib import Path
from typing import Protocol

from cryptography import x509

from app.adapters.edc.certificates import certificate_facts
from app.adapters.edc.development_seal import development_anchor
from app.adapters.edc.trust import TrustAnchor, TrustStore
from app.domain.clock import Clock


class SettingUnusable(Exception):
    """A file that the settings name is not what it should be; the process does not start."""


class TrustSource(Protocol):
    """Where the authorities that are trusted come from."""

    @property
    def store(self) -> TrustStore:
        """Everything that is trusted."""
        ...


class Trusted:
    """The configured authorities, and in development our own; never the system's store."""

    def __init__(
        self, anchors: Path | None, *, development_seals: Path | None, clock: Clock
    ) -> None:
        """`anchors` is a PEM file; `development_seals` the folder of the stand-ins, if allowed.

        Raises SettingUnusable.
        """
        self._configured = () if anchors is None else _anchors(anchors)
        self._development_seals = development_seals
        self._clock = clock

    @cached_property
    def store(self) -> TrustStore:
        """Everything that is trusted. Blocking on first use: makes the development authority."""
        if self._development_seals is None:
            return TrustStore(self._configured)
        own = development_anchor(self._development_seals, self._clock.now())
        return TrustStore((*self._configured, own))


class RecognisedInstitutions:
    """The register of recognised institutions: a CSV file with organizationIdentifiers.

    Its column `organisation_identifier` counts; others (name, country, source) are for people.
    """

    def __init__(self, file: Path | None) -> None:
        """Raises SettingUnusable."""
        self._known = None if file is None else _identifiers(file)

    def recognised(self, organisation_identifier: str) -> bool | None:
        """Whether the register has it; None without a register."""
        return None if self._known is None else organisation_identifier in self._known


def _anchors(file: Path) -> tuple[TrustAnchor, ...]:
    try:
        certificates = x509.load_pem_x509_certificates(file.read_bytes())
    except (OSError, ValueError) as error:
        raise SettingUnusable(f"{file} holds no certificates in PEM") from error
    return tuple(
        TrustAnchor(certificate, certificate_facts(certificate).subject)
        for certificate in certificates
    )


def _identifiers(file: Path) -> frozenset[str]:
    column = "organisation_identifier"
    try:
        with file.open(encoding="utf-8-sig", newline="") as opened:
            rows = csv.DictReader(opened)
            if column not in (rows.fieldnames or ()):
                raise SettingUnusable(f"{file} has no column {column}")
            return frozenset(value.strip() for row in rows if (value := row[column] or "").strip())
    except (OSError, UnicodeDecodeError) as error:
        raise SettingUnusable(f"{file} cannot be read as CSV") from error

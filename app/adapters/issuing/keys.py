"""Where the institutions' seals come from."""

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from app.adapters.edc.development_seal import development_seal
from app.adapters.edc.seals import SealKey, load_pkcs12
from app.adapters.issuing.organisations import organisation_of
from app.adapters.reference import partners
from app.domain.clock import Clock
from app.domain.credentials.seal import SealUnavailable
from app.domain.vocabulary.institutions import InstitutionCode


class SealKeys(Protocol):
    """The seals of this deployment. Blocking: called in threads."""

    def institutions(self) -> Sequence[InstitutionCode]:
        """Who has one, sorted."""
        ...

    def key(self, institution: InstitutionCode) -> SealKey:
        """The seal of one institution. Raises SealUnavailable."""
        ...


class FolderSeals:
    """One PKCS #12 file per institution in a folder, `UNIOVI.p12`, all with the same password.

    A replaced file is noticed by its time of change: a renewed seal needs no restart.
    """

    def __init__(self, folder: Path, password: str) -> None:
        self._folder = folder
        self._password = password
        self._loaded: dict[InstitutionCode, tuple[int, SealKey]] = {}

    def institutions(self) -> Sequence[InstitutionCode]:
        """Who has one, sorted."""
        return sorted(path.stem for path in self._folder.glob("*.p12"))

    def key(self, institution: InstitutionCode) -> SealKey:
        """The seal of one institution. Raises SealUnavailable."""
        # A code comes from a specification, and must not name a file elsewhere.
        if institution not in self.institutions():
            raise SealUnavailable(f"{institution} has no seal here. See /v1/seals.")
        path = self._folder / f"{institution}.p12"
        try:
            changed = path.stat().st_mtime_ns
        except OSError as error:
            raise SealUnavailable(f"The seal {path.name} has gone.") from error
        known = self._loaded.get(institution)
        if known is None or known[0] != changed:
            known = (changed, load_pkcs12(path, self._password))
            self._loaded[institution] = known
        return known[1]


class DevelopmentSeals:
    """Stand-ins, made on demand for any partner, that nobody can mistake for real seals."""

    def __init__(self, folder: Path, clock: Clock) -> None:
        self._folder = folder
        self._clock = clock
        self._made: dict[InstitutionCode, SealKey] = {}

    def institutions(self) -> Sequence[InstitutionCode]:
        """Who has one by now, sorted."""
        return sorted(path.stem for path in self._folder.glob("*.p12"))

    def key(self, institution: InstitutionCode) -> SealKey:
        """The seal of one partner; made if there is none. Raises SealUnavailable."""
        if institution not in self._made:
            partner = next((p for p in partners() if p.code == institution), None)
            if partner is None:
                raise SealUnavailable(f"{institution} has no seal here. See /v1/seals.")
            try:
                self._made[institution] = development_seal(
                    self._folder, organisation_of(partner), self._clock.now()
                )
            except OSError as error:
                raise SealUnavailable(
                    f"The development seal of {institution} cannot be kept: {error.strerror}."
                ) from error
        return self._made[institution]

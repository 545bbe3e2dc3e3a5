"""Where the institutions' seals come from."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Protocol

from app.adapters.edc.seal.development_seal import development_seal
from app.adapters.edc.seal.seals import LocalSealKey, SealKey, load_pkcs12
from app.adapters.issuing.organisations import organisation_of
from app.adapters.reference import partners
from app.domain.clock import Clock
from app.domain.credentials.seal import DEFAULT_SEAL, NoKeyHere, SealName, SealUnavailable
from app.domain.vocabulary.institutions import InstitutionCode


class SealKeys(Protocol):
    """The seals of this deployment. Blocking: called in threads."""

    def institutions(self) -> Sequence[InstitutionCode]:
        """Who has one, sorted."""
        ...

    def names(self, institution: InstitutionCode) -> Sequence[SealName]:
        """The seals of one institution, the one that it uses unless said otherwise first."""
        ...

    def key(self, institution: InstitutionCode, name: SealName | None = None) -> SealKey:
        """A seal of one institution; without a name, its default. Raises SealUnavailable."""
        ...


def no_seal(institution: InstitutionCode, name: SealName | None = None) -> SealUnavailable:
    """The refusal where there is no such seal."""
    called = institution if name is None else f"{institution} of the name {name}"
    return SealUnavailable(f"There is no seal of {called} here. See /v1/seals.")


class FileSeal:
    """A seal in a PKCS #12 file; a replaced file is noticed by its time of change."""

    def __init__(self, file: Path, password: str, alg: str | None = None) -> None:
        self._file = file
        self._password = password
        self._alg = alg
        self._loaded: tuple[int, SealKey] | None = None

    def __call__(self) -> SealKey:
        """The key, as the file has it now. Raises SealUnavailable."""
        try:
            changed = self._file.stat().st_mtime_ns
        except OSError as error:
            raise SealUnavailable(f"The seal {self._file.name} has gone.") from error
        if self._loaded is None or self._loaded[0] != changed:
            self._loaded = (changed, load_pkcs12(self._file, self._password, self._alg))
        return self._loaded[1]


class FolderSeals:
    """One PKCS #12 file per institution in a folder, `UNIOVI.p12`, all with the same password.

    A renewed seal needs no restart.
    """

    def __init__(self, folder: Path, password: str) -> None:
        self._folder = folder
        self._password = password
        self._files: dict[InstitutionCode, FileSeal] = {}

    def institutions(self) -> Sequence[InstitutionCode]:
        """Who has one, sorted."""
        return sorted(path.stem for path in self._folder.glob("*.p12"))

    def names(self, institution: InstitutionCode) -> Sequence[SealName]:
        """One at most, without a name of its own."""
        return (DEFAULT_SEAL,) if institution in self.institutions() else ()

    def key(self, institution: InstitutionCode, name: SealName | None = None) -> SealKey:
        """The seal of one institution. Raises SealUnavailable."""
        # A code comes from a specification, and must not name a file elsewhere.
        if (name or DEFAULT_SEAL) not in self.names(institution):
            raise no_seal(institution, name)
        if institution not in self._files:
            file = self._folder / f"{institution}.p12"
            self._files[institution] = FileSeal(file, self._password)
        return self._files[institution]()


class DevelopmentSeals:
    """Stand-ins, made on demand for any partner, that nobody can mistake for real seals."""

    def __init__(self, folder: Path, clock: Clock) -> None:
        self._folder = folder
        self._clock = clock
        self._made: dict[InstitutionCode, SealKey] = {}

    def institutions(self) -> Sequence[InstitutionCode]:
        """Who has one by now, sorted."""
        return sorted(path.stem for path in self._folder.glob("*.p12"))

    def names(self, institution: InstitutionCode) -> Sequence[SealName]:
        """One, without a name of its own, for every partner."""
        return (DEFAULT_SEAL,) if any(p.code == institution for p in partners()) else ()

    def key(self, institution: InstitutionCode, name: SealName | None = None) -> SealKey:
        """The seal of one partner; made if there is none. Raises SealUnavailable."""
        if name not in (None, DEFAULT_SEAL):
            raise no_seal(institution, name)
        if institution not in self._made:
            partner = next((p for p in partners() if p.code == institution), None)
            if partner is None:
                raise no_seal(institution)
            try:
                self._made[institution] = development_seal(
                    self._folder, organisation_of(partner), self._clock.now()
                )
            except OSError as error:
                raise SealUnavailable(
                    f"The development seal of {institution} cannot be kept: {error.strerror}."
                ) from error
        return self._made[institution]


def key_here(keys: SealKeys, institution: InstitutionCode, name: SealName | None = None) -> SealKey:
    """A seal that can sign here and now: that one, else the institution's first one that can.

    Raises SealUnavailable where it has none, and NoKeyHere where it keeps all keys to itself.
    """
    names = keys.names(institution)
    if not names:
        raise no_seal(institution)
    for candidate in sorted(names, key=lambda one: one != name):
        key = keys.key(institution, candidate)
        if not isinstance(key, LocalSealKey):
            return key
    raise NoKeyHere(institution)


class ConfiguredSeals:
    """Seals of several kinds and several per institution, with others behind them."""

    def __init__(
        self,
        seals: Mapping[InstitutionCode, Mapping[SealName, Callable[[], SealKey]]],
        behind: SealKeys | None = None,
    ) -> None:
        """Per institution by name, the default first; `behind` is asked for other institutions."""
        self._seals = seals
        self._behind = behind

    def institutions(self) -> Sequence[InstitutionCode]:
        """Who has one, sorted."""
        others = () if self._behind is None else self._behind.institutions()
        return sorted({*self._seals, *others})

    def names(self, institution: InstitutionCode) -> Sequence[SealName]:
        """The seals of one institution, its default first."""
        if institution not in self._seals and self._behind is not None:
            return self._behind.names(institution)
        return tuple(self._seals.get(institution, {}))

    def key(self, institution: InstitutionCode, name: SealName | None = None) -> SealKey:
        """A seal of one institution; without a name, its default. Raises SealUnavailable."""
        if institution not in self._seals and self._behind is not None:
            return self._behind.key(institution, name)
        own = self._seals.get(institution, {})
        chosen = name or next(iter(own), None)
        if chosen is None or chosen not in own:
            raise no_seal(institution, name)
        return own[chosen]()

"""The file that says which seals there are: TOML, one `[[seal]]` table each.

    [[seal]]
    institution = "UNIOVI"
    name = "rectorate"
    kind = "pkcs11"
    module = "/usr/lib/softhsm/libsofthsm2.so"
    token = "seals"
    label = "rectorate-2026"
    pin_file = "rectorate.pin"

The first seal of an institution is its default unless another says `default = true`. Paths are
relative to the file. Secrets never stand in it: `…_file` names a file that holds one, `…_env` an
environment variable.
"""

import os
import tomllib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated, Literal, Self

import httpx
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from app.adapters.edc.seal.seals import LocalSealKey, SealKey, algorithm_for, read_chain
from app.adapters.issuing.csc_client import CscAccount
from app.adapters.issuing.csc_profile import PROFILES
from app.adapters.issuing.keys import FileSeal
from app.adapters.issuing.keys_csc import CscSealKey
from app.adapters.issuing.keys_pkcs11 import KeyOnToken, Pkcs11SealKey
from app.adapters.issuing.trusted import SettingUnusable
from app.domain.credentials.seal import DEFAULT_SEAL, SealName
from app.domain.vocabulary.institutions import InstitutionCode

Seals = Mapping[InstitutionCode, Mapping[SealName, Callable[[], SealKey]]]
_TIMEOUT = httpx.Timeout(30.0, connect=5.0)
"""Seconds: a provider's hardware takes its time, a name that does not answer does not get it."""


class _Secret(BaseModel):
    """A secret by the place where it is."""

    file: Path | None
    env: str | None

    def read(self, folder: Path) -> str:
        if self.env is not None:
            try:
                return os.environ[self.env]
            except KeyError:
                raise SettingUnusable(f"the environment variable {self.env} is not set") from None
        if self.file is None:
            return ""
        try:
            return (folder / self.file).read_text(encoding="utf-8").rstrip("\r\n")
        except (OSError, UnicodeDecodeError) as error:
            raise SettingUnusable(f"the secret in {self.file.name} cannot be read") from error


class _Seal(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    institution: str = Field(pattern=r"^[A-Za-z0-9:-]{1,64}$")
    name: str = Field(DEFAULT_SEAL, pattern=r"^[a-z0-9][a-z0-9-]{0,39}$")
    default: bool = False
    algorithm: Literal["RS256", "PS256", "ES256"] | None = None


class _FileSeal(_Seal):
    kind: Literal["pkcs12"]
    file: Path
    password_file: Path | None = None
    password_env: str | None = None

    def opener(self, folder: Path) -> Callable[[], SealKey]:
        password = _Secret(file=self.password_file, env=self.password_env).read(folder)
        return FileSeal(folder / self.file, password, self.algorithm)


class _TokenSeal(_Seal):
    kind: Literal["pkcs11"]
    module: Path
    token: str
    label: str | None = None
    id: str | None = Field(None, pattern="^([0-9a-fA-F]{2})+$", description="hexadecimal")
    pin_file: Path | None = None
    pin_env: str | None = None
    certificates: Path | None = None

    @model_validator(mode="after")
    def _names_a_key(self) -> Self:
        if self.label is None and self.id is None:
            raise ValueError("name the key by label or id")
        return self

    def opener(self, folder: Path) -> Callable[[], SealKey]:
        place = KeyOnToken(
            module=folder / self.module,
            token=self.token,
            pin=_Secret(file=self.pin_file, env=self.pin_env).read(folder),
            label=self.label,
            id=None if self.id is None else bytes.fromhex(self.id),
        )
        chain = () if self.certificates is None else read_chain(folder / self.certificates)
        key = Pkcs11SealKey(place, certificates=chain, alg=self.algorithm)
        return lambda: key


class _RemoteSeal(_Seal):
    kind: Literal["csc"]
    url: str = Field(pattern="^https?://.+[^/]$")
    profile: Literal["v1", "v2", "v2-hash"] = "v2"
    token_url: str | None = None
    client_id: str = ""
    client_secret_file: Path | None = None
    client_secret_env: str | None = None
    credential: str | None = None
    pin_file: Path | None = None
    pin_env: str | None = None
    signatures_per_authorisation: int = Field(100, ge=1)

    def opener(self, folder: Path) -> Callable[[], SealKey]:
        pin = _Secret(file=self.pin_file, env=self.pin_env).read(folder)
        account = CscAccount(
            url=self.url,
            profile=PROFILES[self.profile],
            token_url=self.token_url,
            client_id=self.client_id,
            client_secret=_Secret(file=self.client_secret_file, env=self.client_secret_env).read(
                folder
            ),
            credential=self.credential,
            secrets={"PIN": pin} if pin else {},
        )
        key = CscSealKey(
            account,
            httpx.Client(timeout=_TIMEOUT),
            alg=self.algorithm,
            signatures_per_authorisation=self.signatures_per_authorisation,
        )
        return lambda: key


class _LocalSeal(_Seal):
    kind: Literal["local"]
    certificates: Path

    def opener(self, folder: Path) -> Callable[[], SealKey]:
        def opened() -> SealKey:
            chain = read_chain(folder / self.certificates)
            return LocalSealKey(algorithm_for(chain[0], self.algorithm, "The seal"), chain)

        return opened


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    seal: list[
        Annotated[_FileSeal | _TokenSeal | _RemoteSeal | _LocalSeal, Field(discriminator="kind")]
    ] = Field(min_length=1)


def read_seals(file: Path) -> Seals:
    """What the file says, per institution by name, its default first. Reaches for no key yet.

    Raises SettingUnusable with what is wrong, SealUnavailable for certificates beside a token that
    cannot be read.
    """
    try:
        found = _File.model_validate(tomllib.loads(file.read_text(encoding="utf-8")))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise SettingUnusable(f"{file} cannot be read as TOML") from error
    except ValidationError as error:
        wrong = "; ".join(
            f"{'.'.join(str(part) for part in one['loc'])}: {one['msg']}"
            for one in error.errors(include_input=False, include_url=False)
        )
        raise SettingUnusable(f"{file}: {wrong}") from None
    seals: dict[InstitutionCode, dict[SealName, Callable[[], SealKey]]] = {}
    for seal in sorted(found.seal, key=lambda seal: not seal.default):
        own = seals.setdefault(seal.institution, {})
        if seal.name in own:
            raise SettingUnusable(f"{file}: {seal.institution} has two seals named {seal.name}")
        own[seal.name] = seal.opener(file.parent)
    doubled = [
        code
        for code in seals
        if sum(seal.default for seal in found.seal if seal.institution == code) > 1
    ]
    if doubled:
        raise SettingUnusable(f"{file}: {', '.join(doubled)} has more than one default seal")
    return seals

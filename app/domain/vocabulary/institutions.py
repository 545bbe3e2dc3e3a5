"""Institutions: partners of the alliance, and everybody else's organisations."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from app.domain.errors import NotFound
from app.domain.vocabulary.text import LanguageMap

InstitutionCode = str
"""A partner's short code, `UNIOVI`; for others `EXT:` and the folded name of the organisation, or
`INDEPENDENT` for people without one. Stable, and part of URLs."""

EXTERNAL_PREFIX = "EXT:"
INDEPENDENT: InstitutionCode = "INDEPENDENT"


class InstitutionNotFound(NotFound):
    """No partner has this code."""

    code = "institution_not_found"

    def __init__(self, institution: str) -> None:
        super().__init__(f"No partner has the code {institution}. See /v1/institutions.")


@dataclass(frozen=True)
class Institution:
    """A partner of the alliance, with the identifiers that a source confirms."""

    code: InstitutionCode
    name_local: str
    name_local_language: str
    """BCP 47 tag of the local name."""
    name_en: str
    city: str
    country: str
    """ISO 3166-1 alpha-2."""
    homepage: str
    mail_domains: tuple[str, ...]
    identifiers: Mapping[str, str] = field(default_factory=dict)
    """Confirmed ones only, by scheme: `erasmus`, `schac`, `pic`, `ror`, `eter`, `deqar`, `vat`."""
    aliases: tuple[str, ...] = ()
    """Other spellings that people use."""


@dataclass(frozen=True)
class Alliance:
    """The alliance that runs this deployment, as data."""

    name: str
    short_name: str
    code_prefix: str
    """First part of a proposal's code, `IMC` in `IMC-2026-001`."""
    coordinator: InstitutionCode
    names: LanguageMap = field(default_factory=dict, hash=False)
    """Its name in other languages than English."""

    @property
    def name_by_language(self) -> LanguageMap:
        """Its name in every language that it has one in; `name` is the English one."""
        return {"en": self.name, **self.names}


class Institutions(Protocol):
    """The partners of the alliance."""

    async def alliance(self) -> Alliance:
        """The alliance itself."""
        ...

    async def all(self) -> Sequence[Institution]:
        """Every partner, by code."""
        ...

    async def get(self, code: InstitutionCode) -> Institution:
        """One partner. Raises InstitutionNotFound."""
        ...

    async def aliases(self) -> Mapping[str, InstitutionCode]:
        """Every known spelling, folded (`app.domain.vocabulary.text.folded`), and whose it is.

        Names, codes, and the spellings that officers have decided are among them.
        """
        ...

    async def remember_alias(self, spelling: str, institution: InstitutionCode) -> None:
        """Keep an officer's decision that this spelling means that partner.

        A decision on a spelling that is known already replaces the older one.
        """
        ...

    async def decided_aliases(self) -> Mapping[str, InstitutionCode]:
        """Those of the known spellings that officers have decided."""
        ...

    async def forget_alias(self, spelling: str) -> None:
        """Take back an officer's decision on a spelling; others stay."""
        ...

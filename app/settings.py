"""What differs between deployments, read once from the environment.

`python -m app settings` prints the table with its defaults. Lists are separated by blanks.
"""

import os
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator, model_validator

from app.domain.credentials.levels import SealLevel
from app.domain.credentials.profile.tables import ISSUED
from app.domain.enrolment.notices import PrivacyNotices
from app.domain.retention.rules import DataKind, RetentionPolicy

_WORDS = (
    "timestamp_authorities",
    "timestamp_policies",
    "retired_digests",
    "fetch_hosts",
    "trusted_proxies",
)

_ROOT = Path(__file__).parents[1]


class Mode(StrEnum):
    """How careful to be."""

    DEVELOPMENT = "development"
    PRODUCTION = "production"


class OidcIssuer(BaseModel):
    """An OpenID Connect provider whose tokens are accepted."""

    model_config = ConfigDict(frozen=True)

    issuer: str
    audience: str


class Settings(BaseModel):
    """Every setting, by the name of its environment variable in lower case without `MC_`."""

    model_config = ConfigDict(frozen=True)

    database_url: str | None = Field(
        None, description="`postgresql+asyncpg://…`; without it, the embedded server is used"
    )
    mode: Mode = Field(
        Mode.DEVELOPMENT, description="`production` refuses every development stand-in"
    )
    data_dir: Path = Field(
        _ROOT / "var", description="embedded database, development keys, mail files"
    )
    public_url: str = Field(
        "http://127.0.0.1:8000", description="where people reach this service, without a slash"
    )
    link_page: str | None = Field(
        None,
        description="page of a frontend that opens one-time links; the token is put behind a "
        "slash at its end. Without it, links lead to this service",
    )
    pool_size: int = Field(10, ge=1, description="database connections per process")
    behind_pgbouncer: bool = Field(False, description="switch prepared statements off")
    worker_in_process: bool = Field(
        True, description="run jobs in the API process; else start `python -m app worker`"
    )
    worker_concurrency: int = Field(4, ge=1, description="jobs that a worker does at once")
    issuing_processes: int | None = Field(
        None,
        ge=0,
        le=64,
        description="processes that make the credentials of a batch; by default one per processor "
        "but at most eight, and none, but threads, where there is only one; always none where "
        "`official_shapes` is set",
    )
    oidc_issuers: tuple[OidcIssuer, ...] = Field(
        (), description="`issuer=audience` pairs whose tokens are accepted"
    )
    secret: SecretStr | None = Field(
        None,
        description="signs link sessions, and secrets of forms follow from it; at least 32 "
        "characters; made in development",
    )
    cors_origins: tuple[str, ...] = Field((), description="origins of frontends")
    body_limit: int = Field(1_048_576, description="bytes of a JSON body")
    upload_limit: int = Field(20_971_520, description="bytes of an uploaded file")
    table_limit: int = Field(
        100_000,
        ge=1,
        le=1_000_000,
        description="rows of a CSV file or workbook at most; longer ones are refused, never cut",
    )
    anonymous_requests_per_minute: int = Field(
        600, ge=1, description="for one address on operations that need no token"
    )
    trusted_proxies: tuple[str, ...] = Field(
        (),
        description="addresses or networks of proxies in front, whose `X-Forwarded-For` and "
        "`X-Forwarded-Proto` are believed; without them, nobody's are",
    )
    webhook_tolerance_seconds: int = Field(
        300, ge=1, le=3600, description="by how much the clock of a form's flow may differ"
    )
    privacy_notices: tuple[str, ...] = Field(
        ("1",),
        description="versions of the privacy notice for registrations, each as "
        "`version@instant` from which it is shown; a line is added, none taken away",
    )
    smtp_url: SecretStr | None = Field(
        None, description="`smtp://user:password@host:port`; without it, mail goes to files"
    )
    mail_from: str = Field("no-reply@example.org", description="sender of mail")
    seal_pkcs12: Path | None = Field(
        None, description="folder with one `<institution>.p12` per sealing institution"
    )
    seal_password: SecretStr | None = Field(None, description="password of those files")
    seals: Path | None = Field(
        None,
        description="TOML file of seals of any kind (files, PKCS #11, remote, with the "
        "institution), several per institution; comes before the folder",
    )
    seal_time: Literal["iat", "sigT"] = Field(
        "iat",
        description="where a seal states its time: `sigT` for readers that know only the versions "
        "of the standard before 2025",
    )
    elm_profile: str = Field(
        ISSUED,
        description="profile by which credentials are written: the name of a folder in "
        "`app/data/elm`; what is read goes by the contexts that it names",
    )
    official_shapes: Path | None = Field(
        None,
        description="folder with the Commission's SHACL files (`*.ttl`), which are then run as "
        "well on everything that is issued here; about a second of processor time each",
    )
    seal_qualification: Literal["qualified", "any"] | None = Field(
        None,
        description="whether only certificates are sealed with that say they are qualified ones; "
        "`qualified` in production unless set",
    )
    branding: Path | None = Field(
        None,
        description="folder with colours (`UNIOVI.json`) and logos (`UNIOVI.svg`, `.png`) of "
        "institutions, and of everybody (`ALLIANCE`)",
    )
    europass_url: str | None = Field(
        None,
        description="interface of the Europass wallet, `https://…/api/v1`; without it, nothing is "
        "deposited there",
    )
    europass_token: SecretStr | None = Field(
        None, description="what the Europass wallet knows this service by"
    )
    trust_anchors: Path | None = Field(
        None, description="PEM file with roots that verification trusts"
    )
    seal_level: SealLevel = Field(
        SealLevel.B_B,
        description="level that seals are raised to after sealing: `B-B`, `B-T`, `B-LT`, `B-LTA`",
    )
    timestamp_authorities: tuple[SecretStr, ...] = Field(
        (),
        description="addresses of authorities of timestamps (RFC 3161) in the order in which they "
        "are asked; `https://name:password@host/path` where they want to know who asks",
    )
    timestamp_anchors: Path | None = Field(
        None, description="PEM file with roots that only timestamps may hang on"
    )
    timestamp_policies: tuple[str, ...] = Field(
        (), description="object identifiers of the policies that timestamps may have; any if empty"
    )
    timestamp_digest: Literal["sha256", "sha384", "sha512"] = Field(
        "sha256", description="digest algorithm of timestamps"
    )
    timestamp_tolerance: int = Field(
        60, ge=1, description="seconds by which an authority's clock may differ from this one"
    )
    archive_renewal_days: int = Field(
        90,
        ge=1,
        description="days before its authority's certificate ends that an archive timestamp is "
        "renewed",
    )
    retired_digests: tuple[str, ...] = Field(
        (), description="digest algorithms that archive timestamps shall be renewed for"
    )
    ask_revocation: bool = Field(
        False,
        description="ask, before sealing, whether the seal's certificates were revoked, also where "
        "MC_SEAL_LEVEL does not need the answers (`B-LT` and `B-LTA` do)",
    )
    fetch_hosts: tuple[str, ...] = Field(
        (),
        description="hosts that may be asked for revocation data although they are inside a "
        "private network",
    )
    fetch_only_hosts: bool = Field(
        False, description="ask those hosts for revocation data and no others"
    )
    fetch_proxy: SecretStr | None = Field(
        None, description="proxy for timestamps and revocation data; it decides who is reached"
    )
    recognised_institutions: Path | None = Field(
        None,
        description="CSV of recognised institutions: `organisation_identifier`, and as one likes "
        "`name`, `country`, `source`, `as_of`",
    )
    trusted_lists: bool = Field(
        False,
        description="keep the trusted lists of the EU, and trust and qualify seals by them; they "
        "are fetched by the worker, never for a verification",
    )
    trusted_lists_address: str = Field(
        "https://ec.europa.eu/tools/lotl/eu-lotl.xml", description="the list of trusted lists"
    )
    trusted_lists_signers: Path | None = Field(
        None,
        description="PEM file with who may sign it; without it, whom the library knows",
    )
    trusted_lists_territories: tuple[str, ...] = Field(
        (), description="only the lists of these countries (`ES DE`, Greece is `EL`); else all"
    )
    trusted_lists_hours: int = Field(6, ge=1, description="between two times of fetching them")
    trusted_lists_max_age_days: int = Field(
        7, ge=1, description="after which a list that could not be fetched anew is called outdated"
    )
    revocation_data: Path | None = Field(
        None,
        description="folder with CRLs (`*.crl`) and OCSP responses (`*.ocsp`) in DER, by which "
        "certificates of seals are judged beside what a seal carries itself",
    )
    esco_source: Literal["imported", "api"] = Field(
        "imported",
        description="who answers about ESCO: what is imported (else the built-in set), or the live "
        "API with that behind it",
    )
    esco_api_url: str = Field(
        "https://ec.europa.eu/esco/api", description="the ESCO API, without a slash at its end"
    )
    esco_api_version: str = Field("1.1.1", description="the version that the API is asked for")
    lead_time_days: int = Field(90, ge=0, description="days from submission to the start")
    objection_days: int = Field(7, ge=0, description="days to object to a result")
    share_days: int = Field(
        365, ge=1, le=3650, description="how long a link to a credential may be good at most"
    )
    status_list_seal: str | None = Field(
        None,
        description="partner whose seal stands behind published status lists (`UNIOVI`); without "
        "it they are not sealed, which production refuses",
    )

    retention_days: dict[DataKind, int | None] = Field(
        {},
        description="`kind=days` pairs, or `kind=never`, where this deployment keeps data for "
        "another time than proposed; `python -m app retention --dry-run` lists the kinds",
    )

    @field_validator("retention_days", mode="before")
    @classmethod
    def _periods(cls, value: Any) -> Any:
        if not isinstance(value, str):
            return value
        pairs = [word.partition("=") for word in value.split()]
        return {kind: None if days == "never" else days for kind, _, days in pairs}

    @field_validator("retention_days")
    @classmethod
    def _not_before_they_are_made(cls, value: dict[DataKind, int | None]) -> Any:
        if any(days is not None and not 0 <= days <= 36_500 for days in value.values()):
            raise ValueError("periods are 0 to 36500 days, or never")
        return value

    @field_validator("oidc_issuers", mode="before")
    @classmethod
    def _pairs(cls, value: Any) -> Any:
        if not isinstance(value, str):
            return value
        pairs = [word.rpartition("=") for word in value.split()]
        return [{"issuer": issuer, "audience": audience} for issuer, _, audience in pairs]

    @field_validator("cors_origins", *_WORDS, "privacy_notices", mode="before")
    @classmethod
    def _words(cls, value: Any) -> Any:
        return value.split() if isinstance(value, str) else value

    @field_validator("privacy_notices")
    @classmethod
    def _notices(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        PrivacyNotices.of(value)
        return value

    @model_validator(mode="after")
    def _levels_need_timestamps(self) -> Self:
        if self.seal_level is not SealLevel.B_B and not self.timestamp_authorities:
            raise ValueError(
                f"MC_SEAL_LEVEL {self.seal_level} needs timestamps: set MC_TIMESTAMP_AUTHORITIES"
            )
        if self.timestamp_digest in self.retired_digests:
            raise ValueError("MC_TIMESTAMP_DIGEST is among MC_RETIRED_DIGESTS")
        return self

    @model_validator(mode="after")
    def _production_refuses_stand_ins(self) -> Self:
        if self.mode is not Mode.PRODUCTION:
            return self
        missing = [
            name
            for name, value in {
                "DATABASE_URL": self.database_url,
                "MC_OIDC_ISSUERS": self.oidc_issuers,
                "MC_SECRET": self.secret,
                "MC_SMTP_URL": self.smtp_url,
                "MC_SEALS or MC_SEAL_PKCS12": self.seals or self.seal_pkcs12,
                "MC_TRUST_ANCHORS or MC_TRUSTED_LISTS": self.trust_anchors or self.trusted_lists,
                "MC_STATUS_LIST_SEAL (the partner that seals the status lists)": (
                    self.status_list_seal
                ),
            }.items()
            if not value
        ]
        if missing:
            raise ValueError(
                f"production mode has no development stand-ins: set {', '.join(missing)}"
            )
        if not self.public_url.startswith("https://"):
            raise ValueError("production mode needs an https MC_PUBLIC_URL")
        if self.secret is not None and len(self.secret.get_secret_value()) < 32:
            raise ValueError("MC_SECRET needs at least 32 characters")
        return self

    @property
    def revocation_data_needed(self) -> bool:
        """Whether seals shall carry what was said about the revocation of their certificates."""
        return self.seal_level in (SealLevel.B_LT, SealLevel.B_LTA)

    @property
    def qualified_seals_only(self) -> bool:
        """Whether a certificate that claims no qualification keeps a seal from being used."""
        return self.seal_qualification == "qualified" or (
            self.seal_qualification is None and self.is_production
        )

    @property
    def retention(self) -> RetentionPolicy:
        """How long each kind of data about people is kept here."""
        return RetentionPolicy({**RetentionPolicy.proposed().days, **self.retention_days})

    @property
    def is_production(self) -> bool:
        """Whether development stand-ins are refused."""
        return self.mode is Mode.PRODUCTION


def variable(field: str) -> str:
    """The environment variable of a setting."""
    return "DATABASE_URL" if field == "database_url" else f"MC_{field.upper()}"


def read_settings(environment: Mapping[str, str] | None = None, **overrides: Any) -> Settings:
    """The settings of this process. Raises pydantic's ValidationError with what is wrong."""
    given = os.environ if environment is None else environment
    values = {
        field: given[variable(field)]
        for field in Settings.model_fields
        if given.get(variable(field))
    }
    return Settings(**{**values, **overrides})

"""What is real: builds the ports from the settings.

With `app.wiring_credentials` and `app.wiring_seals` the only importer of all adapters.
"""

import asyncio
import json
import os
import secrets
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import httpx
from fastapi import FastAPI
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine

from app import reactions
from app.adapters.edc.elm.format_cache import OfficialFindings
from app.adapters.edc.image.branding_folder import FolderBranding, branded_names
from app.adapters.edc.image.lettering import InnerLettering
from app.adapters.edc_preview import EdcPreview
from app.adapters.esco.api import EscoApi
from app.adapters.esco.api_client import EscoClient
from app.adapters.esco.builtin import builtin_skills, our_notes
from app.adapters.esco.remembered import RememberedSkills
from app.adapters.europass.wallets import EuropassWallets
from app.adapters.forms.secrets import DerivedSecrets
from app.adapters.forms.tools import forms_tools
from app.adapters.identity.local import ISSUER as LOCAL_ISSUER
from app.adapters.identity.local import DevelopmentIdentity
from app.adapters.identity.oidc import OidcTokens
from app.adapters.identity.sessions import ISSUER as SESSION_ISSUER
from app.adapters.identity.sessions import LinkSessions
from app.adapters.identity.tokens import TokensByIssuer
from app.adapters.issuing.processes import MakerProcesses
from app.adapters.mail.files import FileMailer
from app.adapters.mail.old_files import OldMailFiles
from app.adapters.mail.smtp import SmtpMailer
from app.adapters.pdf.pages import PdfPages
from app.adapters.postgres.callers import PostgresCallers
from app.adapters.postgres.engine import make_engine
from app.adapters.postgres.esco_skills import ImportedSkills
from app.adapters.postgres.idempotency import PostgresIdempotency
from app.adapters.postgres.outbox import PostgresOutbox
from app.adapters.postgres.unit_of_work import PostgresWork
from app.domain.access.ports import Tokens
from app.domain.access.roles import SYSTEM, Caller
from app.domain.clock import Clock, SystemClock
from app.domain.credentials.wallet import Wallets
from app.domain.enrolment.use_cases.imports import HELD_JOB
from app.domain.errors import Unavailable
from app.domain.mail import Mailer
from app.domain.retention.ports import NoMailFiles
from app.domain.vocabulary.skills import Skills
from app.ports import Ports, Work
from app.settings import Settings
from app.wiring_credentials import issuing_ports, making_processes, official_findings
from app.wiring_seals import profiles_of
from app.worker import Worker


class DatabaseUnavailable(Unavailable):
    """The database does not answer."""

    code = "database_unavailable"

    def __init__(self) -> None:
        super().__init__("The database does not answer. Try again in a moment.")


def _secret(settings: Settings) -> str:
    """The secret of link sessions; in development made once, in the data folder."""
    if settings.secret is not None:
        return settings.secret.get_secret_value()
    path = settings.data_dir / "development-secret"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        fresh = path.with_suffix(f".{os.getpid()}.new")
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            file.write(json.dumps(secrets.token_urlsafe(48)))
        with suppress(FileExistsError):
            os.link(fresh, path)
        fresh.unlink()
    made: str = json.loads(path.read_text())
    return made


_RESTING = """
SELECT (SELECT count(*) FROM pgqueuer WHERE status = 'failed')
     + (SELECT count(*) FROM job WHERE state = 'failed' AND kind = :held AND NOT EXISTS (
            SELECT 1 FROM job later
            WHERE later.kind = job.kind AND later.params = job.params AND later.id > job.id))
"""


async def resting_jobs(engine: AsyncEngine) -> int:
    """How many jobs of the queue have failed for good, and how many forms have responses that
    could not be imported once it was known how: nobody else looks at those jobs.

    Raises DatabaseUnavailable.
    """
    try:
        async with engine.connect() as connection:
            resting = await connection.scalar(text(_RESTING), {"held": HELD_JOB})
    except (OSError, SQLAlchemyError):
        raise DatabaseUnavailable from None
    return int(resting or 0)


@asynccontextmanager
async def connected(settings: Settings, url: str) -> AsyncIterator[Ports]:
    """Every adapter, open for as long as the block lasts."""
    clock: Clock = SystemClock()
    engine = make_engine(
        url, pool_size=settings.pool_size, behind_pgbouncer=settings.behind_pgbouncer
    )
    # A pool of its own: see PostgresIdempotency.
    repeats = make_engine(
        url, pool_size=settings.pool_size, behind_pgbouncer=settings.behind_pgbouncer
    )
    outbox = PostgresOutbox(reactions.NAMES, reactions.TOGETHER)
    local = (
        None if settings.is_production else DevelopmentIdentity(settings.data_dir / "keys", clock)
    )
    sessions = LinkSessions(_secret(settings), clock)

    def work(caller: Caller, action: str) -> Work:
        return PostgresWork(engine, outbox, clock, caller, action)

    def reading() -> Work:
        return PostgresWork(engine, outbox, clock, SYSTEM, "read", reading=True)

    async with (
        official_findings(settings) as official,
        making_processes(settings) as processes,
        httpx.AsyncClient(follow_redirects=False) as http,
        # Addresses that stand in certificates are asked by a client that knows nothing of ours.
        httpx.AsyncClient(
            follow_redirects=False,
            trust_env=False,
            proxy=settings.fetch_proxy.get_secret_value() if settings.fetch_proxy else None,
        ) as outside,
    ):
        issuers: dict[str, Tokens] = {
            known.issuer: OidcTokens(known.issuer, known.audience, http, clock)
            for known in settings.oidc_issuers
        }
        issuers[SESSION_ISSUER] = sessions
        if local is not None:
            issuers[LOCAL_ISSUER] = local
        try:
            yield Ports(
                settings=settings,
                clock=clock,
                work=work,
                reading=reading,
                tokens=TokensByIssuer(issuers, clock),
                sessions=sessions,
                idempotency=PostgresIdempotency(repeats, clock),
                ready=lambda: resting_jobs(engine),
                callers=PostgresCallers(engine),
                local_identity=local,
                skills=_skills(settings, engine, http),
                **_capabilities(settings, clock, http, outside, official, processes),
            )
        finally:
            await engine.dispose()
            await repeats.dispose()


def _capabilities(
    settings: Settings,
    clock: Clock,
    http: httpx.AsyncClient,
    outside: httpx.AsyncClient,
    official: OfficialFindings | None,
    processes: MakerProcesses | None,
) -> Mapping[str, Any]:
    """The ports that only one capability uses."""
    branding = FolderBranding(settings.branding, branded_names())
    return {
        "forms": forms_tools(),
        "form_secrets": DerivedSecrets(_secret(settings)),
        "mailer": _mailer(settings, clock),
        "mail_files": NoMailFiles() if settings.smtp_url else OldMailFiles(mail_folder(settings)),
        "preview": EdcPreview(settings.public_url, branding, profiles_of(settings).default),
        "lettering": InnerLettering(),
        "pages": PdfPages(settings.public_url, branding),
        "wallets": _wallets(settings, http),
        **issuing_ports(settings, clock, outside, official, processes),
    }


def _skills(settings: Settings, engine: AsyncEngine, http: httpx.AsyncClient) -> Skills:
    """ESCO: what is imported, else the built-in set; where chosen, the live API before that."""
    here = ImportedSkills(engine, settings.data_dir / "esco", builtin_skills(), our_notes())
    if settings.esco_source == "imported":
        return here
    client = EscoClient(http, settings.esco_api_url, settings.esco_api_version)
    return RememberedSkills(EscoApi(client, our_notes()), here)


def _wallets(settings: Settings, http: httpx.AsyncClient) -> Wallets | None:
    if settings.europass_url is None:
        return None
    token = settings.europass_token
    return EuropassWallets(http, settings.europass_url, token.get_secret_value() if token else None)


def _mailer(settings: Settings, clock: Clock) -> Mailer:
    if settings.smtp_url is not None:
        return SmtpMailer(settings.smtp_url.get_secret_value(), settings.mail_from, clock)
    return FileMailer(mail_folder(settings), settings.mail_from, clock)


def lifespan_of(settings: Settings, url: str) -> Any:
    """The application's lifespan: its ports, and the worker where it runs in this process."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with connected(settings, url) as ports:
            app.state.ports = ports
            if not settings.worker_in_process:
                yield
                return
            worker = Worker(ports, url, concurrency=settings.worker_concurrency)
            running = asyncio.create_task(worker.run(), name="worker")
            try:
                yield
            finally:
                worker.stop()
                await asyncio.wait({running}, timeout=30)
                running.cancel()
                with suppress(asyncio.CancelledError):
                    await running

    return lifespan


def mail_folder(settings: Settings) -> Path:
    """Where mail goes in development."""
    return settings.data_dir / "mail"


def embedded_folder(settings: Settings) -> Path:
    """Where the embedded database keeps its data."""
    return settings.data_dir / "postgres"

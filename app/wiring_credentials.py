"""How credentials are sealed, raised, checked and looked up again, as the settings want it."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import timedelta
from functools import partial
from typing import Any

import httpx

from app.adapters.edc.elm.format_cache import OfficialFindings
from app.adapters.edc.elm.official_shapes import OfficialShapes
from app.adapters.edc.pki.fetching import HttpWeb, Web, reach
from app.adapters.edc.pki.issuers import Issuers
from app.adapters.edc.pki.revocation import Revocation
from app.adapters.edc.pki.timestamps import HttpAuthority, Timestamps
from app.adapters.edc.seal.validation_material import Gatherer
from app.adapters.elmo.transcripts import ElmoTranscripts
from app.adapters.issuing.augmenting import EdcSealLevels, from_a_thread
from app.adapters.issuing.fetching import PublicDocuments
from app.adapters.issuing.keys import (
    SealKeys,
    key_here,
)
from app.adapters.issuing.processes import MakerProcesses
from app.adapters.issuing.sealing import EdcSealing
from app.adapters.issuing.standing import Standings, asking
from app.adapters.issuing.status_folder import StatusFolder
from app.adapters.issuing.status_lists import JwsStatusListSealing
from app.adapters.issuing.trusted import (
    RecognisedInstitutions,
    SettingUnusable,
    Trusted,
)
from app.adapters.issuing.trusted_lists import TrustedLists
from app.adapters.issuing.verifier import EdcVerifier
from app.domain.clock import Clock
from app.domain.credentials.ports_levels import BasicLevelOnly, SealLevels
from app.domain.credentials.seal import NoKeyHere, SealUnavailable
from app.settings import Settings
from app.wiring_seals import (
    issuing_processes,
    maker_of,
    new_maker,
    profiles_of,
    seal_keys,
    trusted_by,
    trusted_lists,
)

log = logging.getLogger(__name__)


@asynccontextmanager
async def making_processes(settings: Settings) -> AsyncIterator[MakerProcesses | None]:
    """What makes credentials beside this process, where there is room for it."""
    number = issuing_processes(settings)
    if not number:
        yield None
        return
    processes = MakerProcesses(partial(maker_of, settings), number)
    try:
        yield processes
    finally:
        processes.close()


@asynccontextmanager
async def official_findings(settings: Settings) -> AsyncIterator[OfficialFindings | None]:
    """What asks the official shapes, where an operator has them. Raises ShapesUnusable."""
    if settings.official_shapes is None:
        yield None
        return
    folder, profiles = settings.official_shapes, profiles_of(settings)
    shapes = await asyncio.to_thread(OfficialShapes, folder, profiles)
    try:
        yield shapes.findings
    finally:
        shapes.close()


def issuing_ports(
    settings: Settings,
    clock: Clock,
    outside: httpx.AsyncClient,
    official: OfficialFindings | None,
    processes: MakerProcesses | None,
) -> Mapping[str, Any]:
    """Seals and verification. Only development has stand-ins, and only it trusts them."""
    lists = trusted_lists(settings, clock)
    trusted = trusted_by(settings, clock, lists)
    web = _authorities(settings, outside)
    revocation, status = Revocation(web, clock), StatusFolder(settings.revocation_data)
    levels = _seal_levels(settings, clock, trusted, outside, web, revocation)
    asks = settings.ask_revocation or settings.revocation_data_needed
    loop = asyncio.get_running_loop()
    keys = seal_keys(settings, clock)
    return {
        "sealing": EdcSealing(
            new_maker(
                settings,
                keys,
                trusted,
                standings=Standings(
                    status,
                    ask=asking(revocation, clock, loop) if asks else None,
                    needed=settings.revocation_data_needed,
                ),
                lists=lists,
                official=official,
            ),
            clock,
            reachable=from_a_thread(levels, loop),
            processes=processes,
        ),
        "seal_levels": levels,
        "transcribing": ElmoTranscripts(keys),
        "status_list_sealing": status_lists(settings, keys),
        "verifier": EdcVerifier(
            trusted,
            RecognisedInstitutions(settings.recognised_institutions),
            qualifications=lists,
            status=status,
            profiles=profiles_of(settings),
            official=official,
        ),
        "upkeep": () if lists is None else (_refreshing(lists, outside),),
    }


def _authorities(settings: Settings, outside: httpx.AsyncClient) -> Web:
    """The way to whom certificates name, who may not be just anywhere."""
    proxy = settings.fetch_proxy is not None
    return HttpWeb(
        outside,
        reach(settings.fetch_hosts, only_allowed=settings.fetch_only_hosts, through_proxy=proxy),
    )


def status_lists(settings: Settings, keys: SealKeys) -> JwsStatusListSealing:
    """Whose seal stands behind the lists. Raises SettingUnusable where it could never do so."""
    institution = settings.status_list_seal
    if institution is not None:
        if institution not in keys.institutions():
            raise SettingUnusable(
                f"MC_STATUS_LIST_SEAL names {institution}, which has no seal here: name a partner "
                "that MC_SEALS or MC_SEAL_PKCS12 has one of."
            )
        try:
            key_here(keys, institution)
        except NoKeyHere:
            raise SettingUnusable(
                f"MC_STATUS_LIST_SEAL names {institution}, which keeps its keys to itself: lists "
                "change by the hour and are signed here, so name a partner whose key is here."
            ) from None
        except SealUnavailable as error:
            log.warning("the seal of status lists cannot be reached now: %s", error.detail)
    return JwsStatusListSealing(keys, institution)


def _seal_levels(
    settings: Settings,
    clock: Clock,
    trusted: Trusted,
    outside: httpx.AsyncClient,
    web: Web,
    revocation: Revocation,
) -> SealLevels:
    """What raises seals above B-B; without authorities of timestamps, nothing does."""
    if not settings.timestamp_authorities:
        return BasicLevelOnly()
    addresses = [secret.get_secret_value() for secret in settings.timestamp_authorities]
    # Whom the operator names may be anywhere; whom certificates name may not.
    named = HttpWeb(outside, reach([httpx.URL(address).host for address in addresses]))
    issuers = Issuers(web)
    return EdcSealLevels(
        settings.seal_level,
        Timestamps(
            [HttpAuthority(named, address) for address in addresses],
            lambda: trusted.store,
            issuers,
            clock,
            settings.timestamp_digest,
            settings.timestamp_policies,
            timedelta(seconds=settings.timestamp_tolerance),
        ),
        Gatherer(revocation),
        issuers,
        lambda: trusted.store,
        clock,
        timedelta(days=settings.archive_renewal_days),
        settings.retired_digests,
    )


def _refreshing(lists: TrustedLists, outside: httpx.AsyncClient) -> Callable[[], Awaitable[object]]:
    documents = PublicDocuments(outside)

    async def refresh() -> bool:
        return await lists.refresh_if_due(documents.text)

    return refresh

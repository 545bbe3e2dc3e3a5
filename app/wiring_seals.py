"""What seals, and whom it trusts, from the settings: here and in processes that make credentials.

Apart from `app.wiring`, so that those processes need load nothing else.
"""

import os
from datetime import timedelta

from app.adapters.edc.elm.format_cache import OfficialFindings
from app.adapters.edc.image.branding_folder import FolderBranding, branded_names
from app.adapters.issuing.keys import ConfiguredSeals, DevelopmentSeals, FolderSeals, SealKeys
from app.adapters.issuing.keys_file import read_seals
from app.adapters.issuing.making import Maker
from app.adapters.issuing.standing import Standings
from app.adapters.issuing.status_folder import StatusFolder
from app.adapters.issuing.trusted import SettingUnusable, Trusted, certificates_in
from app.adapters.issuing.trusted_lists import TrustedLists
from app.domain.clock import Clock, SystemClock
from app.domain.credentials.levels import SealLevel
from app.domain.credentials.profile.tables import Profiles, known_profiles
from app.settings import Settings

_MOST_PROCESSES = 8
"""Unless the operator says otherwise. Each takes as much memory as this process."""


def issuing_processes(settings: Settings) -> int:
    """How many processes make the credentials of a batch; none where that would gain nothing."""
    if settings.official_shapes is not None:
        # Each would need an engine of the shapes, which is slower than all else there is to do.
        return 0
    if settings.issuing_processes is not None:
        return settings.issuing_processes
    processors = os.cpu_count() or 1
    return min(processors, _MOST_PROCESSES) if processors > 1 else 0


def maker_of(settings: Settings) -> Maker:
    """What makes credentials in a process of its own.

    It asks no authorities: whoever orders has done so just before.
    """
    clock = SystemClock()
    lists = trusted_lists(settings, clock)
    return new_maker(
        settings,
        seal_keys(settings, clock),
        trusted_by(settings, clock, lists),
        standings=Standings(StatusFolder(settings.revocation_data)),
        lists=lists,
    )


def new_maker(
    settings: Settings,
    keys: SealKeys,
    trusted: Trusted,
    *,
    standings: Standings,
    lists: TrustedLists | None,
    official: OfficialFindings | None = None,
) -> Maker:
    """What makes credentials as the settings want them."""
    return Maker(
        keys,
        trusted,
        public_url=settings.public_url,
        production=settings.is_production,
        time_header=settings.seal_time,
        qualified_only=settings.qualified_seals_only,
        branding=FolderBranding(settings.branding, branded_names()),
        standings=standings,
        qualifications=lists,
        profiles=profiles_of(settings),
        official=official,
        rises=settings.seal_level is not SealLevel.B_B,
    )


def trusted_by(settings: Settings, clock: Clock, lists: TrustedLists | None) -> Trusted:
    """Whom this deployment trusts. Only development trusts its stand-ins."""
    return Trusted(
        settings.trust_anchors,
        development_seals=None if settings.is_production else settings.data_dir / "seals",
        clock=clock,
        lists=lists,
        timestamp_anchors=settings.timestamp_anchors,
    )


def profiles_of(settings: Settings) -> Profiles:
    """The profiles that are known, and which of them is issued. Raises SettingUnusable."""
    known = known_profiles().named
    if settings.elm_profile not in known:
        raise SettingUnusable(f"MC_ELM_PROFILE is none of {', '.join(sorted(known))}")
    return Profiles(known, settings.elm_profile)


def trusted_lists(settings: Settings, clock: Clock) -> TrustedLists | None:
    """The EU trusted lists as they are kept here, where they are wanted."""
    if not settings.trusted_lists:
        return None
    signers = settings.trusted_lists_signers
    return TrustedLists(
        settings.data_dir / "trusted-lists",
        clock,
        max_age=timedelta(days=settings.trusted_lists_max_age_days),
        every=timedelta(hours=settings.trusted_lists_hours),
        address=settings.trusted_lists_address,
        territories=settings.trusted_lists_territories,
        signers=() if signers is None else certificates_in(signers),
    )


def seal_keys(settings: Settings, clock: Clock) -> SealKeys:
    """The seals of the settings; where there are none, and only in development, stand-ins."""
    behind: SealKeys | None = None
    if settings.seal_pkcs12 is not None:
        password = settings.seal_password.get_secret_value() if settings.seal_password else ""
        behind = FolderSeals(settings.seal_pkcs12, password)
    elif not settings.is_production:
        behind = DevelopmentSeals(settings.data_dir / "seals", clock)
    return ConfiguredSeals({} if settings.seals is None else read_seals(settings.seals), behind)

"""Every router of the API, in the order of the documentation."""

from fastapi import APIRouter

from app.routers.credentials import batches as credentials_batches
from app.routers.credentials import credentials, local_sealing, status_lists, wallet
from app.routers.credentials import life as credentials_life
from app.routers.credentials import shares as credential_shares
from app.routers.credentials import shown as credentials_shown
from app.routers.enrolment import (
    affiliations,
    editions,
    forms_webhook,
    imports,
    places,
    places_across,
    registrations,
    undecided,
)
from app.routers.enrolment import caps as editions_caps
from app.routers.pages import landing, mine, shared, verifying
from app.routers.platform import jobs, platform, reference, retention
from app.routers.proposals import decisions as proposals_decisions
from app.routers.proposals import proposals
from app.routers.results import corrections as results_corrections
from app.routers.results import links, results
from app.routers.skills import skills

ROUTERS: tuple[APIRouter, ...] = (
    platform.router,
    reference.router,
    skills.router,
    proposals.router,
    proposals_decisions.router,
    proposals_decisions.published_router,
    editions.router,
    editions_caps.router,
    places.router,
    places_across.router,
    registrations.router,
    affiliations.router,
    undecided.router,
    imports.router,
    forms_webhook.router,
    forms_webhook.signed_router,
    results.router,
    results_corrections.router,
    links.router,
    credentials_batches.router,
    # Before those whose addresses have a parameter where this one has a word.
    credentials.verification_router,
    credentials.router,
    credentials_life.router,
    local_sealing.router,
    credential_shares.router,
    credential_shares.public_router,
    status_lists.router,
    credentials_shown.router,
    credentials_shown.shared_router,
    wallet.router,
    verifying.router,
    shared.router,
    mine.router,
    landing.router,
    jobs.router,
    retention.router,
)

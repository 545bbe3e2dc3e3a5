"""Every router of the API, in the order of the documentation."""

from fastapi import APIRouter

from app.routers import (
    credentials,
    credentials_batches,
    credentials_page,
    jobs,
    links,
    platform,
    proposals,
    proposals_decisions,
    reference,
    results,
)

ROUTERS: tuple[APIRouter, ...] = (
    platform.router,
    reference.router,
    proposals.router,
    proposals_decisions.router,
    proposals_decisions.published_router,
    results.router,
    links.router,
    credentials_batches.router,
    credentials.router,
    credentials.verification_router,
    credentials_page.router,
    jobs.router,
)

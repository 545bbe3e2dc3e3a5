"""Every router of the API, in the order of the documentation."""

from fastapi import APIRouter

from app.routers import (
    credentials,
    credentials_batches,
    credentials_page,
    editions,
    imports,
    jobs,
    links,
    places,
    places_across,
    platform,
    proposals,
    proposals_decisions,
    reference,
    registrations,
    results,
    skills,
)

ROUTERS: tuple[APIRouter, ...] = (
    platform.router,
    reference.router,
    skills.router,
    proposals.router,
    proposals_decisions.router,
    proposals_decisions.published_router,
    editions.router,
    places.router,
    places_across.router,
    registrations.router,
    imports.router,
    results.router,
    links.router,
    credentials_batches.router,
    credentials.router,
    credentials.verification_router,
    credentials_page.router,
    jobs.router,
)

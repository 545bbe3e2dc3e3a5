"""Every router of the API, in the order of the documentation."""

from fastapi import APIRouter

from app.routers import jobs, platform, reference

ROUTERS: tuple[APIRouter, ...] = (
    platform.router,
    reference.router,
    jobs.router,
)

"""Every router of the API, in the order of the documentation."""

from fastapi import APIRouter

from app.routers import jobs, platform

ROUTERS: tuple[APIRouter, ...] = (
    platform.router,
    jobs.router,
)

"""What the demonstration proposes: one course of the alliance, and one that is openly made up.

Bodies as the API takes them: `create` for POST /v1/proposals, the sections for PATCH, the
decisions for POST …/skill-decisions. Dates depend on the day on which the demonstration runs.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from app.demo import content_fictitious, content_framework, content_skills

Body = Mapping[str, Any]


@dataclass(frozen=True)
class ProposalContent:
    """One proposal, as its authors write it."""

    create: Body
    general: Callable[[date], Body]
    """The general section for an edition that starts on that day."""
    academic: Callable[[date], Body]
    """The academic section for an edition that starts on that day."""
    rights: Body
    decisions: Sequence[Body]
    """What is decided on each skill that the outcomes name."""
    past_editions: Sequence[Body] = ()


FRAMEWORK = ProposalContent(
    create=content_framework.CREATE,
    general=content_framework.general,
    academic=content_framework.academic,
    rights={"has_rights": False},
    decisions=content_skills.FRAMEWORK,
    past_editions=content_framework.PAST_EDITIONS,
)
"""“Towards INGENIUM Micro-credentials Framework”: the facts of its page, described anew."""

FICTITIOUS = ProposalContent(
    create=content_fictitious.CREATE,
    general=content_fictitious.general,
    academic=content_fictitious.academic,
    rights=content_fictitious.RIGHTS,
    decisions=content_skills.FICTITIOUS,
)
"""A made-up micro-credential whose credential gives a right."""

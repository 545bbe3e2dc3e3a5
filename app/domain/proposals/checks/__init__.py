"""What is missing or wrong in a proposal: the list with which `submit` refuses.

Every rule yields findings whose pointers lead into the document of the three sections, for example
`/academic/outcomes/0/title/es`. Errors block submission, warnings do not. Codes are stable.
"""

from collections.abc import Callable, Iterator

from app.domain.proposals.checks import academic, assessment, general, outcomes, rights
from app.domain.proposals.checks.judged import EscoFacts, Issue, Judged, Report

RULES: tuple[Callable[[Judged], Iterator[Issue]], ...] = (
    *general.RULES,
    *academic.RULES,
    *outcomes.RULES,
    *assessment.RULES,
    *rights.RULES,
)


def judge(judged: Judged) -> Report:
    """Everything that is missing or wrong, in the order of the document's sections."""
    issues = [issue for rule in RULES for issue in rule(judged)]
    return Report(
        errors=tuple(i.finding for i in issues if not i.warning),
        warnings=tuple(i.finding for i in issues if i.warning),
    )


__all__ = ["EscoFacts", "Issue", "Judged", "Report", "judge"]

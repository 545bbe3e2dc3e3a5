"""Rules of block R, rights that the credential gives."""

from collections.abc import Iterator

from app.domain.proposals.checks.judged import (
    Issue,
    Judged,
    all_listed,
    issue,
    listed,
    required,
    text,
)
from app.domain.vocabulary.lists import SNB
from app.domain.vocabulary.specification import Right

OCCUPATION = f"{SNB}entitlement/52f62180c2"
"""A right to exercise an occupation, in the EU list entitlement."""

ESCO_OCCUPATION = "http://data.europa.eu/esco/occupation/"


def _rights(judged: Judged) -> Iterator[Issue]:
    block, pointer = judged.content.rights, "/rights/rights"
    if block.has_rights is None:
        yield required("/rights/has_rights")
    if block.has_rights is False and block.rights:
        yield issue(pointer, "no_rights", "With has_rights false the list of rights is empty.")
    if block.has_rights and not block.rights:
        yield issue(pointer, "required", "Describe the right, or say that there is none.")
    for n, right in enumerate(block.rights):
        yield from _right(f"{pointer}/{n}", right, judged)


def _right(pointer: str, right: Right, judged: Judged) -> Iterator[Issue]:
    yield from text(f"{pointer}/title", right.title, judged.display_tags, longest=300)
    yield from text(f"{pointer}/description", right.description, judged.display_tags, longest=2000)
    yield from listed(f"{pointer}/type", right.type, "entitlement")
    yield from listed(f"{pointer}/status", right.status, "entitlement-status")
    partners = judged.content.partners()
    for n, code in enumerate(right.limit_organisations):
        if code not in partners:
            yield issue(
                f"{pointer}/limit_organisations/{n}",
                "not_a_partner",
                f"{code} takes no part in this proposal, so it cannot consent to the right.",
            )
    yield from all_listed(
        f"{pointer}/limit_jurisdiction", right.limit_jurisdiction, "country", "atu"
    )
    for n, concept in enumerate(right.limit_occupation):
        if not concept.uri.startswith(ESCO_OCCUPATION):
            yield issue(
                f"{pointer}/limit_occupation/{n}/uri",
                "not_in_list",
                f"Occupations are ESCO's: {ESCO_OCCUPATION}…",
            )
    if right.type.uri == OCCUPATION:
        if not right.limit_occupation:
            yield required(f"{pointer}/limit_occupation")
        if not (right.legal_basis or "").strip():
            yield issue(
                f"{pointer}/legal_basis",
                "required",
                "A right to exercise an occupation comes from a law: name it.",
            )
    end = judged.content.general.planned_end
    if right.expiry and end and right.expiry <= end:
        yield issue(
            f"{pointer}/expiry",
            "expires_before_issue",
            "The right has to outlast the planned end, after which credentials are issued.",
            end=end.isoformat(),
        )


RULES = (_rights,)

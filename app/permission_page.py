"""The permission table as a page for people: docs/permissions.md."""

from collections.abc import Iterator

from app.domain.access.permissions import At, Permission, Rule
from app.domain.access.roles import Role
from app.domain.access.table import PERMISSIONS

_WHERE = {
    At.LEAD: "of the lead",
    At.AWARDING: "of an awarding body",
    At.PARTNER: "of any partner in it",
    At.ISSUER: "of the issuer",
    At.HOME: "of the learner's home",
    At.ANY: "anywhere",
    At.OUTSIDE: "of an institution outside it",
    At.ALLIANCE: "of the alliance",
}

_HEAD = """# Who may do what

One row per operation of the API, written from `app/domain/access/` by `make openapi`. A role counts
where its grant is held: at the institution that leads the proposal or edition, at one of the
awarding bodies, and so on. Whoever may not even see a thing gets 404; whoever sees it but may not
do this to it gets 403; without a token it is 401. What depends on the state of a thing, or on who
has done what before (nobody reviews their own), is decided by the thing itself.

| operation | without a token | with any token | the person concerned | roles |
|---|---|---|---|---|
"""


def _roles(permission: Permission) -> str:
    by_role: dict[Role, list[Rule]] = {}
    for rule in permission.rules:
        by_role.setdefault(rule.role, []).append(rule)
    return "; ".join(
        f"{role.value.replace('_', ' ')} {' or '.join(_WHERE[rule.at] for rule in rules)}"
        for role, rules in by_role.items()
    )


def who_may(permission: Permission) -> str:
    """Who may do it, in words."""
    if permission.public:
        return "everybody, without a token"
    if permission.signed_in:
        return "everybody with a token"
    parts = [_roles(permission)] if permission.rules else []
    return "; ".join([*(["the person concerned"] if permission.self_ else []), *parts])


def _rows() -> Iterator[str]:
    for operation in sorted(PERMISSIONS):
        permission = PERMISSIONS[operation]
        marks = (permission.public, permission.signed_in or permission.public, permission.self_)
        cells = " | ".join("yes" if mark else "" for mark in marks)
        yield f"| `{operation}` | {cells} | {_roles(permission)} |\n"


def permission_page() -> str:
    """The page, in Markdown."""
    return _HEAD + "".join(_rows())

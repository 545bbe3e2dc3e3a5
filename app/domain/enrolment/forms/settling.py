"""Which entries of one edition may be one person, and the states that follow."""

from collections import defaultdict
from collections.abc import Sequence

from app.domain.enrolment.edition import Edition
from app.domain.enrolment.forms.entries import Entry
from app.domain.enrolment.person import could_be_one, share_address
from app.domain.enrolment.ranking import Rank
from app.domain.vocabulary.institutions import InstitutionCode

_CROWD = 20
"""More people at one address are not compared with one another any more: an officer looks."""


def settle_states(entries: Sequence[Entry], edition: Edition) -> None:
    """Of entries that may be one person, all but the first in rank wait for an officer; of
    others at one address, all but the first take part with a mark for officers."""
    doubted, sharing = _doubted(entries, edition)
    for entry in entries:
        if entry.is_new or not edition.is_binding:
            is_doubted = entry in doubted
            entry.settle(is_doubted=is_doubted, shares_address=not is_doubted and entry in sharing)


def _doubted(entries: Sequence[Entry], edition: Edition) -> tuple[set[Entry], set[Entry]]:
    groups: dict[tuple[str, InstitutionCode | None], list[Entry]] = defaultdict(list)
    for entry in entries:
        if not entry.registration.is_live:
            continue
        identity, bucket = entry.person.identity, entry.registration.bucket
        groups[identity.email, None].append(entry)
        if bucket is not None:
            groups[identity.name, bucket].append(entry)

    def precedence(entry: Entry) -> tuple[bool, Rank]:
        # Once the list binds, whoever is on it is left alone; a late row of an earlier time is not.
        return edition.is_binding and entry.is_new, entry.registration.rank

    doubted, sharing = set(), set()
    for group in groups.values():
        if len(group) == 1:
            continue
        group.sort(key=precedence)
        for index, entry in enumerate(group):
            crowd = index >= _CROWD
            if crowd or any(_could_be_one(first, entry) for first in group[:index]):
                doubted.add(entry)
            elif any(share_address(first.person, entry.person) for first in group[:index]):
                sharing.add(entry)
    return doubted, sharing


def _could_be_one(first: Entry, second: Entry) -> bool:
    return could_be_one(
        first.person, first.registration.bucket, second.person, second.registration.bucket
    )

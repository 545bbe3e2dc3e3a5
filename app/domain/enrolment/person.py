"""People who register, and when two entries are one person.

A person is found again by their account, or by address and name together: some share a mailbox, so
that an address alone is not enough, and some share a name. Somebody with an account and a row of a
form become one person only when the identity provider has verified the address, or by an officer.
"""

import re
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from uuid import UUID

from app.domain.vocabulary.text import folded, folded_email

_NOT_IN_ADDRESSES = re.compile(r'[\s<>(),;:"\[\]\\]')
_ALIKE = 0.85
"""Names this like, at one address, are worth an officer's look: a slip, or two siblings."""


@dataclass
class Person:
    """Somebody who registers. Personal data."""

    id: UUID
    full_name: str = field(repr=False)
    email: str = field(repr=False)
    """As it was given; where mail goes."""
    account: UUID | None = None
    email_verified: bool = False
    """Whether an identity provider, or a link that we sent there, has confirmed the address."""
    country: str | None = None
    """ISO 3166-1 alpha-2."""
    language: str = "en"
    """BCP 47 tag of the language that the person reads."""
    wanted_email: str | None = field(default=None, repr=False)
    """The address that they want instead, until a link that was sent there is opened."""
    apart: bool = False
    """Whether it stands beside somebody known with the same address and name, until an officer of
    the edition says whether they are one: whoever entered it must not learn of the other."""

    _keys: "tuple[str, str, Identity] | None" = field(
        default=None, init=False, repr=False, compare=False
    )
    """What the keys were made of last, and what came of it."""

    @property
    def identity(self) -> "Identity":
        """Address and name, as keys for comparing."""
        known = self._keys
        if known is None or known[0] != self.email or known[1] != self.full_name:
            known = self.email, self.full_name, identity_of(self.email, self.full_name)
            self._keys = known
        return known[2]


@dataclass(frozen=True, order=True)
class Identity:
    """An address and a name as keys: equal for the same person who writes twice."""

    email: str = field(repr=False)
    name: str = field(repr=False)


def identity_of(email: str, full_name: str) -> Identity:
    """The keys of an address and a name."""
    return Identity(folded_email(email), name_key(full_name))


def name_key(full_name: str) -> str:
    """The name as a key: the same words in any order, without accents and case."""
    return " ".join(sorted(folded(full_name).split()))


def might_be_one(first: str, second: str) -> bool:
    """Whether two different name keys at one address could be the same person."""
    words, others = set(first.split()), set(second.split())
    if words <= others or others <= words:
        return True
    return SequenceMatcher(None, first, second, autojunk=False).ratio() >= _ALIKE


def could_be_one(
    first: Person, their_bucket: str | None, second: Person, other_bucket: str | None
) -> bool:
    """Whether two people who are registered could be one: a shared address and names that are
    alike, or the same name at the same institution, unless both have shown who they are."""
    if first.id == second.id or (first.email_verified and second.email_verified):
        return False
    one, other = first.identity, second.identity
    if one.email == other.email:
        return one.name == other.name or might_be_one(one.name, other.name)
    return one.name == other.name and their_bucket == other_bucket


def share_address(first: Person, second: Person) -> bool:
    """Whether two people who are registered stated one address, which not both have shown to be
    theirs. Families and offices share one, so that this alone holds nobody back."""
    return (
        first.id != second.id
        and not (first.email_verified and second.email_verified)
        and first.identity.email == second.identity.email
    )


def is_address(text: str) -> bool:
    """Whether the text has the form of an e-mail address, enough to send a message there."""
    local, at, domain = text.strip().rpartition("@")
    return bool(
        at
        and 0 < len(local) <= 64
        and 0 < len(domain) <= 253
        and "." in domain.strip(".")
        and not domain.startswith(".")
        and ".." not in domain
        and _NOT_IN_ADDRESSES.search(local + domain) is None
        and (local + domain).isprintable()
        and "@" not in local
    )

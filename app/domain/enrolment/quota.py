"""Who fits: the caps of an edition as data, and the one decision that everything else uses.

A cap counts a *scope*: the whole edition, one institution, or a group of institutions. A
registration belongs to a *bucket*, which is the institution it counts for (see `affiliation.py`).
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from functools import cached_property, lru_cache

from app.domain.enrolment.reasons import Reason
from app.domain.errors import Finding
from app.domain.vocabulary.institutions import EXTERNAL_PREFIX, INDEPENDENT, InstitutionCode

Scope = str
"""`edition`, `institution:UNIOVI`, `group:externals` or `group:partners`. In rules also
`per_institution`: every institution on its own, unless a rule of its own names it."""

EDITION: Scope = "edition"
PER_INSTITUTION: Scope = "per_institution"
EXTERNALS: Scope = "group:externals"
PARTNERS: Scope = "group:partners"
GROUPS = (EXTERNALS, PARTNERS)
_INSTITUTION = "institution:"


def institution_scope(bucket: InstitutionCode) -> Scope:
    """The scope that counts one institution alone."""
    return _INSTITUTION + bucket


def is_external(bucket: InstitutionCode) -> bool:
    """Whether the bucket is not a partner's."""
    return bucket == INDEPENDENT or bucket.startswith(EXTERNAL_PREFIX)


def group_of(bucket: InstitutionCode) -> Scope:
    """The group that the bucket belongs to."""
    return EXTERNALS if is_external(bucket) else PARTNERS


@lru_cache(maxsize=4096)
def scopes_of(bucket: InstitutionCode) -> tuple[Scope, Scope, Scope]:
    """Every scope that a place for this bucket counts in; the edition first."""
    return EDITION, group_of(bucket), institution_scope(bucket)


def people_of(scope: Scope, number: int) -> str:
    """So many people of the scope, as one says it: "2 people of HKA", "11 people in all"."""
    people = "1 person" if number == 1 else f"{number} people"
    if scope == EDITION:
        return f"{people} in all"
    if scope == EXTERNALS:
        return f"{people} from outside the alliance"
    if scope == PARTNERS:
        return f"{people} of the partners together"
    bucket = scope.removeprefix(_INSTITUTION)
    if bucket == INDEPENDENT:
        return f"{people} of no institution"
    return f"{people} of {bucket.removeprefix(EXTERNAL_PREFIX)}"


@dataclass(frozen=True)
class QuotaRule:
    """What one scope may have at most, and what is held for it at least."""

    scope: Scope
    max: int | None = None
    """No more than so many places; None: no cap of its own."""
    min: int = 0
    """A reserve: so many places are held for the scope until `release_at`, or for good."""
    release_at: datetime | None = None
    """When the reserve is to be given to everybody. The release itself is a decision."""
    released: bool = False
    """Whether the reserve has been released."""
    lifted: bool = False
    """Whether the cap has been lifted, so that everybody may take what is left unused."""

    def keeping(self, before: "QuotaRule") -> "QuotaRule":
        """The same rule with what was opened of an equal reserve, and of an equal cap, before."""
        same_reserve = (self.min, self.release_at) == (before.min, before.release_at)
        same_cap = self.max == before.max
        return replace(
            self,
            released=self.released or (before.released and same_reserve),
            lifted=self.lifted or (before.lifted and same_cap),
        )


@dataclass(frozen=True)
class Quota:
    """The places of an edition, and the rules on who may have them."""

    places: int
    rules: tuple[QuotaRule, ...] = ()
    giving: bool = True
    """Whether places are still given; False after the promotion cut-off."""

    def cap_of(self, scope: Scope) -> int | None:
        """The most places that the scope may have; None when it has no cap."""
        if scope == EDITION:
            return self.places
        rule = self._rule(scope)
        return None if rule is None or rule.lifted else rule.max

    def caps_for(self, bucket: InstitutionCode) -> Sequence[tuple[Scope, int]]:
        """The caps below the edition's own that a registration of the bucket must fit."""
        caps = self._caps.get(bucket)
        if caps is None:
            scopes = (institution_scope(bucket), group_of(bucket))
            caps = tuple((s, cap) for s in scopes if (cap := self.cap_of(s)) is not None)
            self._caps[bucket] = caps
        return caps

    @cached_property
    def _caps(self) -> dict[InstitutionCode, tuple[tuple[Scope, int], ...]]:
        """Those that were asked for: a list of thousands asks for the same few again and again."""
        return {}

    @cached_property
    def reserves(self) -> Sequence[tuple[Scope, int]]:
        """Scopes for which places are held, and how many in all."""
        return [(r.scope, r.min) for r in self.rules if r.min > 0 and not r.released]

    @property
    def scopes(self) -> frozenset[Scope]:
        """Every scope that a rule names and that is counted as such."""
        return frozenset(r.scope for r in self.rules if r.scope != PER_INSTITUTION)

    def pointer_to(self, scope: Scope) -> str:
        """Where the cap of the scope stands in what is sent to plan an edition."""
        rule = self._rule(scope)
        return "/places" if rule is None else f"/rules/{self.rules.index(rule)}/max"

    def _rule(self, scope: Scope) -> QuotaRule | None:
        for rule in self.rules:
            if rule.scope == scope:
                return rule
        if scope.startswith(_INSTITUTION):
            return next((r for r in self.rules if r.scope == PER_INSTITUTION), None)
        return None

    def with_released(self, scope: Scope) -> "Quota":
        """The same quota once the scope's reserve is open to everybody."""
        return self._changed(scope, lambda rule: replace(rule, released=True))

    def with_lifted(self, scope: Scope) -> "Quota":
        """The same quota once the scope's cap no longer binds."""
        return self._changed(scope, lambda rule: replace(rule, lifted=True))

    @property
    def liftable(self) -> Sequence[Scope]:
        """Caps of institutions that bind, so that places may be left unused by them."""
        return [
            r.scope
            for r in self.rules
            if r.max is not None
            and not r.lifted
            and (r.scope == PER_INSTITUTION or r.scope.startswith(_INSTITUTION))
        ]

    def with_all_lifted(self) -> "Quota":
        """The same quota once no institution's cap binds any more; groups keep theirs."""
        quota = self
        for scope in self.liftable:
            quota = quota.with_lifted(scope)
        return quota

    def keeping(self, before: "Quota") -> "Quota":
        """The same quota with what was released, lifted or cut off before: these stay so, unless
        the reserve or the cap itself is another one now."""
        known = {rule.scope: rule for rule in before.rules}
        rules = tuple(
            rule.keeping(known[rule.scope]) if rule.scope in known else rule for rule in self.rules
        )
        return Quota(self.places, rules, self.giving and before.giving)

    def with_cut_off(self) -> "Quota":
        """The same quota once no more places are given."""
        return replace(self, giving=False)

    @property
    def at_publication(self) -> "Quota":
        """The same quota for the places of a list that is published: those are the first ones that
        are given at all, and the end of promotion does not touch them."""
        return self if self.giving else replace(self, giving=True)

    def told(self, outcome: "Outcome") -> "Outcome":
        """The outcome as people are told it.

        Once no more places are given, that alone is why somebody waits: no place that becomes free
        helps them. The rule itself, and with it the log, keeps the cap that was met first.
        """
        if isinstance(outcome, Waiting) and not self.giving:
            return Waiting(Reason.CUT_OFF, EDITION)
        return outcome

    def _changed(self, scope: Scope, change: Callable[[QuotaRule], QuotaRule]) -> "Quota":
        return replace(
            self, rules=tuple(change(rule) if rule.scope == scope else rule for rule in self.rules)
        )


def one_cap(places: int, per_institution: int | None) -> Quota:
    """The common case: so many places, at most so many for each institution."""
    rules = () if per_institution is None else (QuotaRule(PER_INSTITUTION, max=per_institution),)
    return Quota(places, rules)


@dataclass
class Counts:
    """How many places each scope has taken. A scope that is not named has taken none."""

    placed: dict[Scope, int] = field(default_factory=dict)

    def of(self, scope: Scope) -> int:
        """Places taken in the scope."""
        return self.placed.get(scope, 0)

    def take(self, bucket: InstitutionCode) -> None:
        """One more place for the bucket."""
        self._add(bucket, 1)

    def free(self, bucket: InstitutionCode) -> None:
        """One place fewer for the bucket."""
        self._add(bucket, -1)

    def _add(self, bucket: InstitutionCode, number: int) -> None:
        for scope in scopes_of(bucket):
            self.placed[scope] = self.of(scope) + number

    @classmethod
    def of_buckets(cls, placed: Mapping[InstitutionCode, int]) -> "Counts":
        """Counts of all scopes, from the places that each bucket has."""
        counts = cls()
        for bucket, number in placed.items():
            counts._add(bucket, number)
        return counts


@dataclass(frozen=True)
class Placed:
    """There is a place."""

    reason: Reason = Reason.IN_ORDER
    """IN_ORDER: it fits. OVERRIDE: an officer decided so."""


@dataclass(frozen=True)
class Waiting:
    """It does not fit now, and which cap says so."""

    reason: Reason
    """QUOTA: its institution (or group) is full. FULL: the edition is. RESERVED: what is left is
    held for others. CUT_OFF: no more places are given."""
    scope: Scope


Outcome = Placed | Waiting


def decide(counts: Counts, quota: Quota, bucket: InstitutionCode) -> Outcome:
    """Whether one more registration of the bucket fits all caps.

    The rule of the whole product: the standing, decisions one by one, promotion and replay all ask
    here. An institution's own cap is told first, since while it binds, no seat that others free
    can help.
    """
    for scope, cap in quota.caps_for(bucket):
        if counts.of(scope) >= cap:
            return Waiting(Reason.QUOTA, scope)
    taken = counts.of(EDITION)
    if taken >= quota.places:
        return Waiting(Reason.FULL, EDITION)
    if taken + _held(counts, quota, bucket) >= quota.places:
        return Waiting(Reason.RESERVED, EDITION)
    if not quota.giving:
        return Waiting(Reason.CUT_OFF, EDITION)
    return Placed()


def room(counts: Counts, quota: Quota, bucket: InstitutionCode) -> int:
    """How many more registrations of the bucket would be placed one after the other, if nobody
    else came: as often as `decide` says so."""
    if not quota.giving:
        return 0
    limits = [cap - counts.of(scope) for scope, cap in quota.caps_for(bucket)]
    left = quota.places - counts.of(EDITION) - _held(counts, quota, bucket)
    return max(0, min([*limits, left]))


def _held(counts: Counts, quota: Quota, bucket: InstitutionCode) -> int:
    """How many of the places that are left are reserved for others than the bucket."""
    if not quota.reserves:
        return 0
    own = scopes_of(bucket)
    return sum(
        max(0, least - counts.of(scope)) for scope, least in quota.reserves if scope not in own
    )


def check(quota: Quota, partners: Collection[InstitutionCode]) -> list[Finding]:
    """What is wrong with a quota, at its place in what is sent to plan an edition."""
    findings = []
    if quota.places < 1:
        findings.append(Finding("/places", "places_too_few", "An edition has at least one place."))
    seen: set[Scope] = set()
    for index, rule in enumerate(quota.rules):
        pointer = f"/rules/{index}"
        if rule.scope in seen:
            findings.append(
                Finding(f"{pointer}/scope", "scope_twice", f"{rule.scope} has two rules; keep one.")
            )
        seen.add(rule.scope)
        if not _is_scope(rule.scope, partners):
            findings.append(
                Finding(
                    f"{pointer}/scope",
                    "scope_unknown",
                    f"{rule.scope} is no scope: use per_institution, institution: and a partner's "
                    "code, group:externals or group:partners.",
                )
            )
        if rule.max is not None and rule.max < 0:
            findings.append(Finding(f"{pointer}/max", "max_negative", "A cap is zero or more."))
        if rule.min < 0 or (rule.max is not None and rule.min > rule.max):
            findings.append(
                Finding(f"{pointer}/min", "min_above_max", "A reserve lies between 0 and the cap.")
            )
        if rule.min and rule.scope == PER_INSTITUTION:
            findings.append(
                Finding(
                    f"{pointer}/min",
                    "min_needs_a_name",
                    "A reserve is held for a named institution or group; give each its own rule.",
                )
            )
    reserved = [scope for scope, _ in quota.reserves]
    if PARTNERS in reserved and any(scope.startswith(_INSTITUTION) for scope in reserved):
        findings.append(
            Finding(
                "/rules",
                "reserves_overlap",
                "Hold places for the partners together or for single ones, not for both.",
            )
        )
    if sum(least for _, least in quota.reserves) > quota.places:
        findings.append(
            Finding("/rules", "reserves_above_places", "The reserves exceed the places.")
        )
    return findings


def _is_scope(scope: Scope, partners: Collection[InstitutionCode]) -> bool:
    return (
        scope == PER_INSTITUTION
        or scope in GROUPS
        or (
            scope.startswith(_INSTITUTION)
            and ((bucket := scope.removeprefix(_INSTITUTION)) in partners or is_external(bucket))
        )
    )


class Availability(StrEnum):
    """What somebody from one institution may expect who registers now."""

    OPEN = "open"
    FULL_WITH_QUEUE = "full_with_queue"
    FULL = "full"
    CLOSED = "closed"

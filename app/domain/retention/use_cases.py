"""Erasing what is due, in portions; erasing what a person asks for; and telling of both."""

from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from app.domain.access.permissions import require
from app.domain.access.roles import Caller
from app.domain.access.table import PERMISSIONS
from app.domain.clock import Clock
from app.domain.errors import Conflict, Finding, Invalid, NotFound
from app.domain.ids import new_id
from app.domain.retention.ports import Counts, ErasureRecord, MailFiles, RetentionWork
from app.domain.retention.rules import RULES, DataKind, RetentionPolicy, Rule
from app.domain.vocabulary.text import folded

ERASE_JOB = "erase_due_data"
PERSON = "person"
PORTION = 500
_TELLING = 3
"""Letters from which on a word of a name tells who it is."""


class RegistrationToEraseNotFound(NotFound):
    """There is no such registration."""

    code = "registration_not_found"

    def __init__(self, registration: UUID) -> None:
        super().__init__(f"There is no registration {registration}.")


class StillRegistered(Conflict):
    """The person still waits for something, or has a place in an edition that is not over."""

    code = "still_registered"

    def __init__(self, number: int) -> None:
        super().__init__(
            f"{number} registrations of this person are live. Cancel them first, so that their "
            "places go on to those who wait; then erase."
        )


class ErasureReasonNeeded(Invalid):
    """The register of erasures says why."""

    code = "reason_needed"

    def __init__(self) -> None:
        detail = "Say in a word why: at the person's request, for instance. No personal data."
        super().__init__(detail, findings=[Finding("/reason", self.code, detail)])


class ErasureReasonNames(Invalid):
    """The reason would keep what is to be erased."""

    code = "reason_names_person"

    def __init__(self) -> None:
        detail = (
            "The reason names the person, by a part of their name or address. It stays for good: "
            "give the number of their request instead."
        )
        super().__init__(detail, findings=[Finding("/reason", self.code, detail)])


@dataclass(frozen=True)
class RetentionLine:
    """One rule, its period here, how much is due now, and when something last went."""

    rule: Rule
    days: int | None
    cutoff: datetime | None
    due: Counts
    last_erased_at: datetime | None


@dataclass(frozen=True)
class Kept:
    """What was not erased, and why not."""

    what: str
    why: str


@dataclass(frozen=True)
class PersonErased:
    """What became of a person's data."""

    registration: UUID
    counts: Counts
    kept: tuple[Kept, ...]
    erasure: UUID | None
    """The record of it; None for a dry run."""


REGISTER = Kept(
    "name and result of a person who took part, and the register of their credentials",
    "a university has to keep records of what it has certified (GDPR, article 17(3)(b) and (d)); "
    "their period runs by itself",
)
DECISIONS = Kept(
    "rank, state and decisions of registrations, without name or address",
    "anybody's place must be provable afterwards; they name nobody",
)
FOR_A_DAY = Kept(
    "answers kept for repeated requests", "they go by themselves within a day of the request"
)
TAKEN_AWAY = Kept(
    "credentials that the person has downloaded or shown to others", "they are no longer ours"
)


async def preview_retention(
    *, policy: RetentionPolicy, work: RetentionWork, mail: MailFiles, clock: Clock
) -> list[RetentionLine]:
    """What would go now, by rule. Changes nothing. For the operator's command line."""
    async with work:
        last = await work.erasures.last()
        return [await _line(rule, policy, work, mail, clock.now(), last) for rule in RULES]


async def get_retention(
    *,
    policy: RetentionPolicy,
    work: RetentionWork,
    mail: MailFiles,
    caller: Caller,
    clock: Clock,
) -> list[RetentionLine]:
    """The same for the alliance office and auditors. Raises NotAllowed."""
    require(PERMISSIONS, caller, "get_retention")
    return await preview_retention(policy=policy, work=work, mail=mail, clock=clock)


async def _line(
    rule: Rule,
    policy: RetentionPolicy,
    work: RetentionWork,
    mail: MailFiles,
    now: datetime,
    last: Mapping[str, datetime],
) -> RetentionLine:
    cutoff = policy.cutoff(rule.kind, now)
    due: Counts = {}
    if cutoff is not None and rule.kind is DataKind.MAIL_FILES:
        files = await mail.older(cutoff)
        due = {"files": files} if files else {}
    elif cutoff is not None:
        due = await work.retention.due(rule.kind, cutoff)
    return RetentionLine(rule, policy.days[rule.kind], cutoff, due, last.get(rule.kind.value))


async def _go_on() -> bool:
    return False


async def erase_due(
    *,
    policy: RetentionPolicy,
    open_work: Callable[[], RetentionWork],
    mail: MailFiles,
    actor: str,
    clock: Clock,
    portion: int = PORTION,
    stopped: Callable[[], Awaitable[bool]] = _go_on,
) -> dict[str, int]:
    """Erase everything that is due; how much of each kind. Runs in a job.

    Each portion is a transaction with its own record, so that whoever dies in the middle has
    erased what is recorded, and the next one goes on from there. A second time at once finds
    nothing left.
    """
    total: Counter[str] = Counter()
    for rule in RULES:
        cutoff = policy.cutoff(rule.kind, clock.now())
        if cutoff is None:
            continue
        while not await stopped():
            gone = await _portion(rule.kind, cutoff, portion, open_work, mail, actor, clock)
            total[rule.kind.value] += gone
            if not gone:
                break
    return {kind: number for kind, number in total.items() if number}


async def _portion(
    kind: DataKind,
    cutoff: datetime,
    portion: int,
    open_work: Callable[[], RetentionWork],
    mail: MailFiles,
    actor: str,
    clock: Clock,
) -> int:
    files = await mail.erase(cutoff) if kind is DataKind.MAIL_FILES else 0
    async with open_work() as work:
        counts: Counts = {"files": files} if files else {}
        if kind is not DataKind.MAIL_FILES:
            counts = await work.retention.erase(kind, cutoff, portion)
        gone = sum(counts.values())
        if gone:
            record = ErasureRecord(new_id(), clock.now(), kind.value, counts, actor, cutoff)
            await work.erasures.add(record)
            await work.trail.append("erasure", record.id, after=f"{kind}: {gone}")
    return gone


async def begin_day(*, open_work: Callable[[], RetentionWork], clock: Clock) -> bool:
    """Start the day's job, once a day whoever looks first; whether it was started."""
    async with open_work() as work:
        day = clock.now().date()
        if not await work.retention.begin_day(day):
            return False
        await work.jobs.start(ERASE_JOB, {"day": day.isoformat()})
    return True


async def erase_person(
    registration: UUID,
    reason: str,
    *,
    dry_run: bool,
    work: RetentionWork,
    caller: Caller,
    clock: Clock,
) -> PersonErased:
    """Erase what is known of the person behind a registration, as they ask for.

    Of somebody who took part, what the register needs stays. A second time finds nothing left.
    With `dry_run`, says what would go. Raises RegistrationToEraseNotFound, StillRegistered,
    ErasureReasonNeeded, ErasureReasonNames, NotAllowed.
    """
    require(PERMISSIONS, caller, "erase_person")
    if not reason.strip():
        raise ErasureReasonNeeded
    try:
        async with work:
            person = await work.retention.person(registration)
            if person.live:
                raise StillRegistered(len(person.live))
            if names(reason, person.known_by):
                raise ErasureReasonNames
            counts = await work.retention.erase_person(person)
            kept = (*((REGISTER, TAKEN_AWAY) if person.took_part else ()), DECISIONS, FOR_A_DAY)
            if dry_run:
                raise _OnlyTried(PersonErased(registration, counts, kept, None))
            record = ErasureRecord(
                new_id(), clock.now(), PERSON, counts, caller.actor, None, registration, reason
            )
            await work.erasures.add(record)
            await work.trail.append("erasure", record.id, after=PERSON, note=reason)
    except _OnlyTried as tried:
        return tried.outcome
    return PersonErased(registration, counts, kept, record.id)


class _OnlyTried(Exception):
    """Rolls a dry run back: it runs the same code as the real thing."""

    def __init__(self, outcome: PersonErased) -> None:
        super().__init__("dry run")
        self.outcome = outcome


def names(text: str, known_by: Sequence[str]) -> bool:
    """Whether a text holds a word of somebody's names or addresses, however it is written.

    Of an address, only what stands before the @ is theirs. Words of a letter or two say nothing.
    """
    said = folded(text)
    words, joined = set(said.split()), said.replace(" ", "")
    for known in known_by:
        own = folded(known.partition("@")[0] if "@" in known else known)
        parts = {word for word in own.split() if len(word) >= _TELLING}
        whole = own.replace(" ", "")
        if parts & words or (len(whole) >= _TELLING + 2 and whole in joined):
            return True
    return False


async def list_erasures(
    *,
    kind: str | None,
    before: UUID | None,
    limit: int,
    work: RetentionWork,
    caller: Caller,
) -> Sequence[ErasureRecord]:
    """What was erased when, for the alliance office and auditors. Raises NotAllowed."""
    require(PERMISSIONS, caller, "list_erasures")
    async with work:
        return await work.erasures.page(kind=kind, before=before, limit=limit)

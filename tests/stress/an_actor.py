"""People and officers at one edition, as a process: `python -m … URL EDITION SEED EVENTS LOCK`.

Does EVENTS things at random, eight at once, and prints a line for each and for each refusal: what
was done, and what the database had confirmed by then. LOCK is `locked`, or `unlocked` for the
negative twin.
"""

import asyncio
import random
import sys
import warnings
from datetime import timedelta
from typing import Any
from uuid import UUID

from asyncpg import InterfaceError, PostgresError
from sqlalchemy.exc import DBAPIError

from app import reactions
from app.adapters.postgres.engine import make_engine
from app.adapters.postgres.outbox import PostgresOutbox
from app.adapters.postgres.unit_of_work import PostgresWork
from app.domain.access.roles import SYSTEM, Caller
from app.domain.clock import SystemClock
from app.domain.enrolment.changing import EditionChanges
from app.domain.enrolment.claims import ClaimState
from app.domain.enrolment.quota import PER_INSTITUTION, Quota, QuotaRule
from app.domain.enrolment.registration import LIVE
from app.domain.enrolment.use_cases.affiliation import (
    Saying,
    confirm_affiliation,
    contest_affiliation,
    decide_contest,
)
from app.domain.enrolment.use_cases.editions import edit_edition
from app.domain.enrolment.use_cases.imports import plan_received, receive_import, request_commit
from app.domain.enrolment.use_cases.register import register
from app.domain.enrolment.use_cases.registrations import cancel_registration
from app.domain.errors import DomainError
from app.ports import Work
from tests.adapters.postgres.test_enrolment_at_once import FOURTEEN, _GeneralUnlocked
from tests.enrolment_builders import LIKENESS, PARTNERS, a_learner, a_request, officer
from tests.enrolment_imports import FORM, TOOLS
from tests.forms_workbooks import Row, workbook

CLOCK = SystemClock()
AT_ONCE = 8
CUT = (DBAPIError, PostgresError, InterfaceError, ConnectionError)
"""What a connection that somebody ended looks like from here."""


def is_act(line: str) -> bool:
    """Whether a line tells of something that was done, not of a refusal or a cut connection."""
    return line.partition(" ")[0] not in ("nobody", "refused", "cut")


class Actor:
    """One process with its people."""

    def __init__(self, url: str, edition: UUID, seed: int, *, locked: bool) -> None:
        self.engine = make_engine(url, pool_size=AT_ONCE)
        self.outbox = PostgresOutbox(reactions.NAMES)
        self.edition = edition
        self.seed = seed
        self.chance = random.Random(seed)  # a story, not a secret
        self.kind: type[PostgresWork] = PostgresWork if locked else _GeneralUnlocked
        self.people = 0
        self.known: list[UUID] = []

    def __call__(self, caller: Caller = SYSTEM, action: str = "stress") -> Work:
        return self.kind(self.engine, self.outbox, CLOCK, caller, action)

    async def act(self) -> str:
        """One thing; what it was and what is now certain."""
        [what] = self.chance.choices(
            (self.come, self.leave, self.claim, self.judge, self.move_caps, self.bring_a_file),
            (66, 18, 9, 4, 2, 1),
        )
        return await what()

    async def come(self) -> str:
        self.people += 1
        # One in twenty comes a second time.
        number = self.people if self.chance.random() > 0.05 else self.chance.randint(1, self.people)
        name = f"p{self.seed}-{number}"
        caller = await a_learner(self, name)
        view, _ = await register(
            self.edition,
            a_request(name, self.chance.choice(FOURTEEN)),
            work=self(caller, "register"),
            caller=caller,
            clock=CLOCK,
            likeness=LIKENESS,
        )
        self.known.append(view.registration.id)
        return f"registered {view.registration.id}"

    async def leave(self) -> str:
        found = await self._some(LIVE)
        if found is None:
            return "nobody"
        await cancel_registration(
            found.id, found.version, work=self(), caller=officer(), clock=CLOCK
        )
        return f"cancelled {found.id}"

    async def claim(self) -> str:
        found = await self._some(LIVE)
        if found is None or found.bucket not in PARTNERS:
            return "nobody"
        there = officer(found.bucket)
        says = confirm_affiliation if self.chance.random() < 0.5 else contest_affiliation
        await says(
            Saying(found.id, found.version, "Not on our list."),
            work=self(there, says.__name__), caller=there, clock=CLOCK,
        )  # fmt: skip
        return f"{says.__name__} {found.id}"

    async def judge(self) -> str:
        async with self() as work:
            page = await work.registrations.page(
                self.edition, buckets=None, states=list(LIVE), claims=[ClaimState.CONTESTED],
                after=None, limit=20,
            )  # fmt: skip
        if not page:
            return "nobody"
        found = self.chance.choice(page)
        await decide_contest(
            Saying(found.id, found.version, "The institution has looked again."),
            upheld=self.chance.random() < 0.7, work=self(), caller=officer(), clock=CLOCK,
        )  # fmt: skip
        return f"decided {found.id}"

    async def move_caps(self) -> str:
        async with self() as work:
            edition = await work.editions.read(self.edition)
        [rule] = edition.quota.rules
        # Near what they were: far below is refused each time, as all places are soon taken.
        places = edition.quota.places + self.chance.randint(-2, 3)
        most = (rule.max or 1) + self.chance.choice((-1, 0, 0, 1))
        moved = Quota(max(1, places), (QuotaRule(PER_INSTITUTION, max=max(1, most)),))
        await edit_edition(
            self.edition,
            edition.version,
            EditionChanges({"quota": moved}, reason="The room is another one."),
            work=self(),
            caller=officer(),
            clock=CLOCK,
        )
        return "caps"

    async def bring_a_file(self) -> str:
        began = CLOCK.now().replace(microsecond=0) - timedelta(hours=5)
        first = self.chance.randint(1, 900) * 100_000 + self.seed
        content = workbook(
            Row(
                first + n, began + timedelta(minutes=self.chance.randint(0, 290)), f"Row {n}",
                f"row{first}-{n}@example.org", self.chance.choice(PARTNERS),
            )
            for n in range(10)
        )  # fmt: skip
        new, _ = await receive_import(
            self.edition, FORM, "r.xlsx", content, work=self(), caller=officer(), clock=CLOCK
        )
        plan = await plan_received(new.id, open_work=self, tools=TOOLS, clock=CLOCK)
        await request_commit(self.edition, plan.plan_token or "", work=self(), caller=officer())
        return f"import {new.id}"

    async def _some(self, states: Any) -> Any:
        if not self.known:
            return None
        chosen = self.chance.choice(self.known)
        async with self() as work:
            found = await work.registrations.read(chosen)
        return found if found.state in states else None


async def main(url: str, edition: UUID, seed: int, events: int, *, locked: bool) -> None:
    """Act, eight things at a time."""
    actor = Actor(url, edition, seed, locked=locked)
    acts = 0

    async def one_after_the_other() -> None:
        nonlocal acts
        while acts < events:
            try:
                done = await actor.act()
            except DomainError as refusal:
                done = f"refused {refusal.code}"
            except CUT:
                done = "cut"
            acts += is_act(done)
            print(done, flush=True)

    await asyncio.gather(*(one_after_the_other() for _ in range(AT_ONCE)))
    await actor.engine.dispose()


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    asyncio.run(
        main(
            sys.argv[1], UUID(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4]),
            locked=sys.argv[5] == "locked",
        )
    )  # fmt: skip

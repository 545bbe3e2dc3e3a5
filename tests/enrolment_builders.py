"""Readable examples of enrolment with defaults."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from app.adapters.forms.likeness import RapidLikeness
from app.domain.access.roles import Caller, Grant, Role, Subject
from app.domain.enrolment.edition import Edition, Mode
from app.domain.enrolment.quota import one_cap
from app.domain.enrolment.requests import RegistrationRequest
from app.domain.enrolment.use_cases.editions import open_edition
from app.domain.enrolment.use_cases.register import register
from app.domain.enrolment.views import RegistrationView
from app.domain.enrolment.window import RegistrationWindow
from app.domain.ids import new_id
from app.domain.vocabulary.micro_credential import NoInstitutionRule
from app.ports import Work
from tests.memory_ports import StoryClock

PARTNERS = ("HIS", "HKA", "MTU", "MUS", "TUIASI", "UDA", "UNIOVI", "UOC", "URN", "XAMK")
LIKENESS = RapidLikeness()


def an_edition(now: datetime, **changes: Any) -> Edition:
    """A planned edition at Oviedo: 50 places, at most 5 per institution, provisional."""
    places = changes.pop("places", 50)
    per_institution = changes.pop("per_institution", 5)
    proposal = changes.pop("proposal", None) or uuid4()
    # Where stories are told by the real clock, too, it lies ahead.
    passed = timedelta(days=max(0, (now.date() - date(2027, 4, 1)).days))
    edition = Edition(
        id=new_id(),
        code=f"IMC-2027-{str(proposal)[:8]}-E1",
        number=1,
        proposal=proposal,
        proposal_version=1,
        title={"en": "Towards a framework"},
        organiser="UNIOVI",
        awarding=("UNIOVI", "HKA", "UDA"),
        partners=("UNIOVI", "HKA", "UDA"),
        start=date(2027, 5, 3) + passed,
        end=date(2027, 6, 25) + passed,
        window=RegistrationWindow(
            now - timedelta(days=1), now + timedelta(days=10), "Europe/Madrid"
        ),
        quota=one_cap(places, per_institution),
        no_institution=NoInstitutionRule.OWN_BUCKET,
        mode=Mode.PROVISIONAL,
        contact_email="info@example.org",
        created_at=now,
    )
    return replace(edition, **changes)


def officer(at: str = "UNIOVI", account: UUID | None = None) -> Caller:
    """An enrolment officer there."""
    return Caller(
        account=account or uuid4(),
        grants=(Grant(Role.ENROLMENT_OFFICER, at, datetime.fromisoformat("2020-01-01T00:00Z")),),
    )


OpenWork = Callable[..., Work]


async def opened(work: OpenWork, clock: StoryClock, **changes: Any) -> Edition:
    """An edition that takes registrations."""
    edition = an_edition(clock.now(), **changes)
    async with work() as w:
        await w.editions.add(edition)
    return await open_edition(edition.id, 1, work=work(), caller=officer(), clock=clock)


async def a_learner(work: OpenWork, name: str) -> Caller:
    """Somebody with an account and a verified address."""
    async with work() as w:
        account = await w.accounts.account(Subject("https://id.example", name))
    return Caller(account=account, email=f"{name}@example.org")


def a_request(name: str, institution: str | None = "UNIOVI", **more: Any) -> RegistrationRequest:
    """What a learner sends. `EXT:` before the institution makes it an organisation."""
    given: dict[str, Any] = {"institution": institution}
    if institution is not None and institution.startswith("EXT:"):
        given = {"organisation": institution.removeprefix("EXT:")}
    return RegistrationRequest(
        full_name=f"Learner {name}",
        email=f"{name}@example.org",
        privacy_notice=True,
        **{**given, **more},
    )


async def registers(
    work: OpenWork,
    clock: StoryClock,
    edition: Edition,
    name: str,
    institution: str | None = "UNIOVI",
    **more: Any,
) -> RegistrationView:
    """Somebody registers, a second after the one before."""
    clock.move(timedelta(seconds=1))
    caller = await a_learner(work, name)
    view, _ = await register(
        edition.id,
        a_request(name, institution, **more),
        work=work(caller, "register"),
        caller=caller,
        clock=clock,
        likeness=LIKENESS,
    )
    return view


async def queue_up(
    work: OpenWork, clock: StoryClock, edition: Edition, institutions: Sequence[str]
) -> list[RegistrationView]:
    """One learner after the other, from these institutions."""
    return [
        await registers(work, clock, edition, f"learner-{number}", institution)
        for number, institution in enumerate(institutions)
    ]

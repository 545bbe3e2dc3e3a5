"""What enrolment does when something happened elsewhere, and its long work."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from app.domain.credentials.events import BatchApproved, BatchFinished
from app.domain.credentials.status import CredentialState
from app.domain.enrolment.claims import ClaimState
from app.domain.enrolment.errors_forms import FileRefused
from app.domain.enrolment.events import (
    AddressAsked,
    AddressMended,
    AffiliationContested,
    ContestDismissed,
    EditionMoved,
    PersonRenamed,
)
from app.domain.enrolment.forms.imports import ImportState, ResponseImport
from app.domain.enrolment.registration import LIVE
from app.domain.enrolment.use_cases.commit import commit_import
from app.domain.enrolment.use_cases.deliveries import import_held_responses
from app.domain.enrolment.use_cases.edition_ends import (
    begin_issuing,
    complete_edition,
    finish_when_sealed,
)
from app.domain.enrolment.use_cases.imports import (
    COMMIT_JOB,
    HELD_JOB,
    PLAN_JOB,
    plan_received,
)
from app.domain.enrolment.use_cases.people import look_for_doubles_elsewhere, take_wanted_address
from app.domain.enrolment.use_cases.registrations import confirm_address
from app.domain.errors import NotFound
from app.domain.jobs import Job, Progress, RefusedForGood
from app.domain.results.events import AddressConfirmed, ResultsConfirmed
from app.domain.results.grading import Outcome
from app.ports import Ports
from app.reactions.results import may_send_link, teller_of
from app.reactions.types import Reactions, Runners

_NOT_SEALED = (CredentialState.DRAFT, CredentialState.APPROVED)


class FileNotTaken(RefusedForGood):
    """The uploaded file is refused; the sentence says why."""

    code = FileRefused.code


async def complete(event: ResultsConfirmed, ports: Ports) -> None:
    """Those who passed have completed the edition."""
    async with ports.reading() as work:
        found = await work.results.of_edition(event.subject, lock=False)
    passed = [result.registration for result in found if result.outcome is Outcome.PASSED]
    await complete_edition(
        event.subject, passed, work=ports.system_work("complete_edition"), clock=ports.clock
    )


async def note_issuing(event: BatchApproved, ports: Ports) -> None:
    """The edition's credentials are being sealed."""
    await begin_issuing(event.edition, work=ports.system_work("begin_issuing"))


async def note_sealed(event: BatchFinished, ports: Ports) -> None:
    """Finish the edition once everybody who passed has a credential; else more batches follow."""
    async with ports.reading() as work:
        ready, not_ready = await work.awards.of_edition(event.edition)
        passed = {one.registration for one in ready} | {one.registration for one in not_ready}
        found = await work.credentials.of_registrations(passed)
    sealed = {one.registration for one in found if one.state not in _NOT_SEALED}
    if not passed - sealed:
        await finish_when_sealed(event.edition, work=ports.system_work("finish_edition"))


async def tell_moved(event: EditionMoved, ports: Ports) -> None:
    """Tell everybody who takes part or waits that the days have changed, if these still hold."""
    async with ports.reading() as work:
        edition = await work.editions.read(event.subject)
        live = await work.registrations.in_states(event.subject, LIVE)
    if (edition.start.isoformat(), edition.end.isoformat()) != (event.start, event.end):
        return
    teller = await teller_of(ports)
    for one in live:
        await teller.tell("edition_moved", one.id, f"moved-{edition.id}-{event.version}-{one.id}")


async def tell_contested(event: AffiliationContested, ports: Ports) -> None:
    """Tell the person that their institution does not know them, and that nothing is lost yet."""
    async with ports.reading() as work:
        one = await work.registrations.read(event.subject)
    if one.claim_state is ClaimState.CONTESTED and one.claim.at is not None:
        teller = await teller_of(ports)
        said = f"{one.claim.at:%Y%m%dT%H%M%S%f}"
        await teller.tell(
            "affiliation_contested",
            event.subject,
            f"contested-{one.id}-{said}",
            {"why": one.claim.reason or ""},
        )
        await teller.tell_contact(
            "contest_to_decide",
            event.subject,
            f"contest-{one.id}-{said}",
            {"registration": str(one.id), "institution": one.bucket or ""},
        )


async def tell_dismissed(event: ContestDismissed, ports: Ports) -> None:
    """Tell the person that the contest is over and everything stays as it was."""
    teller = await teller_of(ports)
    await teller.tell("contest_dismissed", event.subject, f"dismissed-{event.subject}")


async def tell_mended(event: AddressMended, ports: Ports) -> None:
    """Tell the address that was left, so that nobody takes over a registration unnoticed."""
    teller = await teller_of(ports)
    await teller.tell_left_address(
        "address_changed", event.subject, f"mended-{event.subject}-{event.version}"
    )


async def tell_asked(event: AddressAsked, ports: Ports) -> None:
    """Send a link to the address that somebody wants, and tell the one of now.

    So many links an hour at most: nobody is to write to strangers through us.
    """
    if await may_send_link(event.subject, ports):
        teller = await teller_of(ports)
        this = f"{event.subject}-{event.version}"
        await teller.tell_wanted_address("address_to_confirm", event.subject, f"wanted-{this}")
        await teller.tell_plainly("address_asked", event.subject, f"asked-{this}")


async def look_elsewhere(event: PersonRenamed, ports: Ports) -> None:
    """A person has one name and one address in all editions: look there for doubles as well."""
    try:
        await look_for_doubles_elsewhere(
            event.subject,
            renamed=True,
            open_work=lambda: ports.system_work("look_for_doubles"),
        )
    except NotFound:
        return  # It has been erased meanwhile.


async def note_address(event: AddressConfirmed, ports: Ports) -> None:
    """The person can read mail sent to the address that they stated."""
    async with ports.reading() as work:
        confirmed = await work.links.confirmed_addresses([event.subject])
    try:
        await confirm_address(
            event.subject,
            confirmed.get(event.subject, set()),
            work=ports.system_work("confirm_address"),
        )
        await take_wanted_address(
            event.subject,
            confirmed.get(event.subject, set()),
            work=ports.system_work("confirm_address"),
        )
    except NotFound:
        # The registration has ended meanwhile: there is nobody left whose address matters.
        return


def _outcome(found: ResponseImport) -> dict[str, Any]:
    """What the job says at its end; the import itself says more."""
    return {
        "import": str(found.id),
        "state": found.state.value,
        "verdicts": dict(found.counts),
        "plan_token": found.plan_token if found.state is ImportState.PLANNED else None,
        "unknown_columns": list(found.unknown_columns),
        "missing_columns": list(found.missing_columns),
        "differing_rows": list(found.differing),
        "advice": found.advice,
    }


async def run_plan(job: Job, ports: Ports, progress: Progress) -> Mapping[str, Any]:
    """Judge the rows of an uploaded file."""
    found = await plan_received(
        UUID(job.params["import"]),
        open_work=lambda: ports.system_work(PLAN_JOB),
        tools=ports.forms,
        clock=ports.clock,
    )
    if found.problem is not None:
        raise FileNotTaken(found.problem[1])
    await _report(found, progress)
    return _outcome(found)


async def run_commit(job: Job, ports: Ports, progress: Progress) -> Mapping[str, Any]:
    """Carry out the plan of a dry run."""
    found = await commit_import(
        UUID(job.params["import"]),
        job.params["plan_token"],
        open_work=lambda: ports.system_work(COMMIT_JOB),
        tools=ports.forms,
        actor=job.requested_by,
        clock=ports.clock,
    )
    await _report(found, progress)
    return _outcome(found)


async def run_held(job: Job, ports: Ports, progress: Progress) -> Mapping[str, Any]:
    """Import deliveries that waited for their form to be mapped."""
    done = await import_held_responses(
        UUID(job.params["edition"]),
        job.params["form"],
        open_work=lambda: ports.system_work(HELD_JOB),
        tools=ports.forms,
        clock=ports.clock,
    )
    await progress.report(done, done)
    return {"deliveries": done}


async def _report(found: ResponseImport, progress: Progress) -> None:
    rows = sum(found.counts.values())
    await progress.report(rows, rows)


REACTIONS: Reactions = {
    ResultsConfirmed: (complete,),
    AddressConfirmed: (note_address,),
    BatchApproved: (note_issuing,),
    BatchFinished: (note_sealed,),
    EditionMoved: (tell_moved,),
    AffiliationContested: (tell_contested,),
    ContestDismissed: (tell_dismissed,),
    AddressMended: (tell_mended,),
    AddressAsked: (tell_asked,),
    PersonRenamed: (look_elsewhere,),
}
RUNNERS: Runners = {PLAN_JOB: run_plan, COMMIT_JOB: run_commit, HELD_JOB: run_held}

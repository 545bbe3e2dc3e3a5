"""What follows from the events of results, and what learners are told of enrolment."""

from datetime import timedelta
from uuid import UUID, uuid5

from app.domain.enrolment import events as enrolment
from app.domain.enrolment.carrying_out import tell_received_by_import
from app.domain.enrolment.ranking import Source
from app.domain.enrolment.reasons import Reason
from app.domain.enrolment.registration import Registration, State
from app.domain.enrolment.sentences import key_of
from app.domain.enrolment.use_cases.people import look_for_doubles_elsewhere
from app.domain.enrolment.views import why_waiting
from app.domain.messages import known_reason
from app.domain.results import events as results
from app.domain.results.policy import ResultsPolicy
from app.domain.results.ports import TAKES_PART
from app.domain.results.result import Result
from app.domain.results.telling import House, Teller
from app.ports import Ports, Work
from app.reactions.types import Reactions, Runners

_DECIDED = frozenset({State.PLACED, State.WAITING, State.COMPLETED})


async def tell_received(event: enrolment.RegistrationReceived, ports: Ports) -> None:
    """Say that a registration arrived, and that this is no place yet.

    Where places are given at once, what was decided is told instead. Before that, look for doubles
    in their other editions: whoever registers may have given another name than there. It is no
    reaction of its own, since every registration pays for each of them.
    """
    await look_for_doubles_elsewhere(
        event.subject, renamed=False, open_work=lambda: ports.system_work("look_for_doubles")
    )
    async with ports.reading() as work:
        registration = await work.registrations.read(event.subject)
        edition = await work.participants.edition(registration.edition)
    if edition.is_binding and registration.state in _DECIDED:
        return
    teller = await teller_of(ports)
    await teller.tell("registration_received", event.subject, _received(registration))


def _received(registration: Registration) -> str:
    """The message that a registration arrived; one for each response of a form, however often the
    list with it is taken back and comes again."""
    receipt = registration.receipt
    if receipt.source is Source.API:
        return f"received-{registration.id}"
    return f"received-{uuid5(registration.edition, f'{receipt.form}/{receipt.response}')}"


async def tell_imported(event: enrolment.ResponsesImported, ports: Ports) -> None:
    """Tell of everybody whom an import registered, one by one."""
    await tell_received_by_import(
        event.subject, event.edition, work=ports.system_work("tell_imported")
    )


async def tell_place(event: enrolment.PlaceGiven, ports: Ports) -> None:
    """Say that somebody has a place, if they still have it."""
    if await _state(event.subject, ports) not in TAKES_PART:
        return
    teller = await teller_of(ports)
    await teller.tell("place_given", event.subject, f"place-{event.subject}")


async def tell_promoted(event: enrolment.Promoted, ports: Ports) -> None:
    """Say that somebody who waited has a place, if they still have it."""
    if await _state(event.subject, ports) not in TAKES_PART:
        return
    teller = await teller_of(ports)
    await teller.tell("promoted", event.subject, f"promoted-{event.subject}")


async def tell_waiting(event: enrolment.PutOnWaitingList, ports: Ports) -> None:
    """Say that somebody waits, and why, if they still do.

    Messages may be late, by days when mail is down: what has changed since is told by itself.
    """
    if not known_reason(event.reason):
        return
    async with ports.reading() as work:
        one = await work.registrations.read(event.subject)
        if one.state is not State.WAITING:
            return
        reason = key_of(*await why_waiting(one, work))
    if not known_reason(reason):
        return
    teller = await teller_of(ports)
    await teller.tell(
        "waiting",
        event.subject,
        f"waiting-{event.subject}-{event.reason}",
        {"reason": reason},
    )


async def tell_ended(
    event: enrolment.RegistrationCancelled | enrolment.RegistrationRejected, ports: Ports
) -> None:
    """Say that a registration has ended, and why.

    Whoever was put together with another registration is still registered: the address that was
    left hears that. Nothing is said where a list was taken back: the person never knew.
    """
    if event.reason == Reason.MERGED:
        teller = await teller_of(ports)
        await teller.tell_joined("registration_joined", event.subject, f"joined-{event.subject}")
        return
    if not known_reason(event.reason):
        return
    teller = await teller_of(ports)
    await teller.tell(
        "registration_ended", event.subject, f"ended-{event.subject}", {"reason": event.reason}
    )


async def _state(registration: UUID, ports: Ports) -> State:
    async with ports.reading() as work:
        return (await work.registrations.read(registration)).state


async def send_link(event: results.LinkRequested, ports: Ports) -> None:
    """Send a link anew, unless so many have been sent within the hour."""
    if await may_send_link(event.subject, ports):
        teller = await teller_of(ports)
        await teller.tell("link_again", event.subject, f"link-{event.request}")


async def may_send_link(registration: UUID, ports: Ports) -> bool:
    """Whether fewer links have been sent for the registration within the hour than may be."""
    policy = ResultsPolicy.with_days(ports.settings.objection_days)
    async with ports.reading() as work:
        since = ports.clock.now() - timedelta(hours=1)
        sent = await work.links.sent_since(registration, since)
    return sent < policy.links_per_hour


async def tell_result(event: results.ResultRecorded, ports: Ports) -> None:
    """Say that there is a result to look at, if it is still that one."""
    if (await _result(event.subject, ports)).revision != event.revision:
        return
    teller = await teller_of(ports)
    await teller.tell("result_recorded", event.subject, f"result-{event.subject}-{event.revision}")


async def tell_confirmed(event: results.ResultConfirmed, ports: Ports) -> None:
    """Say that a result is confirmed, and until when one can object."""
    result = await _result(event.subject, ports)
    ends = result.window_ends
    if ends is None or result.revision != event.revision:
        return
    teller = await teller_of(ports)
    await teller.tell(
        "result_confirmed",
        event.subject,
        f"confirmed-{event.subject}-{event.revision}",
        {"window_ends": ends},
    )


async def tell_objection(event: results.ObjectionRaised, ports: Ports) -> None:
    """Tell the edition's contact that an objection waits."""
    teller = await teller_of(ports)
    await teller.tell_contact(
        "objection_raised",
        event.subject,
        f"objection-{event.objection}",
        {"registration": str(event.subject)},
    )


async def tell_decision(event: results.ObjectionDecided, ports: Ports) -> None:
    """Tell the learner what was decided on their objection."""
    teller = await teller_of(ports)
    await teller.tell(
        "objection_decided",
        event.subject,
        f"decided-{event.objection}",
        {"decision": event.decision},
    )


async def _result(registration: UUID, ports: Ports) -> Result:
    async with ports.reading() as work:
        return await work.results.read(await work.participants.get(registration))


async def teller_of(ports: Ports) -> Teller[Work]:
    """Who writes to learners, for reactions of other capabilities as well."""
    async with ports.reading() as work:
        alliance = await work.institutions.alliance()

    def work_for_mail() -> Work:
        return ports.system_work("write_to_learner")

    site = ports.settings.public_url.rstrip("/")
    return Teller(
        work=work_for_mail,
        looking=ports.reading,
        mailer=ports.mailer,
        clock=ports.clock,
        policy=ResultsPolicy.with_days(ports.settings.objection_days),
        house=House(alliance.name, site, ports.settings.link_page or f"{site}/v1/links"),
    )


REACTIONS: Reactions = {
    enrolment.RegistrationReceived: (tell_received,),
    enrolment.ResponsesImported: (tell_imported,),
    enrolment.PlaceGiven: (tell_place,),
    enrolment.Promoted: (tell_promoted,),
    enrolment.PutOnWaitingList: (tell_waiting,),
    enrolment.RegistrationCancelled: (tell_ended,),
    enrolment.RegistrationRejected: (tell_ended,),
    results.LinkRequested: (send_link,),
    results.ResultRecorded: (tell_result,),
    results.ResultConfirmed: (tell_confirmed,),
    results.ObjectionRaised: (tell_objection,),
    results.ObjectionDecided: (tell_decision,),
}
RUNNERS: Runners = {}

from collections import Counter
from datetime import UTC, datetime

from app.adapters.memory.unit_of_work import MemoryStore, MemoryWork
from app.domain.access.roles import SYSTEM, Caller
from app.domain.enrolment.edition import Mode
from app.domain.enrolment.events import Promoted
from app.domain.enrolment.use_cases.registrations import cancel_registration
from app.ports import Work
from tests.enrolment_builders import officer, opened, queue_up
from tests.memory_ports import StoryClock


async def test_events_tell_what_happened_without_names():
    store, clock = MemoryStore(), StoryClock(datetime(2027, 3, 1, 9, tzinfo=UTC))

    def work(caller: Caller = SYSTEM, action: str = "test") -> Work:
        return MemoryWork(store, clock, caller, action)

    edition = await opened(work, clock, mode=Mode.DIRECT, places=1)
    views = await queue_up(work, clock, edition, ["HKA", "UDA"])
    await cancel_registration(
        views[0].registration.id, 1, work=work(), caller=officer(), clock=clock
    )
    assert Counter(type(event).__name__ for event in store.events) == {
        "EditionOpened": 1,
        "RegistrationReceived": 2,
        "PlaceGiven": 1,
        "PutOnWaitingList": 1,
        "RegistrationCancelled": 1,
        "Promoted": 1,
    }
    assert [event for event in store.events if isinstance(event, Promoted)] == [
        Promoted(views[1].registration.id, edition.id)
    ]

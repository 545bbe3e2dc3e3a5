"""The repositories of enrolment in memory."""

from functools import cached_property
from typing import TYPE_CHECKING, Any, cast

from app.adapters.memory.enrolment_deliveries import MemoryDeliveries, MemoryFormSecrets
from app.adapters.memory.enrolment_imports import (
    MemoryForms,
    MemoryImports,
    MemoryKeptPlans,
    MemoryResponses,
)
from app.adapters.memory.enrolment_people import MemoryExternalSpellings, MemoryPersons
from app.adapters.memory.enrolment_places import MemoryDecisions, MemoryEditions, MemoryTallies
from app.adapters.memory.enrolment_registrations import (
    MemoryDirectRegistrations,
    MemoryRegistrations,
)

if TYPE_CHECKING:
    from app.adapters.memory.unit_of_work import MemoryTable, MemoryWork


class EnrolmentRepositories:
    """What `MemoryWork` offers to enrolment."""

    @property
    def _whole(self) -> "MemoryWork":
        return cast("MemoryWork", self)

    def table(self, name: str) -> "MemoryTable[Any, Any]":
        """One table as this unit of work sees it."""
        from app.adapters.memory.unit_of_work import MemoryTable  # it imports this module

        return MemoryTable(self._whole, name)

    @cached_property
    def editions(self) -> MemoryEditions:
        """Editions; to get one is to hold everything in it."""
        return MemoryEditions(self._whole)

    @cached_property
    def persons(self) -> MemoryPersons:
        """People who register."""
        return MemoryPersons(self._whole)

    @cached_property
    def registrations(self) -> MemoryRegistrations:
        """Registrations, whose counts move with them."""
        return MemoryRegistrations(self._whole)

    @cached_property
    def direct(self) -> MemoryDirectRegistrations:
        """Registrations in one step, which memory has no need of."""
        return MemoryDirectRegistrations()

    @cached_property
    def tallies(self) -> MemoryTallies:
        """Counts by edition and scope."""
        return MemoryTallies(self._whole)

    @cached_property
    def decisions(self) -> MemoryDecisions:
        """The log of decisions."""
        return MemoryDecisions(self._whole)

    @cached_property
    def forms(self) -> MemoryForms:
        """How forms are read."""
        return MemoryForms(self._whole)

    @cached_property
    def responses(self) -> MemoryResponses:
        """Responses of forms that have been imported."""
        return MemoryResponses(self._whole)

    @cached_property
    def imports(self) -> MemoryImports:
        """Files of responses, and what each row came to."""
        return MemoryImports(self._whole)

    @cached_property
    def kept_plans(self) -> MemoryKeptPlans:
        """Plans are made anew when they are carried out."""
        return MemoryKeptPlans()

    @cached_property
    def deliveries(self) -> MemoryDeliveries:
        """Responses that were delivered live."""
        return MemoryDeliveries(self._whole)

    @cached_property
    def form_secrets(self) -> MemoryFormSecrets:
        """Which secrets forms have."""
        return MemoryFormSecrets(self._whole)

    @cached_property
    def external_spellings(self) -> MemoryExternalSpellings:
        """Officers' decisions on names that mean no partner."""
        return MemoryExternalSpellings(self._whole)

"""The repositories of enrolment, as a unit of work offers them."""

from functools import cached_property
from typing import TYPE_CHECKING, cast

from app.adapters.postgres.enrolment_decisions import PostgresDecisions
from app.adapters.postgres.enrolment_deliveries import PostgresDeliveries, PostgresFormSecrets
from app.adapters.postgres.enrolment_direct import PostgresDirectRegistrations
from app.adapters.postgres.enrolment_editions import PostgresEditions, PostgresTallies
from app.adapters.postgres.enrolment_imports import (
    PostgresForms,
    PostgresImports,
    PostgresResponses,
)
from app.adapters.postgres.enrolment_kept_plans import PostgresKeptPlans
from app.adapters.postgres.enrolment_people import PostgresExternalSpellings, PostgresPersons
from app.adapters.postgres.enrolment_registrations import PostgresRegistrations

if TYPE_CHECKING:
    from app.adapters.postgres.unit_of_work import PostgresWork


class EnrolmentRepositories:
    """What `PostgresWork` offers to enrolment."""

    @property
    def _whole(self) -> "PostgresWork":
        return cast("PostgresWork", self)

    @cached_property
    def editions(self) -> PostgresEditions:
        """Editions; to get one is to hold everything in it."""
        return PostgresEditions(self._whole)

    @cached_property
    def persons(self) -> PostgresPersons:
        """People who register."""
        return PostgresPersons(self._whole)

    @cached_property
    def registrations(self) -> PostgresRegistrations:
        """Registrations, whose counts move with them."""
        return PostgresRegistrations(self._whole)

    @cached_property
    def direct(self) -> PostgresDirectRegistrations:
        """Registrations in one round trip."""
        return PostgresDirectRegistrations(self._whole)

    @cached_property
    def tallies(self) -> PostgresTallies:
        """Counts by edition and scope."""
        return PostgresTallies(self._whole)

    @cached_property
    def decisions(self) -> PostgresDecisions:
        """The log of decisions."""
        return PostgresDecisions(self._whole)

    @cached_property
    def forms(self) -> PostgresForms:
        """How forms are read."""
        return PostgresForms(self._whole)

    @cached_property
    def responses(self) -> PostgresResponses:
        """Responses of forms that have been imported."""
        return PostgresResponses(self._whole)

    @cached_property
    def imports(self) -> PostgresImports:
        """Files of responses, and what each row came to."""
        return PostgresImports(self._whole)

    @cached_property
    def kept_plans(self) -> PostgresKeptPlans:
        """Plans that are carried out as they were made."""
        return PostgresKeptPlans(self._whole)

    @cached_property
    def deliveries(self) -> PostgresDeliveries:
        """Responses that were delivered live."""
        return PostgresDeliveries(self._whole)

    @cached_property
    def form_secrets(self) -> PostgresFormSecrets:
        """Which secrets forms have."""
        return PostgresFormSecrets(self._whole)

    @cached_property
    def external_spellings(self) -> PostgresExternalSpellings:
        """Officers' decisions on names that mean no partner."""
        return PostgresExternalSpellings(self._whole)

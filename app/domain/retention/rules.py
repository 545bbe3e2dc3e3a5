"""Kinds of data about people, and how long each is kept.

Periods are settings of a deployment: what national law says of results and registers differs. The
defaults are proposals (six months for those who had no place, two years for detail, a year for
logs), and what belongs to the register of credentials is kept until somebody sets a period.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum


class DataKind(StrEnum):
    """A kind of data, with one period."""

    IMPORTS = "imports"
    NOT_PLACED = "not_placed"
    CREDENTIAL_DATA = "credential_data"
    LINKS = "links"
    CONTACT = "contact"
    RESULTS_DETAIL = "results_detail"
    RESULTS = "results"
    CREDENTIAL_COPIES = "credential_copies"
    SHARES = "shares"
    PREPARED_SEALS = "prepared_seals"
    KEPT_ANSWERS = "kept_answers"
    MAIL_FILES = "mail_files"
    MAIL_LOG = "mail_log"
    JOBS = "jobs"
    ACCOUNTS = "accounts"


class RunsFrom(StrEnum):
    """From when a period runs."""

    END_OF_EDITION = "end_of_edition"
    END_OF_LAST_EDITION = "end_of_last_edition"
    """Of all in which the person registered."""
    SEALED = "sealed"
    EXPIRED = "expired"
    MADE = "made"
    FINISHED = "finished"


@dataclass(frozen=True)
class Rule:
    """What goes, and from when its period runs."""

    kind: DataKind
    what: str
    """In words, for people: what is erased, and what stays."""
    runs_from: RunsFrom
    days: int | None
    """The default; None keeps it."""


RULES: tuple[Rule, ...] = (
    Rule(
        DataKind.IMPORTS,
        "uploaded workbooks, live deliveries, rows of their reports and answers to forms; numbers "
        "of rows by verdict stay",
        RunsFrom.END_OF_EDITION,
        180,
    ),
    Rule(
        DataKind.NOT_PLACED,
        "names, addresses and what they stated, of people who had no place or gave it up; state, "
        "rank and decisions stay",
        RunsFrom.END_OF_LAST_EDITION,
        180,
    ),
    Rule(
        DataKind.CREDENTIAL_DATA,
        "dates of birth, student identifiers and names as confirmed for a credential; what was "
        "sealed holds them",
        RunsFrom.END_OF_EDITION,
        365,
    ),
    Rule(DataKind.LINKS, "one-time links with their addresses", RunsFrom.END_OF_EDITION, 180),
    Rule(
        DataKind.CONTACT,
        "addresses, country and language of people who took part; their name stays",
        RunsFrom.END_OF_LAST_EDITION,
        730,
    ),
    Rule(
        DataKind.RESULTS_DETAIL,
        "grades of single assessments, and objections; the result itself stays",
        RunsFrom.END_OF_EDITION,
        730,
    ),
    Rule(
        DataKind.RESULTS,
        "results, and the names of people who took part; rank and decisions stay",
        RunsFrom.END_OF_LAST_EDITION,
        None,
    ),
    Rule(
        DataKind.CREDENTIAL_COPIES,
        "our copies of sealed credentials; the register keeps identifier, hash, state and dates, "
        "and the learner keeps theirs",
        RunsFrom.SEALED,
        None,
    ),
    Rule(DataKind.SHARES, "to whom credentials were shown", RunsFrom.MADE, 365),
    Rule(DataKind.PREPARED_SEALS, "what waits to be sealed elsewhere", RunsFrom.MADE, 180),
    Rule(
        DataKind.KEPT_ANSWERS,
        "answers kept for requests that are repeated",
        RunsFrom.EXPIRED,
        0,
    ),
    Rule(DataKind.MAIL_FILES, "mail written into files, in development", RunsFrom.MADE, 30),
    Rule(DataKind.MAIL_LOG, "that a message was sent, without its text", RunsFrom.MADE, 365),
    Rule(DataKind.JOBS, "finished jobs and what became of their items", RunsFrom.FINISHED, 365),
    Rule(
        DataKind.ACCOUNTS,
        "accounts that have no role and belong to nobody who registered",
        RunsFrom.MADE,
        365,
    ),
)


@dataclass(frozen=True)
class RetentionPolicy:
    """The periods of a deployment, in days; None keeps a kind of data."""

    days: Mapping[DataKind, int | None]

    @classmethod
    def proposed(cls) -> "RetentionPolicy":
        """What is proposed where nobody has decided otherwise."""
        return cls({rule.kind: rule.days for rule in RULES})

    def cutoff(self, kind: DataKind, now: datetime) -> datetime | None:
        """What is older than this is due; None when it is kept."""
        days = self.days[kind]
        return None if days is None else now - timedelta(days=days)

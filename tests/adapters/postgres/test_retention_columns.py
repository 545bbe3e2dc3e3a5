"""No column with data about people is forgotten by retention."""

from typing import Any

from sqlalchemy import Column, Text

from app.adapters.postgres import tables
from app.adapters.postgres.retention_targets import COVERAGE, TARGETS
from app.adapters.postgres.tables.base import PERSONAL, personal_columns
from app.domain.retention.rules import RULES, DataKind

assert tables.metadata.tables


def forgotten(columns: list[Column[Any]]) -> list[str]:
    """Columns that go with no kind of data and have no reason for it."""
    return [str(column) for column in columns if not COVERAGE.get(str(column))]


def does_not_go(column: Column[Any], kind: DataKind) -> bool:
    """Whether erasing that kind leaves the column as it is."""
    mine = [target for target in TARGETS[kind] if target.table is column.table]
    return not any(not target.blank or column.name in target.blank for target in mine)


def test_every_personal_column_goes_with_a_kind_of_data_or_says_why_not() -> None:
    columns = personal_columns()
    assert len(columns) > 25
    assert forgotten(columns) == []
    assert sorted(COVERAGE) == sorted(str(column) for column in columns)


def test_a_new_personal_column_would_be_noticed() -> None:
    new: Column[Any] = Column("shoe_size", Text, info=PERSONAL)
    assert forgotten([*personal_columns(), new]) == ["shoe_size"]


def test_each_goes_when_its_kind_is_erased() -> None:
    left = [
        f"{column} with {kind}"
        for column in personal_columns()
        for kind in COVERAGE[str(column)]
        if isinstance(kind, DataKind) and does_not_go(column, kind)
    ]
    assert left == []


def test_every_rule_is_carried_out() -> None:
    # Files of mail are no records.
    assert {rule.kind for rule in RULES} - set(TARGETS) == {DataKind.MAIL_FILES}
    assert {rule.kind for rule in RULES} == set(DataKind)

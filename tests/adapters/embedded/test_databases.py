"""Whole databases: made, copied, renamed, removed."""

import asyncpg
import pytest

from app.adapters.embedded import EmbeddedPostgres, EmbeddedPostgresUnavailable


async def test_a_database_is_a_copy_of_its_template(server: EmbeddedPostgres) -> None:
    server.create_database("pattern")
    connection = await asyncpg.connect(**server.connect_arguments("pattern"))
    await connection.execute("CREATE TABLE thing AS SELECT 7 AS number")
    await connection.close()
    server.create_database("copy", template="pattern")
    connection = await asyncpg.connect(**server.connect_arguments("copy"))
    assert await connection.fetchval("SELECT number FROM thing") == 7
    await connection.close()


async def test_a_database_in_use_is_dropped_all_the_same(server: EmbeddedPostgres) -> None:
    server.create_database("unloved")
    connection = await asyncpg.connect(**server.connect_arguments("unloved"))
    server.drop_database("unloved")
    with pytest.raises((asyncpg.PostgresError, asyncpg.InterfaceError, OSError)):
        await connection.fetchval("SELECT 1")
    connection.terminate()
    assert not server.database_exists("unloved")
    server.drop_database("unloved")  # a second time does nothing


async def test_a_database_in_use_is_renamed_all_the_same(server: EmbeddedPostgres) -> None:
    server.create_database("working")
    connection = await asyncpg.connect(**server.connect_arguments("working"))
    server.rename_database("working", "complete")
    connection.terminate()
    assert (server.database_exists("working"), server.database_exists("complete")) == (False, True)


def test_names_are_names_whatever_is_in_them(server: EmbeddedPostgres) -> None:
    name = 'o"; DROP DATABASE postgres; --ă'
    server.create_database(name)
    assert server.database_exists(name)
    server.drop_database(name)
    assert not server.database_exists(name)


def test_a_database_that_exists_is_not_made_twice(server: EmbeddedPostgres) -> None:
    with pytest.raises(EmbeddedPostgresUnavailable, match='database "postgres" already exists'):
        server.create_database("postgres")


def test_a_template_that_does_not_exist_is_named(server: EmbeddedPostgres) -> None:
    with pytest.raises(EmbeddedPostgresUnavailable, match='template database "none" does not'):
        server.create_database("child", template="none")


def test_programs_of_the_same_installation_are_at_hand(server: EmbeddedPostgres) -> None:
    assert {name: server.program(name).is_file() for name in ("pgbench", "psql", "pg_dump")} == {
        "pgbench": True,
        "psql": True,
        "pg_dump": True,
    }

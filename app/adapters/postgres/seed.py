"""Puts the alliance's partners into the database; what an officer has decided stays."""

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncEngine

from app.adapters.postgres.tables.base import table
from app.adapters.postgres.tables.platform import InstitutionAliasRow, InstitutionRow
from app.adapters.reference import known_spellings, partners


async def seed_institutions(engine: AsyncEngine) -> None:
    """Insert or update every partner, and insert the spellings that are not known yet."""
    institution, alias = table(InstitutionRow), table(InstitutionAliasRow)
    async with engine.begin() as connection:
        for partner in partners():
            values = {
                "name_local": partner.name_local,
                "name_local_language": partner.name_local_language,
                "name_en": partner.name_en,
                "city": partner.city,
                "country": partner.country,
                "homepage": partner.homepage,
                "mail_domains": list(partner.mail_domains),
                "identifiers": dict(partner.identifiers),
            }
            await connection.execute(
                insert(institution)
                .values(code=partner.code, **values)
                .on_conflict_do_update(index_elements=[institution.c.code], set_=values)
            )
        await connection.execute(
            insert(alias)
            .values(
                [
                    {"spelling": spelling, "institution": code, "decided": False}
                    for spelling, code in known_spellings().items()
                ]
            )
            .on_conflict_do_nothing()
        )

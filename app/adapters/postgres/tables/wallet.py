"""The table of who wants their credentials in their wallet.

Registrations are known by their identifiers alone, as in all tables of credentials.
"""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Column, DateTime
from sqlmodel import Field, SQLModel


class WalletConsentRow(SQLModel, table=True):
    """That the holder of a registration wants it. Taken back by being deleted."""

    __tablename__ = "wallet_consent"

    registration: UUID = Field(primary_key=True)
    given_at: datetime = Field(sa_column=Column(DateTime(timezone=True), nullable=False))

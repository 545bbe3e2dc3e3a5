"""All tables, in one place for migrations: importing this package fills the metadata."""

from app.adapters.postgres.tables import (
    credential_levels as credential_levels,
)
from app.adapters.postgres.tables import (
    credentials as credentials,
)
from app.adapters.postgres.tables import (
    credentials_life as credentials_life,
)
from app.adapters.postgres.tables import (
    credentials_local as credentials_local,
)
from app.adapters.postgres.tables import (
    enrolment as enrolment,
)
from app.adapters.postgres.tables import (
    esco as esco,
)
from app.adapters.postgres.tables import (
    platform as platform,
)
from app.adapters.postgres.tables import (
    proposals as proposals,
)
from app.adapters.postgres.tables import (
    results as results,
)
from app.adapters.postgres.tables import (
    retention as retention,
)
from app.adapters.postgres.tables import (
    wallet as wallet,
)
from app.adapters.postgres.tables.base import metadata as metadata

"""Everything that reading an export needs, put together."""

import asyncio
from functools import cache

from app.adapters.forms.likeness import RapidLikeness
from app.adapters.forms.names import CldrNames
from app.adapters.forms.reader import MicrosoftForms
from app.domain.enrolment.planning import Tools


@cache
def forms_tools() -> Tools:
    """Reader, names and likeness; reading runs in a thread, since it blocks."""
    return Tools(
        reader=MicrosoftForms(),
        names=CldrNames(),
        likeness=RapidLikeness(),
        in_thread=asyncio.to_thread,
    )

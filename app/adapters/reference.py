"""Our own reference data about the alliance: who its partners are, and how people spell them.

It stands in `app/data/alliance.json`, so that another alliance replaces one file. An identifier
that no source confirms is left out there.
"""

import json
from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from typing import Any

from app.domain.vocabulary.institutions import Alliance, Institution
from app.domain.vocabulary.text import folded


@cache
def _data() -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(files("app.data").joinpath("alliance.json").read_text())
    return loaded


def alliance() -> Alliance:
    """The alliance itself."""
    return Alliance(**_data()["alliance"])


def partners() -> Sequence[Institution]:
    """Its partners, by code."""
    return sorted(
        (
            Institution(
                **{
                    **row,
                    "mail_domains": tuple(row["mail_domains"]),
                    "aliases": tuple(row["aliases"]),
                }
            )
            for row in _data()["partners"]
        ),
        key=lambda partner: partner.code,
    )


def known_spellings() -> dict[str, str]:
    """Every spelling in the reference data, folded, and whose it is."""
    return {
        folded(spelling): partner.code
        for partner in partners()
        for spelling in (partner.code, partner.name_local, partner.name_en, *partner.aliases)
    }

"""The pictures inside a credential of ours."""

import base64
from collections.abc import Mapping
from typing import Any

from app.adapters.edc.contents import at, objects, text_at
from app.domain.vocabulary.text import language_tag


def pictures_in(document: Mapping[str, Any]) -> dict[str, bytes]:
    """Its display images (PNG) by BCP 47 tag, the primary language first.

    The reverse of `app.adapters.edc.elm.display.display_parameter`.
    """
    found: dict[str, bytes] = {}
    for display in objects(at(document, "displayParameter", "individualDisplay")):
        tag = language_tag(text_at(display, "language", "id") or "")
        content = at(display, "displayDetail", "image", "content")
        if tag and isinstance(content, str):
            found[tag] = base64.b64decode(content)
    first = language_tag(text_at(document, "displayParameter", "primaryLanguage", "id") or "")
    return dict(sorted(found.items(), key=lambda picture: picture[0] != first))

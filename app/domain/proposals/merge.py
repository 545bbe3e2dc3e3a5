"""JSON Merge Patch (RFC 7396): how a section is edited."""

from collections.abc import Mapping
from typing import Any


def merged(target: Any, patch: Any) -> Any:
    """The target with the patch applied (section 2 of the RFC).

    Objects are merged key by key, null removes a key, everything else replaces what was there,
    lists as a whole.
    """
    if not isinstance(patch, Mapping):
        return patch
    result = dict(target) if isinstance(target, Mapping) else {}
    for key, value in patch.items():
        if value is None:
            result.pop(key, None)
        else:
            result[key] = merged(result.get(key), value)
    return result

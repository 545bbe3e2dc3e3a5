"""Fetching an official zip from an address that the operator names."""

import os
from pathlib import Path
from urllib.parse import unquote, urlsplit

import httpx

from app.adapters.esco.bundles import EscoFileRefused

_MOST = 200_000_000
"""Bytes; the zips of ESCO 1.1.1 have four million each."""


def downloaded(url: str, folder: Path) -> Path:
    """The file behind the address, kept in the folder. Raises EscoFileRefused."""
    name = Path(unquote(urlsplit(url).path)).name or "esco.zip"
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    fresh = path.with_name(f"{name}.{os.getpid()}.part")
    size = 0
    try:
        with (
            httpx.stream("GET", url, timeout=60, follow_redirects=True) as answer,
            fresh.open("wb") as file,
        ):
            answer.raise_for_status()
            for block in answer.iter_bytes():
                size += len(block)
                if size > _MOST:
                    raise EscoFileRefused(name, f"it has more than {_MOST} bytes.")
                file.write(block)
    except (httpx.HTTPError, httpx.InvalidURL) as wrong:
        raise EscoFileRefused(name, f"it cannot be fetched ({wrong}).") from None
    else:
        fresh.replace(path)
    finally:
        fresh.unlink(missing_ok=True)
    return path

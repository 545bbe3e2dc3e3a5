"""Hostile files are opened in processes of their own, which know nothing and may fall."""

import subprocess
import sys
from pathlib import Path


class ChildFell(Exception):
    """The process came to its limits of memory or time, and said nothing."""


def answer_of(child: Path, content: bytes, patience: float) -> bytes:
    """What a program of ours writes about the content that it is given. Blocks.

    The program sees no environment and no installed site; it limits its own memory and processor
    time. `patience` is in seconds by the clock. Raises ChildFell.
    """
    try:
        done = subprocess.run(
            [sys.executable, "-I", "-X", "utf8", str(child)],
            input=content,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=patience,
            check=False,
            env={},
        )
    except subprocess.TimeoutExpired:
        raise ChildFell from None
    if done.returncode != 0:
        raise ChildFell
    return done.stdout

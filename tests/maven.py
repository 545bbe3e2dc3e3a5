"""Programs in Java that ask other people's libraries, which Maven fetches."""

import shutil
import subprocess
from pathlib import Path

import pytest

MISSING = not (shutil.which("mvn") and shutil.which("java"))

needs_maven = pytest.mark.skipif(MISSING, reason="Maven or Java is not installed")


def built(program: Path, temporary: Path, asked: str) -> str:
    """The classpath of the program in a folder, compiled, with everything that it needs.

    Skips the tests where Maven cannot fetch what is asked.
    """
    folder = temporary / "asking"
    shutil.copytree(program, folder)
    made = subprocess.run(
        ["mvn", "-q", "-B", "compile", "dependency:build-classpath", "-Dmdep.outputFile=found"],
        cwd=folder,
        capture_output=True,
        text=True,
    )
    if made.returncode:
        pytest.skip(f"Maven does not resolve {asked} here")
    return f"{folder}/target/classes:{(folder / 'found').read_text()}"


def told(classpath: str, program: str, *arguments: str | Path) -> str:
    """What the program writes. Raises CalledProcessError if it fails."""
    return subprocess.run(
        ["java", "-cp", classpath, program, *arguments],
        check=True,
        capture_output=True,
        text=True,
    ).stdout

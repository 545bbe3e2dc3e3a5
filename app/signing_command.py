"""`sign-prepared`: sign a package of prepared credentials where the key is.

Runs on the institution's own machine, needs no database and no settings of this service, and sends
nothing anywhere. Before anything is signed, it looks at each credential for itself: that the header
names this seal and no other algorithm, that the digest is that of the bytes at hand, and that the
bytes are the credential that the manifest says. What it writes is the body of `attach_seals`.
"""

import argparse
import base64
import hashlib
import json
import sys
import zipfile
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from app.adapters.edc.pki.certificates import fingerprint
from app.adapters.edc.seal.jades import signing_input
from app.adapters.edc.seal.seals import SealKey, load_pkcs12, preflight, read_chain
from app.adapters.issuing.keys_pkcs11 import KeyOnToken, Pkcs11SealKey
from app.domain.credentials.seal import SealUnavailable
from app.settings import Settings


class PackageWrong(Exception):
    """The package is not what it says, or is for another seal; nothing is signed."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What the command takes."""
    parser.add_argument("package", type=Path, help="the ZIP of download_local_sealing")
    parser.add_argument("--out", type=Path, default=Path("signatures.json"))
    parser.add_argument("--pkcs12", type=Path, help="the seal as a PKCS #12 file")
    parser.add_argument("--pkcs11", type=Path, help="the PKCS #11 library of a token")
    parser.add_argument("--token", help="label of the token")
    parser.add_argument("--label", help="label of the key on it")
    parser.add_argument("--id", help="identifier of the key on it, hexadecimal")
    parser.add_argument("--certificates", type=Path, help="PEM with the seal's certificate first")
    parser.add_argument("--secret-file", type=Path, help="file with the password or the PIN")
    parser.add_argument(
        "--dry-run", action="store_true", help="look at everything and sign nothing"
    )


def run(arguments: argparse.Namespace, settings: Settings) -> int:
    """Sign a package; its exit code."""
    del settings  # Of this service, which may be far away.
    try:
        items = list(_items(arguments.package))
        key = _key(arguments, {str(item["algorithm"]) for item, _ in items})
        doubts = preflight(key, datetime.now(UTC))
        if doubts:
            raise PackageWrong("; ".join(finding.detail for finding in doubts))
        for item, payload in items:
            _check(item, payload, key)
        titles = Counter(_title(payload) for _, payload in items)
        print(f"{len(items)} credentials for the seal {key.certificate_chain[0].subject}:")
        for title, number in sorted(titles.items()):
            print(f"  {number} × {title}")
        if arguments.dry_run:
            return 0
        signed = [
            {
                "credential": item["credential"],
                "signature": _base64url(key.sign(signing_input(str(item["protected"]), payload))),
            }
            for item, payload in items
        ]
    except (PackageWrong, SealUnavailable) as refusal:
        print(f"nothing was signed: {refusal}", file=sys.stderr)
        return 1
    arguments.out.write_text(json.dumps({"signatures": signed}, indent=1) + "\n", encoding="utf-8")
    print(f"{arguments.out}: {len(signed)} signatures, to be sent to the batch's signatures.")
    return 0


def _items(package: Path) -> Iterator[tuple[Mapping[str, Any], bytes]]:
    try:
        with zipfile.ZipFile(package) as archive:
            for item in json.loads(archive.read("manifest.json"))["items"]:
                yield item, archive.read(item["payload"])
    except (OSError, zipfile.BadZipFile, ValueError, KeyError, TypeError) as error:
        raise PackageWrong(f"{package.name} is no package of prepared credentials.") from error


def _key(arguments: argparse.Namespace, algorithms: set[str]) -> SealKey:
    if len(algorithms) != 1:
        raise PackageWrong("the package holds nothing to sign, or is for several seals.")
    [alg] = algorithms
    secret = ""
    if arguments.secret_file is not None:
        try:
            secret = arguments.secret_file.read_text(encoding="utf-8").rstrip("\r\n")
        except OSError as error:
            raise PackageWrong(f"{arguments.secret_file} cannot be read.") from error
    if arguments.pkcs12 is not None:
        return load_pkcs12(arguments.pkcs12, secret, alg)
    if arguments.pkcs11 is None or arguments.token is None:
        raise PackageWrong("name the seal: --pkcs12, or --pkcs11 with --token and --label or --id.")
    place = KeyOnToken(
        module=arguments.pkcs11,
        token=arguments.token,
        pin=secret,
        label=arguments.label,
        id=None if arguments.id is None else bytes.fromhex(arguments.id),
    )
    chain = () if arguments.certificates is None else read_chain(arguments.certificates)
    return Pkcs11SealKey(place, certificates=chain, alg=alg)


def _check(item: Mapping[str, Any], payload: bytes, key: SealKey) -> None:
    """Raises PackageWrong for what this seal must not be put to."""
    protected = str(item["protected"])
    try:
        header = json.loads(base64.urlsafe_b64decode(protected + "=" * (-len(protected) % 4)))
        credential = json.loads(payload)["id"]
    except (ValueError, KeyError, TypeError) as error:
        raise PackageWrong(f"{item['credential']} cannot be read.") from error
    leaf = key.certificate_chain[0]
    seal = base64.urlsafe_b64decode(str(header.get("x5t#S256", "")) + "=").hex()
    wrong = {
        "is for another seal": seal != fingerprint(leaf),
        "asks for another algorithm": header.get("alg") != key.alg,
        "is not encoded as the header says": header.get("b64") is not False,
        "is another credential": credential != f"urn:credential:{item['credential']}",
        "is not what its digest says": hashlib.sha256(signing_input(protected, payload)).hexdigest()
        != item["digest"],
    }
    for reason, applies in wrong.items():
        if applies:
            raise PackageWrong(f"{item['credential']} {reason}.")


def _title(payload: bytes) -> str:
    titles = json.loads(payload).get("displayParameter", {}).get("title", {})
    return next(iter(titles.values()), "without a title")


def _base64url(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode("ascii")

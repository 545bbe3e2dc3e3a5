"""A newer family of the Learning Model is a folder of tables, and no code knows of it."""

import json
import shutil
from importlib import resources
from pathlib import Path
from typing import Any

import pytest

from app.adapters.edc.elm.context import document_loader
from app.adapters.edc.elm.document import build_credential
from app.adapters.edc.elm.format_cache import FormatVerdicts
from app.adapters.issuing.making import Maker
from app.adapters.issuing.sealing import EdcSealing
from app.adapters.issuing.trusted import RecognisedInstitutions
from app.adapters.issuing.verifier import EdcVerifier
from app.adapters.memory.seals import ThrowAwaySeals
from app.domain.credentials.profile.model import Profile
from app.domain.credentials.profile.tables import Profiles, known_profiles, read_profiles
from app.domain.credentials.profile.validation import validate
from app.domain.credentials.verification import CheckName, CheckStatus, Verdict
from app.domain.errors import InternalInconsistency
from app.profile_page import profile_page
from tests.adapters.edc.credentials import a_credential, as_bytes
from tests.adapters.edc.material import (
    ALLIANCE,
    CREDENTIAL,
    ISSUED,
    ISSUER,
    PARTNERS,
    PICTURES,
    a_course,
    an_award,
)
from tests.adapters.edc.official import graph
from tests.contracts.test_sealing import an_order, nothing
from tests.issuing_builders import TickingClock, issued_by

TERMS = "https://learning.example/model/"
CONTEXT = "https://learning.example/context"
SCHEMA = "https://learning.example/shapes/generic"


def write(root: Path, name: str, *, version: str, schema: str, extra: str = "") -> None:
    """A family of our own invention, from the tables of the first with other IRIs."""
    folder = root / name
    first = resources.files("app.data") / "elm" / "edc-ap-1.1"
    with resources.as_file(first) as tables:
        shutil.copytree(tables, folder)
    record = json.loads((folder / "profile.json").read_text(encoding="utf-8"))
    record |= {"name": "Invented", "family": "Z", "version": version}
    record["contexts"]["profile"] = CONTEXT
    record["prefixes"]["elm"] = TERMS
    record["schemas"] = {record["generic"]: schema}
    (folder / "profile.json").write_text(json.dumps(record), encoding="utf-8")
    claims = folder / "claims.table"
    text = claims.read_text(encoding="utf-8")
    before = "LearningAchievement = elm:LearningAchievement\n"
    assert before in text
    claims.write_text(text.replace(before, before + extra), encoding="utf-8")


@pytest.fixture(scope="module")
def profiles(tmp_path_factory: pytest.TempPathFactory) -> Profiles:
    root = tmp_path_factory.mktemp("elm")
    first = resources.files("app.data") / "elm" / "edc-ap-1.1"
    with resources.as_file(first) as tables:
        shutil.copytree(tables, root / "edc-ap-1.1")
    (root / "diploma.typ").write_text("what else lies there is no profile")
    write(root, "invented-2.0", version="2.0.0", schema=SCHEMA)
    write(
        root,
        "invented-10",
        version="10.0",
        schema=f"{SCHEMA}/10",
        extra="  order elm:order 1..1 integer\n",
    )
    return read_profiles(root)


def written_by(profile: Profile) -> dict[str, Any]:
    return build_credential(
        credential_id=CREDENTIAL,
        award=an_award(),
        specification=a_course(),
        issuer=ISSUER,
        organisations=PARTNERS,
        alliance_name=ALLIANCE,
        issued=ISSUED,
        images=PICTURES,
        profile=profile,
    )


def test_a_document_is_read_by_the_profile_whose_contexts_it_names(profiles: Profiles) -> None:
    assert profiles.of(a_credential()).key == ("A", "1.1.0")
    for name in ("invented-2.0", "invented-10"):
        profile = profiles.named[name]
        assert profiles.of(written_by(profile)) is profile
    # Of versions with the same contexts, the newest; without contexts that are known, the first.
    assert profiles.of({"@context": profiles.named["invented-10"].contexts}).version == "10.0"
    assert profiles.of({"@context": "https://example.org"}) is profiles.default
    assert profiles.of(None) is profiles.default


def test_it_is_judged_by_its_own_tables(profiles: Profiles) -> None:
    older, newer = profiles.named["invented-2.0"], profiles.named["invented-10"]
    document = written_by(older)
    assert validate(document, profile=profiles.of(document)) == []
    document = written_by(newer)
    assert [(f.code, f.pointer) for f in validate(document, profile=profiles.of(document))] == [
        ("missing", "/credentialSubject/hasClaim/order")
    ]
    document["credentialSubject"]["hasClaim"]["order"] = 1
    assert validate(document, profile=profiles.of(document)) == []
    # Where the folder is not there, it is another context, and no more is said.
    assert [f.code for f in validate(document)] == ["context_differs"]


def test_its_terms_mean_what_its_own_contexts_say(profiles: Profiles) -> None:
    profile = profiles.named["invented-2.0"]
    terms = {
        str(term) for term in graph(written_by(profile), document_loader(profile)).predicates()
    }
    assert f"{TERMS}hasClaim" in terms
    assert not any(term.startswith("http://data.europa.eu/snb/model/elm/") for term in terms)


def test_verdicts_of_two_profiles_do_not_mix(profiles: Profiles) -> None:
    document = written_by(profiles.named["invented-2.0"])
    knowing, unknowing = FormatVerdicts(profiles=profiles), FormatVerdicts()
    assert knowing.findings(as_bytes(document), document) == ()
    assert [f.code for f in unknowing.findings(as_bytes(document), document)] == ["context_differs"]
    verdicts = FormatVerdicts(profiles=profiles)
    verdicts.note_sound(as_bytes(document))
    verdicts.findings(as_bytes(document), document)
    assert verdicts.validated == 1


def test_its_page_is_written_from_its_tables(profiles: Profiles) -> None:
    page = profile_page(profiles)
    assert "## Invented 10.0" in page
    assert "| order | `elm:order` | 1..1 | `xsd:integer` |  |" in page


def test_two_folders_with_one_family_and_version_are_not_read(tmp_path: Path) -> None:
    write(tmp_path, "edc-ap-1.1", version="1", schema=SCHEMA)
    write(tmp_path, "again", version="1", schema=SCHEMA)
    with pytest.raises(InternalInconsistency):
        read_profiles(tmp_path)


async def test_a_setting_has_it_issued_and_sealed_and_it_verifies(profiles: Profiles) -> None:
    clock = TickingClock()
    seals = ThrowAwaySeals(clock)
    chosen = Profiles(profiles.named, "invented-2.0")
    maker = Maker(seals, seals, public_url="https://m.example", production=False, profiles=chosen)
    sealing = EdcSealing(maker, clock)
    # The second and the third come from a mould.
    issued = [await issued_by(sealing, an_order(clock)) for _ in range(3)]
    for one in issued:
        assert one.profile == "Invented 2.0.0"
        document = json.loads(json.loads(one.document)["payload"])
        assert document["@context"][1] == CONTEXT
        assert document["credentialSchema"]["id"] == SCHEMA
    knowing = EdcVerifier(seals, RecognisedInstitutions(None), profiles=profiles)
    found = await knowing.verify(issued[0].document, now=clock.now(), status=nothing)
    assert found.verdict is Verdict.VERIFIED
    unknowing = EdcVerifier(seals, RecognisedInstitutions(None), profiles=known_profiles())
    found = await unknowing.verify(issued[0].document, now=clock.now(), status=nothing)
    assert (found.verdict, found.check(CheckName.FORMAT).status) == (
        Verdict.PARTIALLY_VERIFIED,
        CheckStatus.WARNING,
    )

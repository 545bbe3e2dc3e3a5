"""Files from outside: ESCO's own are understood, others are refused with a reason."""

import gzip
import zipfile
from pathlib import Path

import pytest

from app.adapters.esco import bundles
from app.adapters.esco.bundles import EscoFileRefused, files_of, version_in
from app.adapters.esco.published import Content, recognise
from tests.adapters.esco.files import GOOD, QUALITY, SKILLS, TEAMS, put, zipped


def read(path: Path) -> Content:
    [file] = files_of(path)
    known = recognise(file)
    assert known is not None
    return known.content()


def test_labels_are_cleaned_and_what_was_odd_is_counted(tmp_path):
    found = read(put(tmp_path, "skills_en.csv", "\ufeff" + GOOD))
    assert found.labels == [
        (TEAMS, "en", "preferred", "work in teams"),
        (TEAMS, "en", "alternative", "team-working"),
        (QUALITY, "en", "preferred", "manage quality"),
    ]
    assert dict(found.oddities.times) == {"blanks_in_label": 1, "label_repeated": 1}


def test_the_version_and_the_language_are_read_from_names(tmp_path):
    assert version_in(Path("ESCO-v1.1.1-classification-en-csv.zip")) == "1.1.1"
    path = put(tmp_path, "skills_sv.v1.0.9.csv.gz", gzip.compress(GOOD.encode()))
    assert files_of(path)[0].language == "sv"


def test_a_broken_row_of_a_list_of_labels_is_passed_over_and_told(tmp_path):
    rows = "".join(f"{TEAMS}{n},label {n}\n" for n in range(30))
    found = read(put(tmp_path, "list_de.csv", f"conceptUri,preferredLabel\nnothing,x\n{rows}"))
    assert (found.oddities.times["no_uri"], len(found.labels)) == (1, 30)


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ("a,b,c\n1,2,3\n", "not those of any ESCO file"),
        (SKILLS + f"X,{TEAMS},skill/competence,transversal,too few\n", "cells"),
        (SKILLS.encode() + b"X,\xff\xfe,skill/competence,,x,,\n", "not UTF-8"),
        (GOOD + f"X,{TEAMS}2,skill/competence,,=HYPERLINK(1),,\n", "like a formula"),
        (GOOD + f"X,{TEAMS}2,skill/competence,,@SUM(1),,\n", "like a formula"),
        (GOOD + f'X,{TEAMS}2,skill/competence,,"{"x" * 300_000}",,\n', "characters"),
        (GOOD + f"X,{TEAMS}2,skill/competence,,{'y' * 1_100_000},,\n", "bytes"),
        (GOOD + "X,http://example.org/1,skill/competence,,x,,\n", "no URI of an ESCO concept"),
        (GOOD + f"X,{TEAMS}2,magic,,x,,\n", "unknown skillType"),
        (GOOD + f"X,{TEAMS}2,skill/competence,,a\0b,,\n", "U+0000"),
        (SKILLS, "no rows"),
    ],
    ids=[
        "columns", "cells", "encoding", "formula", "at sign", "cell", "line", "uri", "type", "nul",
        "empty",
    ],
)  # fmt: skip
def test_what_is_no_esco_data_is_refused_with_a_reason(tmp_path, content, why):
    with pytest.raises(EscoFileRefused, match=why.replace("+", r"\+")):
        read(put(tmp_path, "skills_en.csv", content))


def test_a_zip_that_unpacks_to_far_more_is_refused_before_it_is_unpacked(tmp_path):
    path = zipped(tmp_path, "bomb.zip", skills_en="0" * 5_000_000)
    with pytest.raises(EscoFileRefused, match="more tightly than any real data"):
        files_of(path)


def test_a_packed_file_is_measured_while_it_is_unpacked(tmp_path, monkeypatch):
    monkeypatch.setattr(bundles, "MOST_BYTES", 1_000)
    path = put(tmp_path, "skills_en.csv.gz", gzip.compress((GOOD + "\n" * 5_000).encode()))
    with pytest.raises(EscoFileRefused, match="unpacks to more than"):
        read(path)


def test_what_is_no_archive_is_refused(tmp_path):
    with pytest.raises(EscoFileRefused, match="no zip file"):
        files_of(put(tmp_path, "esco.zip", "hello"))
    with zipfile.ZipFile(tmp_path / "other.zip", "w") as archive:
        archive.writestr("readme.txt", "hello")
    with pytest.raises(EscoFileRefused, match="no CSV file"):
        files_of(tmp_path / "other.zip")

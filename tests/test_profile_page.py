"""The page of the profile says what the tables say, and stands in the documentation as it is."""

from pathlib import Path

from app.domain.credentials.profile.tables import known_profiles
from app.profile_page import profile_page

PAGE = Path(__file__).parents[1] / "docs" / "profile.md"


def rows(page: str) -> dict[str, list[list[str]]]:
    """The rows of the tables below each class."""
    found: dict[str, list[list[str]]] = {}
    name = ""
    for line in page.splitlines():
        if line.startswith("#"):
            name = line.removeprefix("#### ") if line.startswith("#### ") else ""
        elif name and line.startswith("| ") and not line.startswith("| key |"):
            found.setdefault(name, []).append([cell.strip() for cell in line[1:-1].split("|")])
    return found


def test_the_page_in_the_documentation_is_the_one_that_the_tables_give() -> None:
    assert PAGE.read_text(encoding="utf-8") == profile_page()


def test_every_key_of_every_class_has_its_row_with_what_the_table_says_of_it() -> None:
    shown = rows(profile_page())
    for profile in known_profiles():
        for cls in profile.classes.values():
            assert [row[0] for row in shown.get(cls.name, [])] == list(cls.keys)
            assert [row[1] for row in shown.get(cls.name, [])] == [
                f"`{key.iri}`" for key in cls.keys.values()
            ]


def test_a_row_says_how_many_of_what_type_from_which_list() -> None:
    shown = {row[0]: row for row in rows(profile_page())["Qualification"]}
    assert shown["eqfLevel"] == [
        "eqfLevel", "`elm:EQFLevel`", "0..1", "[Concept](#concept)", "eqf, enforced",
    ]  # fmt: skip
    assert shown["title"] == ["title", "`dc:title`", "1..*", "text", ""]
    assert shown["volumeOfLearning"][3] == "`xsd:duration`"


def test_every_link_to_a_class_has_where_to_lead() -> None:
    page = profile_page()
    headings = {line[5:].lower() for line in page.splitlines() if line.startswith("#### ")}
    targets = {part.split(")")[0] for part in page.split("](#")[1:]}
    assert targets <= headings
    assert "organisation" in targets

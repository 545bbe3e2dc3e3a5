"""Names whose letters are not what they look like."""

import pytest

from app.domain.vocabulary.scripts import mixed_scripts, scripts_mixed


@pytest.mark.parametrize(
    ("name", "scripts"),
    [
        ("Аna García", {"CYRILLIC", "LATIN"}),
        ("Ana Gαrcía", {"GREEK", "LATIN"}),
        ("Ana-Мaría", {"CYRILLIC", "LATIN"}),
        ("Ana García Núñez", set()),
        ("Ναυσικά Παπαδοπούλου", set()),
        ("Стоян Йорданов-Щерев", set()),
        # Each word is of one script: some people write both of their names.
        ("Стоян Stoyan", set()),
        ("Jean-Стоян", set()),
        ("O'Súilleabháin 3rd", set()),
        ("李小龍 Bruce", set()),
    ],
)
def test_a_word_of_several_scripts_that_look_alike_is_noticed(name: str, scripts: set[str]) -> None:
    assert scripts_mixed(name) == scripts


def test_what_is_told_of_it_repeats_no_name() -> None:
    told = mixed_scripts("/full_name", scripts_mixed("Аna García"))
    assert (told.pointer, told.code) == ("/full_name", "mixed_scripts")
    assert "Cyrillic and Latin" in told.detail
    assert "García" not in told.detail

"""Which names can be drawn, by the word of the renderer."""

import pytest

from app.adapters.edc.image import lettering
from app.adapters.edc.image.lettering import InnerLettering

ALL_DRAWN = (
    "Zoë Ñandú", "Ștefan Țurcanu", "Çelik Ģirts Ů", "Αθηνά Ζωή", "Йордан Ѝ", "გიორგი ბერიძე",
    "محمد الفاسي", "שלום", "Nguyễn Ánh", "O’Brien-Łucja", "Ze\u0301",
)  # fmt: skip


async def test_the_scripts_of_the_partners_and_some_more_are_drawn() -> None:
    assert await InnerLettering().undrawn(ALL_DRAWN) == {}


@pytest.mark.parametrize(
    ("name", "first"),
    [("李小龍", "李"), ("Ana 李 Núñez", "李"), ("ᠮᠣᠩᠭᠣᠯ", "ᠮ"), ("🎓 Ana", "🎓")],
)
async def test_of_another_script_it_is_told_what_cannot_be_drawn(name: str, first: str) -> None:
    assert await InnerLettering().undrawn([name, "Ana"]) == {name: first}


async def test_what_one_name_has_told_is_not_asked_for_the_next(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[str] = []
    ask = lettering._first_undrawn

    def noted(text: str) -> str | None:
        asked.append(text)
        return ask(text)

    monkeypatch.setattr(lettering, "_first_undrawn", noted)
    letters = InnerLettering()
    assert await letters.undrawn(["李明", "Ana Díaz"]) == {"李明": "李"}
    again = await letters.undrawn(["李明", "李四", "Díaz", "naA"])
    assert again == {"李明": "李", "李四": "李"}
    assert asked == ["李明", "Ana Díaz"]

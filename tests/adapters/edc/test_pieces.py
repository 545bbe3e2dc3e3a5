"""Pieces of the display image that are put together, not drawn: as if they had been drawn."""

from random import Random
from uuid import UUID

import pytest
import segno
from PIL import Image, ImageChops

from app.adapters.edc.image.composing import qr_code
from app.adapters.edc.image.images import number_piece, pieces_of
from app.domain.credentials.credential_id import credential_urn

_IDS = Random(20261125)


def some_id() -> UUID:
    """Any identifier, but the same in every run: processes that share the tests agree on them."""
    return UUID(int=_IDS.getrandbits(128))


@pytest.mark.parametrize(
    "credential", [UUID(int=0), UUID(int=2**128 - 1), *(some_id() for _ in range(6)), some_id()]
)
def test_a_number_looks_as_if_it_had_been_drawn_as_a_whole(credential: UUID) -> None:
    [drawn] = pieces_of("en", "numbers", numbers=[credential_urn(credential)])
    made = number_piece(credential)
    assert made.size == drawn.size
    assert ImageChops.difference(made.getchannel("A"), drawn.getchannel("A")).getbbox() is None


def read(picture: Image.Image, size: int) -> list[bytes]:
    scale = picture.width // (size + 4)
    middle = scale // 2
    return [
        bytes(
            picture.getpixel((scale * (x + 2) + middle, scale * (y + 2) + middle)) == 0
            for x in range(size)
        )
        for y in range(size)
    ]


@pytest.mark.parametrize(
    "address",
    [
        *(f"https://credentials.example/verify/{some_id()}" for _ in range(10)),
        f"http://127.0.0.1:8000/verify/{UUID(int=0)}",
        f"HTTPS://CAPITALS.EXAMPLE/{some_id()}",
        f"HTTPS://CAPITALS.EXAMPLE/{UUID(int=7)}",
        f"https://credentials.example/überprüfen/{some_id()}",
        "https://credentials.example/verify",
        str(some_id()),
    ],
)
def test_a_code_is_the_one_that_an_encoder_makes_of_the_whole_address(address: str) -> None:
    code = segno.make_qr(address, error="m", boost_error=False, mask=3)
    assert read(qr_code(address), len(code.matrix)) == [bytes(row) for row in code.matrix]


@pytest.mark.parametrize("name", ["Ada", "Ågot Jørgensen", "Ṩ̇ỹ Quỳnh", "Γιώργος Πάγκαλος"])
def test_all_of_a_name_is_on_a_piece_that_is_as_high_above_its_middle_as_below(name: str) -> None:
    [piece] = pieces_of("en", "personal", people=[name])
    [roomy] = pieces_of("en", "personal", people=[f"{name} {name} {name} {name} {name}"])
    top, bottom = piece.getchannel("A").getbbox()[1::2]  # type: ignore[index]
    assert top > 0
    assert bottom < piece.height < 113
    assert roomy.height <= 113

"""Pictures that authors supply, made safe for being drawn."""

import base64
import warnings
from functools import lru_cache
from io import BytesIO

from PIL import Image, UnidentifiedImageError

from app.domain.errors import Invalid
from app.domain.vocabulary.specification import Media

_LARGEST_SIDE = 1_600
_MOST_PIXELS = 40_000_000


class PictureUnusable(Invalid):
    """A logo or background that cannot be drawn."""

    code = "picture_unusable"


def embedded(media: Media) -> str:
    """A picture as SVG that holds it, which the renderer takes as plain text.

    It is decoded and encoded anew, at most 1600 pixels a side, so that nothing but pixels gets
    through. Raises PictureUnusable for anything but a PNG or JPEG of a sensible size.
    """
    return _embedded(media.content)


@lru_cache(maxsize=64)
def _embedded(content: str) -> str:
    try:
        data = base64.b64decode(content, validate=True)
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(BytesIO(data), formats=("PNG", "JPEG")) as opened:
                if opened.width * opened.height > _MOST_PIXELS:
                    raise PictureUnusable("The picture has more than 40 million pixels.")
                picture = opened.convert("RGBA")
    except (
        ValueError, OSError, SyntaxError, UnidentifiedImageError,
        Image.DecompressionBombError, Image.DecompressionBombWarning,
    ) as error:  # fmt: skip
        raise PictureUnusable("The picture is no readable PNG or JPEG file.") from error
    picture.thumbnail((_LARGEST_SIDE, _LARGEST_SIDE))
    clean = BytesIO()
    picture.save(clean, format="PNG")
    clean_content = base64.b64encode(clean.getvalue()).decode("ascii")
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{picture.width}" '
        f'height="{picture.height}"><image width="{picture.width}" height="{picture.height}" '
        f'href="data:image/png;base64,{clean_content}"/></svg>'
    )

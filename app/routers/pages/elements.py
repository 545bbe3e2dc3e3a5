"""HTML written as a tree of elements, in which no text can become markup.

`e("p", "Ada & ", e("b", "Bob"))` is `<p>Ada &amp; <b>Bob</b></p>`. A text is escaped wherever it
stands, and loses what is not seen of it; only what `e` made is taken as it is.
"""

from collections.abc import Iterable
from html import escape
from unicodedata import category

_VOID = frozenset({"meta", "link", "input", "br", "hr", "img", "path", "circle"})
"""Elements without content; those of SVG may be written like it."""


_UNSEEN = frozenset({"Cc", "Cf", "Cs"})
_KEPT = "\n\t\u200c\u200d"


class Html(str):
    """Markup that was made here."""

    __slots__ = ()


Content = str | Html | None | Iterable["Content"]
"""What may stand in an element; None is nothing, and lists may be nested."""


def e(tag: str, *content: Content, **attributes: str | int | bool | None) -> Html:
    """An element. Attributes are named with underscores for hyphens, `class_` and `for_`.

    An attribute that is True stands without a value; one that is None or False is left out.
    """
    written = "".join(_attribute(name, value) for name, value in attributes.items())
    if tag in _VOID:
        return Html(f"<{tag}{written}>" if tag not in ("path", "circle") else f"<{tag}{written}/>")
    return Html(f"<{tag}{written}>{joined(content)}</{tag}>")


def joined(content: Content) -> Html:
    """Contents one after the other."""
    if content is None:
        return Html("")
    if isinstance(content, Html):
        return content
    if isinstance(content, str):
        return Html(escape(shown(content)))
    return Html("".join(joined(part) for part in content))


def shown(text: str) -> str:
    """A text without the characters that show nothing and change how others are shown.

    Controls and formats (Unicode categories Cc and Cf): among them those that turn the direction
    of writing round, by which a name can be made to look like another (Unicode TR 36, section
    2.10). The two joiners stay, which some scripts are written with.
    """
    if text.isascii() and text.isprintable():
        return text
    return "".join(c for c in text if c in _KEPT or category(c) not in _UNSEEN)


def document(head: Content, body: Content, *, language: str) -> str:
    """A whole page in one language (a BCP 47 tag)."""
    return f"<!DOCTYPE html>\n{e('html', e('head', head), e('body', body), lang=language)}\n"


def _attribute(name: str, value: str | int | bool | None) -> str:
    if value is None or value is False:
        return ""
    plain = name.rstrip("_").replace("_", "-")
    return f" {plain}" if value is True else f' {plain}="{escape(shown(str(value)))}"'

"""Logos that operators supply as SVG (SVG 1.1), cut down to shapes and their colours.

A drawing may name other files, run programs and hide texts; a logo needs none of that. What is not
known to be harmless makes the whole drawing unusable, so that nobody is surprised by half a logo.
"""

import re

from lxml import etree

from app.adapters.edc.image.pictures import PictureUnusable

_MOST_BYTES = 300_000
_MOST_ELEMENTS = 4_000
_SVG = "{http://www.w3.org/2000/svg}"
_SHAPES = frozenset(
    {"svg", "g", "path", "rect", "circle", "ellipse", "line", "polyline", "polygon", "defs",
     "linearGradient", "radialGradient", "stop", "clipPath", "mask"}
)  # fmt: skip
_SAID = frozenset({"title", "desc", "metadata"})
"""Left out: the text alternative of a logo is the name of its institution."""
_ATTRIBUTES = frozenset(
    {"id", "d", "x", "y", "x1", "x2", "y1", "y2", "cx", "cy", "r", "rx", "ry", "fx", "fy", "width",
     "height", "points", "transform", "viewBox", "version", "preserveAspectRatio", "fill",
     "fill-rule", "fill-opacity", "clip-rule", "clip-path", "mask", "stroke", "stroke-width",
     "stroke-linecap", "stroke-linejoin", "stroke-miterlimit", "stroke-dasharray",
     "stroke-dashoffset", "stroke-opacity", "opacity", "offset", "stop-color", "stop-opacity",
     "gradientUnits", "gradientTransform", "spreadMethod", "clipPathUnits", "maskUnits",
     "maskContentUnits", "color", "display", "visibility"}
)  # fmt: skip
_LOCAL = re.compile(r"url\(\s*['\"]?#[\w.-]+['\"]?\s*\)")


def safe_drawing(data: bytes) -> str:
    """The drawing as SVG with nothing in it but shapes. Raises PictureUnusable."""
    if len(data) > _MOST_BYTES:
        raise PictureUnusable(f"The drawing is larger than {_MOST_BYTES // 1000} kB.")
    root = _parsed(data)
    if root.tag != f"{_SVG}svg":
        raise PictureUnusable("The drawing is no SVG.")
    for number, element in enumerate(list(root.iter())):
        if number > _MOST_ELEMENTS:
            raise PictureUnusable(f"The drawing has more than {_MOST_ELEMENTS} parts.")
        _clean(element)
    etree.cleanup_namespaces(root)
    return str(etree.tostring(root, encoding="unicode"))


def _parsed(data: bytes) -> etree._Element:
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False,
        remove_comments=True, remove_pis=True,
    )  # fmt: skip
    if b"<!DOCTYPE" in data or b"<!ENTITY" in data:
        raise PictureUnusable("The drawing has a document type. Export it as plain SVG.")
    try:
        return etree.fromstring(data, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise PictureUnusable("The drawing cannot be read as SVG.") from error


def _clean(element: etree._Element) -> None:
    name = str(element.tag)
    local = name.removeprefix(_SVG)
    parent = element.getparent()
    if (name == local and "}" in name) or local in _SAID:
        # What an editor noted for itself, in a namespace of its own, and what is only said.
        if parent is not None:
            parent.remove(element)
        return
    if local not in _SHAPES:
        raise PictureUnusable(
            f"The drawing has a <{local}>. Convert texts and pictures to paths and export it as "
            "plain SVG."
        )
    element.text = element.tail = None
    for attribute, value in list(element.attrib.items()):
        key = str(attribute)
        if key == "style":
            del element.attrib[attribute]
            _spread(element, str(value))
        elif key not in _ATTRIBUTES:
            del element.attrib[attribute]
        else:
            _insist_on_local(str(value))


def _spread(element: etree._Element, style: str) -> None:
    """Write a style as attributes, those that are harmless."""
    for declaration in style.split(";"):
        key, _, value = (part.strip() for part in declaration.partition(":"))
        if key in _ATTRIBUTES and value:
            _insist_on_local(value)
            element.set(key, value)


def _insist_on_local(value: str) -> None:
    if "url" in _LOCAL.sub("", value).casefold():
        raise PictureUnusable("The drawing refers to another file.")

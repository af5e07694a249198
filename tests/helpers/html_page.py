"""A strict reading of an HTML page: elements with their text, refusing wrong nesting."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser

VOID = {"meta", "img", "br", "col", "line", "rect", "circle", "path", "polyline", "link", "hr"}
NO_BLOCKS_IN_P = {
    "p",
    "div",
    "ul",
    "ol",
    "table",
    "dl",
    "section",
    "h1",
    "h2",
    "h3",
    "h4",
    "figure",
}


@dataclass
class Element:
    tag: str
    attributes: dict[str, str]
    parent: "Element | None"
    children: "list[Element | str]" = field(default_factory=list)

    @property
    def text(self) -> str:
        return " ".join(self.raw_text.split())

    @property
    def raw_text(self) -> str:
        return "".join(c if isinstance(c, str) else c.raw_text for c in self.children)

    @property
    def classes(self) -> list[str]:
        return self.attributes.get("class", "").split()

    def all(self, tag: str, style: str = "") -> "list[Element]":
        return [e for e in self.walk() if e.tag == tag and (not style or style in e.classes)]

    def walk(self) -> "Iterator[Element]":
        for child in self.children:
            if isinstance(child, Element):
                yield child
                yield from child.walk()

    def section(self, name: str) -> "Element":
        return next(e for e in self.walk() if e.attributes.get("id") == name)


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.root = self.open = Element("root", {}, None)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in NO_BLOCKS_IN_P and self.open.tag == "p":
            raise ValueError(f"line {self.getpos()[0]}: <{tag}> inside <p>")
        names = [name for name, _ in attrs]
        if len(set(names)) != len(names):
            raise ValueError(f"line {self.getpos()[0]}: an attribute of <{tag}> twice")
        element = Element(tag, {name: value or "" for name, value in attrs}, self.open)
        self.open.children.append(element)
        if tag not in VOID:
            self.open = element

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag != self.open.tag or self.open.parent is None:
            raise ValueError(f"line {self.getpos()[0]}: </{tag}> closes <{self.open.tag}>")
        self.open = self.open.parent

    def handle_data(self, data: str) -> None:
        self.open.children.append(data)


def read_page(text: str) -> Element:
    """The root of the page; ValueError where elements are not closed in order."""
    reader = _Reader()
    reader.feed(text)
    reader.close()
    if reader.open is not reader.root:
        raise ValueError(f"<{reader.open.tag}> is never closed")
    return reader.root


def table_rows(table: Element) -> list[list[str]]:
    """The body of a table as text."""
    return [
        [cell.text for cell in row.children if isinstance(cell, Element)]
        for body in table.all("tbody")
        for row in body.all("tr")
    ]

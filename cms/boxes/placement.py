"""Where boxes stand: read off the templates, which call them by their labels."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from cms.core import template_sources

MADE_BY_THE_SITE: Mapping[str, str] = {
    "download-sources": "the newest releases",
    "homepage-downloads": "the newest releases",
    "supernav-python-downloads": "the newest releases",
}
"""Labels under which the site answers with something of its own, and what it makes that of."""


@dataclass(frozen=True, slots=True)
class Place:
    """A template that shows boxes, in the words of editors, and the address of a page that is made from it."""

    words: str
    path: str

    def __str__(self) -> str:
        return self.words


PLACES: Mapping[str, Place] = {
    "downloads/index.html": Place("The list of all downloads", "/downloads/"),
    "home/index.html": Place("The home page", "/"),
}


@cache
def labels_in(template: str) -> frozenset[str]:
    """Return the labels of the boxes on a page from this template, those of the templates that it uses included."""
    used = template_sources.used_by(template)
    return frozenset[str]().union(*(template_sources.named_in(name, "box") for name in used))


@cache
def labels_called() -> Mapping[str, tuple[Place, ...]]:
    """Return each label that a template calls, with the places where its box stands, in order."""
    found: dict[str, list[Place]] = {}
    for template in template_sources.public_templates():
        for label in template_sources.named_in(template, "box"):
            found.setdefault(label, []).append(place_of(template))
    return {label: tuple(places) for label, places in sorted(found.items())}


def places_of(label: str) -> tuple[Place, ...]:
    """Return where the box of this label stands; empty where no template calls it."""
    return labels_called().get(label, ())


def place_of(template: str) -> Place:
    """Return what editors call the pages made from a template; one without a name is called by its own."""
    return PLACES.get(template, Place(f"The template {template}", "/"))

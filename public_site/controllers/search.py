"""The search page."""

from dataclasses import dataclass
from typing import Annotated, Self
from urllib.parse import urlencode

from litestar import Controller, Response, get
from litestar.di import NamedDependency
from litestar.params import QueryParameter

from cms.core.errors import Unavailable
from cms.core.resources import Resources
from cms.core.search import NOTHING, PAGE_SIZE
from public_site.templating import Renderer

LONGEST_QUERY = 200
LAST_PAGE = 500
KINDS = {"pages": "Page", "releases": "Release"}


class SearchController(Controller):
    @get("/search/")
    async def show_results(
        self,
        resources: NamedDependency[Resources],
        render: NamedDependency[Renderer],
        q: Annotated[str, QueryParameter()] = "",
        page: Annotated[str, QueryParameter()] = "1",
    ) -> Response[str]:
        """Answer whatever is typed: what no engine could understand simply finds nothing."""
        asked = Question.from_visitor(q, page)
        results, failure = NOTHING, ""
        if asked.words:
            try:
                results = await resources.search.search(asked.words, page=asked.page)
            except Unavailable as error:
                failure = error.message
        return await render(
            "search/results.html",
            status_code=Unavailable.status_code if failure else 200,
            query=asked.words,
            results=results.hits,
            total=results.total,
            kinds=KINDS,
            failure=failure,
            page_number=asked.page,
            previous_page=asked.address_of(asked.page - 1) if asked.page > 1 else "",
            next_page=asked.address_of(asked.page + 1) if results.total > asked.page * PAGE_SIZE else "",
        )


@dataclass(frozen=True, slots=True)
class Question:
    """What a visitor looks for, made harmless."""

    words: str
    page: int

    @classmethod
    def from_visitor(cls, words: str, page: str) -> Self:
        printable = "".join(character if character.isprintable() else " " for character in words)
        number = int(page) if page.isascii() and page.isdigit() and len(page) <= len(str(LAST_PAGE)) else 1
        return cls(" ".join(printable.split())[:LONGEST_QUERY].strip(), min(max(number, 1), LAST_PAGE))

    def address_of(self, page: int) -> str:
        return f"/search/?{urlencode({'q': self.words, 'page': page})}"

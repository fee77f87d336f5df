"""What the search knows of a page."""

from cms.core.search import Document, documents_of
from cms.core.text import plain_text
from cms.pages import queries
from cms.pages.models import Page


@documents_of("pages", rows=queries.live)
def page_document(page: Page) -> Document:
    """Return the document of a live page; a page does not age, so it has no date."""
    return Document(
        index="pages",
        row_id=page.id,
        title=page.title,
        body=plain_text(f"{page.description} {page.content_html}"),
        keywords=page.keywords,
        path=page.public_path,
    )

"""Which banners there are, and which one a page shows."""

from sqlalchemy import Select, func, select

from cms.banners.models import Banner
from cms.core.publishing import is_live


def live() -> Select[Banner]:
    """Banners that the public may see, the most urgent first; of those alike, the newest."""
    return select(Banner).where(is_live(Banner)).order_by(Banner.priority.desc(), Banner.id.desc())


def shown_at(path: str) -> Select[Banner]:
    """The banner of the page at this address, if there is one for it."""
    target = func.jsonb_array_elements_text(Banner.paths).table_valued("value", name="target")
    reaches = select(target).where(func.starts_with(path, target.c.value)).exists()
    return live().where(reaches).limit(1)

"""Which search engine the settings ask for."""

from sqlalchemy.ext.asyncio import AsyncEngine

from cms.core.search import SearchEngine
from cms.core.search_engines.fallback import FallbackSearch
from cms.core.search_engines.meilisearch import Meilisearch
from cms.core.search_engines.postgresql import PostgresSearch
from cms.core.settings import Settings


def engine_from_settings(settings: Settings, engine: AsyncEngine) -> SearchEngine:
    """Return PostgreSQL's search, and before it Meilisearch where the settings name one."""
    postgresql = PostgresSearch(engine)
    if settings.meilisearch_url is None:
        return postgresql
    key = settings.meilisearch_key.get_secret_value() if settings.meilisearch_key else None
    return FallbackSearch(Meilisearch(settings.meilisearch_url, key=key), postgresql)

"""People at the back office."""

import httpx
import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from cms.users.models import User
from tests.admin.browser import Browser


@pytest.fixture
async def browser(client: httpx.AsyncClient, session: AsyncSession, superuser: User) -> Browser:
    """A superuser at the back office."""
    return await Browser(client).sign_in(session, superuser)

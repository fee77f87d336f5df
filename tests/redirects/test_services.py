"""What may be decided about redirects."""

import pytest
from sqlalchemy import select

from cms.core.errors import Invalid, PermissionDenied
from cms.core.permissions import Permission
from cms.redirects import services
from cms.redirects.models import Redirect
from tests.factories.users import make_user


@pytest.mark.parametrize("target", ["/new/", "https://docs.python.org/3/", ""])
async def test_a_path_is_redirected_to_a_path_to_an_address_or_to_nowhere(session, superuser, target):
    redirect = Redirect(old_path="/old/", new_path=target)

    await services.save_redirect(session, redirect, by=superuser)
    await session.commit()

    assert redirect.id is not None


@pytest.mark.parametrize(
    ("old", "new", "field"),
    [
        ("old", "/new/", "old_path"),
        ("//evil.test", "/new/", "old_path"),
        ("/old/", "javascript:alert(1)", "new_path"),
        ("/old/", "//evil.test/", "new_path"),
        ("/old/", "/new\r\nSet-Cookie: a=b", "new_path"),
        ("/old/", "/old", "new_path"),
        ("/admin/old/", "/new/", "old_path"),
    ],
)
async def test_a_redirect_that_leads_astray_is_refused(session, superuser, old, new, field):
    with pytest.raises(Invalid) as refusal:
        await services.save_redirect(session, Redirect(old_path=old, new_path=new), by=superuser)

    assert list(refusal.value.errors) == [field]


async def test_a_redirect_takes_the_permission_to_edit_redirects(session):
    reader = await make_user(session, permissions=(Permission.REDIRECTS_VIEW,))

    with pytest.raises(PermissionDenied):
        await services.save_redirect(session, Redirect(old_path="/old/"), by=reader)


async def test_redirects_that_lead_in_a_circle_are_refused(session, superuser):
    await services.save_redirect(session, Redirect(old_path="/a/", new_path="/b/"), by=superuser)
    await services.save_redirect(session, Redirect(old_path="/b", new_path="/c/"), by=superuser)
    await session.commit()

    with pytest.raises(Invalid, match="circle"):
        await services.save_redirect(session, Redirect(old_path="/c/", new_path="/a"), by=superuser)


async def test_redirects_in_a_row_that_end_are_accepted(session, superuser):
    await services.save_redirect(session, Redirect(old_path="/b/", new_path="/c/"), by=superuser)
    await services.save_redirect(session, Redirect(old_path="/a/", new_path="/b/"), by=superuser)
    await session.commit()

    assert len((await session.scalars(select(Redirect))).all()) == 2

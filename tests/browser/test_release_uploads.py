"""Release files in a real browser: chosen, sent in parts over a line that breaks, and gone on with after a reload."""

import pytest
from sqlalchemy import select

from cms.downloads.models import ReleaseFile
from cms.downloads.uploads import services
from cms.downloads.uploads.models import ReleaseUpload
from tests.admin.browser import Browser
from tests.browser.conftest import violations
from tests.factories.downloads import make_operating_system, make_release

pytestmark = pytest.mark.browser
CONTENT = bytes(range(256)) * 40
FILE = {"name": "Python-3.15.0b1.tgz", "mimeType": "application/gzip", "buffer": CONTENT}
SIDECAR = {"name": "Python-3.15.0b1.tgz.asc", "mimeType": "text/plain", "buffer": b"-----BEGIN PGP SIGNATURE-----"}
STRANGER = {"name": "notes.html", "mimeType": "text/html", "buffer": b"<p>"}


async def test_files_are_sent_in_parts_and_gone_on_with_after_a_reload(
    client, session, superuser, open_page, monkeypatch
):
    monkeypatch.setattr(services, "PIECE", 4096)
    await make_operating_system(session, "Source release", slug="source")
    release = await make_release(session, "Python 3.15.0b1", is_published=False)
    await Browser(client).sign_in(session, superuser)
    page = await open_page(f"/admin/releases/uploads/{release.id}")
    await page.route("**/upload-part/*?offset=4096*", lambda route: route.fulfill(status=409, json={"error": "No."}))
    await page.set_input_files("#upload", FILE)
    await page.wait_for_selector(".upload-row.has-errors")
    assert (await session.scalars(select(ReleaseUpload.received))).one() == 4096

    await page.unroute("**/upload-part/*?offset=4096*")
    await page.reload()
    assert "4,096 of 10,240 bytes" in await page.inner_text("main")
    await page.set_input_files("#upload", [FILE, SIDECAR, STRANGER])
    await page.wait_for_selector("text=1 of 3 files could not be uploaded")

    assert await page.locator(".upload-row.is-done").count() == 2
    assert "ends like no release file" in await page.inner_text(".upload-row.has-errors")
    assert await violations(page) == []
    file = (await session.scalars(select(ReleaseFile))).one()
    assert (file.size, file.gpg_signature_url) == (len(CONTENT), file.url + ".asc")

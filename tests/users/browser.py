"""What a person does with a form: open it, fill it in, send it."""

import re

from tests.conftest import SITE

TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')


async def submit(client, path, *, page=None, **fields):
    """Send the form of a page, with the token that stands in it."""
    shown = await client.get(page or path)
    data = {"csrf_token": TOKEN.search(shown.text)[1], **fields}
    return await client.post(path, data=data, headers={"Origin": SITE})


async def sign_in(client, username, password, **fields):
    return await submit(client, "/accounts/login/", username=username, password=password, **fields)


async def account_menu(client):
    return (await client.get("/authenticated")).text

"""The pictures of the staff's handbook are taken by walking through the program: where a step is gone, this fails."""

import re

import pytest

from admin.handbook import HANDBOOK
from tests.screenshots import take_all

pytestmark = pytest.mark.browser

PICTURE = re.compile(r"\(images/([a-z-]+\.png)\)")


async def test_every_picture_of_the_handbook_can_be_taken_anew(chromium, tmp_path):
    named = {name for page in HANDBOOK.glob("*.md") for name in PICTURE.findall(page.read_text())}

    await take_all(tmp_path)

    assert {path.name for path in tmp_path.iterdir()} == named

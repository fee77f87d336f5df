"""Images in pages of the site: the smallest copy that is large enough, and no jump while it loads."""

import pytest
from lxml import html

from public_site.pictures import responsive
from public_site.templating import make_environment
from tests.factories.media import SVG, a_picture, make_item
from tests.factories.pages import make_page

SHOW = '{% from "macros/pictures.html" import picture %}{{ picture(item, sizes="50vw") }}'


@pytest.fixture
def storage(resources):
    return resources.storage


def shown(item):
    environment = make_environment(site_url="https://www.example.org")
    return html.fromstring(environment.from_string(SHOW).render(item=item))


async def test_a_picture_offers_modern_formats_and_its_own(client, session, storage):
    item = await make_item(session, storage, content=a_picture((1000, 500)), alternative_text='A "snake" & more')

    tree = shown(item)

    image = next(tree.iter("img"))
    assert [source.get("type") for source in list(tree.iter("source"))] == ["image/avif", "image/webp"]
    assert [part.split()[1] for part in image.get("srcset").split(", ")] == ["320w", "640w", "960w", "1000w"]
    assert (image.get("width"), image.get("height"), image.get("sizes")) == ("1000", "500", "50vw")
    assert image.get("alt") == 'A "snake" & more'
    for source in list(tree.iter("source")):
        for part in source.get("srcset").split(", "):
            answer = await client.get(part.split()[0])
            assert answer.status_code == 200
            assert answer.headers["Content-Type"] == source.get("type")
            assert "immutable" in answer.headers["Cache-Control"]


async def test_a_drawing_is_one_file_for_all(session, storage):
    item = await make_item(session, storage, content=SVG, filename="logo.svg")

    tree = shown(item)

    assert list(tree.iter("source")) == []
    assert next(tree.iter("img")).get("srcset") is None


async def test_a_text_offers_smaller_copies_of_an_inserted_image(client, session, storage):
    item = await make_item(session, storage)
    address = f"/media/variants/640.webp/{item.path}"
    page = await make_page(session, content=f"![A snake]({address})\n\n![Whole]({item.public_path})")

    images = html.fromstring((await client.get(page.public_path)).text).xpath("//main//img")

    assert images[0].get("src") == address
    assert images[0].get("srcset") == f"/media/variants/320.webp/{item.path} 320w, {address} 640w"
    assert images[0].get("sizes") == "(max-width: 640px) 100vw, 640px"
    assert images[1].get("srcset") is None


@pytest.mark.parametrize(
    "markup",
    [
        '<img src="/media/variants/641.webp/a.png" alt="">',
        '<img src="/media/a.png" alt="">',
        '<img src="https://example.org/media/variants/640.webp/a.png" alt="">',
        '<img alt="" src="/media/variants/640.webp/a.png" srcset="x 1w">',
        '<img alt="" srcset="x 1w" src="/media/variants/640.webp/a.png">',
        "&lt;img src=&quot;/media/variants/640.webp/a.png&quot;&gt;",
    ],
)
def test_whatever_else_a_text_holds_is_left_alone(markup):
    assert responsive(markup) == markup

"""Uploaded images: told apart by what they hold, and refused before they cost memory."""

import io
import struct
import zlib

import pytest
from PIL import Image, features

from cms.core import images
from cms.core.errors import Invalid


def an_image(image_format="PNG", size=(40, 30), **options):
    buffer = io.BytesIO()
    Image.new("RGB", size, "teal").save(buffer, image_format, **options)
    return buffer.getvalue()


def a_png_that_claims(width, height):
    """A small PNG whose head promises many pixels."""

    def chunk(kind, content):
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", zlib.compress(b"\0" * 100)) + chunk(b"IEND", b"")


@pytest.mark.parametrize("image_format", images.FORMATS)
def test_each_format_that_browsers_show_is_accepted(image_format):
    if image_format == "AVIF" and not features.check("avif"):
        pytest.skip("This Pillow was built without AVIF.")

    facts = images.inspect(an_image(image_format), filename="My Photo.JPG")

    assert (facts.format, facts.width, facts.height) == (image_format, 40, 30)
    assert facts.name == "my-photo" + images.EXTENSIONS[image_format]
    assert facts.content_type == f"image/{image_format.lower()}"


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"GIF89a",
        b"<html><script>alert(1)</script></html>",
        b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>",
        b"%PDF-1.7",
        an_image("BMP"),
        an_image("TIFF"),
        an_image("ICO"),
    ],
    ids=["nothing", "head", "html", "svg", "pdf", "bmp", "tiff", "ico"],
)
def test_what_is_no_image_for_the_web_is_refused(content):
    with pytest.raises(Invalid, match=r"use PNG, JPEG, GIF, WebP or AVIF|is broken"):
        images.inspect(content, filename="photo.png")


@pytest.mark.parametrize("image_format", ["PNG", "JPEG", "GIF", "WEBP"])
@pytest.mark.parametrize("share", [0.3, 0.6, 0.9])
def test_a_truncated_image_is_refused(image_format, share):
    whole = an_image(image_format, size=(300, 300)) + b""
    noisy = _noise(image_format)

    for content in (noisy[: int(len(noisy) * share)], whole[:20]):
        with pytest.raises(Invalid):
            images.inspect(content, filename="photo")


def _noise(image_format):
    buffer = io.BytesIO()
    Image.effect_noise((200, 200), 90).convert("RGB").save(buffer, image_format)
    return buffer.getvalue()


@pytest.mark.parametrize(("width", "height"), [(8_000, 6_250), (60_000, 60_000), (2_000_000_000, 2_000_000_000)])
def test_a_decompression_bomb_is_refused_before_it_is_decoded(width, height):
    with pytest.raises(Invalid, match=r"at most 16 megapixels|is broken"):
        images.inspect(a_png_that_claims(width, height), filename="bomb.png")


def test_a_file_that_is_too_large_is_refused_unread():
    with pytest.raises(Invalid, match="at most 8 MB"):
        images.inspect(b"\x89PNG" + bytes(images.MAX_BYTES), filename="a.png")


@pytest.mark.parametrize(
    ("filename", "name"),
    [
        ("../../etc/passwd", "passwd.png"),
        ("C:\\Users\\me\\Föto 1.png", "foto-1.png"),
        ("a\u202egnp.exe", "agnp.png"),
        ("x\0y.png", "xy.png"),
        ("日本.png", "image.png"),
        (".png", "png.png"),
        ("", "image.png"),
        ("a" * 300 + ".png", "a" * 80 + ".png"),
    ],
)
def test_a_name_is_made_safe(filename, name):
    assert images.safe_name(filename, ".png") == name

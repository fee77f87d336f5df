"""Slugs as Django makes them, and the text that readers see of HTML."""

import time

import pytest

from cms.core.text import excerpt, plain_text, slugify, storable, without_elements


@pytest.mark.parametrize(
    ("value", "slug"),
    [
        ("Python 3.14.0", "python-3140"),
        ("Python 3.15.0a1", "python-3150a1"),
        (" Hello,  World! ", "hello-world"),
        ("a_b - c--d", "a_b-c-d"),
        ("-_leading and trailing_-", "leading-and-trailing"),
        ("Cafés in Zürich", "cafes-in-zurich"),
        ("\tTabs\nand lines", "tabs-and-lines"),
        ("日本", ""),
        ("", ""),
    ],
)
def test_slugs_are_those_of_django(value, slug):
    assert slugify(value) == slug


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("<p>One</p><p>Two</p>", "One Two"),
        ("<b>P</b>ython", "Python"),
        ("a<br>b", "a b"),
        ("1 &lt; 2 &amp;&amp; 3 > 2", "1 < 2 && 3 > 2"),
        ("a < b", "a < b"),
        ("<script>alert(1)</script>x<STYLE>p {}</style >y", "xy"),
        ("a<!-- <p>not seen</p> -->b<!-- to the end", "ab"),
        ("<![if IE]>a<![endif]>", "a"),
        ("  many \n\n spaces\u00a0here ", "many spaces here"),
        ("", ""),
    ],
)
def test_plain_text_is_what_a_reader_sees(markup, text):
    assert plain_text(markup) == text


def test_an_excerpt_ends_at_a_word():
    markup = "<p>Python is a programming language.</p>"

    assert excerpt(markup, 100) == "Python is a programming language."
    assert excerpt(markup, 15) == "Python is a…"
    assert excerpt(markup, 12) == "Python is a…"
    assert excerpt("<p>" + "x" * 50, 10) == "xxxxxxxxx…"
    assert all(len(excerpt(markup, length)) <= length for length in range(1, 40))


def test_what_no_database_holds_is_removed():
    assert storable("a\x00b\x07c\ud800d\te\nf") == "abcd" + "\te\nf"


def test_elements_go_with_their_content_whatever_their_case():
    markup = "İ<ScRiPt src='>'>1</sCRIPT\n>b<scripty>c</scripty><script>never closed"

    assert without_elements(markup, ("script",)) == "İb<scripty>c</scripty>"


@pytest.mark.parametrize("hostile", ["<script ", "<!--", "<", "</", "<p ", "&lt", "<a href='"])
def test_hostile_text_costs_no_more_than_its_length(hostile):
    begun = time.perf_counter()

    plain_text(hostile * 100_000)

    assert time.perf_counter() - begun < 20

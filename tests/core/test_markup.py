"""Every kind of markup: what it makes of a text, and what it never lets through."""

import html.parser
from pathlib import Path
from types import SimpleNamespace

import pytest

from cms.core.errors import Invalid
from cms.core.markup import LEGACY_KINDS, MAX_SOURCE, TRUSTED_KINDS, MarkupKind, render, render_markup_fields
from cms.core.markup_renderers import markdown, restructuredtext
from cms.core.markup_renderers.sanitiser import ATTRIBUTES, TAGS, sanitise

SANITISED_KINDS = sorted(set(MarkupKind) - TRUSTED_KINDS)

PAYLOADS = [
    "<script>alert(1)</script>",
    "<SCRIPT SRC=//evil.example/x.js></SCRIPT>",
    "<scr<script>ipt>alert(1)</scr</script>ipt>",
    "<img src=x onerror=alert(1)>",
    '<img src="x` `<script>alert(1)</script>"` `>',
    "<img/src=x/onerror=alert(1)//",
    "<svg onload=alert(1)>",
    "<svg><script>alert(1)</script></svg>",
    "<svg><a xlink:href='javascript:alert(1)'><text>x</text></a></svg>",
    "<math><mtext><table><mglyph><style><!--</style><img title='--&gt;&lt;img src=1 onerror=alert(1)&gt;'>",
    "<noscript><p title='</noscript><img src=x onerror=alert(1)>'>",
    "<iframe src='javascript:alert(1)'></iframe>",
    "<iframe srcdoc='<script>alert(1)</script>'></iframe>",
    "<a href='javascript:alert(1)'>x</a>",
    "<a href='JaVaScRiPt:alert(1)'>x</a>",
    "<a href=' &#14; javascript:alert(1)'>x</a>",
    "<a href='java\tscript:alert(1)'>x</a>",
    "<a href='java&#x0A;script:alert(1)'>x</a>",
    "<a href='&#106;&#97;&#118;&#97;&#115;&#99;&#114;&#105;&#112;&#116;&#58;alert(1)'>x</a>",
    "<a href='vbscript:msgbox(1)'>x</a>",
    "<a href='data:text/html;base64,PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg=='>x</a>",
    "<a href='\x01javascript:alert(1)'>x</a>",
    "<a href='file:///etc/passwd'>x</a>",
    "<p style='background:url(javascript:alert(1))'>x</p>",
    "<p onclick=alert(1) onmouseover='alert(1)'>x</p>",
    "<body onload=alert(1)>",
    "<object data='javascript:alert(1)'></object>",
    "<embed src='javascript:alert(1)'>",
    "<form action='javascript:alert(1)'><button formaction='javascript:alert(1)'>x</button></form>",
    "<input autofocus onfocus=alert(1)>",
    "<meta http-equiv=refresh content='0;url=javascript:alert(1)'>",
    "<base href='//evil.example/'>",
    "<link rel=stylesheet href='//evil.example/x.css'>",
    "<style>@import '//evil.example/x.css';</style>",
    "<template><script>alert(1)</script></template>",
    "<details open ontoggle=alert(1)>x</details>",
    "<video><source onerror=alert(1)></video>",
    "<textarea></textarea><script>alert(1)</script>",
    "<!--><script>alert(1)</script>-->",
    "<![CDATA[<script>alert(1)</script>]]>",
    "<?xml version='1.0'?><script>alert(1)</script>",
    "[x](javascript:alert(1))",
    "[x](<javascript:alert(1)>)",
    "[x](JAVASCRIPT:alert(1) 'title')",
    "[x]: javascript:alert(1)\n\n[x]",
    "<javascript:alert(1)>",
    "![x](javascript:alert(1))",
    "![x](data:image/svg+xml;base64,PHN2Zz4=)",
    "[x](data:text/html,<script>alert(1)</script>)",
    '![x"onerror="alert(1)](x)',
    "`x <javascript:alert(1)>`_",
    ".. image:: javascript:alert(1)\n   :target: javascript:alert(1)",
    ".. _x: javascript:alert(1)\n\nx_",
    ".. raw:: html\n\n   <script>alert(1)</script>",
    ".. role:: raw-html(raw)\n   :format: html\n\n:raw-html:`<script>alert(1)</script>`",
    '.. container:: x" onclick="alert(1)\n\n   text',
    'https://example.com/"onmouseover="alert(1)',
    "http://example.com/<script>alert(1)</script>",
]


class _Auditor(html.parser.HTMLParser):
    """Reads HTML as a browser would and notes everything that is not on the allow-list."""

    def __init__(self):
        super().__init__()
        self.faults = []

    def handle_starttag(self, tag, attrs):
        if tag not in TAGS:
            self.faults.append(tag)
        for name, value in attrs:
            if name not in ATTRIBUTES["*"] + ATTRIBUTES.get(tag, []):
                self.faults.append((tag, name))
            scheme, colon, _ = "".join((value or "").split()).lower().partition(":")
            if name in {"href", "src"} and colon and not scheme.startswith(("/", "#", "http", "mailto")):
                self.faults.append((tag, name, value))

    def handle_comment(self, data):
        self.faults.append(("comment", data))

    handle_decl = handle_pi = unknown_decl = handle_comment


def faults_of(markup):
    auditor = _Auditor()
    auditor.feed(markup)
    auditor.close()
    return auditor.faults


@pytest.mark.parametrize("kind", SANITISED_KINDS)
@pytest.mark.parametrize("payload", PAYLOADS)
def test_nothing_but_the_allow_list_gets_through(payload, kind):
    surrounded = f"before\n\n{payload}\n\nafter"

    assert faults_of(render(payload, kind)) == []
    assert faults_of(render(surrounded, kind)) == []


@pytest.mark.parametrize("payload", PAYLOADS)
def test_what_is_sanitised_stays_the_same_when_sanitised_again(payload):
    once = sanitise(payload)

    assert sanitise(once) == once


@pytest.mark.parametrize("kind", [MarkupKind.HTML, MarkupKind.MARKDOWN])
def test_script_disappears_with_its_text(kind):
    rendered = render("a\n\n<script>\nalert(1)\n</script>\n\nb", kind)

    assert "script" not in rendered
    if kind is MarkupKind.HTML:
        assert "alert" not in rendered


def test_html_keeps_what_the_allow_list_names():
    allowed = (
        '<h2 id="top" class="x" title="t">T</h2><blockquote><p>a<br>b<sub>1</sub></p></blockquote>'
        '<table><caption>c</caption><tbody><tr><th scope="col" colspan="2">h</th>'
        '<td align="left" rowspan="2">d</td></tr></tbody></table>'
        '<img src="/i.png" alt="i" width="1" height="2"><a href="mailto:a@b.org">m</a><a href="#x">f</a>'
    )

    assert render(allowed, "html") == allowed


@pytest.mark.parametrize(
    ("address", "leaves"),
    [
        ("https://docs.python.org/", True),
        ("//x.org/", True),
        (" HTTP://x.org", True),
        ("/about/", False),
        ("#a", False),
    ],
)
def test_links_that_leave_the_site_hand_over_no_window(address, leaves):
    rendered = render(f'<a rel="license" href="{address}">x</a>', "html")

    assert ('rel="license noopener"' in rendered) is leaves


def test_an_address_that_was_broken_into_lines_is_one():
    rendered = render('<a href="/about/apps/\n#web">x</a> <img alt="" src="\t/media/x\r\n.png">', "html")

    assert rendered == '<a href="/about/apps/#web">x</a> <img alt="" src="/media/x.png">'


def test_github_flavored_markdown_is_rendered():
    text = (
        "# T\n\n~~old~~ https://python.org\n\n| a | b |\n|:-:|---|\n| 1 | 2 |\n\n- [x] done\n- [ ] open\n\n"
        "```python\nprint()\n```\n\n<b>raw</b>"
    )

    rendered = render(text, "markdown")

    for part in ("<h1>T</h1>", "<del>old</del>", 'href="https://python.org"', '<td align="center">1</td>', "☑ done"):
        assert part in rendered
    assert '<code class="language-python">' in rendered
    assert "<b>" not in rendered


def test_restructuredtext_is_rendered_with_the_elements_of_the_allow_list():
    text = (
        "Title\n=====\n\n*em* ``code`` `link <https://x.org>`_ [1]_\n\n.. note:: Mind\n\n.. [1] Foot\n\n"
        "Sub\n---\n\n=== ===\n a   b\n=== ===\n 1   2\n=== ==="
    )

    rendered = render(text, "restructuredtext")

    for part in ('<div id="title">', "<h2>Title</h2>", "<h3>Sub</h3>", "<em>em</em>", "<code>code</code>", "<table"):
        assert part in rendered
    assert '<div class="admonition note">' in rendered
    assert "markup-problem" not in rendered


def test_a_broken_document_tells_its_author_where():
    rendered = render("fine\n\n.. unknown:: x\n\n*also fine*", "restructuredtext")

    assert "Line 3 of this reStructuredText is not understood." in rendered
    assert "Unknown directive type" in rendered
    assert "<em>also fine</em>" in rendered


@pytest.fixture
def secret(tmp_path):
    path = tmp_path / "secret.svg"
    path.write_text("<svg><title>opensesame</title></svg>")
    path.with_suffix(".png").write_bytes(b"opensesame")
    path.with_suffix(".csv").write_text("opensesame,b\n")
    return path


@pytest.mark.parametrize(
    "directive",
    [
        ".. include:: {path}",
        ".. include:: {path}\n   :literal:",
        ".. literalinclude:: {path}",
        ".. raw:: html\n   :file: {path}",
        ".. raw:: html\n   :url: file://{path}",
        ".. csv-table::\n   :file: {csv}",
        ".. csv-table::\n   :url: file://{csv}",
        ".. image:: {path}\n   :loading: embed",
        ".. image:: {png}\n   :loading: embed",
        ".. figure:: file://{path}\n   :loading: embed\n   :figwidth: image\n   :scale: 50",
        ".. |x| image:: {path}\n   :loading: embed\n\n|x|",
    ],
)
def test_restructuredtext_reads_no_file(directive, secret):
    text = directive.format(path=secret, png=secret.with_suffix(".png"), csv=secret.with_suffix(".csv"))

    made = restructuredtext.render_restructuredtext(text)

    assert "opensesame" not in made
    assert "b3BlbnNlc2FtZQ" not in made


def test_a_role_of_one_document_is_unknown_to_the_next():
    render(".. role:: shout(emphasis)\n\n:shout:`x`", "restructuredtext")

    assert "markup-problem" in render(":shout:`x`", "restructuredtext")


def test_plain_text_keeps_its_lines_and_links_its_addresses():
    rendered = render("1 < 2 & 3\nnext (https://x.org/?a=1&b=2).\n\n\n  indented", "plain")

    assert rendered == (
        '<p>1 &lt; 2 &amp; 3<br>\nnext (<a href="https://x.org/?a=1&amp;b=2" rel="noopener">'
        "https://x.org/?a=1&amp;b=2</a>).</p>\n\n<p>  indented</p>"
    )


def test_trusted_kinds_are_left_as_they_are():
    text = '<div id="tabs" onclick="open()"><script>$("#tabs").tabs()</script></div>\n'

    assert render(text, "html-trusted") == text
    assert render(f"# T\n\n{text}", "markdown-trusted") == f"<h1>T</h1>\n{text}"


@pytest.mark.parametrize("kind", MarkupKind)
def test_what_no_database_holds_never_comes_out(kind):
    rendered = render("a\x00b \ud83d c\r\nd", kind)

    assert "ab" in rendered
    assert not set(rendered) & {"\x00", "\ud83d", "\r"}


@pytest.mark.parametrize("kind", MarkupKind)
def test_nothing_makes_nothing(kind):
    assert render("", kind).strip() == ""


@pytest.mark.parametrize("kind", MarkupKind)
def test_a_text_that_is_too_long_is_refused(kind):
    with pytest.raises(Invalid, match="at most 500,000 characters"):
        render("x" * (MAX_SOURCE + 1), kind)


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("markdown", ">" * 10_000 + " a"),
        ("markdown", "| a " * 400 + "\n" + "|---" * 400 + "\n" + ("| a " * 400 + "\n") * 300),
        ("html", "<div>" * 50_000),
        ("html", "".join(f"<b id={number}>" for number in range(5_000)) + "<p>" * 50_000),
        ("html", "<a " + "a=b " * 100_000),
        ("html", "<" * 400_000),
        ("restructuredtext", "- " * 2_000 + "a"),
        ("restructuredtext", "\n".join(" " * depth + "a\n" for depth in range(500))),
        ("restructuredtext", "*a *b `c |d\n" * 20_000),
        ("restructuredtext", "a\n\n" * 150_000),
    ],
    ids=[
        "quotations",
        "table",
        "elements",
        "formatting",
        "attributes",
        "mistakes",
        "lists",
        "indents",
        "starts",
        "long",
    ],
)
def test_what_would_occupy_the_process_is_refused_with_a_sentence(kind, text):
    with pytest.raises(Invalid) as refusal:
        render(text, kind)

    assert refusal.value.message[-1] in ".?!"


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("markdown", "[" * 100_000),
        ("markdown", "*a " * 30_000),
        ("html", "<ul>" + "<li>a</li>" * 20_000 + "</ul>"),
        ("html", "<p>word</p>" * 20_000),
        ("restructuredtext", "".join(f".. |a{n + 1}| replace:: |a{n}| |a{n}|\n" for n in range(40)) + "\n|a40|"),
    ],
    ids=["brackets", "stars", "items", "paragraphs", "substitutions"],
)
def test_large_and_odd_texts_are_rendered(kind, text):
    assert render(text, kind)


def test_rendering_markdown_leaves_no_memory_behind():
    text = "# Title\n\nsome *text* with [a link](https://x.org)\n\n" * 1_000
    markdown.render_markdown(text, raw_html=False)

    before = _resident_pages()
    for _ in range(40):
        markdown.render_markdown(text, raw_html=False)

    assert (_resident_pages() - before) * 4096 < 40 * 1024 * 1024


def _resident_pages():
    try:
        return int(Path("/proc/self/statm").read_text().split()[1])
    except FileNotFoundError:
        pytest.skip("Only Linux tells the memory of a process in /proc.")


def test_every_kind_of_the_old_site_that_can_be_rendered_has_one_here():
    assert set(LEGACY_KINDS) == {"html", "markdown", "markdown_unsafe", "plain", "restructuredtext"}
    assert LEGACY_KINDS["markdown_unsafe"] in TRUSTED_KINDS


def a_page(**values):
    return SimpleNamespace(markup_fields=("content", "summary"), summary=None, summary_kind="plain", **values)


def test_the_markup_fields_of_a_row_are_rendered():
    page = a_page(content="*a*\x00", content_kind=MarkupKind.MARKDOWN)

    render_markup_fields(page)

    assert page.content == "*a*"
    assert page.content_html == "<p><em>a</em></p>\n"
    assert page.summary is None
    assert page.summary_html == ""


def test_a_refused_text_names_its_field():
    page = a_page(content="<div>" * 1_000, content_kind="html")

    with pytest.raises(Invalid) as refusal:
        render_markup_fields(page)

    assert list(refusal.value.errors) == ["content"]

"""As what a missed path is counted."""

import pytest

from cms.missed_paths.paths import counted_as, referrer_of


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/a/b", "/a/b/"),
        ("/a/b/", "/a/b/"),
        ("/a/b.html", "/a/b.html"),
        ("/Großes/", "/Großes/"),
        ("/wp-login.php", "*.php"),
        ("/a/index.PHP/b", "*.php"),
        ("/blog/wp-content/x", "wp-*"),
        ("/.env", ".hidden files"),
        ("/a/.git/config", ".hidden files"),
        ("/.well-known/change-password", "/.well-known/change-password/"),
        ("/", ""),
        ("//evil.test/", ""),
        ("/admin/x", ""),
        ("/accounts/password/reset/key/secret/", ""),
        ("/static/x.css", ""),
        ("/someone@example.org/", ""),
        ("/a\nb/", ""),
        ("/\udcff/", ""),
        ("/" + "a" * 300, ""),
    ],
)
def test_a_path_has_one_spelling_probes_are_grouped_and_the_rest_is_left_out(path, name):
    assert counted_as(path) == name


@pytest.mark.parametrize(
    ("address", "kept"),
    [
        ("https://www.python.org/about/?q=secret#x", "/about/"),
        ("https://www.python.org/accounts/password/reset/key/secret/", "www.python.org"),
        ("https://news.example.org/item?id=1", "news.example.org"),
        ("https://user:secret@example.org/", "example.org"),
        ("", ""),
        ("nonsense", ""),
        ("https://[", ""),
    ],
)
def test_of_a_referrer_only_our_own_path_or_the_others_name_is_kept(address, kept):
    assert referrer_of(address, own_host="www.python.org:443") == kept

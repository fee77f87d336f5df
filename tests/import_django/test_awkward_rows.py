"""Each fault of an old row is told with its reason, and stops no other row."""

from sqlalchemy import select

from cms.banners.models import Banner
from cms.boxes.models import Box
from cms.codesamples.models import CodeSample
from cms.core.markup import MarkupKind
from cms.downloads.models import Release, ReleaseFile
from cms.pages.models import Page, PageImage
from cms.redirects.models import Redirect
from cms.users import passwords
from cms.users.models import User

ODD_PATH = (
    "has characters other than small letters, digits, dots and hyphens, or a segment that is empty or of dots alone."
)

REFUSED = {
    "users_user": {
        "3": "Its user name “Ann” differs from that of user 2 in capital letters at most.",
        "4": "It has no user name, so nobody can sign in with it.",
        "9": "“username” has 151 characters; 150 are the most that can be kept.",
    },
    "pages_page": {
        "2": "Its path is empty; the home of the site is no page.",
        "3": "Its path “About/Apps” " + ODD_PATH,
        "5": "Its path “about/help” is that of row 4, too.",
        "7": "Its path “no_underscores” " + ODD_PATH,
        "12": "“title” has 501 characters; 500 are the most that can be kept.",
        "15": "Another row has the id 15, too.",
        "None": "Its id “None” cannot be kept.",
        "17": "Its path “a//b” " + ODD_PATH,
    },
    "pages_image": {
        "3": "Its file “../../etc/passwd” cannot be kept under that name. "
        "No part of a file name may be empty, begin with a full stop, or begin or end with a space.",
        "4": "Its “page_id” names row “2”, which does not exist or was refused.",
        "5": "It names no file.",
    },
    "boxes_box": {
        "2": "Its label “homepage-jobs” is that of row 1, too.",
        "3": "It has no label, so nothing could show it.",
    },
    "banners_banner": {"5": "It says nothing."},
    "downloads_os": {"6": "Its slug “windows” is that of row 1, too."},
    "downloads_release": {
        "2": "Its slug “python-3140” is that of row 3, too.",
        "5": "Its major version 7 is none of [1, 2, 3, 100].",
        "6": "It has no name.",
        "7": "Its slug “python 31” cannot be part of an address.",
    },
    "downloads_releasefile": {
        "3": "Its address “https://evil.example/3.exe” does not begin with https://www.python.org/.",
        "6": "Its “release_id” names row “999”, which does not exist or was refused.",
        "7": "Its “os_id” names row “999”, which does not exist or was refused.",
        "8": "“url” has 227 characters; 200 are the most that can be kept.",
        "9": "Its address “https://www.python.org/ftp/1.exe” is that of row 1, too.",
        "11": "Its “release_id” names row “5”, which does not exist or was refused.",
    },
    "django_redirect": {
        "2": "Its old path “/old/” is that of row 1, too.",
        "3": "It belongs to another site, number 1.",
        "4": "Its old path “no-slash” does not begin with one slash.",
        "5": "Its target “javascript:alert(1)” is neither a path of this site nor a web address.",
        "6": "Its target “//evil.example/” is neither a path of this site nor a web address.",
        "7": "It leads to itself.",
        "10": "It was never followed: a live page lies at this path.",
    },
    "users_user_groups": {
        "4": "Its user 3 does not exist or was refused.",
        "5": "Its group 99 does not exist.",
    },
    "users_user_user_permissions": {"2": "Its permission 88 does not exist."},
    "tastypie_apikey": {
        "2": "It is empty, or too long to be a key.",
        "3": "Its user 999 does not exist or was refused.",
        "4": "It is empty, or too long to be a key.",
        "5": "Another row has the same key.",
        "7": "It is empty, or too long to be a key.",
    },
    "authtoken_token": {"3": "Its user 3 does not exist or was refused."},
    "account_emailaddress": {
        "3": "An account has one address here, and this is another.",
        "6": "Its user 999 does not exist or was refused.",
    },
}


async def test_each_row_that_cannot_be_kept_is_reported_with_its_reason(run_import):
    report = await run_import()

    refused = {
        name: {problem["id"]: problem["reason"] for problem in table["refused"]}
        for name, table in report["tables"].items()
        if table["refused"]
    }
    assert refused == REFUSED


async def test_whatever_was_refused_or_changed_the_check_finds_nothing_unexplained(run_import):
    report = await run_import()

    assert report["agrees"] is True
    assert {source: table["differences"] for source, table in report["tables"].items() if table["differences"]} == {}
    for table in report["tables"].values():
        written = table["created"] + table["updated"] + table["unchanged"]
        assert table["read"] == written + len(table["refused"])
        assert table["checksum_there"] == table["checksum_here"]


async def test_people_come_with_their_flags_dates_and_hashes(run_import, session):
    await run_import()

    root = await session.get(User, 1)
    assert (root.username, root.is_superuser, root.is_staff) == ("root", True, True)
    assert root.joined_at.isoformat() == "2015-05-01T08:00:00+00:00"
    assert root.last_login_at.microsecond == 678901
    assert root.bio_html.strip() == "<p>I <em>root</em>.</p>"
    assert (await passwords.verify("correct horse", root.password)).valid
    assert not (await passwords.verify("wrong", root.password)).valid


async def test_an_address_counts_as_confirmed_only_if_the_person_confirmed_it(run_import, session):
    await run_import()

    confirmed = (await session.scalars(select(User.username).where(User.email_verified_at.is_not(None)))).all()
    assert sorted(confirmed) == ["ann", "dora", "root"]
    assert (await session.get(User, 7)).email == "dora@example.org"


async def test_faulty_details_of_people_are_mended_and_told(run_import, session):
    report = await run_import()

    changed = {problem["id"]: problem["reason"] for problem in report["tables"]["users_user"]["changed"]}
    assert set(changed) == {"2", "5", "6", "7", "8", "10", "11"}
    assert changed["2"] == "Spaces around “username” were removed."
    assert "has to set a new one" in changed["5"]
    assert "is no e-mail address" in changed["5"]
    carl = await session.get(User, 6)
    assert (carl.search_visibility, carl.email_privacy, carl.is_active) == (1, 2, False)
    assert carl.bio_html.strip() == "<h1>Carl</h1>"
    dora = await session.get(User, 7)
    assert (dora.last_login_at, dora.joined_at.year) == (None, 1970)
    fred = await session.get(User, 10)
    assert (fred.first_name, fred.bio_kind) == ("Fred", MarkupKind.HTML)
    assert "onclick" not in fred.bio_html


async def test_secrets_are_not_in_the_report(run_import):
    report = await run_import()

    assert "password" not in report["tables"]["users_user"]["changed"][0]["row"]


async def test_pages_keep_what_can_be_kept(run_import, session):
    report = await run_import()

    pages = {page.id: page for page in (await session.scalars(select(Page))).all()}
    assert sorted(pages) == [1, 4, 6, 8, 9, 10, 11, 13, 14, 15]
    assert (pages[4].path, pages[15].path) == ("about/help", "first")
    assert (pages[1].created_by_id, pages[10].created_by_id, pages[11].created_by_id) == (1, None, None)
    assert (pages[1].template_name, pages[8].template_name, pages[9].content_type) == ("", "", "text/html")
    assert (pages[1].is_published, pages[6].is_published) == (True, False)
    assert (pages[1].first_published_at, pages[6].first_published_at) == (pages[1].created_at, None)
    assert (pages[11].content_kind, pages[11].content) == (MarkupKind.MARKDOWN_TRUSTED, "<script>1</script>")
    assert (pages[13].content_kind, pages[13].content_html) == (MarkupKind.HTML, "<h1>Old</h1>")
    assert (pages[14].title, pages[14].content) == ("Bell", "Formfeed")
    assert {problem["id"] for problem in report["tables"]["pages_page"]["changed"]} == {
        "4",
        "8",
        "9",
        "10",
        "11",
        "13",
        "14",
    }


async def test_a_page_that_the_old_web_server_hid_stays_unseen(run_import, changeable_old_site, session):
    url, old = changeable_old_site
    await old.execute(
        "INSERT INTO pages_page (id, title, path, created, updated, is_published) VALUES"
        " (40, 'PEP 8', 'dev/peps/pep-0008', now(), now(), true), (41, 'Helpful', 'helpful', now(), now(), true)"
    )

    report = await run_import(url)

    hidden, seen = await session.get(Page, 40), await session.get(Page, 41)
    assert (hidden.is_published, hidden.first_published_at, seen.is_published) == (False, None, True)
    told = {problem["id"]: problem["reason"] for problem in report["tables"]["pages_page"]["changed"]}
    assert "led its path to https://peps.python.org/pep-0008/" in told["40"]
    assert report["agrees"] is True


async def test_of_two_latest_releases_the_newer_one_is_the_latest(run_import, session):
    report = await run_import()

    releases = {release.id: release for release in (await session.scalars(select(Release))).all()}
    assert sorted(releases) == [1, 3, 4, 8, 9]
    assert {release.id for release in releases.values() if release.is_latest} == {1, 8}
    assert releases[1].page_id == 1
    assert releases[8].released_at.year == 2015
    changed = {problem["id"]: problem["reason"] for problem in report["tables"]["downloads_release"]["changed"]}
    assert "differs from that of row 4 in capital letters only" in changed["3"]
    assert changed["9"] == "Row 1 is the latest release of version 3; this is older."
    assert any("name no time zone" in remark for remark in report["tables"]["downloads_release"]["remarks"])


async def test_files_keep_one_button_and_lose_what_is_not_ours(run_import, session):
    await run_import()

    files = {file.id: file for file in (await session.scalars(select(ReleaseFile))).all()}
    assert sorted(files) == [1, 2, 4, 5, 10]
    assert (files[1].has_download_button, files[2].has_download_button) == (True, False)
    assert (files[1].gpg_signature_url, files[4].gpg_signature_url) == ("https://www.python.org/ftp/1.exe.asc", "")
    assert (files[5].size, files[10].size, files[10].url) == (0, 5_000_000_000, "http://www.python.org/ftp/old.exe")


async def test_redirects_and_boxes_of_the_site_come_over(run_import, session):
    report = await run_import()

    redirects = dict((await session.execute(select(Redirect.old_path, Redirect.new_path))).all())
    assert redirects == {"/old/": "/new/", "/gone/": "", "/docs/": "https://docs.python.org/3/"}
    boxes = {box.label: box for box in (await session.scalars(select(Box))).all()}
    assert boxes["homepage-jobs"].content_html.strip() == "<p><strong>Jobs</strong></p>"
    assert any("not shown" in remark for remark in report["tables"]["boxes_box"]["remarks"])


async def test_whatever_box_there_was_is_live(run_import, session):
    await run_import()

    published = (await session.scalars(select(Box.is_published).distinct())).all()
    assert published == [True]
    assert (await session.get(Box, 1)).first_published_at.year == 2015


async def test_banners_stand_where_they_stood_and_lose_what_could_harm(run_import, session):
    report = await run_import()

    banners = {banner.id: banner for banner in (await session.scalars(select(Banner))).all()}
    assert {key: (banner.is_published, banner.paths) for key, banner in banners.items()} == {
        1: (True, ["/psf/"]),
        2: (True, ["/"]),
        3: (False, ["/"]),
        4: (False, ["/psf/"]),
    }
    assert banners[1].message_html == "Give <b>now</b>."
    assert (banners[3].link, banners[4].message_kind) == ("", MarkupKind.PLAIN)
    assert "<h1>" not in banners[4].message_html
    assert {problem["id"] for problem in report["tables"]["banners_banner"]["changed"]} == {"3", "4"}


async def test_code_samples_become_plain_code_with_a_title(run_import, session):
    await run_import()

    samples = {sample.id: sample for sample in (await session.scalars(select(CodeSample))).all()}
    assert samples[1].code == ">>> 1 < 2\nTrue"
    assert (samples[1].title, samples[1].copy_html.strip()) == ("Quick & Easy", "<p>So <em>easy</em>.</p>")
    assert (samples[2].title, samples[2].code, samples[2].is_published) == ("", "a < b", False)
    assert (samples[3].code, samples[3].created_by_id) == ("print(1)", None)
    assert (samples[4].title, samples[4].copy.count("t")) == ("", 201)
    assert {key: sample.position for key, sample in samples.items()} == {1: 1, 2: 2, 3: 3, 4: 4}


async def test_what_the_old_database_lacks_is_said_once(run_import, session):
    report = await run_import()

    assert report["tables"]["pages_documentfile"]["remarks"][0].startswith("The old database has no such table")
    assert "updated" in report["tables"]["boxes_box"]["remarks"][0]
    assert (await session.scalars(select(PageImage.id).order_by(PageImage.id))).all() == [1, 2, 6]


async def test_odder_rows_still_are_told_or_refused_one_by_one(run_import, changeable_old_site, session):
    url, old = changeable_old_site
    await old.execute("ALTER TABLE pages_page ADD COLUMN t text DEFAULT 'the name of an alias'")
    await old.execute(
        "INSERT INTO pages_page (id, title, path, created, updated, is_published) VALUES"
        " (30, 'First moment', 'first-moment', '0001-01-01', '9999-12-31 23:59:59.999999', true),"
        " (31, 'Dots', 'a/../b', now(), now(), true), (2147483647, 'Last', 'last', now(), now(), true)"
    )
    await old.execute("UPDATE downloads_release SET version = NULL WHERE id = 4")
    await old.execute("INSERT INTO django_site VALUES (NULL, NULL, NULL)")
    await old.execute(
        "INSERT INTO django_redirect VALUES (20, 2, '/a/', '/b/'), (21, 2, '/b/', 'https://www.python.org/a/'),"
        " (22, 2, '/c/', 'http://[bad'), (23, 2, '/d/', 'https://www.python.org/d/'), (24, 2, '/e/', '/a/')"
    )

    report = await run_import(url)

    reasons = {
        (name, problem["id"]): problem["reason"]
        for name, table in report["tables"].items()
        for problem in table["refused"] + table["changed"]
    }
    assert report["agrees"] is True
    assert (await session.get(Page, 30)).created_at.year == 1970
    assert "no date that can be kept" in reasons["pages_page", "30"]
    assert reasons["pages_page", "31"] == "Its path “a/../b” " + ODD_PATH
    assert reasons["pages_page", "2147483647"] == "Its id “2147483647” cannot be kept."
    assert "“version” is empty; it was set to 3." in reasons["downloads_release", "4"]
    assert reasons["django_redirect", "20"] == "It leads, by way of “/b/”, back to itself."
    assert reasons["django_redirect", "21"].endswith("back to itself.")
    assert "is neither a path of this site nor a web address" in reasons["django_redirect", "22"]
    assert reasons["django_redirect", "23"] == "It leads to itself."
    assert ("django_redirect", "24") not in reasons

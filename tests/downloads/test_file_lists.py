"""File lists as release managers have them at hand."""

import json

import pytest

from cms.downloads.file_lists import read
from cms.downloads.file_naming import kind_of, slug_of

SHA = "ab" * 32
MD5 = "cd" * 16
FOLDER = "https://www.python.org/ftp/python/3.14.2/"
RELEASE = "Python 3.14.2"


def only(text, *, release_name=RELEASE):
    found = read(text, release_name=release_name)
    assert found.errors == []
    assert len(found.files) == 1
    return found.files[0]


def test_the_output_of_sha256sum_gives_url_name_slug_and_system():
    file = only(f"{SHA}  python-3.14.2-amd64.exe\n")

    assert (file.url, file.sha256) == (f"{FOLDER}python-3.14.2-amd64.exe", SHA)
    assert (file.name, file.slug) == ("Windows installer (64-bit)", "3142-Windows-installer-64-bit")
    assert (file.system, file.description, file.has_download_button) == ("windows", "Recommended", True)


def test_several_kinds_of_lines_about_one_file_are_joined():
    file = only(
        f"{SHA} *Python-3.14.2.tar.xz\n"
        f"MD5 (Python-3.14.2.tar.xz) = {MD5}\n"
        "-rw-r--r-- 1 user group 23,0 Nov 21 06:38 x\n".replace("23,0", "23006496").replace(
            " x\n", " Python-3.14.2.tar.xz\n"
        )
    )

    assert (file.sha256, file.md5, file.size, file.is_source) == (SHA, MD5, 23006496, True)


def test_files_that_vouch_for_another_are_attached_to_it():
    file = only("python-3.14.2-macos11.pkg\npython-3.14.2-macos11.pkg.sigstore\npython-3.14.2-macos11.pkg.asc\n")

    assert file.sidecars == {
        "sigstore_bundle_url": f"{FOLDER}python-3.14.2-macos11.pkg.sigstore",
        "gpg_signature_url": f"{FOLDER}python-3.14.2-macos11.pkg.asc",
    }


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_a_table_with_a_header_is_read_by_its_names(delimiter):
    rows = [["Name", "URL", "Filesize", "MD5_sum"], ["Gzipped source tarball", f"{FOLDER}Python-3.14.2.tgz", "12", MD5]]

    file = only("\n".join(delimiter.join(row) for row in rows))

    assert (file.name, file.size, file.md5) == ("Gzipped source tarball", 12, MD5)


def test_json_of_the_release_tools_is_read():
    body = {
        "name": "Windows installer (64-bit)",
        "slug": "3142-own-slug",
        "os": "/api/v1/downloads/os/1/",
        "release": "/api/v1/downloads/release/451/",
        "description": "Recommended",
        "is_source": False,
        "url": f"{FOLDER}python-3.14.2-amd64.exe",
        "sha256_sum": SHA,
        "filesize": 29900480,
        "download_button": True,
        "sigstore_bundle_file": f"{FOLDER}python-3.14.2-amd64.exe.sigstore",
    }

    file = only(json.dumps([body]))

    assert (file.slug, file.system, file.size, file.has_download_button) == ("3142-own-slug", "windows", 29900480, True)
    assert file.sidecars["sigstore_bundle_url"].endswith(".sigstore")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("!! nonsense", "Line 1: This is neither a checksum"),
        ("name,size,url\na,many,https://www.python.org/a.tgz", "Line 2, size: “many” is no size in bytes."),
        ("name,sha256,url\na,zz,https://www.python.org/a.tgz", "Line 2, sha256: A checksum of this kind has 64"),
        ("name,colour,url\na,red,https://www.python.org/a.tgz", "Line 1, column “colour”: This column is not known."),
        ("https://example.org/python-3.14.2.tgz", "Line 1, url: Release files lie under https://www.python.org/."),
        ("lonely.exe.asc", "Line 1: The file that lonely.exe.asc vouches for is not in the list."),
        ('[{"name": ', "Line 1, character"),
        (f"{SHA}  a.tgz\n{'ef' * 32}  a.tgz", "Line 2, sha256: The list gives two different checksums for a.tgz."),
        ("name,os,url\na,amiga,https://www.python.org/a.tgz", "Line 2, os: “amiga” is none of"),
        ("name,url\na,b,c", "Line 2: There are more values than columns."),
    ],
)
def test_what_cannot_be_understood_is_told_with_its_place(text, told):
    errors = [str(error) for error in read(text, release_name=RELEASE).errors]

    assert any(error.startswith(told) for error in errors), errors


def test_a_release_whose_name_tells_no_folder_needs_whole_urls():
    found = read("installer.msix", release_name="Python install manager 25.0")

    assert [str(error) for error in found.errors] == [
        "Line 1, name: Where the files lie cannot be told from the release's name; give whole URLs."
    ]


def test_one_file_of_each_system_is_offered_first():
    text = (
        "Python-3.14.2.tgz\nPython-3.14.2.tar.xz\npython-3.14.2-amd64.exe\npython-3.14.2.exe\npython-3.14.2-macos11.pkg"
    )

    offered = [file.name for file in read(text, release_name=RELEASE).files if file.has_download_button]

    assert offered == ["XZ compressed source tarball", "Windows installer (64-bit)", "macOS installer"]


def test_names_that_collide_get_different_slugs():
    slugs = [file.slug for file in read("a.pkg\nb.pkg", release_name=RELEASE).files]

    assert len(set(slugs)) == 2


def test_the_rules_of_naming_hold_for_every_recent_release(shared):
    releases = json.loads((shared / "reference/data/releases.json").read_text())["releases"][-60:]
    wrong = []
    for release in releases:
        for file in release["files"]:
            kind = kind_of(file["url"].rsplit("/", 1)[1])
            made = (kind.title, kind.system, kind.is_source, slug_of(release["name"], kind.title)) if kind else None
            if made != (file["name"], file["os"], file["is_source"], file["slug"]):
                wrong.append((file["url"], made))

    assert wrong == []


def test_whatever_is_pasted_only_the_errors_tell():
    for text in ("", "\ufeff", "[" * 5000, '{"files": 3}', 'name,url\n"unclosed', "\x00\x00", "a,b\n" * 10):
        read(text, release_name="")

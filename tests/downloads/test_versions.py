"""What a release's name says."""

import pytest

from cms.downloads.versions import PythonVersion


@pytest.mark.parametrize(
    ("name", "numbers", "stage", "serial"),
    [
        ("Python 3.14.2", (3, 14, 2), "", 0),
        ("Python 3.15.0a1", (3, 15, 0), "a", 1),
        ("Python 3.15.0rc12", (3, 15, 0), "rc", 12),
        ("Python 2.6c1", (2, 6), "c", 1),
    ],
)
def test_a_release_of_python_is_read(name, numbers, stage, serial):
    assert PythonVersion.from_name(name) == PythonVersion(numbers, stage, serial)


@pytest.mark.parametrize(
    "name", ["Python install manager 25.0", "Jython 2.7", "Python 3.14.2 (test)", "", "Python 12345"]
)
def test_other_names_are_no_release_of_python(name):
    assert PythonVersion.from_name(name) is None


@pytest.mark.parametrize(
    ("name", "at_least", "expected"),
    [
        ("Python 3.14.0", (3, 14), True),
        ("Python 3.14", (3, 14, 0), True),
        ("Python 3.9.25", (3, 14), False),
        ("Python 3.5.0", (3, 5), True),
    ],
)
def test_versions_are_compared_by_number(name, at_least, expected):
    assert PythonVersion.from_name(name).is_at_least(*at_least) is expected


def test_the_release_notes_of_a_final_release_are_its_changelog():
    url = PythonVersion.from_name("Python 3.14.2").release_notes_url

    assert url == "https://docs.python.org/release/3.14.2/whatsnew/changelog.html"


def test_the_release_notes_of_a_pre_release_are_what_is_new_in_the_series():
    url = PythonVersion.from_name("Python 3.15.0a1").release_notes_url

    assert url == "https://docs.python.org/3.15/whatsnew/3.15.html"

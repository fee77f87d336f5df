"""Files that imported rows name are copied, or it is said why not."""

import io
import tarfile
from pathlib import Path

import pytest
from PIL import Image

from cms.core.errors import Unavailable
from cms.core.resources import Resources


def picture(colour: str = "blue") -> bytes:
    output = io.BytesIO()
    Image.new("RGB", (4, 4), colour).save(output, "PNG")
    return output.getvalue()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A media folder with one picture, and one file that is no picture; row 2 names a file that is not there."""
    about = tmp_path / "media" / "about"
    about.mkdir(parents=True)
    (about / "one.png").write_bytes(picture())
    (about / "script.png").write_text("<script>alert(1)</script>")
    return tmp_path


@pytest.fixture
def archive(folder: Path, tmp_path: Path) -> Path:
    """The same as an archive, with a member that would leave the folder it is unpacked in."""
    path = tmp_path / "media.tar.gz"
    with tarfile.open(path, "w:gz") as files:
        files.add(folder / "media", arcname="media")
        outside = tarfile.TarInfo("media/../../etc/passwd")
        files.addfile(outside, io.BytesIO())
    return path


async def stored_content(resources: Resources, name: str) -> bytes:
    opened = await resources.storage.open(name)
    return b"".join([chunk async for chunk in opened.chunks])


@pytest.mark.parametrize("source", ["folder", "archive"])
async def test_files_are_copied_under_the_names_of_their_rows(run_import, resources, request, source):
    report = await run_import(media=request.getfixturevalue(source))

    table = report["tables"]["pages_image"]
    assert (table["files_copied"], report["agrees"]) == (1, True)
    assert await stored_content(resources, "about/one.png") == picture()
    assert sorted(line.split(",")[0] for line in table["files_missing"]) == [
        "Row 2 names “about/lost.png”",
        "Row 6 names “about/script.png”",
    ]


async def test_files_that_are_here_are_not_copied_again(run_import, folder):
    await run_import(media=folder)

    report = await run_import(media=folder)

    table = report["tables"]["pages_image"]
    assert (table["files_copied"], table["files_present"]) == (0, 1)


async def test_another_file_of_the_same_name_is_not_replaced(run_import, resources, folder):
    await resources.storage.save("about/one.png", picture("red"))

    report = await run_import(media=folder)

    assert "another file of that name is here already" in "".join(report["tables"]["pages_image"]["files_missing"])
    assert await stored_content(resources, "about/one.png") == picture("red")


async def test_without_a_folder_it_is_said_that_files_were_not_looked_for(run_import):
    report = await run_import()

    assert "3 files of pages were not looked for" in report["tables"]["pages_page"]["remarks"][-1]


async def test_an_archive_that_is_none_is_told_in_a_sentence(run_import, tmp_path):
    broken = tmp_path / "broken.tar.gz"
    broken.write_bytes(b"no archive")

    with pytest.raises(Unavailable, match="cannot be read from"):
        await run_import(media=broken)

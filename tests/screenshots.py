"""Takes the pictures of the staff's handbook from the program itself, so that they never age: `make screenshots`."""

import asyncio
import hashlib
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from io import BytesIO
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

from PIL import Image, ImageDraw
from playwright.async_api import Browser, FloatRect, Page, async_playwright

from admin.hints import EVERY_HINT
from admin.urls import url_to
from tests.chromium import program

FIXTURES = Path(__file__).parent.parent / "fixtures"
IMAGES = Path(__file__).parent.parent / "docs" / "staff" / "images"
PASSWORD = "python-demo"
CLOSE_HINTS = """([url, hints]) => fetch(url, {
    method: "POST",
    headers: { "X-CSRF-Token": document.querySelector("meta[name=csrf-token]").content },
    body: new URLSearchParams(hints.map((hint) => ["hints", hint])),
})"""
WIDTH = 1280
HEIGHT = 3200
"""Higher than any page, so that the bar that stays at the window's end lies where the form ends."""

COLOURS = 128
MARGIN = 8
SECONDS_TO_START = 180

VERSION = "3.15.0b1"
FILES = (
    (f"Python-{VERSION}.tgz", 30_112_406),
    (f"Python-{VERSION}.tar.xz", 23_457_788),
    (f"python-{VERSION}-macos11.pkg", 76_230_118),
    (f"python-{VERSION}-amd64.exe", 30_004_512),
    (f"python-{VERSION}-arm64.exe", 29_121_936),
    (f"python-{VERSION}.exe", 28_560_720),
    (f"python-{VERSION}-embed-amd64.zip", 12_104_220),
    (f"python-{VERSION}-embed-arm64.zip", 11_430_118),
    (f"python-{VERSION}-embed-win32.zip", 10_871_540),
    (f"windows-{VERSION}.json", 16_301),
    (f"python-{VERSION}-aarch64-linux-android.tar.gz", 24_330_912),
    (f"python-{VERSION}-x86_64-linux-android.tar.gz", 24_790_117),
)
FILE_LIST = "\n".join(
    (
        *(f"{hashlib.sha256(name.encode()).hexdigest()}  {name}" for name, _ in FILES),
        *(f"-rw-rw-r-- 1 hugo downloads {size} May  5 14:03 {name}" for name, size in FILES),
        *(f"{name}.sigstore" for name, _ in FILES),
    )
)
RELEASE_TEXT = f"""This is a *beta preview* of Python 3.15.

Python {VERSION} is the first of four planned betas. Please **test your packages** with it, and
[tell us](https://github.com/python/cpython/issues) what breaks.
"""
PAGE_TEXT = """People meet for a day or two and improve Python together. Newcomers are welcome.

## How to take part

- Bring a laptop.
- Say hello.
"""


MISSED = {"/about/hlep/": 4, "/downloads/archive.html": 2, "/community/sprints-2019/": 1, "/wp-login.php": 3}
"""Paths that nothing answers, and how often visitors ask for them in the pictures."""

SECONDS_TO_COUNT = 8

REDIRECTS = """From,To,Who asked
/community/sprint/,/community/sprints/,Ada
/sprints.html,/community/sprints/,Ada
sprints,/community/sprints/,Guido
"""


class Desk:
    """Somebody at the back office, whose window can be photographed."""

    def __init__(self, page: Page, site: str, images: Path) -> None:
        self.page = page
        self.site = site
        self.images = images

    async def go(self, path: str) -> None:
        await self.page.goto(self.site + path)
        await self.page.wait_for_load_state("networkidle")

    async def press(self, label: str) -> None:
        await self.page.click(f"main button:has-text('{label}'):visible, main a:has-text('{label}'):visible")
        await self.page.wait_for_load_state("networkidle")

    async def save(self) -> None:
        await self.page.click(".save-bar .btn-primary")
        await self.page.wait_for_load_state("networkidle")

    async def shoot(self, name: str, *parts: str) -> None:
        """Save the part of the window that holds all elements of these selectors, or the window above its end."""
        await self.page.mouse.move(0, 0)
        clip = await self._around(parts or (".page-head", "main > :last-child"))
        picture = Image.open(BytesIO(await self.page.screenshot(clip=clip)))
        picture.convert("RGB").quantize(COLOURS).save(self.images / f"{name}.png", optimize=True)

    async def _around(self, selectors: tuple[str, ...]) -> FloatRect:
        boxes = [await self.page.locator(selector).first.bounding_box() for selector in selectors]
        found = [box for box in boxes if box is not None]
        top = max(min(box["y"] for box in found) - MARGIN, 0)
        end = max(box["y"] + box["height"] for box in found) + MARGIN
        left = max(min(box["x"] for box in found) - MARGIN, 0)
        right = min(max(box["x"] + box["width"] for box in found) + MARGIN, WIDTH)
        return {"x": left, "y": top, "width": right - left, "height": min(end, HEIGHT) - top}


async def release_manager(desk: Desk) -> None:
    """A release is made of a list, published, and put right."""
    page = desk.page
    await desk.go("/admin/")
    await desk.shoot("dashboard", ".topbar", ".menu", ".panels")
    await desk.go("/admin/releases/create")
    await page.fill("#name", f"Python {VERSION}")
    await page.fill("#content", RELEASE_TEXT)
    await desk.shoot("release-new", ".page-head", ".fieldset >> nth=1")
    await page.click(".markup-toggle")
    await page.wait_for_selector(".markup-preview em")
    await desk.shoot("release-text", ".fieldset >> nth=2")
    await page.fill("#file_list", FILE_LIST)
    await desk.shoot("release-list", ".file-list")
    await desk.press("Read the list")
    await desk.shoot("release-files", ".inlines", ".save-bar")
    await desk.press("Publish")
    await desk.shoot("release-live", ".notice-success", ".page-head")
    form = page.url
    await page.click(".page-actions a:has-text('Cockpit')")
    await page.wait_for_selector("text=Every page is fresh.")
    await desk.shoot("release-cockpit", ".page-head", "section[aria-labelledby=complete-title]")
    await page.goto(form)
    await page.wait_for_selector("html[data-ready]")
    await page.click(f"[data-inline-row] summary:has-text('python-{VERSION}-amd64.exe')")
    await desk.shoot("release-file", "[data-inline-row][open]")
    await page.locator("[data-inline-row][open] input[name$=sha256]").fill("typed by hand")
    await desk.save()
    await desk.shoot("release-refused", ".notice-danger", ".page-head")
    await desk.go("/admin/releases/list?is_pre_release=yes")
    await desk.shoot("release-list-page", ".page-head", ".table tbody tr >> nth=6")
    await many_releases(desk)
    await key_for_scripts(desk)


async def key_for_scripts(desk: Desk) -> None:
    """A key is made and shown, this once."""
    page = desk.page
    await desk.go("/admin/api-keys/create")
    await page.fill("#name", "release script on my laptop")
    await page.check("[value='downloads:edit']")
    await desk.save()
    await desk.shoot("api-key", ".page-head", ".decision-buttons")


async def web_editor(desk: Desk) -> None:
    """A page is written, gets an image, goes live and moves."""
    page = desk.page
    await desk.go("/admin/pages/create")
    await page.fill("#title", "Sprints")
    await page.fill("#path", "community/sprints")
    await page.fill("#content", PAGE_TEXT)
    await page.click(".markup-toggle")
    await page.wait_for_selector(".markup-preview h2")
    await desk.shoot("page-new", ".page-head", ".fieldset >> nth=0")
    await desk.press("Add an image")
    await page.set_input_files("[data-inline-row] input[type=file]", _drawing())
    await page.fill("[data-inline-row] [name$=alternative_text]", "A yellow and a blue circle")
    await page.click(".more-saves summary")
    await desk.press("Save and continue")
    await page.click("[data-inline-row] summary")
    await page.wait_for_load_state("networkidle")
    await desk.shoot("page-image", ".inlines >> nth=0")
    await desk.shoot("save-bar", ".save-bar")
    await desk.go("/community/sprints/")
    await desk.shoot("page-draft", "header", "text=The Python logo")
    await desk.go("/admin/pages/list?search=sprints")
    await page.click(".table tbody th a")
    await page.wait_for_load_state("networkidle")
    await page.fill("#content", f"{PAGE_TEXT}- Bring a friend.\n")
    await desk.press("Publish")
    await page.click(".page-actions a:has-text('History')")
    await page.wait_for_load_state("networkidle")
    await desk.shoot("history-of-a-page", ".page-head", ".history-entry >> nth=1")
    await draft_beside_what_is_live(desk)
    await desk.go("/admin/redirects/create")
    await page.fill("#old_path", "/community/sprints/")
    await page.fill("#new_path", "/events/sprints/")
    await desk.shoot("redirect", ".page-head", ".save-bar")
    await import_of_redirects(desk)
    await desk.go("/admin/boxes/list?search=homepage")
    await desk.shoot("boxes", ".page-head", ".list-card")
    await desk.press("homepage-introduction")
    await desk.shoot("box-places", ".card:has(#box-places)")
    await desk.go("/admin/code-samples/list")
    await desk.shoot("code-samples", ".page-head", ".list-card")
    await desk.go("/admin/history?table=pages&person=web-editor")
    await desk.shoot("history", ".page-head", ".history-entry >> nth=2")
    await views_of_a_list(desk)
    await media_library(desk)


async def draft_beside_what_is_live(desk: Desk) -> None:
    """A live page is changed: what is kept is a draft, which gets its moment and is compared with what is live."""
    page = desk.page
    await desk.go("/admin/pages/list?search=sprints")
    await page.click(".table tbody th a")
    await page.wait_for_load_state("networkidle")
    changed = PAGE_TEXT.replace("for a day or two", "for three days").replace("Say hello.", "Say hello to everybody.")
    await page.fill("#content", f"{changed}- Bring a friend.\n")
    await page.fill("#remark", "This year's sprints take three days.")
    await page.click(".more-saves summary")
    await desk.press("Save and continue")
    await desk.shoot("draft-notice", ".page-head", ".fieldset >> nth=0")
    form = page.url
    await desk.press("Compare it with what is live")
    await desk.shoot("revisions", ".page-head", ".list-card")
    await page.goto(form)
    await page.click(".more-saves summary")
    await desk.press("Save and schedule…")
    await page.fill("#publish_at", "2030-05-14T09:00")
    await desk.shoot("schedule", ".page-head", ".save-bar")


async def views_of_a_list(desk: Desk) -> None:
    """A list is narrowed, and kept under a name."""
    page = desk.page
    await desk.go("/admin/pages/list?state=live")
    await page.click(".filters > summary")
    await page.wait_for_selector(".choice-count:not(:empty)")
    await desk.shoot("list-filters", ".page-head", ".list-narrowed")
    await page.click(".filters > summary")
    for name, query in (("Drafts", "state=draft"), ("About Python", "path=about")):
        await desk.go(f"/admin/pages/list?{query}")
        await page.click("summary:has-text('Save this view')")
        await page.fill("#new-name", name)
        await page.click(".tool-panel button:has-text('Save this view')")
        await page.wait_for_load_state("networkidle")
    await desk.shoot("list-views", ".page-head", ".table tbody tr >> nth=2")


async def many_releases(desk: Desk) -> None:
    """One field is set in every release that a search finds."""
    page = desk.page
    await desk.go("/admin/releases/list?search=3.1")
    await page.click("[data-choose-all]")
    await page.click("[name=all]")
    await desk.press("Show on the download page")
    await page.select_option("#value", "True")
    await desk.press("Go on")
    await page.click(".decision-buttons .btn-primary")
    await page.wait_for_selector("text=What was done", timeout=120_000)
    await desk.shoot("list-run", ".page-head", ".numbers")


async def import_of_redirects(desk: Desk) -> None:
    """A table of redirects is looked over before anything is written."""
    await desk.go("/admin/redirects/import")
    table = {"name": "sprints.csv", "mimeType": "text/csv", "buffer": REDIRECTS.encode()}
    await desk.page.set_input_files("#file", table)
    await desk.press("Show what would change")
    await desk.shoot("import-plan", ".page-head", ".list-card")
    await desk.press("Discard")


async def media_library(desk: Desk) -> None:
    """Files are uploaded, described, and put into a text."""
    page = desk.page
    await desk.go("/admin/media/upload")
    known = [FIXTURES / "media" / name for name in ("hills.jpg", "workshop-checklist.txt")]
    for files in (known, _drawing("#4b8bbe")):
        await page.set_input_files("#uploads-files", files)
    await page.fill(".upload-row:nth-child(3) [placeholder]", "Two blue circles")
    await page.click("#uploads > .btn-primary")
    await page.wait_for_selector(".upload-row:nth-child(3).is-done")
    await desk.shoot("media-upload", ".page-head", "#uploads")
    await desk.go("/admin/media/list")
    await desk.shoot("media-library", ".page-head", ".list-card")
    await desk.press("Hills in the evening")
    await desk.shoot("media-item", ".page-head", ".fieldset >> nth=1")
    await desk.go("/admin/pages/create")
    await page.set_viewport_size({"width": WIDTH, "height": 900})
    await page.click("[data-media=image]")
    await page.click(".media-dialog .media-link:has-text('A table at a sprint')")
    await page.wait_for_load_state("networkidle")
    await desk.shoot("media-dialog", ".media-dialog")
    await page.set_viewport_size({"width": WIDTH, "height": HEIGHT})


async def communications(desk: Desk) -> None:
    """A banner is written for a part of the site."""
    page = desk.page
    await desk.go("/admin/banners/create")
    await page.fill("#title", "Come to the sprints")
    await page.fill("#message", "*Newcomers are welcome.* Bring a laptop, and say hello.")
    await page.fill("#link", "/community/")
    await page.fill("#paths", "/community/")
    await desk.shoot("banner-new", ".page-head", ".fieldset >> nth=1")
    await desk.go("/admin/banners/list")
    await desk.shoot("banners", ".page-head", ".list-card")


async def menus_and_missed_paths(desk: Desk) -> None:
    """A menu is looked at; paths that nothing answers are asked for, written down, and listed."""
    await desk.go("/admin/menus")
    await desk.shoot("menu", ".page-head", ".tree-row >> nth=9")
    for path, times in MISSED.items():
        for _ in range(times):
            await desk.page.request.get(desk.site + path, headers={"Referer": f"{desk.site}/about/help/"})
    await asyncio.sleep(SECONDS_TO_COUNT)
    await desk.go("/admin/operations/schedule")
    await desk.page.click("tr:has-text('write_missed_paths') button")
    for _ in range(SECONDS_TO_COUNT):
        await desk.go("/admin/missed-paths/list")
        if await desk.page.locator(".table tbody tr").count():
            break
        await asyncio.sleep(1)
    await desk.shoot("missed-paths", ".page-head", ".table tbody tr >> nth=-1")


async def volunteer(desk: Desk) -> None:
    """A draft is written that others publish."""
    await desk.go("/admin/pages/create")
    await desk.page.fill("#title", "A local user group")
    await desk.page.fill("#path", "community/a-local-user-group")
    await desk.page.fill("#content", PAGE_TEXT)
    await desk.page.set_viewport_size({"width": WIDTH, "height": 900})
    await desk.page.click("[data-preview]")
    await desk.page.frame_locator(".preview-window iframe").get_by_role("heading", name="How to take part").wait_for()
    await desk.shoot("preview", ".topbar", ".preview-pane")
    await desk.page.click(".preview-pane button:has-text('Close')")
    await desk.page.set_viewport_size({"width": WIDTH, "height": HEIGHT})
    await desk.press("Submit for review…")
    await desk.page.fill(
        "#review-remark", "We meet for the first time in January; it would help to have this up by then."
    )
    await desk.shoot("review-submit", ".page-head", ".review-forms")
    await desk.press("Submit for review")
    await desk.go("/admin/")
    await desk.shoot("dashboard-volunteer", ".page-head", ".panels")


async def reviewer(desk: Desk) -> None:
    """What the volunteer submitted is looked at."""
    await desk.go("/admin/")
    await desk.shoot("dashboard-web-editor", ".page-head", ".panels")
    await desk.go("/admin/reviews")
    await desk.shoot("reviews", ".page-head", "main > :last-child")
    await desk.page.click("main a:text-is('A local user group')")
    await desk.page.wait_for_load_state("networkidle")
    await desk.page.fill("#review-text", "Which room? People will ask.")
    await desk.press("Comment")
    await desk.shoot("review", ".page-head", "main > :last-child")


async def superuser(desk: Desk) -> None:
    """Roles are given and explained; the machinery is looked at."""
    page = desk.page
    await desk.go("/admin/users/list?search=volunteer")
    await page.click(".table tbody th a")
    await page.wait_for_load_state("networkidle")
    await page.click("[data-inline-row] summary")
    await page.select_option("[data-inline-row] [name$=scope_kind]", "path")
    await page.fill("[data-inline-row] [name$=scope_values]", "community\nevents")
    await desk.shoot("user-roles", ".inlines", ".save-bar")
    await desk.save()
    await desk.go("/admin/users/list?search=volunteer")
    await page.click(".table tbody th a")
    await page.wait_for_load_state("networkidle")
    await page.select_option("#why-permission", "pages:publish")
    await desk.shoot("user-sessions", ".card:has(h2:has-text('is signed in'))", ".card:has(#new_password)")
    await desk.press("Why?")
    await desk.shoot("why", ".page-head", ".answer", ".list-controls")
    await desk.go("/admin/role-matrix")
    await desk.shoot("role-matrix", ".page-head", ".matrix tbody >> nth=3")
    await page.click("form:has-text('as Communications') button")
    await page.wait_for_load_state("networkidle")
    await desk.shoot("viewing", ".topbar", ".viewing", ".panels")
    await page.click(".viewing button")
    await page.wait_for_load_state("networkidle")
    await desk.go("/admin/operations")
    await desk.shoot("operations", ".page-head", ".panels")
    await desk.go("/admin/operations/purges")
    await desk.shoot("operations-purges", ".page-head", ".table tbody tr >> nth=5")
    await menus_and_missed_paths(desk)


async def newcomer(desk: Desk) -> None:
    """Somebody looks around: the hints, the search over everything, and the keys."""
    page = desk.page
    await page.set_viewport_size({"width": WIDTH, "height": 760})
    await page.click(".account summary")
    await page.click("[data-command=hints]")
    await page.wait_for_load_state("networkidle")
    await desk.shoot("hints", ".topbar", ".hints")
    await page.keyboard.press("Control+k")
    await page.wait_for_selector(".palette-option")
    await page.keyboard.type("python")
    await page.wait_for_selector(".palette-group:has-text('Releases')")
    await desk.shoot("palette", ".palette")
    await page.keyboard.press("Escape")
    await desk.go("/admin/pages/list")
    await page.keyboard.press("?")
    await page.wait_for_selector("dialog[open]")
    await desk.shoot("keys", "dialog[open]")


ROLES: dict[str, Callable[[Desk], Awaitable[None]]] = {
    "release-manager": release_manager,
    "web-editor": web_editor,
    "communications": communications,
    "volunteer": volunteer,
    "superuser": superuser,
    "auditor": newcomer,
}
AFTERWARDS = {"web-editor": reviewer}
"""What somebody does with what others have done."""


async def take_all(images: Path) -> None:
    """Start the program with its demo content in a folder of its own, and let each role do its work."""
    with _site() as site:
        async with _browser() as browser:
            for role, work in (*ROLES.items(), *AFTERWARDS.items()):
                await work(await _signed_in(browser, site, role, images))


def main() -> None:
    """Take every picture anew, and remove those that are no longer taken."""
    IMAGES.mkdir(parents=True, exist_ok=True)
    for path in IMAGES.glob("*.png"):
        path.unlink()
    asyncio.run(take_all(IMAGES))
    total = sum(path.stat().st_size for path in IMAGES.glob("*.png"))
    sys.stdout.write(f"{len(list(IMAGES.glob('*.png')))} pictures, {total // 1000} kB, in {IMAGES}\n")


@contextmanager
def _site() -> Iterator[str]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    site = f"http://127.0.0.1:{port}"
    with tempfile.TemporaryDirectory() as home:
        environment = {**os.environ, "CMS_HOME": home, "PORT": str(port)}
        command = [str(Path(sys.executable).with_name("cms")), "run"]
        log = Path(home, "output.txt")
        with log.open("w") as output:
            running = subprocess.Popen(command, env=environment, stdout=output, stderr=output)
        try:
            _wait_until_ready(f"{site}/health/ready")
            yield site
        finally:
            if running.poll() is not None:
                sys.stderr.write("The program ended by itself:\n" + "\n".join(log.read_text().splitlines()[-60:]))
            running.send_signal(signal.SIGTERM)
            running.wait(60)


def _wait_until_ready(address: str) -> None:
    given_up_at = time.monotonic() + SECONDS_TO_START
    while time.monotonic() < given_up_at:
        try:
            with urlopen(address, timeout=5) as answer:  # noqa: S310 - an address of this machine
                if answer.status == 200:
                    return
        except (URLError, TimeoutError, ConnectionError):
            time.sleep(0.5)
    raise SystemExit("The program did not become ready; `make run` says why.")


@asynccontextmanager
async def _browser() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        if (found := program(playwright)) is None:
            raise SystemExit(
                "There is no Chromium on this machine; `apt-get install chromium-headless-shell` brings one."
            )
        browser = await playwright.chromium.launch(executable_path=found, args=["--no-sandbox", "--disable-gpu"])
        yield browser
        await browser.close()


async def _signed_in(browser: Browser, site: str, role: str, images: Path) -> Desk:
    page = await browser.new_page(viewport={"width": WIDTH, "height": HEIGHT}, reduced_motion="reduce")
    await page.goto(f"{site}/accounts/login/?next=/admin/")
    await page.fill("[name=username]", role)
    await page.fill("[name=password]", PASSWORD)
    await page.press("[name=password]", "Enter")
    await page.wait_for_load_state("networkidle")
    await page.evaluate(CLOSE_HINTS, [url_to("close-hints"), sorted(EVERY_HINT)])
    return Desk(page, site, images)


def _drawing(colour: str = "#ffd43b") -> dict[str, object]:
    """Return an image to upload, as Playwright wants it; the library keeps each but once."""
    picture = Image.new("RGB", (480, 240), "white")
    pencil = ImageDraw.Draw(picture)
    pencil.ellipse((60, 30, 240, 210), fill=colour)
    pencil.ellipse((240, 30, 420, 210), fill="#306998")
    written = BytesIO()
    picture.save(written, "PNG")
    return {"name": "sprints.png", "mimeType": "image/png", "buffer": written.getvalue()}


if __name__ == "__main__":
    main()

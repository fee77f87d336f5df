"""Addresses of python.org's first decades, and where what was there is now.

For twenty years these rules stood in the configuration of the web server, before the application. They are facts, and
no rows: nobody edits them, and each is as it was there, but for what `docs/old-addresses.md` tells. There, a rule for
`/help` also caught `/helpful`; here each ends where a part of the path ends. What lay below such an address still
leads to where the address itself leads.
"""

import re
from dataclasses import dataclass
from typing import Final, Literal
from urllib.parse import quote

from cms.redirects.queries import spellings

MOVED: Final = 301
FOUND: Final = 302
SITE = "https://www.python.org"
"""The site's own address, as the rules write it."""

OWN = re.compile(r"https?://(?:www\.)?python\.org(?=/|$)", re.IGNORECASE)
CONDUCT = "https://policies.python.org/python.org/code-of-conduct/"
SAFE_IN_PATH = "/-._~!$&'()*+,;=:@"
SAFE_IN_QUERY = f"{SAFE_IN_PATH}?%"


@dataclass(frozen=True, slots=True)
class Moved:
    """Where to go, and whether for good (301) or for now (302); the query comes along only where the rule says so."""

    target: str
    status_code: Literal[301, 302] = MOVED
    keeps_query: bool = False

    def at(self, site_url: str) -> str:
        """Return the target, with the address of the site in place of www.python.org where it has another."""
        return self.target if site_url == SITE else OWN.sub(site_url, self.target)

    @property
    def shown(self) -> str:
        """The target as editors write it: a path where it lies on this site."""
        return own_path(self.target) or self.target


EXACT: dict[str, Moved] = {
    "/~barry": Moved("http://barry.warsaw.us/"),
    "/~bwarsaw": Moved("http://barry.warsaw.us/"),
    "/~guido": Moved("https://gvanrossum.github.io/"),
    "/~guido/": Moved("https://gvanrossum.github.io/"),
    "/contact.html": Moved(f"{SITE}/community"),
    "/doc/NonEnglish.html": Moved("https://wiki.python.org/moin/Languages"),
    "/doc/Intros.html": Moved(f"{SITE}/about/gettingstarted/"),
    "/dev/lists.html": Moved(f"{SITE}/community/lists"),
    "/Jobs.html": Moved(f"{SITE}/jobs/"),
    "/newjobs": Moved(f"{SITE}/jobs"),
    "/Help.html": Moved(f"{SITE}/about/help"),
    "/News.html": Moved(f"{SITE}/news"),
    "/2.2.3/descrintro.html": Moved(f"{SITE}/download/releases/2.2.3/descrintro/"),
    "/download/download_linux.html": Moved(f"{SITE}/download/linux"),
    "/download/download_mac.html": Moved(f"{SITE}/download/mac"),
    "/download/download_os2.html": Moved(f"{SITE}/download/other"),
    "/download/download_other.html": Moved(f"{SITE}/download/other"),
    "/download/download_source.html": Moved(f"{SITE}/download/source"),
    "/download/download_win31.html": Moved(f"{SITE}/download/windows"),
    "/download/download_windows.html": Moved(f"{SITE}/download/windows"),
    "/download/": Moved(f"{SITE}/downloads/"),
    "/download/source/": Moved(f"{SITE}/downloads/source/"),
    "/download/mac/": Moved(f"{SITE}/downloads/macos/"),
    "/download/windows/": Moved(f"{SITE}/downloads/windows/"),
    "/Mirrors.html": Moved(f"{SITE}/mirrors/"),
    "/doc/Comparisons.html": Moved("https://wiki.python.org/moin/LanguageComparisons"),
    "/python.rdf": Moved("http://legacy.python.org/channews.rdf"),
    "/dev/peps/peps.rss": Moved("https://peps.python.org/peps.rss/"),
    "/dev/peps/peps.rss/": Moved("https://peps.python.org/peps.rss/"),
    "/dev/peps": Moved("https://peps.python.org/", FOUND),
    "/psf/conduct/enforcement/": Moved(f"{CONDUCT}Enforcement-Procedures/", FOUND),
    "/psf/conduct/reporting/": Moved(f"{CONDUCT}Procedures-for-Reporting-Incidents/", FOUND),
    "/psf/archive/codeofconduct": Moved(CONDUCT, FOUND),
    "/psf/archive/codeofconduct/": Moved(CONDUCT, FOUND),
    "/psf/codeofconduct": Moved(CONDUCT, FOUND),
    "/psf/codeofconduct/": Moved(CONDUCT, FOUND),
    "/psf/conduct": Moved(CONDUCT, FOUND),
    "/psf/conduct/": Moved(CONDUCT, FOUND),
}
"""Addresses that stand for themselves alone."""

BELOW: dict[str, Moved] = {
    "/consortium": Moved("http://www.python.org/psf"),
    "/topics/xml": Moved("http://pyxml.sourceforge.net/topics"),
    "/topics/web": Moved("https://wiki.python.org/moin/WebProgramming"),
    "/topics/database": Moved("https://wiki.python.org/moin/DatabaseProgramming"),
    "/doc/topics/database": Moved("https://wiki.python.org/moin/DatabaseProgramming"),
    "/audio": Moved("https://wiki.python.org/moin/Audio"),
    "/community/psf": Moved(f"{SITE}/psf"),
    "/community-landing": Moved(f"{SITE}/community/"),
    "/doc/Summary": Moved("http://legacy.python.org/doc/intros/summary"),
    "/doc/nonenglish": Moved("https://wiki.python.org/moin/Languages"),
    "/doc/faq/installed": Moved("https://docs.python.org/faq/installed"),
    "/doc/faq/gui": Moved("https://docs.python.org/faq/gui"),
    "/doc/faq/windows": Moved("https://docs.python.org/faq/windows"),
    "/doc/faq/extending": Moved("https://docs.python.org/faq/extending"),
    "/doc/faq/library": Moved("https://docs.python.org/faq/library"),
    "/doc/faq/design": Moved("http://docs.python.org/faq/design"),
    "/doc/faq/programming": Moved("https://docs.python.org/faq/programming"),
    "/doc/faq/general": Moved("https://docs.python.org/faq/general"),
    "/dev/doc/devel": Moved("https://docs.python.org/dev"),
    "/security": Moved(f"{SITE}/news/security"),
    "/sigs": Moved(f"{SITE}/community/sigs"),
    "/help": Moved(f"{SITE}/about/help"),
    "/windows": Moved(f"{SITE}/download/windows/"),
    "/Mirrors": Moved(f"{SITE}/mirrors/"),
    "/cgi-bin/moinmoin": Moved("https://wiki.python.org/moin"),
    "/doc/howto": Moved("https://docs.python.org/dev/howto/index.html"),
    "/mailman-bugs": Moved("http://sourceforge.net/bugs/?group_id=103"),
    "/python-bugs": Moved("http://bugs.python.org/"),
    "/jpython": Moved("http://www.jython.org/"),
    "/news": Moved("http://www.python.org/blogs/", FOUND),
    "/blog": Moved("https://python.org/blogs/"),
    "/pypi": Moved("https://pypi.python.org/pypi", keeps_query=True),
    "/peps": Moved(f"{SITE}/dev/peps/", FOUND),
}
"""Addresses together with all that lay below them."""

PATTERNS: tuple[tuple[re.Pattern[str], Moved], ...] = (
    (re.compile(r"/~guido/(.+)"), Moved(r"https://gvanrossum.github.io/\1")),
    (re.compile(r"/newjobs/(.*)"), Moved(rf"{SITE}/jobs/\1")),
    (re.compile(r"/mailman/(.+)"), Moved(r"https://mail.python.org/mailman/\1")),
    (re.compile(r"/pipermail/(.+)"), Moved(r"https://mail.python.org/pipermail/\1")),
    (re.compile(r"/pypi/(.+)"), Moved(r"https://pypi.python.org/pypi/\1", keeps_query=True)),
    (re.compile(r"/peps/(pep-\d{4})\.html"), Moved(rf"{SITE}/dev/peps/\1/")),
    (re.compile(r"/peps/([\w-]+)\.html"), Moved(r"https://peps.python.org/\1", FOUND)),
    (re.compile(r"/dev/peps/(.*)"), Moved(r"https://peps.python.org/\1", FOUND)),
    (re.compile(r"/sf/(\d+)/?"), Moved(r"https://bugs.python.org/issue\1", FOUND)),
)
"""The first one that fits a whole path counts; what it caught is written into the target."""


def moved(path: str, query: str = "") -> Moved | None:
    """Return where an address of the past leads, if it is one; it is the same with and without a slash at its end."""
    found = EXACT.get(path) or _by_pattern(path) or _in_other_spelling(path) or _below(path)
    if found and found.keeps_query and query:
        safe_query = quote(query, safe=SAFE_IN_QUERY, encoding="latin-1", errors="replace")
        return Moved(f"{found.target}?{safe_query}", found.status_code)
    return found


def own_path(target: str) -> str:
    """Return the path of a target on this site, however it is written; "" for one that lies elsewhere."""
    path = (OWN.sub("", target) or "/") if OWN.match(target) else target
    return path.partition("?")[0].partition("#")[0] if path.startswith("/") and not path.startswith("//") else ""


def _by_pattern(path: str) -> Moved | None:
    for pattern, rule in PATTERNS:
        if found := pattern.fullmatch(path):
            caught = [quote(part, safe=SAFE_IN_PATH, errors="replace") for part in found.groups()]
            return Moved(rule.target.replace(r"\1", caught[0]), rule.status_code, rule.keeps_query)
    return None


def _in_other_spelling(path: str) -> Moved | None:
    return next((EXACT[spelling] for spelling in spellings(path) if spelling in EXACT), None)


def _below(path: str) -> Moved | None:
    return next((BELOW[start] for start in _starts(path) if start in BELOW), None)


def _starts(path: str) -> list[str]:
    """Return the path without its last parts, the longest first."""
    parts = path.rstrip("/").split("/")
    return ["/".join(parts[:length]) for length in range(len(parts), 1, -1)]

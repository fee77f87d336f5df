"""Where what a release names is fetched from: www.python.org, or a mirror of its files that the settings name."""

from cms.downloads.rules import OFFICIAL_PREFIX

FILES = f"{OFFICIAL_PREFIX}ftp/"
UNENCRYPTED = OFFICIAL_PREFIX.replace("https://", "http://", 1)


def fetched_from(url: str, *, files_url: str) -> str:
    """Return the address to fetch a file from; the old rows that still say http:// are fetched by https://."""
    official = OFFICIAL_PREFIX + url.removeprefix(UNENCRYPTED) if url.startswith(UNENCRYPTED) else url
    return files_url + official.removeprefix(FILES) if official.startswith(FILES) else official

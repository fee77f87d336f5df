"""Where to go after signing in: to the page somebody came from, if that is one of ours."""

from urllib.parse import quote, urlencode

SIGN_IN_PATH = "/accounts/login/"
HOME = "/"
LONGEST = 2000


def next_page(wanted: str | None) -> str:
    """Return the wanted path if it is a path on this site, else the home page.

    Browsers read backslashes as slashes and drop tabs and line breaks, so that a slash, a tab and
    "/example.org" would lead away.
    """
    if not wanted or len(wanted) > LONGEST:
        return HOME
    is_plain = wanted.isprintable() and "\\" not in wanted and " " not in wanted
    if not is_plain or not wanted.startswith("/") or wanted.startswith("//"):
        return HOME
    return quote(wanted, safe="/?#%&=+,;:@!$'()*[]~-._")


def sign_in_page(then: str) -> str:
    """Return the address of the sign-in page that leads back to `then`."""
    return f"{SIGN_IN_PATH}?{urlencode({'next': then})}"

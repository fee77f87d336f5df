"""Which passwords people may choose: long ones that are not the first guesses."""

import re

from cms.core.errors import Invalid
from cms.users.models import User

SHORTEST = 10
"""NIST SP 800-63B asks for eight at least; ten put nearly every list of common passwords out of reach."""

LONGEST = 1024
"""Whole sentences fit; what is longer was not typed by a person, and would be hashed for whoever sends it."""

FEWEST_DIFFERENT = 5
LONG_ENOUGH_TO_COMPARE = 4

COMMON_WORDS = frozenset(
    {
        "abcdefghij", "access", "admin", "administrator", "asdfghjkl", "baseball", "basketball", "changeme", "charlie",
        "computer", "default", "dragon", "flower", "football", "freedom", "hello", "helloworld", "iloveyou", "internet",
        "letmein", "liverpool", "login", "master", "michael", "monkey", "mypassword", "newpassword", "ninja", "pass",
        "passphrase", "passw", "password", "princess", "pycon", "python", "pythonorg", "qazwsx", "qazwsxedc", "qwerty",
        "qwertyasdf", "qwertyuiop", "root", "samsung", "secret", "shadow", "starwars", "sunshine", "superman", "test",
        "testing", "thisismypassword", "trustno", "user", "welcome", "welcometo", "whatever", "zaqxsw", "zxcvbnm",
    }
)  # fmt: skip
"""Words that, even with digits and signs around or in place of letters, are among the first that are guessed."""

RUNS = (
    "01234567890123456789",
    "09876543210987654321",
    "abcdefghijklmnopqrstuvwxyz",
    "zyxwvutsrqponmlkjihgfedcba",
    "qwertyuiopasdfghjklzxcvbnm",
    "1qaz2wsx3edc4rfv5tgb6yhn7ujm",
    "1q2w3e4r5t6y7u8i9o0p",
)

LETTERS_BEHIND = str.maketrans("@4301!$57", "aaeoiisst")
REPEATED = re.compile(r"(.{1,6}?)\1+.{0,5}", re.DOTALL)


def check_password(password: str, *, user: User, field: str = "password") -> None:
    """Raise Invalid, with every reason, unless `user` may take this password."""
    if objections := objections_to(password, user=user):
        raise Invalid.in_fields({field: objections})


def objections_to(password: str, *, user: User) -> list[str]:
    """Return the sentences that say why the password will not do; none, if it will."""
    if len(password) > LONGEST:
        return [f"Please use no more than {LONGEST:,} characters."]
    found = []
    if len(password) < SHORTEST:
        found.append(f"Please use at least {SHORTEST} characters. A few words in a row are easy to remember.")
    if _repeats_the_person(password, user):
        found.append("This is too much like your user name, your own name or your e-mail address.")
    if _is_guessed_early(password):
        found.append("This is one of the first passwords that somebody would guess.")
    return found


def _repeats_the_person(password: str, user: User) -> bool:
    """Say whether little is left of the password once what everybody knows of its owner is taken out."""
    left = password.casefold()
    known = (user.username, user.email, *user.email.split("@"), user.first_name, user.last_name)
    names = {name.casefold() for name in known if len(name) >= LONG_ENOUGH_TO_COMPARE}
    for name in sorted(names, key=len, reverse=True):
        left = left.replace(name, "")
    return left != password.casefold() and len(left) < SHORTEST - LONG_ENOUGH_TO_COMPARE


def _is_guessed_early(password: str) -> bool:
    plain = password.casefold()
    return (
        len(set(plain)) < FEWEST_DIFFERENT
        or plain.isdecimal()
        or any(plain in run for run in RUNS)
        or REPEATED.fullmatch(plain) is not None
        or bool(_words_of(plain) & COMMON_WORDS)
    )


def _words_of(plain: str) -> set[str]:
    """Return the password without its decoration: "P@ssw0rd!2026" is "password"."""
    return {
        re.sub(r"[\W\d_]+", "", plain),
        re.sub(r"[\W\d_]+", "", plain.translate(LETTERS_BEHIND)),
        re.sub(r"[\W\d_]+", "", plain.rstrip("0123456789!?.-_#").translate(LETTERS_BEHIND)),
    }

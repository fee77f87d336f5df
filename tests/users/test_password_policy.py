import pytest

from cms.core.errors import Invalid
from cms.users.models import User
from cms.users.password_policy import check_password, objections_to


@pytest.fixture
def user():
    return User(username="guidovr", email="benevolent@example.org", first_name="Guido", last_name="van Rossum")


@pytest.mark.parametrize(
    "password",
    [
        "correct horse battery",
        "Kreuzgänge im März",
        "x7#Qp!vR2m",
        "guidovr likes long pass phrases",
        "パスワードは長いほうがよい",
        "a" * 500 + " bcdefg",
    ],
)
def test_a_long_password_that_is_no_first_guess_is_accepted(user, password):
    assert objections_to(password, user=user) == []


@pytest.mark.parametrize(
    "password",
    [
        "password123",
        "P@ssw0rd!2026",
        "Iloveyou!!1",
        "python-2026",
        "1234567890",
        "9876543210",
        "2718281828459045",
        "qwertyuiop",
        "aaaaaaaaaaaa",
        "abcabcabcabc",
        "xyzzyxyzzy",
        "1q2w3e4r5t",
    ],
)
def test_a_first_guess_is_refused(user, password):
    assert objections_to(password, user=user) == ["This is one of the first passwords that somebody would guess."]


@pytest.mark.parametrize("password", ["guidovr2026", "Benevolent1", "VanRossumGuido", "benevolent@example.org"])
def test_what_everybody_knows_of_a_person_is_refused(user, password):
    user.last_name = "vanRossum"

    found = objections_to(password, user=user)

    assert found == ["This is too much like your user name, your own name or your e-mail address."]


def test_a_short_password_is_refused_with_advice(user):
    found = objections_to("x7#Qp!vR2", user=user)

    assert found == ["Please use at least 10 characters. A few words in a row are easy to remember."]


def test_an_endless_password_is_refused_without_being_looked_at(user):
    assert objections_to("ab" * 600_000, user=user) == ["Please use no more than 1,024 characters."]


def test_refusals_name_the_field_and_every_reason(user):
    with pytest.raises(Invalid) as refusal:
        check_password("guidovr", user=user, field="new")

    assert list(refusal.value.errors) == ["new"]
    assert len(refusal.value.errors["new"]) == 2


def test_somebody_without_a_name_may_take_any_good_password():
    nobody = User(username="", email="", first_name="", last_name="")

    assert objections_to("correct horse battery", user=nobody) == []

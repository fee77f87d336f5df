from types import SimpleNamespace

import pytest
from sqlalchemy.exc import OperationalError

from cms.core import audit
from cms.users import sessions
from public_site.middleware.current_user import CurrentUserMiddleware
from public_site.middleware.session import SessionMiddleware, cookie_name, session_cookie
from tests.asgi import ask
from tests.factories.users import make_user


class Application:
    """Remembers who it was told the visitor is."""

    def __init__(self, headers=()):
        self.headers = [*headers]
        self.state = None
        self.acting = None

    async def __call__(self, scope, receive, send):
        self.state = scope["state"]
        self.acting = audit.acting()
        await send({"type": "http.response.start", "status": 200, "headers": self.headers})
        await send({"type": "http.response.body", "body": b"", "more_body": False})


@pytest.fixture
def application():
    return Application()


@pytest.fixture
def stack(application, sessionmaker, settings):
    resources = SimpleNamespace(sessionmaker=sessionmaker, settings=settings)
    return SessionMiddleware(CurrentUserMiddleware(application), resources=resources)


@pytest.fixture
async def user(session):
    return await make_user(session)


@pytest.fixture
async def token(session, user):
    token = await sessions.start_session(session, user, address="192.0.2.7", user_agent="Firefox")
    await session.commit()
    return token


def refusing(error):
    def sessionmaker():
        raise error

    return sessionmaker


async def test_a_request_with_the_cookie_is_its_owners(stack, application, user, token):
    answer = await ask(stack, headers={"Cookie": f"theme=dark; session={token}"}, state={"request_id": "r-1"})

    assert application.state["user"].id == user.id
    assert application.state["user_session"].user_id == user.id
    assert (application.acting.actor_id, application.acting.request_id) == (user.id, "r-1")
    assert answer["cache-control"] == "private, no-store"


async def test_nobody_is_acting_after_the_request(stack, token):
    await ask(stack, headers={"Cookie": f"session={token}"})

    assert audit.acting() == audit.NOBODY


async def test_an_answer_that_names_its_own_caching_keeps_it(stack, application, token):
    application.headers = [(b"cache-control", b"private, max-age=60")]

    answer = await ask(stack, headers={"Cookie": f"session={token}"})

    assert answer["cache-control"] == "private, max-age=60"


@pytest.mark.parametrize(
    ("path", "cookie"), [("/", ""), ("/", "theme=dark"), ("/", "mysession=x"), ("/api/v2/", "session=x")]
)
async def test_without_a_session_the_database_is_not_asked(application, settings, path, cookie):
    resources = SimpleNamespace(sessionmaker=refusing(AssertionError("asked")), settings=settings)
    stack = SessionMiddleware(CurrentUserMiddleware(application), resources=resources)

    answer = await ask(stack, path, headers={"Cookie": cookie} if cookie else {})

    assert answer.status == 200
    assert application.state["user"] is None
    assert application.state["user_session"] is None
    assert "cache-control" not in answer


async def test_the_api_never_looks_at_the_cookie(stack, application, token):
    await ask(stack, "/api/v2/downloads/release/", headers={"Cookie": f"session={token}"})

    assert application.state["user"] is None


async def test_the_cookie_of_an_ended_session_is_deleted(stack, application, session, token):
    await sessions.end(session, token)
    await session.commit()

    answer = await ask(stack, headers={"Cookie": f"session={token}"})

    assert application.state["user"] is None
    assert answer["set-cookie"].startswith('session=""; ') or answer["set-cookie"].startswith("session=; ")
    assert "Max-Age=0" in answer["set-cookie"]


async def test_a_session_begun_by_the_answer_is_not_deleted_again(stack, application):
    application.headers = [(b"set-cookie", b"session=new; Path=/")]

    answer = await ask(stack, headers={"Cookie": "session=ended"})

    assert answer["set-cookie"] == "session=new; Path=/"


async def test_a_cookie_too_long_to_be_ours_is_none(stack, application):
    answer = await ask(stack, headers={"Cookie": f"session={'x' * 5000}"})

    assert answer.status == 200
    assert application.state["user"] is None


@pytest.mark.parametrize("error", [OperationalError("SELECT", {}, Exception("gone")), ConnectionRefusedError()])
async def test_without_the_database_people_are_told_to_try_again(application, settings, error):
    resources = SimpleNamespace(sessionmaker=refusing(error), settings=settings)
    stack = SessionMiddleware(application, resources=resources)

    answer = await ask(stack, headers={"Cookie": "session=x"})

    assert (answer.status, answer["retry-after"]) == (503, "5")
    assert answer["cache-control"] == "private, no-store"
    assert application.state is None


def test_in_production_the_cookie_is_bound_to_this_host_and_to_tls(settings, user_for_cookies):
    production = settings.model_copy(update={"environment": "production"})

    cookie = session_cookie("token", user_for_cookies, production)

    assert cookie_name(production) == "__Host-session"
    assert (cookie.secure, cookie.httponly, cookie.path, cookie.domain) == (True, True, "/", None)
    assert cookie.samesite == "lax"


@pytest.fixture
def user_for_cookies():
    return SimpleNamespace(is_staff=False, is_superuser=False)

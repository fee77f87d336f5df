"""Real PostgreSQL and Redis for every test, the application that ships, and one transaction a test."""

import asyncio
import gc
import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import httpx
import pytest
from jinja2 import BytecodeCache, Environment
from jinja2.bccache import Bucket
from pydantic import SecretStr
from redis.asyncio import Redis
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, AsyncSession, async_sessionmaker

import cms.models
import cms.worker  # noqa: F401 - every task and every search document
from cms import seed
from cms.core import embedded, migrations
from cms.core.resources import Resources
from cms.core.search_engines.postgresql import PostgresSearch
from cms.core.session import make_engine, make_sessionmaker
from cms.core.settings import Settings
from cms.core.storage import Storage
from cms.users.models import User
from tests.admin.browser import Browser
from tests.databases import database_beside
from tests.fakes import FrozenClock, MemoryMail, RecordingCDN, memory_storage, read

SITE = "http://testserver"
PATIENCE = "2min"
"""How long a statement may take: no test waits for this, and the machine may be busy."""
PLENTY = "1000000/hour"
"""All tests call the API from one address, and should not wait for each other."""


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Let each run have a folder of its own.

    Whenever a run begins, pytest closes the folder that its runs share to all other accounts, and so to the servers
    of a run that is under way: started by root, PostgreSQL runs under another.
    """
    if config.option.basetemp is None:
        folder = tempfile.mkdtemp(prefix="cms-tests-")
        config.option.basetemp = folder
        config.add_cleanup(lambda: shutil.rmtree(folder, ignore_errors=True))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Do not measure what a browser runs: other tests prove it line by line, and measuring takes as long again."""
    for item in items:
        if item.get_closest_marker("browser"):
            item.add_marker("no_cover")


@dataclass(frozen=True)
class Template:
    """A database that nobody is connected to, and files of a storage, to make others of."""

    url: str
    files: dict[str, bytes] = field(default_factory=dict)


@dataclass(frozen=True)
class Beginning:
    """What a test finds: a database, and files in the storage."""

    engine: AsyncEngine
    files: dict[str, bytes] = field(default_factory=dict)


class EngineInTransaction:
    """The part of an engine that the search needs, within the transaction of a test."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    @asynccontextmanager
    async def begin(self) -> AsyncIterator[AsyncConnection]:
        async with self._connection.begin_nested():
            yield self._connection


class TemplatesOfThisRun(BytecodeCache):
    """Templates that were compiled for the application of an earlier test; each test has an application of its own."""

    def __init__(self) -> None:
        self._compiled: dict[str, bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        if bucket.key in self._compiled:
            bucket.bytecode_from_string(self._compiled[bucket.key])

    def dump_bytecode(self, bucket: Bucket) -> None:
        self._compiled[bucket.key] = bucket.bytecode_to_string()


@pytest.fixture(scope="session", autouse=True)
def _look_for_garbage_less_often() -> None:
    """Do as the server does: to look through all that was loaded, again and again, took a good part of the time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 20, 20)


@pytest.fixture(scope="session", autouse=True)
def _compile_templates_once() -> Iterator[None]:
    """Compiling the templates anew took most of the time of a test at a page."""
    compiled, make = TemplatesOfThisRun(), Environment.__init__
    with pytest.MonkeyPatch.context() as patch:

        def with_cache(environment: Environment, *arguments: Any, **options: Any) -> None:
            make(environment, *arguments, **{**options, "bytecode_cache": compiled})

        patch.setattr(Environment, "__init__", with_cache)
        yield


@pytest.fixture(scope="session")
def database_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of a migrated database: that of CMS_TEST_DATABASE_URL, or one from the wheel."""
    if given := os.environ.get("CMS_TEST_DATABASE_URL"):
        migrations.upgrade(given)
        yield given
        return
    server = embedded.start_postgresql(tmp_path_factory.mktemp("database"), durable=False)
    migrations.upgrade(server.url)
    yield server.url
    server.stop()


@pytest.fixture(scope="session")
def redis_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of a Redis: that of CMS_TEST_REDIS_URL, or one from the wheel."""
    if given := os.environ.get("CMS_TEST_REDIS_URL"):
        yield given
        return
    server = embedded.start_redis(tmp_path_factory.mktemp("redis"), durable=False)
    yield server.url
    server.stop()


@pytest.fixture(scope="session")
def settings(database_url: str, redis_url: str, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return Settings(
        environment="test",
        home=tmp_path_factory.mktemp("home"),
        secret_key=SecretStr("a key for tests only"),
        site_url=SITE,
        database_url=database_url,
        redis_url=redis_url,
        demo_database=True,
        api_v1_rate=PLENTY,
        api_v2_guest_rate=PLENTY,
        api_v2_key_rate=PLENTY,
    )


@pytest.fixture(scope="session")
async def engine(settings: Settings) -> AsyncIterator[AsyncEngine]:
    engine = make_engine(settings, statement_timeout=PATIENCE)
    yield engine
    await engine.dispose()


@pytest.fixture(scope="session")
async def empty_template(database_url: str) -> AsyncIterator[Template]:
    """A migrated database without content."""
    async with database_beside(database_url) as url:
        await asyncio.to_thread(migrations.upgrade, url)
        yield Template(url)


@pytest.fixture(scope="session")
async def full_template(settings: Settings, empty_template: Template) -> AsyncIterator[Template]:
    """A database with the demo content, and its files."""
    async with copy_of(empty_template, settings) as (url, engine):
        storage, redis = memory_storage(), Redis.from_url(settings.redis_url or "")
        fakes = {"search": PostgresSearch(engine), "cdn": RecordingCDN(), "mail": MemoryMail()}
        resources = Resources(settings, engine, make_sessionmaker(engine), redis, storage, **fakes)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("cms.core.clock._read", FrozenClock().now)
            await seed.seed(resources, demo=True)
        await redis.aclose()
        await engine.dispose()
        yield Template(url, {found.name: await read(storage, found.name) async for found in storage.list()})


@asynccontextmanager
async def copy_of(template: Template, settings: Settings) -> AsyncIterator[tuple[str, AsyncEngine]]:
    """Yield the URL of a copy, and an engine on it."""
    async with database_beside(settings.database_url or "", template=template.url) as url:
        engine = make_engine(settings.model_copy(update={"database_url": url}), statement_timeout=PATIENCE)
        yield url, engine
        await engine.dispose()


@pytest.fixture(scope="session")
def nothing(engine: AsyncEngine) -> Beginning:
    return Beginning(engine)


@pytest.fixture(scope="session")
async def demonstration(settings: Settings, full_template: Template) -> AsyncIterator[Beginning]:
    async with copy_of(full_template, settings) as (_url, engine):
        yield Beginning(engine, full_template.files)


@pytest.fixture
def own_template(request: pytest.FixtureRequest) -> Template:
    found: Template = request.getfixturevalue("full_template" if has(request, "demonstration") else "empty_template")
    return found


@pytest.fixture
async def own_database(settings: Settings, own_template: Template) -> AsyncIterator[Beginning]:
    async with copy_of(own_template, settings) as (_url, engine):
        yield Beginning(engine, own_template.files)


@pytest.fixture
def beginning(request: pytest.FixtureRequest) -> Beginning:
    """An empty database or one with the demo content, shared with other tests or of the test's own; markers say it.

    The demo content was written at the moment at which the clock of tests stands; so time stands still beside it.
    """
    if has(request, "demonstration"):
        request.getfixturevalue("clock")
    shared = "demonstration" if has(request, "demonstration") else "nothing"
    found: Beginning = request.getfixturevalue("own_database" if has(request, "commits") else shared)
    return found


@pytest.fixture
async def connection(beginning: Beginning) -> AsyncIterator[AsyncConnection]:
    """A connection in a transaction that is rolled back after the test."""
    async with beginning.engine.connect() as connection:
        transaction = await connection.begin()
        yield connection
        await transaction.rollback()


@pytest.fixture
def bind(request: pytest.FixtureRequest, beginning: Beginning) -> AsyncConnection | AsyncEngine:
    """What sessions write to: a transaction that never ends, or a database of the test's own."""
    found: AsyncConnection | AsyncEngine = (
        beginning.engine if has(request, "commits") else request.getfixturevalue("connection")
    )
    return found


@pytest.fixture
def sessionmaker(bind: AsyncConnection | AsyncEngine) -> async_sessionmaker[AsyncSession]:
    """Sessions whose commits are seen by all others of the test, and by nobody after it."""
    return make_sessionmaker(bind, join_transaction_mode="create_savepoint")


def has(request: pytest.FixtureRequest, marker: str) -> bool:
    return request.node.get_closest_marker(marker) is not None


@pytest.fixture
async def session(sessionmaker: async_sessionmaker[AsyncSession]) -> AsyncIterator[AsyncSession]:
    async with sessionmaker() as session:
        yield session


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> FrozenClock:
    """The time, stopped; `clock.move(hours=1)` moves it."""
    frozen = FrozenClock()
    monkeypatch.setattr("cms.core.clock._read", frozen.now)
    return frozen


@pytest.fixture
def cdn() -> RecordingCDN:
    return RecordingCDN()


@pytest.fixture
def mail() -> MemoryMail:
    return MemoryMail()


@pytest.fixture
async def filled_storage(beginning: Beginning) -> Storage:
    """A storage that forgets everything with the test."""
    storage = memory_storage()
    for name, content in beginning.files.items():
        await storage.save(name, content)
    return storage


@pytest.fixture
async def resources(
    settings: Settings,
    beginning: Beginning,
    bind: AsyncConnection | AsyncEngine,
    sessionmaker: async_sessionmaker[AsyncSession],
    filled_storage: Storage,
    cdn: RecordingCDN,
    mail: MemoryMail,
) -> AsyncIterator[Resources]:
    """What the application stands on, with fakes at its edge and the test's transaction under it."""
    redis = Redis.from_url(settings.redis_url or "")
    yield Resources(
        settings=settings,
        engine=beginning.engine,
        sessionmaker=sessionmaker,
        redis=redis,
        storage=filled_storage,
        search=PostgresSearch(EngineInTransaction(bind) if isinstance(bind, AsyncConnection) else bind),
        cdn=cdn,
        mail=mail,
    )
    await redis.aclose()


@pytest.fixture
async def client(resources: Resources) -> AsyncIterator[httpx.AsyncClient]:
    """A visitor of the application that ships; the page cache is off, so that each request is answered anew."""
    from tests.application import build

    application = build(replace(resources, settings=resources.settings.model_copy(update={"page_cache_bytes": 0})))
    transport = httpx.ASGITransport(application, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url=SITE) as client:
        yield client


@pytest.fixture
async def superuser(session: AsyncSession) -> User:
    from tests.factories.users import make_user

    return await make_user(session, username="superuser", is_superuser=True, is_staff=True)


@pytest.fixture
async def browser(client: httpx.AsyncClient, session: AsyncSession, superuser: User) -> Browser:
    """A superuser at the back office."""
    return await Browser(client).sign_in(session, superuser)


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of reference material; tests that need it skip where it is absent."""
    folder = Path(__file__).resolve().parents[2] / "shared"
    if not folder.is_dir():
        pytest.skip("The reference material beside the checkout is absent.")
    return folder

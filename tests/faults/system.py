"""A whole system of real processes, whose parts can be killed one by one."""

import asyncio
import os
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import httpx
import psutil
from sqlalchemy import func, select
from sqlalchemy.exc import DBAPIError

from cms import doctor
from cms.core import embedded, migrations
from cms.core.outbox import MessageStatus, OutboxMessage
from cms.core.permissions import Permission
from cms.core.resources import Resources
from cms.core.settings import Settings
from cms.downloads.models import Release
from cms.downloads.services import publish_release
from cms.users.models import User
from tests.benchmarks.installation import cms, free_port, process
from tests.factories.downloads import make_file, make_operating_system, make_release
from tests.factories.users import make_user

PATIENCE = 120.0


class System:
    """The parts that run, and what a test does with them."""

    def __init__(self, home: Path) -> None:
        self._home = home
        self._stack = ExitStack()
        self._worker_stack = ExitStack()
        port = free_port()
        self.url = f"http://127.0.0.1:{port}"
        self.postgresql = embedded.start_postgresql(home, durable=False)
        self.redis = embedded.start_redis(home, durable=False)
        settings = {
            "CMS_HOME": str(home),
            "CMS_SECRET_KEY": "a key for tests only",
            "CMS_SITE_URL": self.url,
            "CMS_DATABASE_URL": self.postgresql.url,
            "CMS_REDIS_URL": self.redis.url,
            "CMS_WORKERS": "2",
            "CMS_RELEASE_FILES_URL": "",
        }
        others = {name: value for name, value in os.environ.items() if not name.startswith("CMS_")}
        self._environment = {**others, **settings, "PORT": str(port)}
        self.resources = Resources.from_settings(Settings.load(settings))

    def start(self) -> None:
        migrations.upgrade(self.postgresql.url)
        self._stack.enter_context(
            process(
                cms("serve"),
                environment=self._environment,
                log=self._home / "log/site.log",
                answers=f"{self.url}/health/ready",
            )
        )
        self.start_worker()

    def stop(self) -> None:
        self._worker_stack.close()
        self._stack.close()
        for server in (self.redis, self.postgresql):
            server.stop()

    def start_worker(self) -> None:
        self._worker = self._worker_stack.enter_context(
            process(cms("worker"), environment=self._environment, log=self._home / "log/worker.log")
        )

    def kill_worker(self) -> None:
        """End the worker so that it can tell nobody."""
        self._worker.kill()
        self._worker_stack.close()

    def kill_redis(self) -> None:
        psutil.Process(self.redis.pid).kill()
        self.redis.stop()

    def start_redis(self) -> None:
        self.redis = embedded.start_redis(self._home, durable=False)

    def restart_postgresql(self) -> None:
        self.postgresql.stop()
        self.postgresql = embedded.start_postgresql(self._home, durable=False)

    async def make_drafts(self, *names: str) -> list[Release]:
        async with self.resources.sessionmaker() as session:
            system = await make_operating_system(session, f"A system for {names[0]}")
            drafts = [await make_release(session, name, is_published=False) for name in names]
            for draft in drafts:
                await make_file(session, draft, system, sha256="a" * 64)
            return drafts

    async def make_release_manager(self) -> User:
        async with self.resources.sessionmaker() as session:
            return await make_user(session, permissions=(Permission.DOWNLOADS_EDIT, Permission.DOWNLOADS_PUBLISH))

    async def publish(self, draft: Release, *, by: User) -> None:
        """Publish as the back office does: one transaction, the domain's own decision."""
        async with self.resources.sessionmaker.begin() as session:
            release = await session.get_one(Release, draft.id)
            await publish_release(session, release, by=by)

    async def publish_in_spite_of_faults(self, draft: Release, *, by: User) -> None:
        """Publish as a patient person does, who tries again after an error page."""
        while True:
            try:
                await self.publish(draft, by=by)
            except (DBAPIError, OSError):
                await asyncio.sleep(0.2)
            else:
                return

    async def visit(self, path: str) -> int:
        """Return the status that visitors get, from whichever process answers."""
        async with httpx.AsyncClient(base_url=self.url, timeout=30) as visitor:
            return (await visitor.get(path, headers={"Connection": "close"})).status_code

    async def statuses(self, releases: Sequence[Release]) -> list[int]:
        return [await self.visit(release.public_path) for release in releases]

    async def has_work(self) -> bool:
        """Tell whether anything still has to follow from what was committed."""
        async with self.resources.sessionmaker() as session:
            waiting = select(func.count()).where(OutboxMessage.status != MessageStatus.FAILED)
            return bool(await session.scalar(waiting))

    async def has_begun(self, task: str) -> bool:
        async with self.resources.sessionmaker() as session:
            begun = select(func.count()).where(OutboxMessage.task == task, OutboxMessage.attempts > 0)
            return bool(await session.scalar(begun))

    async def has_nothing_left(self) -> bool:
        with suppress(DBAPIError, OSError):
            return not await self.has_work()
        return False

    async def what_is_amiss(self) -> list[str]:
        """Ask the doctor."""
        return [f"{found.subject}: {found.says}" for found in await doctor.examine(self.resources) if not found.is_good]


@contextmanager
def running_system(home: Path) -> Iterator[System]:
    system = System(home)
    try:
        system.start()
        yield system
    finally:
        system.stop()


async def until(condition: Callable[[], Awaitable[bool]], *, patience: float = PATIENCE) -> bool:
    """Wait until the condition holds; tells whether it did in time."""
    deadline = time.monotonic() + patience
    while not await condition():
        if time.monotonic() > deadline:
            return False
        await asyncio.sleep(0.1)
    return True

"""The commands of `cms`. Each is a call of its owner, imported when it is asked for, so that all start at once."""

import asyncio
import os
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from cms.core.errors import CMSError, ConfigurationError, Conflict, Invalid, Unavailable
from cms.core.settings import Settings

if TYPE_CHECKING:
    from cms.core.resources import Resources

T = TypeVar("T")

port_option = click.option(
    "--port", envvar="PORT", type=click.IntRange(1, 65535), default=8000, show_default=True, help="Or PORT."
)


class Commands(click.Group):
    """Commands that tell people what went wrong in a sentence, and programs by their exit status."""

    def invoke(self, context: click.Context) -> Any:
        try:
            return super().invoke(context)
        except CMSError as error:
            click.echo(error.message, err=True)
            sys.exit(1)


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """The content management system of python.org.

    Settings are read from CMS_* variables; docs/operations.md lists them. Where they name no database or Redis,
    servers are started from wheels, with their data under CMS_HOME.
    """


@main.command()
@port_option
def run(port: int) -> None:
    """Run everything on this machine, with demo content on the first start."""
    from cms import supervisor

    supervisor.run(Settings.load(), port=port)


@main.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@port_option
@click.option("--workers", type=click.IntRange(min=1), help="How many processes; or CMS_WORKERS.")
def serve(host: str, port: int, workers: int | None) -> None:
    """Serve the site and the back office."""
    settings = Settings.load()
    _refuse_without_servers(settings)

    from cms import server

    server.serve(settings, host=host, port=port, workers=workers or settings.workers)


@main.command()
def worker() -> None:
    """Do what follows from changes, and what is due at a time of day."""
    settings = Settings.load()
    _refuse_without_servers(settings)

    from cms import worker as owner
    from cms.core import logs

    logs.configure(settings)
    owner.main(settings)


@main.command()
@click.option("--check", is_flag=True, help="Only tell whether models and database agree.")
def migrate(*, check: bool) -> None:
    """Bring the database to the newest migration."""
    from alembic.util import CommandError

    from cms.core import embedded, migrations

    with embedded.servers_for(Settings.load()) as settings:
        bring_or_compare = migrations.check if check else migrations.upgrade
        try:
            bring_or_compare(settings.database_url or "")
        except CommandError as error:
            raise Conflict(f"{str(error).rstrip('.')}.") from error


@main.command()
@click.option("--demo", is_flag=True, help="Also write demo content and accounts; only into a demo database.")
def seed(*, demo: bool) -> None:
    """Write what every database needs: the shipped roles, operating systems, the menu."""
    from cms import seed as owner

    _with_resources(lambda resources: owner.seed(resources, demo=demo))


@main.command()
@click.argument("source")
@click.option(
    "--media",
    type=click.Path(exists=True, path_type=Path),
    help="The uploaded files of the old site: their folder, or a .tar.gz of it.",
)
@click.option("--prune", is_flag=True, help="Delete imported rows that the source no longer has.")
@click.option("--replace", is_flag=True, help="Before the first import, delete what is here instead of it.")
@click.option(
    "--report",
    type=click.Path(dir_okay=False, writable=True, path_type=Path),
    help="Write what became of each row to this file, as JSON.",
)
def import_django(source: str, media: Path | None, report: Path | None, *, prune: bool, replace: bool) -> None:
    """Take over the old site's content and people from SOURCE, the URL of its PostgreSQL database.

    May be repeated: rows keep their ids and are brought up to date. The exit status is 0 only if everything that
    was read is here or was refused for a reason that the report gives.
    """
    from cms.import_django import runner

    def work(resources: "Resources") -> Awaitable[bool]:
        return runner.run(resources, source, media=media, prune=prune, replace=replace, report_to=report)

    if not _with_resources(work):
        sys.exit(1)


@main.command()
@click.argument("indexes", nargs=-1)
def reindex(indexes: tuple[str, ...]) -> None:
    """Build search indexes anew, all of them if none is named; the search goes on meanwhile."""
    from cms import upkeep

    for index, count in _with_resources(lambda resources: upkeep.reindex(resources, indexes)).items():
        click.echo(f"{index}: {count:,} documents.")


@main.command()
@click.argument("keys", nargs=-1)
@click.option("--all", "everything", is_flag=True, help="Forget every page.")
def purge(keys: tuple[str, ...], *, everything: bool) -> None:
    """Have the page caches and the CDN forget the pages with these surrogate KEYS, such as `downloads`."""
    from cms import upkeep

    if bool(keys) == everything:
        raise click.UsageError("Name at least one key, or --all.")
    _with_resources(lambda resources: upkeep.purge(resources, keys))


@main.command()
@click.option("--username", prompt="User name")
@click.option("--email", prompt="E-mail address")
def create_superuser(username: str, email: str) -> None:
    """Create a person who may do everything.

    The password is asked for, or read from CMS_SUPERUSER_PASSWORD or from the standard input: the arguments of a
    command can be read by everybody on the machine.
    """
    from cms import upkeep

    password = _superuser_password()
    _with_resources(
        lambda resources: upkeep.create_superuser(resources, username=username, email=email, password=password)
    )
    click.echo(f"{username} may now sign in at {Settings.load().site_url}/admin/.")


@main.group(cls=Commands)
def api_key() -> None:
    """Make keys by which programs act for a person."""


@api_key.command("create")
@click.argument("user")
@click.option("--name", default="made on the command line", show_default=True, help="What the key is for.")
@click.option(
    "--scope", "scopes", multiple=True, help="A permission to limit the key to, such as downloads:edit; repeatable."
)
@click.option("--days", type=click.IntRange(min=1), help="After how many days the key expires; without it, never.")
def create_api_key(user: str, name: str, scopes: tuple[str, ...], days: int | None) -> None:
    """Make a key for USER and print it, alone: it is shown this once."""
    from cms import upkeep

    click.echo(
        _with_resources(
            lambda resources: upkeep.create_api_key(resources, username=user, name=name, scopes=scopes, days=days)
        )
    )


@main.command()
def doctor() -> None:
    """Compare the database with the search index and the caches, and say what is amiss; exit status 1 if anything."""
    from rich.console import Console

    from cms import doctor as owner

    findings = _with_resources(owner.examine)
    Console().print(owner.table_of(findings))
    if not all(finding.is_good for finding in findings):
        sys.exit(1)


def _refuse_without_servers(settings: Settings) -> None:
    if not (settings.database_url and settings.redis_url):
        message = "CMS_DATABASE_URL and CMS_REDIS_URL are missing; `cms run` sets both for you."
        raise ConfigurationError(message)


def _with_resources(work: Callable[["Resources"], Awaitable[T]]) -> T:
    """Do `work` with the resources of the settings, on servers from wheels where they name none."""
    from redis.exceptions import ConnectionError as RedisConnectionError

    from cms.core import embedded, logs
    from cms.core.resources import Resources

    async def opened() -> T:
        resources = Resources.from_settings(settings)
        try:
            return await work(resources)
        finally:
            await resources.aclose()

    with embedded.servers_for(Settings.load()) as settings:
        logs.configure(settings)
        try:
            return asyncio.run(opened())
        except (OSError, RedisConnectionError) as error:
            message = f"The database or Redis does not answer: {error}."
            raise Unavailable(message) from error


def _superuser_password() -> str:
    if password := os.environ.get("CMS_SUPERUSER_PASSWORD"):
        return password
    if sys.stdin.isatty():
        return str(click.prompt("Password", hide_input=True, confirmation_prompt=True))
    if password := sys.stdin.readline().rstrip("\r\n"):
        return password
    message = "Give the password on the standard input or in CMS_SUPERUSER_PASSWORD."
    raise Invalid(message)


if __name__ == "__main__":
    main()

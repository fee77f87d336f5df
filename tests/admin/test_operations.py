"""Operations: what the program did and does, its levers, and that nobody reads a secret there."""

import subprocess
import sys
from datetime import timedelta

import pytest
from pydantic import SecretStr
from sqlalchemy import select

from admin.operations.routes import LEVERS, SESSION_LEVERS
from admin.operations.settings import settings_in_force
from admin.operations.tabs import TABS, url_of
from cms.core import mail, records, search_rebuilds, tokens
from cms.core.audit import AuditEntry
from cms.core.cdn import Purge
from cms.core.errors import Unavailable
from cms.core.mail_log import MailState, RecordedMail, SentMail
from cms.core.outbox import MessageStatus, OutboxMessage, ScheduledTask
from cms.core.permissions import SHIPPED_ROLES, Permission
from cms.core.purge_log import PurgeLog, PurgeRecord
from cms.core.search_rebuilds import SearchRebuild
from cms.core.settings import Settings
from cms.core.storage_use import StorageFolder
from cms.users.models import UserSession
from cms.users.sessions import start_session
from tests.admin.browser import Browser, text_of
from tests.factories.downloads import make_release
from tests.factories.pages import make_page
from tests.factories.users import make_user

AUDITOR = tuple(SHIPPED_ROLES["auditor"].permissions)


async def make_task(session, **values):
    defaults = {"task": "purge_keys", "arguments": {"keys": ["x"]}, "status": MessageStatus.FAILED, "error": "Broken."}
    message = OutboxMessage(**{**defaults, **values})
    session.add(message)
    await session.commit()
    return message


async def waiting(session):
    """Return the names of the tasks that wait."""
    return set(await session.scalars(select(OutboxMessage.task).where(OutboxMessage.status == MessageStatus.WAITING)))


async def latest_entry(session):
    return (await session.scalars(select(AuditEntry).order_by(AuditEntry.id.desc()).limit(1))).one()


@pytest.fixture
async def auditor(client, session, browser):
    """Somebody who reads everything and changes nothing; signs the superuser of the same client out."""
    return await Browser(client).sign_in(session, await make_user(session, permissions=AUDITOR))


# Tasks.


async def test_a_failed_task_is_shown_with_its_error_and_run_again(browser, session):
    message = await make_task(session, error="No answer.")

    shown = [text_of((await browser.get(path)).text) for path in ("/admin/operations", "/admin/operations/tasks")]
    answer = await browser.post("/admin/operations/run-again", {"pks": message.id})

    assert all("No answer." in text for text in shown)
    assert answer.status_code == 303
    await session.refresh(message)
    assert message.status == MessageStatus.WAITING
    assert (await latest_entry(session)).action == "run again"


async def test_all_failed_tasks_are_run_again_at_once(browser, session):
    messages = [await make_task(session) for _ in range(3)]

    answer = await browser.post("/admin/operations/run-again", {"all": "yes"})

    assert answer.status_code == 303
    for message in messages:
        await session.refresh(message)
    assert {message.status for message in messages} == {MessageStatus.WAITING}
    assert (await latest_entry(session)).remark == "3 tasks"


async def test_a_task_is_given_up_and_the_history_keeps_what_it_was(browser, session):
    message = await make_task(session, arguments={"keys": ["releases"]})

    answer = await browser.post("/admin/operations/give-up", {"pks": message.id})

    assert answer.status_code == 303
    assert await session.scalar(select(OutboxMessage.id).where(OutboxMessage.id == message.id)) is None
    entry = await latest_entry(session)
    assert (entry.action, entry.remark) == ("give up", '{"keys": ["releases"]}')


async def test_a_task_that_runs_is_not_given_up(browser, session):
    message = await make_task(session, status=MessageStatus.HANDED_OVER)

    assert (await browser.post("/admin/operations/give-up", {"pks": message.id})).status_code == 404


async def test_tasks_are_shown_by_their_state_with_the_next_attempt(browser, session, clock):
    await make_task(session, task="waits", status=MessageStatus.WAITING, not_before=clock.now() + timedelta(minutes=5))
    await make_task(session, task="runs", status=MessageStatus.HANDED_OVER, handed_over_at=clock.now())

    waiting = text_of((await browser.get("/admin/operations/tasks", state="waiting")).text)
    running = text_of((await browser.get("/admin/operations/tasks", state="handed over")).text)

    assert "waits" in waiting
    assert "in 5 minutes" in waiting
    assert "runs" in running
    assert "waits" not in running.partition("Handed over 1")[2]


async def test_many_tasks_have_older_pages(browser, session):
    session.add_all(OutboxMessage(task=f"task_{n}", arguments={}, status=MessageStatus.FAILED) for n in range(60))
    await session.commit()

    first = (await browser.get("/admin/operations/tasks")).text
    older = first.partition('href="/admin/operations/tasks?state=failed&amp;before=')[2].partition('"')[0]
    second = text_of((await browser.get("/admin/operations/tasks", state="failed", before=older)).text)

    assert "task_59" in first
    assert "task_9 " not in first
    assert "task_9 " in second


@pytest.mark.parametrize("tab", ["tasks", "mails", "purges"])
@pytest.mark.parametrize("before", ["9" * 30, "9" * 18, "²", "-1"])
async def test_an_address_may_name_any_number_to_begin_before(browser, tab, before):
    answer = await browser.get(url_of(tab), before=before)

    assert answer.status_code == 200


# Schedule.


async def test_the_schedule_tells_the_next_moment_and_runs_a_task_out_of_turn(browser, session, clock):
    session.add(ScheduledTask(task="forget_old_records", schedule="23 3 * * *", last_due_at=clock.now()))
    await session.commit()

    shown = text_of((await browser.get("/admin/operations/schedule")).text)
    answer = await browser.post("/admin/operations/run-now", {"task": "forget_old_records"})

    assert "in 15 hours" in shown
    assert answer.status_code == 303
    assert "forget_old_records" in await waiting(session)
    assert (await latest_entry(session)).row_label == "forget_old_records"


async def test_only_a_task_of_the_schedule_is_run(browser, session):
    assert (await browser.post("/admin/operations/run-now", {"task": "send_invitation"})).status_code == 404


# Purges.


async def test_a_purge_by_key_is_work_of_the_outbox(browser, session):
    answer = await browser.post("/admin/operations/purge", {"keys": "releases, pages/42"})
    refused = await browser.post("/admin/operations/purge", {"keys": ""})

    assert (answer.status_code, refused.status_code) == (303, 422)
    tasks = select(OutboxMessage.arguments).where(OutboxMessage.task == "purge_keys")
    assert {"keys": ["pages/42", "releases"]} in (await session.scalars(tasks)).all()
    assert (await latest_entry(session)).remark == "pages/42, releases"


async def test_the_purge_log_tells_what_fastly_answered(browser, session, sessionmaker):
    log = PurgeLog(sessionmaker)
    await log(Purge(cache="Page caches", keys=["releases"], answer={"processes": 2}, milliseconds=0.4))
    await log(Purge(cache="Fastly", keys=["releases"], status=200, answer={"releases": "108-1-42"}, milliseconds=81.3))
    await log(Purge(cache="Fastly", keys=["pages"], status=503, milliseconds=9, error="Fastly answered 503."))

    everything = text_of((await browser.get("/admin/operations/purges")).text)
    failed = text_of((await browser.get("/admin/operations/purges", only="failed")).text)

    assert "2 processes heard it" in everything
    assert "releases: 108-1-42" in everything
    assert "81 ms" in everything
    assert "Fastly answered 503." in failed
    assert "108-1-42" not in failed


# Mails.


async def test_a_mail_is_written_down_without_its_link(browser, session, sessionmaker, settings, mail_to_record):
    token = tokens.sign({"user": 1, "stamp": "x" * 40}, purpose="reset", settings=settings)
    link = f"https://www.python.org/accounts/password/reset/key/{token}/"

    await mail.send(mail_to_record, "users/password_reset", to="ada@example.org", username="ada", link=link, hours=3)
    row = (await session.scalars(select(SentMail))).one()
    found = await browser.get("/admin/operations/mails", search="ada@exa")
    text = await browser.get(f"/admin/operations/mails/{row.id}")

    assert (row.state, row.occasion, row.recipients) == (MailState.SENT, "users/password_reset", "ada@example.org")
    assert "Hello ada," in text.text
    assert "/accounts/password/reset/key/(hidden)/" in text.text
    assert row.subject in found.text
    assert not any(token in page or token.rpartition(".")[2] in page for page in (row.body, found.text, text.text))


@pytest.fixture
def mail_to_record(mail, sessionmaker):
    return RecordedMail(mail, sessionmaker)


async def test_a_mail_that_did_not_leave_is_written_down_with_the_reason(session, sessionmaker):
    class Away:
        sender = "noreply@python.org"

        async def deliver(self, message):
            raise Unavailable("The mail server smtps://me:pass@word@host cannot be reached.")

    with pytest.raises(Unavailable):
        await mail.send(
            RecordedMail(Away(), sessionmaker),
            "users/password_changed",
            to="ada@example.org",
            username="ada",
            reset_link="/",
        )

    row = (await session.scalars(select(SentMail))).one()
    assert row.state == MailState.PUT_OFF
    assert row.error == "The mail server smtps://(hidden)@host cannot be reached."


# The search.


async def test_a_rebuild_is_asked_for_and_told_with_its_progress(browser, session, resources):
    await make_page(session)
    await make_release(session)

    answer = await browser.post("/admin/operations/reindex", {})
    counts = await search_rebuilds.rebuild(resources)

    assert answer.status_code == 303
    assert "rebuild_search" in await waiting(session)
    page = (await browser.get("/admin/operations/search")).text
    row = (await session.scalars(select(SearchRebuild))).one()
    assert (row.done, row.total, row.is_running) == (2, 2, False)
    assert counts["pages"] == counts["releases"] == 1
    assert "pages 1, releases 1" in text_of(page)
    assert '<th scope="row">PostgreSQL</th><td>1</td><td>1</td>' in page


def test_the_site_knows_the_names_of_the_indexes_without_the_worker():
    asked = "import admin.app; from admin.operations.search_state import _indexes; print(*_indexes())"
    done = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True)

    assert {"pages", "releases"} <= set(done.stdout.split())


async def test_a_rebuild_that_runs_shows_how_far_it_is(browser, session):
    session.add(SearchRebuild(total=200, documents={"pages": 50}, current_index="pages"))
    await session.commit()

    page = (await browser.get("/admin/operations/search")).text

    assert 'max="200" value="50"' in page
    assert "50 of about 200 documents, now pages." in text_of(page)


async def test_a_rebuild_that_fails_says_why(session, resources, monkeypatch):
    async def broken(*_arguments):
        raise Unavailable("Meilisearch does not answer.")

    monkeypatch.setattr(search_rebuilds, "reindex", broken)

    with pytest.raises(Unavailable):
        await search_rebuilds.rebuild(resources)

    row = (await session.scalars(select(SearchRebuild))).one()
    assert row.error == "Meilisearch does not answer."
    assert row.ended_at is not None


async def test_an_index_that_there_is_not_is_not_built(browser):
    assert (await browser.post("/admin/operations/reindex", {"index": "nothing"})).status_code == 422


# Storage.


async def test_the_files_are_counted_by_folder(browser, session, resources):
    for name in ("pages/a.txt", "pages/2026/b.txt", "c.txt"):
        await resources.storage.save(name, b"12345")

    await records.measure_storage(resources, session)
    await session.commit()

    found = {row.folder: (row.files, row.size) for row in await session.scalars(select(StorageFolder))}
    assert found == {"pages": (2, 10), "": (1, 5)}
    assert "3 files" in text_of((await browser.get("/admin/operations/storage")).text)


async def test_the_files_are_counted_when_somebody_asks(browser, session):
    assert (await browser.post("/admin/operations/measure-storage", {})).status_code == 303
    assert "measure_storage" in await waiting(session)


# Sessions.


async def test_one_browser_or_a_whole_person_is_signed_out(browser, session):
    person = await make_user(session, username="ada")
    for _ in range(3):
        await start_session(session, person, address="192.0.2.7", user_agent="Firefox")
    await session.commit()
    mine = select(UserSession.id).where(UserSession.user_id == person.id).order_by(UserSession.id)
    first = (await session.scalars(mine)).first()

    shown = text_of((await browser.get("/admin/operations/sessions", search="192.0.2.7")).text)
    one = await browser.post("/admin/operations/end-session", {"session": first})
    left = (await session.scalars(mine)).all()
    everywhere = await browser.post("/admin/operations/end-sessions", {"user": person.id})

    assert shown.count("ada") >= 3
    assert (one.status_code, everywhere.status_code) == (303, 303)
    assert len(left) == 2
    assert (await session.scalars(mine)).all() == []
    assert (await latest_entry(session)).action == "end sessions"


async def test_who_looks_after_accounts_signs_out_nobody_with_more_rights(client, session, superuser):
    permissions = (Permission.OPERATIONS_VIEW, Permission.USERS_EDIT, Permission.USERS_VIEW)
    browser = await Browser(client).sign_in(session, await make_user(session, permissions=permissions))
    member = await make_user(session)

    allowed = await browser.post("/admin/operations/end-sessions", {"user": member.id})
    refused = await browser.post("/admin/operations/end-sessions", {"user": superuser.id})

    assert (allowed.status_code, refused.status_code) == (303, 403)


# Settings, and secrets.

SECRETS = {
    "secret_key": SecretStr("key-of-the-signatures"),
    "demo_password": SecretStr("word-of-the-demo"),
    "meilisearch_key": SecretStr("key-of-meili"),
    "s3_access_key_id": "AKIA-OF-THE-BUCKET",
    "s3_secret_access_key": SecretStr("secret-of-the-bucket"),
    "fastly_api_key": SecretStr("key-of-fastly"),
    "smtp_url": SecretStr("smtps://me:word-of-the-mail@mail.example.org"),
    "database_url": "postgresql+asyncpg://cms:p@ss/word@db.example.org/cms",
    "redis_url": "rediss://:word-of-redis@redis.example.org:6379/0?password=another-of-redis",
    "site_url": "https://me:word-of-the-site@www.python.org",
}
TOLD = [
    *(value.get_secret_value() for value in SECRETS.values() if isinstance(value, SecretStr)),
    "AKIA-OF-THE-BUCKET",
    "word-of-redis",
    "another-of-redis",
    "word-of-the-site",
]


def test_every_setting_is_told_and_no_secret_is():
    found = {setting.variable: setting for setting in settings_in_force(Settings(**SECRETS))}

    assert set(found) == {f"CMS_{name.upper()}" for name in Settings.model_fields}
    told = " ".join(setting.value for setting in found.values())
    assert [secret for secret in TOLD if secret in told] == []
    assert found["CMS_REDIS_URL"].value == "rediss://(hidden)@redis.example.org:6379/0?password=(hidden)"
    assert found["CMS_WORKERS"].source == "default"
    assert found["CMS_FASTLY_SERVICE_ID"].value == "not set"


def test_a_setting_of_the_environment_is_said_to_come_from_there(monkeypatch):
    monkeypatch.setenv("CMS_WORKERS", "4")

    found = {setting.variable: setting for setting in settings_in_force(Settings())}

    assert (found["CMS_WORKERS"].value, found["CMS_WORKERS"].source) == ("4", "environment")


async def test_no_page_of_operations_tells_a_secret(auditor, session, sessionmaker, settings, mail_to_record):
    token = tokens.sign({"user": 7}, purpose="reset", settings=settings)
    cookie = await start_session(session, await make_user(session), address="192.0.2.1", user_agent="Firefox")
    for state in MessageStatus:
        arguments = {"token": "abc", "text": f"/key/{token}/", "session": cookie, "nested": [{"password": "abc"}]}
        await make_task(session, arguments=arguments, status=state, error=f"/key/{token}/ postgres://me:abc@host")
    link = f"https://www.python.org/accounts/password/reset/key/{token}/"
    await mail.send(mail_to_record, "users/password_reset", to="ada@example.org", username="a", link=link, hours=3)
    written = (await session.scalars(select(SentMail.id))).one()

    addresses = [url_of(tab) for tab in TABS] + [url_of("tasks", state=state.value) for state in MessageStatus]
    pages = [await auditor.get(path) for path in [*addresses, f"/admin/operations/mails/{written}"]]

    assert {page.status_code for page in pages} == {200}
    secrets = [token, token.rpartition(".")[2], cookie, "abc", settings.secret_key.get_secret_value()]
    assert [secret for secret in secrets for page in pages if secret in page.text] == []


@pytest.mark.parametrize("payload", [{"u": 1}, {"user": 12345, "stamp": "2026-11-21"}, {"text": "long " * 200}])
def test_every_token_that_we_sign_is_recognised(settings, payload):
    from cms.core.redaction import without_secrets

    token = tokens.sign(payload, purpose="anything", settings=settings)

    assert without_secrets(f"See https://www.python.org/x/{token}/ soon.") == (
        "See https://www.python.org/x/(hidden)/ soon."
    )


@pytest.mark.parametrize(
    "text",
    [
        "See https://www.python.org/downloads/release/python-3142/ for Python 3.14.2.",
        "https://docs.python.org/3.15/library/asyncio-task.html#asyncio.TaskGroup",
        "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        "https://www.python.org/psf/the-python-software-foundation-announces-its-newest-fellows-of-2026/",
    ],
)
def test_ordinary_texts_stay_as_they_are(text):
    from cms.core.redaction import without_secrets

    assert without_secrets(text) == text


# Who may.


@pytest.mark.parametrize("operation", [*LEVERS, *SESSION_LEVERS])
async def test_who_only_looks_pulls_no_lever(auditor, session, operation):
    message = await make_task(session)

    answer = await auditor.post(f"/admin/operations/{operation}", {"pks": message.id, "keys": "x", "all": "yes"})

    assert answer.status_code == 403
    await session.refresh(message)
    assert message.status == MessageStatus.FAILED


async def test_who_only_looks_sees_no_lever(auditor, session, clock):
    await make_task(session)
    session.add(ScheduledTask(task="forget_old_records", schedule="23 3 * * *", last_due_at=clock.now()))
    await session.commit()

    pages = [(await auditor.get(url_of(tab))).text for tab in TABS]

    assert [page for page in pages if 'method="post" action="/admin/operations/' in page] == []


async def test_each_tab_is_shown_with_hundreds_of_records(browser, session):
    session.add_all(OutboxMessage(task="x", arguments={}, status=MessageStatus.FAILED) for _ in range(500))
    session.add_all(PurgeRecord(cache="Fastly", keys=["x"], key_count=1, milliseconds=1) for _ in range(500))
    await session.commit()

    answers = [await browser.get(url_of(tab)) for tab in TABS]

    assert {answer.status_code for answer in answers} == {200}


# Forgetting.


async def test_old_records_are_forgotten_and_new_ones_kept(session, resources, clock):
    for age in (1, 13, 15, 91):
        moment = clock.now() - timedelta(days=age)
        session.add(PurgeRecord(at=moment, cache="Fastly", keys=[str(age)], key_count=1, milliseconds=1))
        session.add(SentMail(at=moment, occasion="x/y", recipients="", subject=str(age), state=MailState.SENT))
    await session.commit()

    await records.forget_old_records(resources, session)

    assert set(await session.scalars(select(PurgeRecord.keys[0].astext))) == {"1", "13"}
    assert set(await session.scalars(select(SentMail.subject))) == {"1", "13", "15"}

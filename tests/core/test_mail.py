"""Mail: written from templates, safe from what people type into it, and delivered to a real server."""

import asyncio
import email
import email.policy
import re
from pathlib import Path

import pytest
from aiosmtpd.smtp import SMTP, AuthResult
from pydantic import SecretStr

from cms.core import mail
from cms.core.errors import ConfigurationError, Invalid, Unavailable
from cms.core.settings import Settings

FROM = "python.org <noreply@python.org>"
CHANGED = {"username": "alice", "reset_link": "https://www.python.org/accounts/password/reset/"}


class Inbox:
    """What a mail server took, and what it answers."""

    def __init__(self):
        self.taken = []
        self.answer = "250 OK"

    async def handle_DATA(self, server, session, envelope):  # noqa: N802 - the name is aiosmtpd's.
        self.taken.append((session, envelope))
        return self.answer


@pytest.fixture
async def inbox():
    return Inbox()


@pytest.fixture
async def serve(inbox):
    servers = []

    async def start(**options):
        server = await asyncio.get_running_loop().create_server(
            lambda: SMTP(inbox, hostname="test", **options), "127.0.0.1", 0
        )
        servers.append(server)
        return server.sockets[0].getsockname()[1]

    yield start
    for server in servers:
        server.close()
        await server.wait_closed()


def message_of(envelope):
    return email.message_from_bytes(envelope.content, policy=email.policy.default)


async def test_a_mail_arrives_at_the_server(serve, inbox):
    transport = mail.SMTPMail(host="127.0.0.1", port=await serve(), sender=FROM)

    await mail.send(transport, "users/password_changed", to="alice@example.com", **CHANGED)

    [(_, envelope)] = inbox.taken
    message = message_of(envelope)
    assert envelope.rcpt_tos == ["alice@example.com"]
    assert envelope.mail_from == "noreply@python.org"
    assert str(message["From"].addresses[0]) == '"python.org" <noreply@python.org>'
    assert message["Subject"] == "Your password on python.org was changed"
    assert re.fullmatch(r"<[^<>\s]+@python\.org>", message["Message-ID"])
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["Date"].datetime.utcoffset().total_seconds() == 0
    assert "alice" in message.get_content()
    assert CHANGED["reset_link"] in message.get_content()
    assert message["Reply-To"] is None


# The server warns of passwords without TLS, which on the loopback interface nobody else hears, and of itself.
@pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS:UserWarning")
@pytest.mark.filterwarnings("ignore:Session.login_data is deprecated:DeprecationWarning")
async def test_name_and_password_are_given_to_the_server(serve, inbox):
    def check(server, session, envelope, mechanism, data):
        return AuthResult(success=(data.login, data.password) == (b"me", b"p@ss"), handled=False)

    port = await serve(authenticator=check, auth_required=True, auth_require_tls=False)
    right = mail.from_settings(Settings(smtp_url=SecretStr(f"smtp://me:p%40ss@127.0.0.1:{port}")))
    wrong = mail.from_settings(Settings(smtp_url=SecretStr(f"smtp://me:other@127.0.0.1:{port}")))

    await mail.send(right, "users/password_changed", to="alice@example.com", **CHANGED)

    assert len(inbox.taken) == 1
    with pytest.raises(Invalid, match="The mail server answered 535"):
        await mail.send(wrong, "users/password_changed", to="alice@example.com", **CHANGED)


@pytest.mark.parametrize(
    ("answer", "error"),
    [("451 Try again later", Unavailable), ("554 No such thing", Invalid), ("452 Disk full", Unavailable)],
)
async def test_a_refusal_is_for_now_or_for_good(serve, inbox, answer, error):
    inbox.answer = answer
    transport = mail.SMTPMail(host="127.0.0.1", port=await serve(), sender=FROM)

    with pytest.raises(error, match=rf"The mail server answered {answer[:3]}"):
        await mail.send(transport, "users/password_changed", to="alice@example.com", **CHANGED)


async def test_a_recipient_that_is_refused_is_told(serve, inbox):
    async def handle_RCPT(server, session, envelope, address, options):  # noqa: N802 - the name is aiosmtpd's.
        return "550 No such user"

    inbox.handle_RCPT = handle_RCPT
    transport = mail.SMTPMail(host="127.0.0.1", port=await serve(), sender=FROM)

    with pytest.raises(Invalid, match="550: No such user"):
        await mail.send(transport, "users/password_changed", to="nobody@example.com", **CHANGED)


async def test_a_server_that_is_away_may_be_back_later(serve):
    port = await serve()
    away = mail.SMTPMail(host="127.0.0.1", port=port + 1 if port < 65535 else port - 1, sender=FROM)

    with pytest.raises(Unavailable, match="cannot be reached"):
        await mail.send(away, "users/password_changed", to="alice@example.com", **CHANGED)


def test_a_password_leaves_this_machine_over_tls_only():
    assert mail.SMTPMail(host="mail.example.com", port=587, sender=FROM)._start_tls is True
    assert mail.SMTPMail(host="mail.example.com", port=465, sender=FROM, implicit_tls=True)._start_tls is False


@pytest.mark.parametrize("url", ["http://host", "smtp://", "host:25", "smtp:host"])
def test_a_wrong_address_of_the_server_stops_the_start(url):
    with pytest.raises(ConfigurationError, match="CMS_SMTP_URL is wrong"):
        mail.from_settings(Settings(smtp_url=SecretStr(url)))


def test_production_needs_a_server():
    with pytest.raises(ConfigurationError, match="CMS_SMTP_URL is missing"):
        mail.from_settings(Settings(environment="production"))


@pytest.fixture
def folder(tmp_path):
    return mail.FolderMail(tmp_path / "mail", FROM)


def written(folder):
    return [
        email.message_from_bytes(path.read_bytes(), policy=email.policy.default) for path in folder.folder.glob("*.eml")
    ]


async def test_without_a_server_mail_becomes_files(tmp_path):
    transport = mail.from_settings(Settings(home=tmp_path, mail_from=FROM))

    await mail.send(transport, "users/password_changed", to="Alice <alice@example.com>", **CHANGED)
    await mail.send(transport, "users/password_changed", to=["a@example.com", "b@example.com"], **CHANGED)

    assert sorted(message["To"] for message in written(transport)) == [
        "Alice <alice@example.com>",
        "a@example.com, b@example.com",
    ]


async def test_a_folder_that_cannot_be_written_is_explained(tmp_path):
    (tmp_path / "mail").write_text("a file is in the way")

    with pytest.raises(Unavailable, match="cannot be written"):
        await mail.send(
            mail.FolderMail(tmp_path / "mail", FROM), "users/password_changed", to="a@example.com", **CHANGED
        )


async def test_replies_go_where_the_occasion_says(folder):
    await mail.send(
        folder,
        "users/password_changed",
        to="a@example.com",
        sender="Jobs <jobs@python.org>",
        reply_to="b@x.org",
        **CHANGED,
    )

    [message] = written(folder)
    assert message["From"] == "Jobs <jobs@python.org>"
    assert message["Reply-To"] == "b@x.org"
    assert message["Message-ID"].endswith("@python.org>")


@pytest.fixture
def occasion(tmp_path, monkeypatch):
    """A mail whose subject and bodies hold what a person typed."""
    folder = tmp_path / "templates" / "jobs" / "submitted"
    folder.mkdir(parents=True)
    (folder / "subject.txt").write_text("New job:\n{{ title }}\n")
    (folder / "body.txt").write_text("{{ title }} <by> {{ author }}\n")
    (folder / "body.html").write_text("<p>{{ title }}</p>")
    monkeypatch.setattr(mail, "TEMPLATES", folder.parents[1])
    monkeypatch.setattr(mail._environment.loader, "searchpath", [str(folder.parents[1])])
    return "jobs/submitted"


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r", "\x0b", "\x85", "\u2028", "\0"])
async def test_nothing_that_people_type_becomes_a_header(folder, occasion, newline):
    typed = f"Developer{newline}Bcc: victim@example.com{newline}{newline}<b>Hello</b>"

    await mail.send(folder, occasion, to="a@example.com", title=typed, author="x")

    [message] = written(folder)
    assert message["Bcc"] is None
    assert message["Subject"] == "New job: Developer Bcc: victim@example.com <b>Hello</b>"


@pytest.mark.parametrize("field", ["to", "reply_to", "sender"])
@pytest.mark.parametrize(
    "address",
    [
        "a@example.com\nBcc: victim@example.com",
        "a@example.com, victim@example.com",
        "A\r\nBcc: v@example.com <a@example.com>",
        "nobody",
        "a@b@c",
        "<>",
        " ",
        "ä@example.com",
    ],
)
async def test_an_address_is_one_address(folder, field, address):
    addresses = {"to": "a@example.com"} | {field: address}

    with pytest.raises(Invalid, match="is not an e-mail address"):
        await mail.send(folder, "users/password_changed", **addresses, **CHANGED)


async def test_the_bodies_say_what_was_typed(folder, occasion):
    await mail.send(folder, occasion, to="a@example.com", title="<b>Zoë & Co</b>", author="me")

    [message] = written(folder)
    assert message.get_body(("plain",)).get_content().strip() == "<b>Zoë & Co</b> <by> me"
    assert message.get_body(("html",)).get_content().strip() == "<p>&lt;b&gt;Zoë &amp; Co&lt;/b&gt;</p>"


async def test_a_long_subject_is_cut(folder, occasion):
    await mail.send(folder, occasion, to="a@example.com", title="x" * 5000, author="me")

    assert len(written(folder)[0]["Subject"]) == mail.MAX_SUBJECT


VALUES = {"username": "alice", "link": "LINK", "reset_link": "RESET", "hours": 3, "days": 7, "invited_by": "Bob"}


@pytest.mark.parametrize(
    "occasion",
    sorted(str(path.parent.relative_to(mail.TEMPLATES)) for path in mail.TEMPLATES.glob("users/*/subject.txt")),
)
def test_each_mail_to_account_owners_is_short_plain_and_addressed(occasion):
    message = mail.compose(occasion, VALUES, to=["a@example.com"], reply_to=None, sender=FROM)

    assert "python.org" in message["Subject"]
    assert message.get_content().startswith("Hello alice,\n")
    assert max(map(len, message.get_content().splitlines())) <= 78
    assert "{{" not in message.get_content()


def test_every_occasion_has_its_subject_and_text():
    for folder in {path.parent for path in Path(mail.TEMPLATES).rglob("*.*")}:
        assert {"subject.txt", "body.txt"} <= {path.name for path in folder.iterdir()}

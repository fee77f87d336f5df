"""Mail that the program writes: one folder of templates for each occasion, and the ways by which it leaves.

`templates/mail/<domain>/<occasion>/` holds subject.txt, body.txt and, where it is worth it, body.html.
"""

import asyncio
import re
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, formataddr, getaddresses, make_msgid, parseaddr
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import unquote, urlsplit

import aiosmtplib
from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from cms.core import clock
from cms.core.errors import CMSError, ConfigurationError, Invalid, Unavailable
from cms.core.settings import Settings

TEMPLATES = Path(__file__).resolve().parents[2] / "templates" / "mail"
SMTP_TIMEOUT = timedelta(seconds=20)
SMTP_PORTS = {"smtp": 587, "smtps": 465}
MAX_SUBJECT = 200
"""Characters: what mail programs show of it, several times over."""

OCCASION = "X-Occasion"
"""The header that names the folder of templates a mail was made of."""

LOOPBACK = {"localhost", "127.0.0.1", "::1"}
FIRST_PERMANENT_CODE = 500

_ADDRESS = re.compile(r"[^\s@<>(),:;\"\\\[\]]{1,64}@[^\s@<>(),:;\"\\\[\]]{1,255}")
_environment = Environment(
    loader=FileSystemLoader(TEMPLATES),
    autoescape=select_autoescape(["html"]),
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


class MailTransport(Protocol):
    """A way by which mail leaves; `sender` is who it is from where an occasion names nobody else."""

    @property
    def sender(self) -> str: ...

    async def deliver(self, message: EmailMessage) -> None:
        """Hand the message on for good.

        Raises Unavailable where that may succeed later, Invalid where it never will.
        """


async def send(
    transport: MailTransport,
    occasion: str,
    *,
    to: str | Sequence[str],
    reply_to: str | None = None,
    sender: str | None = None,
    **context: Any,
) -> None:
    """Write the mail of an occasion ("users/password_changed") with the values that its templates name, and deliver it.

    Raises Invalid for an address that is none, and what `MailTransport.deliver` raises.
    """
    recipients = [to] if isinstance(to, str) else to
    message = compose(occasion, context, to=recipients, reply_to=reply_to, sender=sender or transport.sender)
    await transport.deliver(message)


def compose(
    occasion: str, context: Mapping[str, Any], *, to: Sequence[str], reply_to: str | None, sender: str
) -> EmailMessage:
    """Return the message; no value of `context` can reach a header other than the subject, which is one line."""
    message = EmailMessage()
    message["Subject"] = _one_line(_environment.get_template(f"{occasion}/subject.txt").render(context))
    message["From"] = _address(sender)
    message["To"] = ", ".join(_address(recipient) for recipient in to)
    if reply_to:
        message["Reply-To"] = _address(reply_to)
    message["Date"] = format_datetime(clock.now())
    message["Message-ID"] = make_msgid(domain=_domain_of(sender))
    message["Auto-Submitted"] = "auto-generated"
    message[OCCASION] = occasion
    message.set_content(_environment.get_template(f"{occasion}/body.txt").render(context).strip() + "\n")
    html = f"{occasion}/body.html"
    if (TEMPLATES / html).exists():
        message.add_alternative(_environment.get_template(html).render(context), subtype="html")
    return message


@dataclass(frozen=True, slots=True)
class SMTPMail:
    """Mail by a server, over TLS wherever a password or a foreign network is involved."""

    host: str
    port: int
    sender: str
    username: str | None = None
    password: str | None = None
    implicit_tls: bool = False

    async def deliver(self, message: EmailMessage) -> None:
        try:
            await aiosmtplib.send(
                message,
                hostname=self.host,
                port=self.port,
                username=self.username,
                password=self.password,
                use_tls=self.implicit_tls,
                start_tls=self._start_tls,
                timeout=SMTP_TIMEOUT.total_seconds(),
            )
        except aiosmtplib.SMTPRecipientsRefused as error:
            raise _refusal(max(error.recipients, key=lambda refused: refused.code)) from error
        except aiosmtplib.SMTPResponseException as error:
            raise _refusal(error) from error
        except (aiosmtplib.SMTPException, OSError) as error:
            raise Unavailable(f"The mail server {self.host} cannot be reached.") from error

    @property
    def _start_tls(self) -> bool | None:
        """Return whether the connection has to become a secure one; None where it does so if the server can."""
        if self.implicit_tls:
            return False
        return None if self.host in LOOPBACK else True


@dataclass(frozen=True, slots=True)
class FolderMail:
    """Mail as files that a developer can open, instead of mail to real people."""

    folder: Path
    sender: str

    async def deliver(self, message: EmailMessage) -> None:
        await asyncio.to_thread(self._write, message)

    def _write(self, message: EmailMessage) -> None:
        name = f"{clock.now():%Y-%m-%dT%H%M%S}-{secrets.token_hex(4)}.eml"
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            (self.folder / name).write_bytes(message.as_bytes(policy=SMTP))
        except OSError as error:
            raise Unavailable(f"Mail cannot be written to {self.folder}: {error.strerror}.") from error


def from_settings(settings: Settings) -> MailTransport:
    """Return the server of CMS_SMTP_URL, or else a folder under CMS_HOME; production has to name a server."""
    if settings.smtp_url is None:
        if settings.is_production:
            message = "CMS_SMTP_URL is missing; production sends mail by a server (smtps://user:password@host:465)."
            raise ConfigurationError(message)
        return FolderMail(settings.home / "mail", settings.mail_from)
    url = urlsplit(settings.smtp_url.get_secret_value())
    if url.scheme not in SMTP_PORTS or not url.hostname:
        message = (
            "CMS_SMTP_URL is wrong; it looks like smtp://user:password@host:587 or smtps://user:password@host:465."
        )
        raise ConfigurationError(message)
    return SMTPMail(
        host=url.hostname,
        port=url.port or SMTP_PORTS[url.scheme],
        sender=settings.mail_from,
        username=unquote(url.username) if url.username else None,
        password=unquote(url.password) if url.password else None,
        implicit_tls=url.scheme == "smtps",
    )


def _one_line(text: str) -> str:
    """Return text as one line without control characters, short enough for a subject."""
    line = " ".join("".join(character if character.isprintable() else " " for character in text).split())
    return line[:MAX_SUBJECT]


def _address(text: str) -> str:
    """Return an address, with its name if it has one, in the form that headers need."""
    found = getaddresses([text]) if text.isprintable() else []
    name, address = found[0] if len(found) == 1 else ("", "")
    if not (address.isascii() and _ADDRESS.fullmatch(address)):
        message = f"{_one_line(text)} is not an e-mail address that mail can be sent to."
        raise Invalid(message)
    return formataddr((name, address))


def _domain_of(sender: str) -> str:
    return parseaddr(sender)[1].partition("@")[2]


def _refusal(error: aiosmtplib.SMTPResponseException) -> CMSError:
    sentence = f"The mail server answered {error.code}: {_one_line(str(error.message))}"
    return Invalid(sentence) if error.code >= FIRST_PERMANENT_CODE else Unavailable(sentence)

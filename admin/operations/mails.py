"""The mails that left or did not, found by person or subject, with their text but without its secrets."""

from sqlalchemy import select
from starlette.requests import Request
from starlette.responses import Response

from admin.authorization import require_somewhere
from admin.base import row_key
from admin.operations.tabs import PAGE, show_tab, url_of
from admin.requests import number_in, resources_of
from cms.core import mail_log
from cms.core.database import has_words
from cms.core.errors import NotFound
from cms.core.mail_log import MailState, SentMail
from cms.core.permissions import Permission


async def show_mails(request: Request) -> Response:
    """Show the latest mails, narrowed by words and by what became of them."""
    require_somewhere(request, Permission.OPERATIONS_VIEW)
    asked = {name: request.query_params.get(name, "").strip().replace("\0", "") for name in ("search", "state")}
    before = number_in(request, "before")
    statement = select(SentMail).order_by(SentMail.id.desc()).limit(PAGE + 1)
    if (condition := has_words(SentMail, asked["search"])) is not None:
        statement = statement.where(condition)
    if asked["state"] in set(MailState):
        statement = statement.where(SentMail.state == asked["state"])
    if before is not None:
        statement = statement.where(SentMail.id < before)
    async with resources_of(request).sessionmaker() as session:
        mails = (await session.scalars(statement)).all()
    context = {
        "mails": mails[:PAGE],
        "asked": asked,
        "states": list(MailState),
        "kept_days": mail_log.KEPT.days,
        "older_url": url_of("mails", **asked, before=mails[PAGE - 1].id) if len(mails) > PAGE else "",
    }
    return await show_tab(request, "mails", context)


async def show_mail(request: Request) -> Response:
    """Show one mail as it was written, without what would let a reader in."""
    require_somewhere(request, Permission.OPERATIONS_VIEW)
    async with resources_of(request).sessionmaker() as session:
        mail = await session.get(SentMail, row_key(request.path_params["pk"]))
    if mail is None:
        raise NotFound("There is no such mail, or not any more.")
    context = {"mail": mail, "title": mail.subject or "A mail without a subject"}
    return await show_tab(request, "mails", context, template="operations_mail.html")

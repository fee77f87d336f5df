"""What is done for accounts in the background: mails about passwords, and clearing away what has expired."""

from sqlalchemy.ext.asyncio import AsyncSession

from cms.core import mail, outbox
from cms.core.resources import Resources
from cms.core.tasks import task
from cms.users import idempotency, password_changes, sessions, throttle
from cms.users.models import User

RESET_PATH = "/accounts/password/reset/key/"


@task()
async def send_password_resets(_resources: Resources, session: AsyncSession, *, email: str) -> None:
    """Have a link sent to each active account of an e-mail address; where there is none, nothing is sent."""
    for user in await password_changes.resettable(session, email):
        outbox.enqueue(session, "send_password_reset", user_id=user.id)


@task()
async def send_password_reset(resources: Resources, session: AsyncSession, *, user_id: int) -> None:
    """Send the link to one account, so that a mail that fails is tried again without repeating the others."""
    user = await session.get(User, user_id)
    if user is not None and user.is_active:
        token = password_changes.reset_token(user, resources.settings)
        await mail.send(
            resources.mail,
            "users/password_reset",
            to=user.email,
            username=user.username,
            link=f"{resources.settings.site_url}{RESET_PATH}{token}/",
            hours=int(password_changes.RESET_LASTS.total_seconds() // 3600),
        )


@task()
async def send_invitation(resources: Resources, session: AsyncSession, *, user_id: int, invited_by: str) -> None:
    """Send somebody the link by which they choose their first password."""
    user = await session.get(User, user_id)
    if user is not None and user.is_active and user.email:
        token = password_changes.invitation_token(user, resources.settings)
        await mail.send(
            resources.mail,
            "users/invitation",
            to=user.email,
            username=user.username,
            invited_by=invited_by,
            link=f"{resources.settings.site_url}{RESET_PATH}{token}/",
            days=password_changes.INVITATION_LASTS.days,
            reset_link=f"{resources.settings.site_url}/accounts/password/reset/",
        )


@task()
async def send_password_changed(resources: Resources, session: AsyncSession, *, user_id: int) -> None:
    """Tell the owner, who may not have been the one who changed it."""
    user = await session.get(User, user_id)
    if user is not None and user.email:
        await mail.send(
            resources.mail,
            "users/password_changed",
            to=user.email,
            username=user.username,
            reset_link=f"{resources.settings.site_url}/accounts/password/reset/",
        )


@task(timeout=120, schedule="17 * * * *")
async def purge_expired_sessions(_resources: Resources, session: AsyncSession) -> None:
    """Forget the sessions that can no longer be used, and the attempts that no longer count."""
    await sessions.purge_expired(session)
    await throttle.purge(session)


@task(timeout=120, schedule="37 * * * *")
async def forget_kept_answers(_resources: Resources, session: AsyncSession) -> None:
    """Forget what programs were answered more than a day ago."""
    await idempotency.forget_old(session)

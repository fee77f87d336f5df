"""Which people and roles there are."""

from sqlalchemy import Select, func, select
from sqlalchemy.orm import selectinload

from cms.users.models import Role, RoleAssignment, User


def named(username: str) -> Select[User]:
    """The person of that user name, whatever the case of its letters."""
    return select(User).where(func.lower(User.username) == username.lower())


def with_address(email: str) -> Select[User]:
    """The people with that e-mail address, whatever the case of its letters."""
    return select(User).where(func.lower(User.email) == email.lower())


def active_superusers() -> Select[User]:
    """The superusers who can sign in."""
    return select(User).where(User.is_superuser, User.is_active)


def with_roles() -> Select[User]:
    """People together with the roles assigned to them."""
    return select(User).options(selectinload(User.assignments).joinedload(RoleAssignment.role))


def roles() -> Select[Role]:
    """Every role, by its label."""
    return select(Role).order_by(Role.label)

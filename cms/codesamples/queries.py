"""Which code samples there are, and in what order."""

from sqlalchemy import Select, select

from cms.codesamples.models import CodeSample
from cms.core.publishing import is_live

SHOWN = 5
"""How many the home page has room for."""


def in_order() -> Select[CodeSample]:
    """All code samples, drafts included, in the order in which they stand."""
    return select(CodeSample).order_by(CodeSample.position, CodeSample.id)


def shown() -> Select[CodeSample]:
    """The code samples of the home page, in order."""
    return in_order().where(is_live(CodeSample)).limit(SHOWN)

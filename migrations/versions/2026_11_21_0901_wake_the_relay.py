"""Wake the relay when messages are committed.

Rules: one intention a file · safe beside the previous code (expand, backfill, contract: three files) ·
never import cms · indexes of big tables CONCURRENTLY in an autocommit block · a way down that works.
"""

from collections.abc import Sequence

from alembic import op

revision: str = "0002"
down_revision: str | Sequence[str] | None = "0001"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.execute(
        """
        CREATE FUNCTION wake_relay() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            PERFORM pg_notify('outbox', '');
            RETURN NULL;
        END
        $$
        """
    )
    op.execute(
        """
        CREATE TRIGGER wake_relay AFTER INSERT ON outbox_messages
        FOR EACH STATEMENT EXECUTE FUNCTION wake_relay()
        """
    )


def downgrade() -> None:
    op.execute("DROP TRIGGER wake_relay ON outbox_messages")
    op.execute("DROP FUNCTION wake_relay()")

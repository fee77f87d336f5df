"""Index what lists are sorted by.

Rules: one intention a file · safe beside the previous code (expand, backfill, contract: three files) ·
never import cms · indexes of big tables CONCURRENTLY in an autocommit block · a way down that works.
"""

from collections.abc import Sequence

from alembic import op

revision: str = "0003"
down_revision: str | Sequence[str] | None = "0002"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

SORTED_BY = {
    "boxes": ("updated_at",),
    "pages": ("title", "updated_at"),
    "redirects": ("updated_at",),
    "release_files": ("name", "size", "updated_at"),
    "releases": ("name", "released_at", "updated_at"),
    "users": ("joined_at",),
}


def upgrade() -> None:
    op.drop_index("ix_releases_released_at", table_name="releases")
    for table, columns in SORTED_BY.items():
        for column in columns:
            op.create_index(f"ix_{table}_{column}", table, [column, "id"])
    op.create_index("ix_pages_template_name", "pages", ["template_name"])
    op.create_index(
        "ix_redirects_old_path_prefix", "redirects", ["old_path"], postgresql_ops={"old_path": "text_pattern_ops"}
    )


def downgrade() -> None:
    op.drop_index("ix_redirects_old_path_prefix", table_name="redirects")
    op.drop_index("ix_pages_template_name", table_name="pages")
    for table, columns in SORTED_BY.items():
        for column in columns:
            op.drop_index(f"ix_{table}_{column}", table_name=table)
    op.create_index("ix_releases_released_at", "releases", ["released_at"])

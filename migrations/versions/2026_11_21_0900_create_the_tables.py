"""Create the tables.

Rules: one intention a file · safe beside the previous code (expand, backfill, contract: three files) ·
never import cms · indexes of big tables CONCURRENTLY in an autocommit block · a way down that works.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0001"
down_revision: str | Sequence[str] | None = None
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "broken_links",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("table_name", sa.String(length=63), nullable=False),
        sa.Column("row_id", sa.Integer(), nullable=False),
        sa.Column("row_label", sa.String(length=200), nullable=False),
        sa.Column("row_path", sa.String(length=500), nullable=False),
        sa.Column("address", sa.String(length=500), nullable=False),
        sa.Column("found_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_broken_links")),
        sa.UniqueConstraint("table_name", "row_id", "address", name=op.f("uq_broken_links_table_name")),
    )
    op.create_index("ix_broken_links_found_at", "broken_links", ["found_at"], unique=False)
    op.create_table(
        "media_uses",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("path", sa.String(length=400), nullable=False),
        sa.Column("table_name", sa.String(length=63), nullable=False),
        sa.Column("row_id", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_media_uses")),
    )
    op.create_index(op.f("ix_media_uses_path"), "media_uses", ["path"], unique=False)
    op.create_index("ix_media_uses_row", "media_uses", ["table_name", "row_id"], unique=False)
    op.create_table(
        "missed_paths",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("path", sa.String(length=300), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("first_missed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_missed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_referrer", sa.String(length=300), nullable=False),
        sa.Column("is_ignored", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_missed_paths")),
        sa.UniqueConstraint("path", name=op.f("uq_missed_paths_path")),
    )
    op.create_index(
        "ix_missed_paths_beginnings",
        "missed_paths",
        [sa.literal_column("lower(left(path, 200))").label("name")],
        unique=False,
        postgresql_ops={"name": "text_pattern_ops"},
    )
    op.create_index("ix_missed_paths_count", "missed_paths", ["count", "id"], unique=False)
    op.create_index("ix_missed_paths_last_missed_at", "missed_paths", ["last_missed_at", "id"], unique=False)
    op.create_index(
        "ix_missed_paths_words",
        "missed_paths",
        [
            sa.literal_column(
                "to_tsvector('simple'::regconfig, translate((coalesce(left(path, 100000), '') || ' ') || coalesce(left(last_referrer, 100000), ''), '/.-_@:+', '       '))"
            )
        ],
        unique=False,
        postgresql_using="gin",
    )
    op.create_table(
        "outbox_messages",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("task", sa.String(length=60), nullable=False),
        sa.Column("arguments", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column(
            "status",
            sa.Enum("waiting", "handed over", "failed", name="messagestatus", native_enum=False, length=40),
            nullable=False,
        ),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("not_before", sa.DateTime(timezone=True), nullable=False),
        sa.Column("handed_over_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("error", sa.Text(), nullable=False),
        sa.Column("request_id", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox_messages")),
    )
    op.create_index(
        "ix_outbox_messages_due",
        "outbox_messages",
        ["not_before"],
        unique=False,
        postgresql_where=sa.text("status <> 'failed'"),
    )
    op.create_table(
        "purges",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("cache", sa.String(length=40), nullable=False),
        sa.Column("keys", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("key_count", sa.Integer(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("answer", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("milliseconds", sa.Integer(), nullable=False),
        sa.Column("error", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_purges")),
    )
    op.create_index(op.f("ix_purges_at"), "purges", ["at"], unique=False)
    op.create_table(
        "roles",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("label", sa.String(length=100), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("permissions", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("lock_version", sa.Integer(), server_default="1", nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_roles")),
        sa.UniqueConstraint("name", name=op.f("uq_roles_name")),
    )
    op.create_index(op.f("ix_roles_created_at"), "roles", ["created_at"], unique=False)
    op.create_table(
        "scheduled_tasks",
        sa.Column("task", sa.String(length=60), nullable=False),
        sa.Column("schedule", sa.String(length=100), nullable=False),
        sa.Column("last_due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("note", sa.Text(), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("task", name=op.f("pk_scheduled_tasks")),
    )
    op.create_table(
        "search_documents",
        sa.Column("index_name", sa.String(length=40), nullable=False),
        sa.Column("row_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("boost", sa.Double(), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("words", postgresql.TSVECTOR(), nullable=False),
        sa.Column(
            "written_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False
        ),
        sa.PrimaryKeyConstraint("index_name", "row_id", name=op.f("pk_search_documents")),
    )
    op.create_index("ix_search_documents_words", "search_documents", ["words"], unique=False, postgresql_using="gin")
    op.create_table(
        "search_rebuilds",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("heard_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("current_index", sa.String(length=40), nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("documents", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("error", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_search_rebuilds")),
    )
    op.create_index(op.f("ix_search_rebuilds_started_at"), "search_rebuilds", ["started_at"], unique=False)
    op.create_table(
        "sent_mails",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("occasion", sa.String(length=100), nullable=False),
        sa.Column("recipients", sa.String(length=1000), nullable=False),
        sa.Column("subject", sa.String(length=250), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column(
            "state",
            sa.Enum("sent", "put off", "refused", name="mailstate", native_enum=False, length=40),
            nullable=False,
        ),
        sa.Column("error", sa.Text(), nullable=False),
        sa.Column("request_id", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sent_mails")),
    )
    op.create_index(op.f("ix_sent_mails_at"), "sent_mails", ["at"], unique=False)
    op.create_index(
        "ix_sent_mails_beginnings",
        "sent_mails",
        [sa.literal_column("lower(left(recipients, 200))").label("name")],
        unique=False,
        postgresql_ops={"name": "text_pattern_ops"},
    )
    op.create_index(op.f("ix_sent_mails_state"), "sent_mails", ["state"], unique=False)
    op.create_index(
        "ix_sent_mails_words",
        "sent_mails",
        [
            sa.literal_column(
                "to_tsvector('simple'::regconfig, translate((((coalesce(left(recipients, 100000), '') || ' ') || coalesce(left(subject, 100000), '')) || ' ') || coalesce(left(occasion, 100000), ''), '/.-_@:+', '       '))"
            )
        ],
        unique=False,
        postgresql_using="gin",
    )
    op.create_table(
        "sign_in_attempts",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column(
            "occasion",
            sa.Enum("sign-in", "password-reset", name="occasion", native_enum=False, length=40),
            nullable=False,
        ),
        sa.Column("account", sa.String(length=64), nullable=False),
        sa.Column("address", sa.String(length=45), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("has_succeeded", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sign_in_attempts")),
    )
    op.create_index("ix_sign_in_attempts_account", "sign_in_attempts", ["account", "at"], unique=False)
    op.create_index("ix_sign_in_attempts_address", "sign_in_attempts", ["address", "at"], unique=False)
    op.create_index("ix_sign_in_attempts_at", "sign_in_attempts", ["at"], unique=False)
    op.create_table(
        "storage_folders",
        sa.Column("folder", sa.String(length=200), nullable=False),
        sa.Column("files", sa.Integer(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("measured_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("folder", name=op.f("pk_storage_folders")),
    )
    op.create_table(
        "users",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("username", sa.String(length=150), nullable=False),
        sa.Column("password", sa.String(length=255), nullable=False),
        sa.Column("first_name", sa.String(length=150), nullable=False),
        sa.Column("last_name", sa.String(length=150), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("email_verified_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("is_staff", sa.Boolean(), nullable=False),
        sa.Column("is_superuser", sa.Boolean(), nullable=False),
        sa.Column("joined_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_login_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("bio", sa.Text(), nullable=False),
        sa.Column(
            "bio_kind",
            sa.Enum(
                "markdown",
                "restructuredtext",
                "html",
                "plain",
                "html-trusted",
                "markdown-trusted",
                name="markupkind",
                native_enum=False,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("bio_html", sa.Text(), nullable=False),
        sa.Column("search_visibility", sa.Integer(), nullable=False),
        sa.Column("email_privacy", sa.Integer(), nullable=False),
        sa.Column("is_profile_public", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("lock_version", sa.Integer(), server_default="1", nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_users")),
        sa.UniqueConstraint("username", name=op.f("uq_users_username")),
    )
    op.create_index(
        "ix_users_beginnings",
        "users",
        [sa.literal_column("lower(left(username, 200))").label("name")],
        unique=False,
        postgresql_ops={"name": "text_pattern_ops"},
    )
    op.create_index(op.f("ix_users_created_at"), "users", ["created_at"], unique=False)
    op.create_index("ix_users_email_lower", "users", [sa.literal_column("lower(email)")], unique=False)
    op.create_index("ix_users_joined_at", "users", ["joined_at", "id"], unique=False)
    op.create_index(
        "ix_users_words",
        "users",
        [
            sa.literal_column(
                "to_tsvector('simple'::regconfig, translate((((((((coalesce(left(username, 100000), '') || ' ') || coalesce(left(first_name, 100000), '')) || ' ') || coalesce(left(last_name, 100000), '')) || ' ') || coalesce(left(email, 100000), '')) || ' ') || coalesce(left(bio, 100000), ''), '/.-_@:+', '       '))"
            )
        ],
        unique=False,
        postgresql_using="gin",
    )
    op.create_index("uq_users_username_lower", "users", [sa.literal_column("lower(username)")], unique=True)
    op.create_table(
        "audit_entries",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor_id", sa.Integer(), nullable=True),
        sa.Column("actor_name", sa.String(length=150), nullable=False),
        sa.Column("action", sa.String(length=40), nullable=False),
        sa.Column("table_name", sa.String(length=63), nullable=False),
        sa.Column("row_id", sa.Integer(), nullable=True),
        sa.Column("row_label", sa.String(length=200), nullable=False),
        sa.Column("changes", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("request_id", sa.String(length=64), nullable=False),
        sa.Column("remark", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["actor_id"], ["users.id"], name=op.f("fk_audit_entries_actor_id_users"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_entries")),
    )
    op.create_index(op.f("ix_audit_entries_actor_id"), "audit_entries", ["actor_id"], unique=False)
    op.create_index(op.f("ix_audit_entries_at"), "audit_entries", ["at"], unique=False)
    op.create_index("ix_audit_entries_row", "audit_entries", ["table_name", "row_id", "id"], unique=False)
    op.create_table(
        "bulk_runs",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("table_name", sa.String(length=63), nullable=False),
        sa.Column("action", sa.String(length=40), nullable=False),
        sa.Column("arguments", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("label", sa.String(length=200), nullable=False),
        sa.Column("narrowed_by", sa.Text(), nullable=False),
        sa.Column("list_name", sa.String(length=60), nullable=False),
        sa.Column("list_query", sa.Text(), nullable=False),
        sa.Column("started_by_id", sa.Integer(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "status",
            sa.Enum("waiting", "running", "done", "cancelled", name="runstatus", native_enum=False, length=40),
            nullable=False,
        ),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("done", sa.Integer(), nullable=False),
        sa.Column("refused", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["started_by_id"], ["users.id"], name=op.f("fk_bulk_runs_started_by_id_users"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bulk_runs")),
    )
    op.create_index("ix_bulk_runs_of_a_person", "bulk_runs", ["started_by_id", "id"], unique=False)
    op.create_index(op.f("ix_bulk_runs_started_at"), "bulk_runs", ["started_at"], unique=False)
    op.create_table(
        "comments",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("table_name", sa.String(length=63), nullable=False),
        sa.Column("row_id", sa.Integer(), nullable=False),
        sa.Column("author_id", sa.Integer(), nullable=True),
        sa.Column("author_name", sa.String(length=150), nullable=False),
        sa.Column("written_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["author_id"], ["users.id"], name=op.f("fk_comments_author_id_users"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_comments")),
    )
    op.create_index(op.f("ix_comments_author_id"), "comments", ["author_id"], unique=False)
    op.create_index("ix_comments_row", "comments", ["table_name", "row_id", "id"], unique=False)
    op.create_table(
        "media_items",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Enum("image", "document", name="mediakind", native_enum=False, length=40), nullable=False),
        sa.Column("title", sa.String(length=300), nullable=False),
        sa.Column("path", sa.String(length=400), nullable=False),
        sa.Column("alternative_text", sa.String(length=300), nullable=False),
        sa.Column("is_decorative", sa.Boolean(), nullable=False),
        sa.Column("focal_x", sa.Integer(), nullable=False),
        sa.Column("focal_y", sa.Integer(), nullable=False),
        sa.Column("credit", sa.String(length=300), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("tags", sa.String(length=300), nullable=False),
        sa.Column("file", sa.String(length=500), nullable=False),
        sa.Column("content_type", sa.String(length=150), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("width", sa.Integer(), nullable=True),
        sa.Column("height", sa.Integer(), nullable=True),
        sa.Column("is_animated", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by_id", sa.Integer(), nullable=True),
        sa.Column("updated_by_id", sa.Integer(), nullable=True),
        sa.Column("lock_version", sa.Integer(), server_default="1", nullable=False),
        sa.CheckConstraint(
            "focal_x BETWEEN 0 AND 100 AND focal_y BETWEEN 0 AND 100", name=op.f("ck_media_items_focal_point_inside")
        ),
        sa.ForeignKeyConstraint(
            ["created_by_id"], ["users.id"], name=op.f("fk_media_items_created_by_id_users"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["updated_by_id"], ["users.id"], name=op.f("fk_media_items_updated_by_id_users"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_media_items")),
        sa.UniqueConstraint("path", name=op.f("uq_media_items_path")),
    )
    op.create_index(
        "ix_media_items_beginnings",
        "media_items",
        [sa.literal_column("lower(left(title, 200))").label("name")],
        unique=False,
        postgresql_ops={"name": "text_pattern_ops"},
    )
    op.create_index(op.f("ix_media_items_created_at"), "media_items", ["created_at"], unique=False)
    op.create_index(op.f("ix_media_items_created_by_id"), "media_items", ["created_by_id"], unique=False)
    op.create_index(op.f("ix_media_items_file"), "media_items", ["file"], unique=False)
    op.create_index(op.f("ix_media_items_kind"), "media_items", ["kind"], unique=False)
    op.create_index(op.f("ix_media_items_sha256"), "media_items", ["sha256"], unique=False)
    op.create_index("ix_media_items_size", "media_items", ["size", "id"], unique=False)
    op.create_index("ix_media_items_title", "media_items", ["title", "id"], unique=False)
    op.create_index("ix_media_items_updated_at", "media_items", ["updated_at", "id"], unique=False)
    op.create_index(op.f("ix_media_items_updated_by_id"), "media_items", ["updated_by_id"], unique=False)
    op.create_index(
        "ix_media_items_words",
        "media_items",
        [
            sa.literal_column(
                "to_tsvector('simple'::regconfig, translate((((((((((coalesce(left(title, 100000), '') || ' ') || coalesce(left(path, 100000), '')) || ' ') || coalesce(left(alternative_text, 100000), '')) || ' ') || coalesce(left(description, 100000), '')) || ' ') || coalesce(left(credit, 100000), '')) || ' ') || coalesce(left(tags, 100000), ''), '/.-_@:+', '       '))"
            )
        ],
        unique=False,
        postgresql_using="gin",
    )
    op.create_table(
        "menus",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column(
            "name", sa.Enum("main", "sites", "footer", name="menuname", native_enum=False, length=40), nullable=False
        ),
        sa.Column("outline", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by_id", sa.Integer(), nullable=True),
        sa.Column("updated_by_id", sa.Integer(), nullable=True),
        sa.Column("lock_version", sa.Integer(), server_default="1", nullable=False),
        sa.ForeignKeyConstraint(
            ["created_by_id"], ["users.id"], name=op.f("fk_menus_created_by_id_users"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["updated_by_id"], ["users.id"], name=op.f("fk_menus_updated_by_id_users"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_menus")),
        sa.UniqueConstraint("name", name=op.f("uq_menus_name")),
    )
    op.create_index(op.f("ix_menus_created_at"), "menus", ["created_at"], unique=False)
    op.create_index(op.f("ix_menus_created_by_id"), "menus", ["created_by_id"], unique=False)
    op.create_index(op.f("ix_menus_updated_by_id"), "menus", ["updated_by_id"], unique=False)
    op.create_table(
        "openpgp_keys",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("owner", sa.String(length=200), nullable=False),
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.Column("signs", sa.String(length=200), nullable=False),
        sa.Column("is_retired", sa.Boolean(), nullable=False),
        sa.Column("public_key", sa.Text(), nullable=False),
        sa.Column("notes", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by_id", sa.Integer(), nullable=True),
        sa.Column("updated_by_id", sa.Integer(), nullable=True),
        sa.Column("lock_version", sa.Integer(), server_default="1", nullable=False),
        sa.ForeignKeyConstraint(
            ["created_by_id"], ["users.id"], name=op.f("fk_openpgp_keys_created_by_id_users"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["updated_by_id"], ["users.id"], name=op.f("fk_openpgp_keys_updated_by_id_users"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_openpgp_keys")),
        sa.UniqueConstraint("fingerprint", name=op.f("uq_openpgp_keys_fingerprint")),
    )
    op.create_index(
        "ix_openpgp_keys_beginnings",
        "openpgp_keys",
        [sa.literal_column("lower(left(owner, 200))").label("name")],
        unique=False,
        postgresql_ops={"name": "text_pattern_ops"},
    )
    op.create_index(op.f("ix_openpgp_keys_created_at"), "openpgp_keys", ["created_at"], unique=False)
    op.create_index(op.f("ix_openpgp_keys_created_by_id"), "openpgp_keys", ["created_by_id"], unique=False)
    op.create_index(op.f("ix_openpgp_keys_updated_by_id"), "openpgp_keys", ["updated_by_id"], unique=False)
    op.create_index(
        "ix_openpgp_keys_words",
        "openpgp_keys",
        [
            sa.literal_column(
                "to_tsvector('simple'::regconfig, translate((((coalesce(left(owner, 100000), '') || ' ') || coalesce(left(fingerprint, 100000), '')) || ' ') || coalesce(left(signs, 100000), ''), '/.-_@:+', '       '))"
            )
        ],
        unique=False,
        postgresql_using="gin",
    )
    op.create_table(
        "operating_systems",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("slug", sa.String(length=200), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by_id", sa.Integer(), nullable=True),
        sa.Column("updated_by_id", sa.Integer(), nullable=True),
        sa.Column("lock_version", sa.Integer(), server_default="1", nullable=False),
        sa.ForeignKeyConstraint(
            ["created_by_id"], ["users.id"], name=op.f("fk_operating_systems_created_by_id_users"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["updated_by_id"], ["users.id"], name=op.f("fk_operating_systems_updated_by_id_users"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_operating_systems")),
        sa.UniqueConstraint("slug", name=op.f("uq_operating_systems_slug")),
    )
    op.create_index(op.f("ix_operating_systems_created_at"), "operating_systems", ["created_at"], unique=False)
    op.create_index(op.f("ix_operating_systems_created_by_id"), "operating_systems", ["created_by_id"], unique=False)
    op.create_index(op.f("ix_operating_systems_updated_by_id"), "operating_systems", ["updated_by_id"], unique=False)
    op.create_table(
        "preview_links",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("table_name", sa.String(length=63), nullable=False),
        sa.Column("row_id", sa.Integer(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_by_id", sa.Integer(), nullable=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["made_by_id"], ["users.id"], name=op.f("fk_preview_links_made_by_id_users"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_preview_links")),
    )
    op.create_index(op.f("ix_preview_links_made_by_id"), "preview_links", ["made_by_id"], unique=False)
    op.create_index(
        "ix_preview_links_row",
        "preview_links",
        ["table_name", "row_id"],
        unique=False,
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.create_table(
        "redirects",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("old_path", sa.String(length=510), nullable=False),
        sa.Column("new_path", sa.String(length=510), nullable=False),
        sa.Column("steps", sa.Integer(), server_default="1", nullable=False),
        sa.Column("uses", sa.Integer(), server_default="0", nullable=False),
        sa.Column("last_used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by_id", sa.Integer(), nullable=True),
        sa.Column("updated_by_id", sa.Integer(), nullable=True),
        sa.Column("lock_version", sa.Integer(), server_default="1", nullable=False),
        sa.CheckConstraint("old_path LIKE '/%'", name=op.f("ck_redirects_old_path_is_absolute")),
        sa.ForeignKeyConstraint(
            ["created_by_id"], ["users.id"], name=op.f("fk_redirects_created_by_id_users"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["updated_by_id"], ["users.id"], name=op.f("fk_redirects_updated_by_id_users"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_redirects")),
        sa.UniqueConstraint("old_path", name=op.f("uq_redirects_old_path")),
    )
    op.create_index(
        "ix_redirects_beginnings",
        "redirects",
        [sa.literal_column("lower(left(old_path, 200))").label("name")],
        unique=False,
        postgresql_ops={"name": "text_pattern_ops"},
    )
    op.create_index(op.f("ix_redirects_created_at"), "redirects", ["created_at"], unique=False)
    op.create_index(op.f("ix_redirects_created_by_id"), "redirects", ["created_by_id"], unique=False)
    op.create_index(op.f("ix_redirects_new_path"), "redirects", ["new_path"], unique=False)
    op.create_index(
        "ix_redirects_old_path_prefix",
        "redirects",
        ["old_path"],
        unique=False,
        postgresql_ops={"old_path": "text_pattern_ops"},
    )
    op.create_index("ix_redirects_updated_at", "redirects", ["updated_at", "id"], unique=False)
    op.create_index(op.f("ix_redirects_updated_by_id"), "redirects", ["updated_by_id"], unique=False)
    op.create_index("ix_redirects_uses", "redirects", ["uses", "id"], unique=False)
    op.create_index(
        "ix_redirects_words",
        "redirects",
        [
            sa.literal_column(
                "to_tsvector('simple'::regconfig, translate((coalesce(left(old_path, 100000), '') || ' ') || coalesce(left(new_path, 100000), ''), '/.-_@:+', '       '))"
            )
        ],
        unique=False,
        postgresql_using="gin",
    )
    op.create_table(
        "reviews",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("table_name", sa.String(length=63), nullable=False),
        sa.Column("row_id", sa.Integer(), nullable=False),
        sa.Column("row_label", sa.String(length=200), nullable=False),
        sa.Column(
            "status",
            sa.Enum("open", "approved", "sent back", "withdrawn", name="reviewstatus", native_enum=False, length=40),
            nullable=False,
        ),
        sa.Column("submitted_by_id", sa.Integer(), nullable=True),
        sa.Column("submitted_by_name", sa.String(length=150), nullable=False),
        sa.Column("submitted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("remark", sa.Text(), nullable=False),
        sa.Column("decided_by_id", sa.Integer(), nullable=True),
        sa.Column("decided_by_name", sa.String(length=150), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["decided_by_id"], ["users.id"], name=op.f("fk_reviews_decided_by_id_users"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["submitted_by_id"], ["users.id"], name=op.f("fk_reviews_submitted_by_id_users"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reviews")),
    )
    op.create_index(op.f("ix_reviews_decided_by_id"), "reviews", ["decided_by_id"], unique=False)
    op.create_index("ix_reviews_row", "reviews", ["table_name", "row_id", "id"], unique=False)
    op.create_index(op.f("ix_reviews_submitted_by_id"), "reviews", ["submitted_by_id"], unique=False)
    op.create_index(
        "uq_reviews_open", "reviews", ["table_name", "row_id"], unique=True, postgresql_where=sa.text("status = 'open'")
    )
    op.create_table(
        "revisions",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("table_name", sa.String(length=63), nullable=False),
        sa.Column("row_id", sa.Integer(), nullable=False),
        sa.Column("saved_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("saved_by_id", sa.Integer(), nullable=True),
        sa.Column("saved_by_name", sa.String(length=150), nullable=False),
        sa.Column("remark", sa.Text(), nullable=False),
        sa.Column("is_draft", sa.Boolean(), nullable=False),
        sa.Column("base_id", sa.BigInteger(), nullable=True),
        sa.Column("values", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.ForeignKeyConstraint(
            ["base_id"], ["revisions.id"], name=op.f("fk_revisions_base_id_revisions"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["saved_by_id"], ["users.id"], name=op.f("fk_revisions_saved_by_id_users"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_revisions")),
    )
    op.create_index(op.f("ix_revisions_base_id"), "revisions", ["base_id"], unique=False)
    op.create_index("ix_revisions_row", "revisions", ["table_name", "row_id", "id"], unique=False)
    op.create_index(op.f("ix_revisions_saved_by_id"), "revisions", ["saved_by_id"], unique=False)
    op.create_table(
        "role_assignments",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("role_id", sa.Integer(), nullable=False),
        sa.Column("scope_kind", sa.String(length=30), nullable=True),
        sa.Column("scope_values", postgresql.JSONB(astext_type=sa.Text()), server_default="[]", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "(scope_kind IS NULL) = (scope_values = '[]'::jsonb)",
            name=op.f("ck_role_assignments_scope_kind_with_values"),
        ),
        sa.ForeignKeyConstraint(
            ["role_id"], ["roles.id"], name=op.f("fk_role_assignments_role_id_roles"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_role_assignments_user_id_users"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_role_assignments")),
        sa.UniqueConstraint(
            "user_id",
            "role_id",
            "scope_kind",
            name=op.f("uq_role_assignments_user_id"),
            postgresql_nulls_not_distinct=True,
        ),
    )
    op.create_index(op.f("ix_role_assignments_created_at"), "role_assignments", ["created_at"], unique=False)
    op.create_index(op.f("ix_role_assignments_role_id"), "role_assignments", ["role_id"], unique=False)
    op.create_index(op.f("ix_role_assignments_user_id"), "role_assignments", ["user_id"], unique=False)
    op.create_table(
        "saved_views",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("list_name", sa.String(length=60), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("query", sa.Text(), nullable=False),
        sa.Column("is_shared", sa.Boolean(), nullable=False),
        sa.Column("is_default", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_saved_views_user_id_users"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_saved_views")),
        sa.UniqueConstraint("user_id", "list_name", "name", name=op.f("uq_saved_views_user_id")),
    )
    op.create_index(op.f("ix_saved_views_created_at"), "saved_views", ["created_at"], unique=False)
    op.create_index(
        "ix_saved_views_shared", "saved_views", ["list_name"], unique=False, postgresql_where=sa.text("is_shared")
    )
    op.create_index(op.f("ix_saved_views_user_id"), "saved_views", ["user_id"], unique=False)
    op.create_index(
        "uq_saved_views_default",
        "saved_views",
        ["user_id", "list_name"],
        unique=True,
        postgresql_where=sa.text("is_default"),
    )
    op.create_table(
        "uploaded_tables",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("table_name", sa.String(length=63), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("uploaded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("filename", sa.String(length=200), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("plan", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"], ["users.id"], name=op.f("fk_uploaded_tables_person_id_users"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_uploaded_tables")),
    )
    op.create_index(op.f("ix_uploaded_tables_person_id"), "uploaded_tables", ["person_id"], unique=False)
    op.create_index(op.f("ix_uploaded_tables_uploaded_at"), "uploaded_tables", ["uploaded_at"], unique=False)
    op.create_table(
        "api_keys",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("key_hash", sa.String(length=64), nullable=False),
        sa.Column("hint", sa.String(length=10), nullable=False),
        sa.Column("scopes", postgresql.JSONB(astext_type=sa.Text()), server_default="[]", nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("lock_version", sa.Integer(), server_default="1", nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_api_keys_user_id_users"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_keys")),
        sa.UniqueConstraint("key_hash", name=op.f("uq_api_keys_key_hash")),
    )
    op.create_index(op.f("ix_api_keys_created_at"), "api_keys", ["created_at"], unique=False)
    op.create_index(op.f("ix_api_keys_user_id"), "api_keys", ["user_id"], unique=False)
    op.create_table(
        "kept_answers",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(length=255), nullable=False),
        sa.Column("request_hash", sa.String(length=64), nullable=False),
        sa.Column("status", sa.SmallInteger(), nullable=False),
        sa.Column("headers", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_kept_answers_user_id_users"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_kept_answers")),
        sa.UniqueConstraint("user_id", "key", name=op.f("uq_kept_answers_user_id")),
    )
    op.create_index(op.f("ix_kept_answers_created_at"), "kept_answers", ["created_at"], unique=False)
    op.create_table(
        "user_preferences",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("seen_hints", postgresql.JSONB(astext_type=sa.Text()), server_default="[]", nullable=False),
        sa.Column("has_shortcuts", sa.Boolean(), server_default="true", nullable=False),
        sa.Column("gets_review_mails", sa.Boolean(), server_default="true", nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_user_preferences_user_id_users"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_user_preferences")),
        sa.UniqueConstraint("user_id", name=op.f("uq_user_preferences_user_id")),
    )
    op.create_table(
        "user_sessions",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("address", sa.String(length=45), nullable=False),
        sa.Column("user_agent", sa.String(length=400), nullable=False),
        sa.Column("viewing_as_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_user_sessions_user_id_users"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["viewing_as_id"], ["roles.id"], name=op.f("fk_user_sessions_viewing_as_id_roles"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_user_sessions")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_user_sessions_token_hash")),
    )
    op.create_index(op.f("ix_user_sessions_expires_at"), "user_sessions", ["expires_at"], unique=False)
    op.create_index(op.f("ix_user_sessions_user_id"), "user_sessions", ["user_id"], unique=False)
    op.create_index(op.f("ix_user_sessions_viewing_as_id"), "user_sessions", ["viewing_as_id"], unique=False)
    op.create_table(
        "banners",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("title", sa.String(length=1024), nullable=False),
        sa.Column("message", sa.String(length=2048), nullable=False),
        sa.Column(
            "message_kind",
            sa.Enum(
                "markdown",
                "restructuredtext",
                "html",
                "plain",
                "html-trusted",
                "markdown-trusted",
                name="markupkind",
                native_enum=False,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("message_html", sa.String(), nullable=False),
        sa.Column("link", sa.String(length=1024), nullable=False),
        sa.Column("paths", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column(
            "tone",
            sa.Enum("information", "campaign", "warning", name="tone", native_enum=False, length=40),
            nullable=False,
        ),
        sa.Column("is_dismissible", sa.Boolean(), nullable=False),
        sa.Column("is_published", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("first_published_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("publish_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("expire_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("is_in_review", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("draft_id", sa.BigInteger(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by_id", sa.Integer(), nullable=True),
        sa.Column("updated_by_id", sa.Integer(), nullable=True),
        sa.Column("lock_version", sa.Integer(), server_default="1", nullable=False),
        sa.CheckConstraint("jsonb_typeof(paths) = 'array'", name=op.f("ck_banners_paths_are_a_list")),
        sa.ForeignKeyConstraint(
            ["created_by_id"], ["users.id"], name=op.f("fk_banners_created_by_id_users"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["draft_id"], ["revisions.id"], name=op.f("fk_banners_draft_id_revisions"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["updated_by_id"], ["users.id"], name=op.f("fk_banners_updated_by_id_users"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_banners")),
    )
    op.create_index(
        "ix_banners_beginnings",
        "banners",
        [sa.literal_column("lower(left(title, 200))").label("name")],
        unique=False,
        postgresql_ops={"name": "text_pattern_ops"},
    )
    op.create_index(op.f("ix_banners_created_at"), "banners", ["created_at"], unique=False)
    op.create_index(op.f("ix_banners_created_by_id"), "banners", ["created_by_id"], unique=False)
    op.create_index(op.f("ix_banners_draft_id"), "banners", ["draft_id"], unique=False)
    op.create_index(op.f("ix_banners_expire_at"), "banners", ["expire_at"], unique=False)
    op.create_index(op.f("ix_banners_is_in_review"), "banners", ["is_in_review"], unique=False)
    op.create_index(op.f("ix_banners_is_published"), "banners", ["is_published"], unique=False)
    op.create_index(op.f("ix_banners_publish_at"), "banners", ["publish_at"], unique=False)
    op.create_index("ix_banners_title", "banners", ["title", "id"], unique=False)
    op.create_index("ix_banners_updated_at", "banners", ["updated_at", "id"], unique=False)
    op.create_index(op.f("ix_banners_updated_by_id"), "banners", ["updated_by_id"], unique=False)
    op.create_index(
        "ix_banners_words",
        "banners",
        [
            sa.literal_column(
                "to_tsvector('simple'::regconfig, translate((((coalesce(left(title, 100000), '') || ' ') || coalesce(left(message, 100000), '')) || ' ') || coalesce(left(link, 100000), ''), '/.-_@:+', '       '))"
            )
        ],
        unique=False,
        postgresql_using="gin",
    )
    op.create_table(
        "boxes",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("label", sa.String(length=100), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column(
            "content_kind",
            sa.Enum(
                "markdown",
                "restructuredtext",
                "html",
                "plain",
                "html-trusted",
                "markdown-trusted",
                name="markupkind",
                native_enum=False,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("content_html", sa.Text(), nullable=False),
        sa.Column("is_published", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("first_published_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("publish_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("expire_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("is_in_review", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("draft_id", sa.BigInteger(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by_id", sa.Integer(), nullable=True),
        sa.Column("updated_by_id", sa.Integer(), nullable=True),
        sa.Column("lock_version", sa.Integer(), server_default="1", nullable=False),
        sa.ForeignKeyConstraint(
            ["created_by_id"], ["users.id"], name=op.f("fk_boxes_created_by_id_users"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["draft_id"], ["revisions.id"], name=op.f("fk_boxes_draft_id_revisions"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["updated_by_id"], ["users.id"], name=op.f("fk_boxes_updated_by_id_users"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_boxes")),
        sa.UniqueConstraint("label", name=op.f("uq_boxes_label")),
    )
    op.create_index(
        "ix_boxes_beginnings",
        "boxes",
        [sa.literal_column("lower(left(label, 200))").label("name")],
        unique=False,
        postgresql_ops={"name": "text_pattern_ops"},
    )
    op.create_index(op.f("ix_boxes_created_at"), "boxes", ["created_at"], unique=False)
    op.create_index(op.f("ix_boxes_created_by_id"), "boxes", ["created_by_id"], unique=False)
    op.create_index(op.f("ix_boxes_draft_id"), "boxes", ["draft_id"], unique=False)
    op.create_index(op.f("ix_boxes_expire_at"), "boxes", ["expire_at"], unique=False)
    op.create_index(op.f("ix_boxes_is_in_review"), "boxes", ["is_in_review"], unique=False)
    op.create_index(op.f("ix_boxes_is_published"), "boxes", ["is_published"], unique=False)
    op.create_index(op.f("ix_boxes_publish_at"), "boxes", ["publish_at"], unique=False)
    op.create_index("ix_boxes_updated_at", "boxes", ["updated_at", "id"], unique=False)
    op.create_index(op.f("ix_boxes_updated_by_id"), "boxes", ["updated_by_id"], unique=False)
    op.create_index(
        "ix_boxes_words",
        "boxes",
        [
            sa.literal_column(
                "to_tsvector('simple'::regconfig, translate((coalesce(left(label, 100000), '') || ' ') || coalesce(left(content, 100000), ''), '/.-_@:+', '       '))"
            )
        ],
        unique=False,
        postgresql_using="gin",
    )
    op.create_table(
        "bulk_rows",
        sa.Column("run_id", sa.BigInteger(), nullable=False),
        sa.Column("row_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column(
            "outcome",
            sa.Enum("waiting", "done", "refused", name="outcome", native_enum=False, length=40),
            nullable=False,
        ),
        sa.Column("label", sa.String(length=200), nullable=False),
        sa.Column("sentence", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["run_id"], ["bulk_runs.id"], name=op.f("fk_bulk_rows_run_id_bulk_runs"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("run_id", "row_id", name=op.f("pk_bulk_rows")),
    )
    op.create_index(
        "ix_bulk_rows_refused",
        "bulk_rows",
        ["run_id", "row_id"],
        unique=False,
        postgresql_where=sa.text("outcome = 'refused'"),
    )
    op.create_index(
        "ix_bulk_rows_waiting",
        "bulk_rows",
        ["run_id", "row_id"],
        unique=False,
        postgresql_where=sa.text("outcome = 'waiting'"),
    )
    op.create_table(
        "code_samples",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("copy", sa.Text(), nullable=False),
        sa.Column(
            "copy_kind",
            sa.Enum(
                "markdown",
                "restructuredtext",
                "html",
                "plain",
                "html-trusted",
                "markdown-trusted",
                name="markupkind",
                native_enum=False,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("copy_html", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("is_published", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("first_published_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("publish_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("expire_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("is_in_review", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("draft_id", sa.BigInteger(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by_id", sa.Integer(), nullable=True),
        sa.Column("updated_by_id", sa.Integer(), nullable=True),
        sa.Column("lock_version", sa.Integer(), server_default="1", nullable=False),
        sa.ForeignKeyConstraint(
            ["created_by_id"], ["users.id"], name=op.f("fk_code_samples_created_by_id_users"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["draft_id"], ["revisions.id"], name=op.f("fk_code_samples_draft_id_revisions"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["updated_by_id"], ["users.id"], name=op.f("fk_code_samples_updated_by_id_users"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_code_samples")),
    )
    op.create_index(
        "ix_code_samples_beginnings",
        "code_samples",
        [sa.literal_column("lower(left(title, 200))").label("name")],
        unique=False,
        postgresql_ops={"name": "text_pattern_ops"},
    )
    op.create_index(op.f("ix_code_samples_created_at"), "code_samples", ["created_at"], unique=False)
    op.create_index(op.f("ix_code_samples_created_by_id"), "code_samples", ["created_by_id"], unique=False)
    op.create_index(op.f("ix_code_samples_draft_id"), "code_samples", ["draft_id"], unique=False)
    op.create_index(op.f("ix_code_samples_expire_at"), "code_samples", ["expire_at"], unique=False)
    op.create_index(op.f("ix_code_samples_is_in_review"), "code_samples", ["is_in_review"], unique=False)
    op.create_index(op.f("ix_code_samples_is_published"), "code_samples", ["is_published"], unique=False)
    op.create_index("ix_code_samples_position", "code_samples", ["position", "id"], unique=False)
    op.create_index(op.f("ix_code_samples_publish_at"), "code_samples", ["publish_at"], unique=False)
    op.create_index("ix_code_samples_updated_at", "code_samples", ["updated_at", "id"], unique=False)
    op.create_index(op.f("ix_code_samples_updated_by_id"), "code_samples", ["updated_by_id"], unique=False)
    op.create_index(
        "ix_code_samples_words",
        "code_samples",
        [
            sa.literal_column(
                "to_tsvector('simple'::regconfig, translate((((coalesce(left(title, 100000), '') || ' ') || coalesce(left(code, 100000), '')) || ' ') || coalesce(left(copy, 100000), ''), '/.-_@:+', '       '))"
            )
        ],
        unique=False,
        postgresql_using="gin",
    )
    op.create_table(
        "pages",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("title", sa.String(length=500), nullable=False),
        sa.Column("path", sa.String(length=500), nullable=False),
        sa.Column("keywords", sa.String(length=1000), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column(
            "content_kind",
            sa.Enum(
                "markdown",
                "restructuredtext",
                "html",
                "plain",
                "html-trusted",
                "markdown-trusted",
                name="markupkind",
                native_enum=False,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("content_html", sa.Text(), nullable=False),
        sa.Column("content_type", sa.String(length=150), nullable=False),
        sa.Column("template_name", sa.String(length=100), nullable=False),
        sa.Column("is_published", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("first_published_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("publish_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("expire_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("is_in_review", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("draft_id", sa.BigInteger(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by_id", sa.Integer(), nullable=True),
        sa.Column("updated_by_id", sa.Integer(), nullable=True),
        sa.Column("lock_version", sa.Integer(), server_default="1", nullable=False),
        sa.CheckConstraint("path ~ '^[a-z0-9.-]+(/[a-z0-9.-]+)*$'", name=op.f("ck_pages_path_of_plain_segments")),
        sa.ForeignKeyConstraint(
            ["created_by_id"], ["users.id"], name=op.f("fk_pages_created_by_id_users"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["draft_id"], ["revisions.id"], name=op.f("fk_pages_draft_id_revisions"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["updated_by_id"], ["users.id"], name=op.f("fk_pages_updated_by_id_users"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pages")),
        sa.UniqueConstraint("path", name=op.f("uq_pages_path")),
    )
    op.create_index(
        "ix_pages_beginnings",
        "pages",
        [sa.literal_column("lower(left(title, 200))").label("name")],
        unique=False,
        postgresql_ops={"name": "text_pattern_ops"},
    )
    op.create_index(op.f("ix_pages_created_at"), "pages", ["created_at"], unique=False)
    op.create_index(op.f("ix_pages_created_by_id"), "pages", ["created_by_id"], unique=False)
    op.create_index(op.f("ix_pages_draft_id"), "pages", ["draft_id"], unique=False)
    op.create_index(op.f("ix_pages_expire_at"), "pages", ["expire_at"], unique=False)
    op.create_index(op.f("ix_pages_is_in_review"), "pages", ["is_in_review"], unique=False)
    op.create_index(op.f("ix_pages_is_published"), "pages", ["is_published"], unique=False)
    op.create_index(
        "ix_pages_path_prefix", "pages", ["path"], unique=False, postgresql_ops={"path": "text_pattern_ops"}
    )
    op.create_index(op.f("ix_pages_publish_at"), "pages", ["publish_at"], unique=False)
    op.create_index(op.f("ix_pages_template_name"), "pages", ["template_name"], unique=False)
    op.create_index("ix_pages_title", "pages", ["title", "id"], unique=False)
    op.create_index("ix_pages_updated_at", "pages", ["updated_at", "id"], unique=False)
    op.create_index(op.f("ix_pages_updated_by_id"), "pages", ["updated_by_id"], unique=False)
    op.create_index(
        "ix_pages_words",
        "pages",
        [
            sa.literal_column(
                "to_tsvector('simple'::regconfig, translate((((coalesce(left(title, 100000), '') || ' ') || coalesce(left(path, 100000), '')) || ' ') || coalesce(left(keywords, 100000), ''), '/.-_@:+', '       '))"
            )
        ],
        unique=False,
        postgresql_using="gin",
    )
    op.create_table(
        "menu_items",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column(
            "menu", sa.Enum("main", "sites", "footer", name="menuname", native_enum=False, length=40), nullable=False
        ),
        sa.Column("parent_id", sa.Integer(), nullable=True),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("label", sa.String(length=100), nullable=False),
        sa.Column("url", sa.String(length=510), nullable=False),
        sa.Column("page_id", sa.Integer(), nullable=True),
        sa.Column(
            "visibility",
            sa.Enum("everybody", "signed-in", "staff", "hidden", name="visibility", native_enum=False, length=40),
            nullable=False,
        ),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["page_id"], ["pages.id"], name=op.f("fk_menu_items_page_id_pages"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["parent_id"],
            ["menu_items.id"],
            name=op.f("fk_menu_items_parent_id_menu_items"),
            ondelete="CASCADE",
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_menu_items")),
    )
    op.create_index(op.f("ix_menu_items_created_at"), "menu_items", ["created_at"], unique=False)
    op.create_index("ix_menu_items_menu_place", "menu_items", ["menu", "parent_id", "position"], unique=False)
    op.create_index(op.f("ix_menu_items_page_id"), "menu_items", ["page_id"], unique=False)
    op.create_index(op.f("ix_menu_items_parent_id"), "menu_items", ["parent_id"], unique=False)
    op.create_table(
        "page_documents",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("page_id", sa.Integer(), nullable=False),
        sa.Column("file", sa.String(length=500), nullable=False),
        sa.Column("title", sa.String(length=300), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["page_id"], ["pages.id"], name=op.f("fk_page_documents_page_id_pages"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_page_documents")),
    )
    op.create_index(op.f("ix_page_documents_created_at"), "page_documents", ["created_at"], unique=False)
    op.create_index(op.f("ix_page_documents_page_id"), "page_documents", ["page_id"], unique=False)
    op.create_table(
        "page_images",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("page_id", sa.Integer(), nullable=False),
        sa.Column("file", sa.String(length=400), nullable=False),
        sa.Column("alternative_text", sa.String(length=300), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["page_id"], ["pages.id"], name=op.f("fk_page_images_page_id_pages"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_page_images")),
    )
    op.create_index(op.f("ix_page_images_created_at"), "page_images", ["created_at"], unique=False)
    op.create_index(op.f("ix_page_images_page_id"), "page_images", ["page_id"], unique=False)
    op.create_table(
        "release_series",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("series", sa.String(length=10), nullable=False),
        sa.Column(
            "status",
            sa.Enum(
                "planned",
                "feature",
                "prerelease",
                "bugfix",
                "security",
                "end-of-life",
                name="seriesstatus",
                native_enum=False,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("first_release", sa.String(length=10), nullable=False),
        sa.Column("end_of_life", sa.String(length=10), nullable=False),
        sa.Column("pep", sa.Integer(), nullable=True),
        sa.Column("release_manager", sa.String(length=200), nullable=False),
        sa.Column("branch", sa.String(length=50), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_release_series")),
        sa.UniqueConstraint("series", name=op.f("uq_release_series_series")),
    )
    op.create_index(
        "ix_release_series_beginnings",
        "release_series",
        [sa.literal_column("lower(left(series, 200))").label("name")],
        unique=False,
        postgresql_ops={"name": "text_pattern_ops"},
    )
    op.create_index(op.f("ix_release_series_created_at"), "release_series", ["created_at"], unique=False)
    op.create_index(
        "ix_release_series_words",
        "release_series",
        [
            sa.literal_column(
                "to_tsvector('simple'::regconfig, translate((coalesce(left(series, 100000), '') || ' ') || coalesce(left(release_manager, 100000), ''), '/.-_@:+', '       '))"
            )
        ],
        unique=False,
        postgresql_using="gin",
    )
    op.create_table(
        "signing_identities",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("series", sa.String(length=10), nullable=False),
        sa.Column("email", sa.String(length=200), nullable=False),
        sa.Column("issuer", sa.String(length=200), nullable=False),
        sa.Column("pep", sa.Integer(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by_id", sa.Integer(), nullable=True),
        sa.Column("updated_by_id", sa.Integer(), nullable=True),
        sa.Column("lock_version", sa.Integer(), server_default="1", nullable=False),
        sa.ForeignKeyConstraint(
            ["created_by_id"], ["users.id"], name=op.f("fk_signing_identities_created_by_id_users"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["updated_by_id"], ["users.id"], name=op.f("fk_signing_identities_updated_by_id_users"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_signing_identities")),
        sa.UniqueConstraint("series", "email", "issuer", name=op.f("uq_signing_identities_series")),
    )
    op.create_index(
        "ix_signing_identities_beginnings",
        "signing_identities",
        [sa.literal_column("lower(left(series, 200))").label("name")],
        unique=False,
        postgresql_ops={"name": "text_pattern_ops"},
    )
    op.create_index(op.f("ix_signing_identities_created_at"), "signing_identities", ["created_at"], unique=False)
    op.create_index(op.f("ix_signing_identities_created_by_id"), "signing_identities", ["created_by_id"], unique=False)
    op.create_index(op.f("ix_signing_identities_updated_by_id"), "signing_identities", ["updated_by_id"], unique=False)
    op.create_index(
        "ix_signing_identities_words",
        "signing_identities",
        [
            sa.literal_column(
                "to_tsvector('simple'::regconfig, translate((coalesce(left(series, 100000), '') || ' ') || coalesce(left(email, 100000), ''), '/.-_@:+', '       '))"
            )
        ],
        unique=False,
        postgresql_using="gin",
    )
    op.create_table(
        "releases",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("slug", sa.String(length=200), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("is_latest", sa.Boolean(), nullable=False),
        sa.Column("is_pre_release", sa.Boolean(), nullable=False),
        sa.Column("is_shown_on_download_page", sa.Boolean(), nullable=False),
        sa.Column("released_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("page_id", sa.Integer(), nullable=True),
        sa.Column("release_notes_url", sa.String(length=200), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column(
            "content_kind",
            sa.Enum(
                "markdown",
                "restructuredtext",
                "html",
                "plain",
                "html-trusted",
                "markdown-trusted",
                name="markupkind",
                native_enum=False,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("content_html", sa.Text(), nullable=False),
        sa.Column(
            "version_number",
            sa.String(length=30),
            sa.Computed("\"substring\"((name)::text, '^Python (\\d{1,4}(?:\\.\\d{1,4}){0,3})'::text)", persisted=True),
            nullable=True,
        ),
        sa.Column(
            "series",
            sa.String(length=10),
            sa.Computed("\"substring\"((name)::text, '^Python (\\d{1,4}\\.\\d{1,4})'::text)", persisted=True),
            nullable=True,
        ),
        sa.Column(
            "version_key",
            sa.ARRAY(sa.Integer()),
            sa.Computed(
                "(string_to_array(\"substring\"((name)::text, '^Python (\\d{1,4}(?:\\.\\d{1,4}){0,3})'::text), '.'::text))::integer[]",
                persisted=True,
            ),
            nullable=True,
        ),
        sa.Column("is_published", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("first_published_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("publish_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("expire_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("is_in_review", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("draft_id", sa.BigInteger(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by_id", sa.Integer(), nullable=True),
        sa.Column("updated_by_id", sa.Integer(), nullable=True),
        sa.Column("lock_version", sa.Integer(), server_default="1", nullable=False),
        postgresql.ExcludeConstraint(
            (sa.column("version"), "="),
            where=sa.text("is_latest AND is_published"),
            deferrable=True,
            initially="DEFERRED",
            using="btree",
            name="only_one_latest_release_per_version",
        ),
        sa.ForeignKeyConstraint(
            ["created_by_id"], ["users.id"], name=op.f("fk_releases_created_by_id_users"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["draft_id"], ["revisions.id"], name=op.f("fk_releases_draft_id_revisions"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(["page_id"], ["pages.id"], name=op.f("fk_releases_page_id_pages"), ondelete="RESTRICT"),
        sa.ForeignKeyConstraint(
            ["updated_by_id"], ["users.id"], name=op.f("fk_releases_updated_by_id_users"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_releases")),
        sa.UniqueConstraint("slug", name=op.f("uq_releases_slug")),
    )
    op.create_index(
        "ix_releases_beginnings",
        "releases",
        [sa.literal_column("lower(left(name, 200))").label("name")],
        unique=False,
        postgresql_ops={"name": "text_pattern_ops"},
    )
    op.create_index(op.f("ix_releases_created_at"), "releases", ["created_at"], unique=False)
    op.create_index(op.f("ix_releases_created_by_id"), "releases", ["created_by_id"], unique=False)
    op.create_index(op.f("ix_releases_draft_id"), "releases", ["draft_id"], unique=False)
    op.create_index(op.f("ix_releases_expire_at"), "releases", ["expire_at"], unique=False)
    op.create_index(op.f("ix_releases_is_in_review"), "releases", ["is_in_review"], unique=False)
    op.create_index(op.f("ix_releases_is_pre_release"), "releases", ["is_pre_release"], unique=False)
    op.create_index(op.f("ix_releases_is_published"), "releases", ["is_published"], unique=False)
    op.create_index(
        op.f("ix_releases_is_shown_on_download_page"), "releases", ["is_shown_on_download_page"], unique=False
    )
    op.create_index("ix_releases_name", "releases", ["name", "id"], unique=False)
    op.create_index(op.f("ix_releases_page_id"), "releases", ["page_id"], unique=False)
    op.create_index(op.f("ix_releases_publish_at"), "releases", ["publish_at"], unique=False)
    op.create_index("ix_releases_released_at", "releases", ["released_at", "id"], unique=False)
    op.create_index(op.f("ix_releases_series"), "releases", ["series"], unique=False)
    op.create_index("ix_releases_updated_at", "releases", ["updated_at", "id"], unique=False)
    op.create_index(op.f("ix_releases_updated_by_id"), "releases", ["updated_by_id"], unique=False)
    op.create_index(op.f("ix_releases_version"), "releases", ["version"], unique=False)
    op.create_index("ix_releases_version_key", "releases", ["version_key"], unique=False)
    op.create_index(
        "ix_releases_words",
        "releases",
        [
            sa.literal_column(
                "to_tsvector('simple'::regconfig, translate((coalesce(left(name, 100000), '') || ' ') || coalesce(left(slug, 100000), ''), '/.-_@:+', '       '))"
            )
        ],
        unique=False,
        postgresql_using="gin",
    )
    op.create_table(
        "release_uploads",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("release_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("received", sa.BigInteger(), nullable=False),
        sa.Column("pieces", postgresql.JSONB(astext_type=sa.Text()), server_default="[]", nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("may_replace", sa.Boolean(), nullable=False),
        sa.Column("may_be_ahead", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("remark", sa.Text(), server_default="", nullable=False),
        sa.Column(
            "status", sa.Enum("open", "complete", name="uploadstatus", native_enum=False, length=40), nullable=False
        ),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("completed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("lock_version", sa.Integer(), server_default="1", nullable=False),
        sa.CheckConstraint("received <= size", name=op.f("ck_release_uploads_no_more_than_announced")),
        sa.ForeignKeyConstraint(
            ["person_id"], ["users.id"], name=op.f("fk_release_uploads_person_id_users"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["release_id"], ["releases.id"], name=op.f("fk_release_uploads_release_id_releases"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_release_uploads")),
    )
    op.create_index(op.f("ix_release_uploads_created_at"), "release_uploads", ["created_at"], unique=False)
    op.create_index(op.f("ix_release_uploads_expires_at"), "release_uploads", ["expires_at"], unique=False)
    op.create_index(op.f("ix_release_uploads_person_id"), "release_uploads", ["person_id"], unique=False)
    op.create_index(op.f("ix_release_uploads_release_id"), "release_uploads", ["release_id"], unique=False)
    op.create_index(
        "uq_release_uploads_open",
        "release_uploads",
        ["release_id", "name"],
        unique=True,
        postgresql_where=sa.text("status = 'open'"),
    )
    op.create_table(
        "release_file_runs",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("release_id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("began_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("active_until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("cut_short_after", sa.String(length=200), nullable=False),
        sa.ForeignKeyConstraint(
            ["release_id"], ["releases.id"], name=op.f("fk_release_file_runs_release_id_releases"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_release_file_runs_user_id_users"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_release_file_runs")),
        sa.UniqueConstraint("release_id", name=op.f("uq_release_file_runs_release_id")),
    )
    op.create_index(op.f("ix_release_file_runs_user_id"), "release_file_runs", ["user_id"], unique=False)
    op.create_table(
        "release_files",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("slug", sa.String(length=200), nullable=False),
        sa.Column("release_id", sa.Integer(), nullable=False),
        sa.Column("operating_system_id", sa.Integer(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("is_source", sa.Boolean(), nullable=False),
        sa.Column("url", sa.String(length=200), nullable=False),
        sa.Column("gpg_signature_url", sa.String(length=200), nullable=False),
        sa.Column("sigstore_signature_url", sa.String(length=200), nullable=False),
        sa.Column("sigstore_certificate_url", sa.String(length=200), nullable=False),
        sa.Column("sigstore_bundle_url", sa.String(length=200), nullable=False),
        sa.Column("sbom_spdx_url", sa.String(length=200), nullable=False),
        sa.Column("md5", sa.String(length=200), nullable=False),
        sa.Column("sha256", sa.String(length=200), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("has_download_button", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by_id", sa.Integer(), nullable=True),
        sa.Column("updated_by_id", sa.Integer(), nullable=True),
        sa.Column("lock_version", sa.Integer(), server_default="1", nullable=False),
        sa.CheckConstraint(
            "(url = '' OR url LIKE 'https://www.python.org/%' OR url LIKE 'http://www.python.org/%') AND (gpg_signature_url = '' OR gpg_signature_url LIKE 'https://www.python.org/%' OR gpg_signature_url LIKE 'http://www.python.org/%') AND (sigstore_signature_url = '' OR sigstore_signature_url LIKE 'https://www.python.org/%' OR sigstore_signature_url LIKE 'http://www.python.org/%') AND (sigstore_certificate_url = '' OR sigstore_certificate_url LIKE 'https://www.python.org/%' OR sigstore_certificate_url LIKE 'http://www.python.org/%') AND (sigstore_bundle_url = '' OR sigstore_bundle_url LIKE 'https://www.python.org/%' OR sigstore_bundle_url LIKE 'http://www.python.org/%') AND (sbom_spdx_url = '' OR sbom_spdx_url LIKE 'https://www.python.org/%' OR sbom_spdx_url LIKE 'http://www.python.org/%')",
            name=op.f("ck_release_files_only_python_dot_org_urls"),
        ),
        sa.CheckConstraint("size >= 0", name=op.f("ck_release_files_size_is_not_negative")),
        sa.ForeignKeyConstraint(
            ["created_by_id"], ["users.id"], name=op.f("fk_release_files_created_by_id_users"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["operating_system_id"],
            ["operating_systems.id"],
            name=op.f("fk_release_files_operating_system_id_operating_systems"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["release_id"], ["releases.id"], name=op.f("fk_release_files_release_id_releases"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["updated_by_id"], ["users.id"], name=op.f("fk_release_files_updated_by_id_users"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_release_files")),
        sa.UniqueConstraint("slug", name=op.f("uq_release_files_slug")),
        sa.UniqueConstraint("url", name=op.f("uq_release_files_url")),
    )
    op.create_index(
        "ix_release_files_beginnings",
        "release_files",
        [sa.literal_column("lower(left(name, 200))").label("name")],
        unique=False,
        postgresql_ops={"name": "text_pattern_ops"},
    )
    op.create_index(op.f("ix_release_files_created_at"), "release_files", ["created_at"], unique=False)
    op.create_index(op.f("ix_release_files_created_by_id"), "release_files", ["created_by_id"], unique=False)
    op.create_index("ix_release_files_name", "release_files", ["name", "id"], unique=False)
    op.create_index(
        op.f("ix_release_files_operating_system_id"), "release_files", ["operating_system_id"], unique=False
    )
    op.create_index(op.f("ix_release_files_release_id"), "release_files", ["release_id"], unique=False)
    op.create_index("ix_release_files_size", "release_files", ["size", "id"], unique=False)
    op.create_index("ix_release_files_updated_at", "release_files", ["updated_at", "id"], unique=False)
    op.create_index(op.f("ix_release_files_updated_by_id"), "release_files", ["updated_by_id"], unique=False)
    op.create_index(
        "ix_release_files_words",
        "release_files",
        [
            sa.literal_column(
                "to_tsvector('simple'::regconfig, translate((coalesce(left(name, 100000), '') || ' ') || coalesce(left(url, 100000), ''), '/.-_@:+', '       '))"
            )
        ],
        unique=False,
        postgresql_using="gin",
    )
    op.create_index(
        "uq_release_files_download_button",
        "release_files",
        ["operating_system_id", "release_id"],
        unique=True,
        postgresql_where=sa.text("has_download_button"),
    )
    op.create_table(
        "release_publications",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("release_id", sa.Integer(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("allowed", postgresql.JSONB(astext_type=sa.Text()), server_default="[]", nullable=False),
        sa.Column("allowed_by_name", sa.String(length=150), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("published_by_name", sa.String(length=150), nullable=False),
        sa.Column("purged_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("indexed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("proved", postgresql.JSONB(astext_type=sa.Text()), server_default="{}", nullable=False),
        sa.Column("proved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("looks", sa.Integer(), server_default="0", nullable=False),
        sa.Column("problem", sa.Text(), nullable=False),
        sa.Column("is_news", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("told", postgresql.JSONB(astext_type=sa.Text()), server_default="{}", nullable=False),
        sa.ForeignKeyConstraint(
            ["release_id"],
            ["releases.id"],
            name=op.f("fk_release_publications_release_id_releases"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_release_publications")),
    )
    op.create_index(op.f("ix_release_publications_release_id"), "release_publications", ["release_id"], unique=False)
    op.create_table(
        "release_verdicts",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("release_id", sa.Integer(), nullable=False),
        sa.Column("file_id", sa.Integer(), nullable=True),
        sa.Column(
            "kind",
            sa.Enum(
                "size",
                "sha256",
                "md5",
                "sigstore",
                "gpg",
                "sbom",
                "release notes",
                "what's new",
                name="kind",
                native_enum=False,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column(
            "outcome",
            sa.Enum(
                "verified",
                "failed",
                "unknown",
                "missing",
                "unreachable",
                name="outcome",
                native_enum=False,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("sentence", sa.Text(), nullable=False),
        sa.Column("signer", sa.String(length=200), nullable=False),
        sa.Column("checked_against", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("checked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("missed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("missed_because", sa.Text(), server_default="", nullable=False),
        sa.ForeignKeyConstraint(
            ["file_id"],
            ["release_files.id"],
            name=op.f("fk_release_verdicts_file_id_release_files"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["release_id"], ["releases.id"], name=op.f("fk_release_verdicts_release_id_releases"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_release_verdicts")),
        sa.UniqueConstraint(
            "release_id",
            "file_id",
            "kind",
            name=op.f("uq_release_verdicts_release_id"),
            postgresql_nulls_not_distinct=True,
        ),
    )
    op.create_index("ix_release_verdicts_file_id", "release_verdicts", ["file_id"], unique=False)


def downgrade() -> None:
    op.drop_index("ix_release_verdicts_file_id", table_name="release_verdicts")
    op.drop_table("release_verdicts")
    op.drop_index("ix_signing_identities_words", table_name="signing_identities", postgresql_using="gin")
    op.drop_index(op.f("ix_signing_identities_updated_by_id"), table_name="signing_identities")
    op.drop_index(op.f("ix_signing_identities_created_by_id"), table_name="signing_identities")
    op.drop_index(op.f("ix_signing_identities_created_at"), table_name="signing_identities")
    op.drop_index(
        "ix_signing_identities_beginnings", table_name="signing_identities", postgresql_ops={"name": "text_pattern_ops"}
    )
    op.drop_table("signing_identities")
    op.drop_index("ix_openpgp_keys_words", table_name="openpgp_keys", postgresql_using="gin")
    op.drop_index(op.f("ix_openpgp_keys_updated_by_id"), table_name="openpgp_keys")
    op.drop_index(op.f("ix_openpgp_keys_created_by_id"), table_name="openpgp_keys")
    op.drop_index(op.f("ix_openpgp_keys_created_at"), table_name="openpgp_keys")
    op.drop_index("ix_openpgp_keys_beginnings", table_name="openpgp_keys", postgresql_ops={"name": "text_pattern_ops"})
    op.drop_table("openpgp_keys")
    op.drop_index("ix_release_series_words", table_name="release_series", postgresql_using="gin")
    op.drop_index(op.f("ix_release_series_created_at"), table_name="release_series")
    op.drop_index(
        "ix_release_series_beginnings", table_name="release_series", postgresql_ops={"name": "text_pattern_ops"}
    )
    op.drop_table("release_series")
    op.drop_index(op.f("ix_release_publications_release_id"), table_name="release_publications")
    op.drop_table("release_publications")
    op.drop_index(
        "uq_release_files_download_button", table_name="release_files", postgresql_where=sa.text("has_download_button")
    )
    op.drop_index("ix_release_files_words", table_name="release_files", postgresql_using="gin")
    op.drop_index(op.f("ix_release_files_updated_by_id"), table_name="release_files")
    op.drop_index("ix_release_files_updated_at", table_name="release_files")
    op.drop_index("ix_release_files_size", table_name="release_files")
    op.drop_index(op.f("ix_release_files_release_id"), table_name="release_files")
    op.drop_index(op.f("ix_release_files_operating_system_id"), table_name="release_files")
    op.drop_index("ix_release_files_name", table_name="release_files")
    op.drop_index(op.f("ix_release_files_created_by_id"), table_name="release_files")
    op.drop_index(op.f("ix_release_files_created_at"), table_name="release_files")
    op.drop_index(
        "ix_release_files_beginnings", table_name="release_files", postgresql_ops={"name": "text_pattern_ops"}
    )
    op.drop_table("release_files")
    op.drop_index("uq_release_uploads_open", table_name="release_uploads", postgresql_where=sa.text("status = 'open'"))
    op.drop_index(op.f("ix_release_uploads_release_id"), table_name="release_uploads")
    op.drop_index(op.f("ix_release_uploads_person_id"), table_name="release_uploads")
    op.drop_index(op.f("ix_release_uploads_expires_at"), table_name="release_uploads")
    op.drop_index(op.f("ix_release_uploads_created_at"), table_name="release_uploads")
    op.drop_table("release_uploads")
    op.drop_index(op.f("ix_release_file_runs_user_id"), table_name="release_file_runs")
    op.drop_table("release_file_runs")
    op.drop_index("ix_releases_words", table_name="releases", postgresql_using="gin")
    op.drop_index("ix_releases_version_key", table_name="releases")
    op.drop_index(op.f("ix_releases_version"), table_name="releases")
    op.drop_index(op.f("ix_releases_updated_by_id"), table_name="releases")
    op.drop_index("ix_releases_updated_at", table_name="releases")
    op.drop_index(op.f("ix_releases_series"), table_name="releases")
    op.drop_index("ix_releases_released_at", table_name="releases")
    op.drop_index(op.f("ix_releases_publish_at"), table_name="releases")
    op.drop_index(op.f("ix_releases_page_id"), table_name="releases")
    op.drop_index("ix_releases_name", table_name="releases")
    op.drop_index(op.f("ix_releases_is_shown_on_download_page"), table_name="releases")
    op.drop_index(op.f("ix_releases_is_published"), table_name="releases")
    op.drop_index(op.f("ix_releases_is_pre_release"), table_name="releases")
    op.drop_index(op.f("ix_releases_is_in_review"), table_name="releases")
    op.drop_index(op.f("ix_releases_expire_at"), table_name="releases")
    op.drop_index(op.f("ix_releases_draft_id"), table_name="releases")
    op.drop_index(op.f("ix_releases_created_by_id"), table_name="releases")
    op.drop_index(op.f("ix_releases_created_at"), table_name="releases")
    op.drop_index("ix_releases_beginnings", table_name="releases", postgresql_ops={"name": "text_pattern_ops"})
    op.drop_table("releases")
    op.drop_index(op.f("ix_page_images_page_id"), table_name="page_images")
    op.drop_index(op.f("ix_page_images_created_at"), table_name="page_images")
    op.drop_table("page_images")
    op.drop_index(op.f("ix_page_documents_page_id"), table_name="page_documents")
    op.drop_index(op.f("ix_page_documents_created_at"), table_name="page_documents")
    op.drop_table("page_documents")
    op.drop_index(op.f("ix_menu_items_parent_id"), table_name="menu_items")
    op.drop_index(op.f("ix_menu_items_page_id"), table_name="menu_items")
    op.drop_index("ix_menu_items_menu_place", table_name="menu_items")
    op.drop_index(op.f("ix_menu_items_created_at"), table_name="menu_items")
    op.drop_table("menu_items")
    op.drop_index("ix_pages_words", table_name="pages", postgresql_using="gin")
    op.drop_index(op.f("ix_pages_updated_by_id"), table_name="pages")
    op.drop_index("ix_pages_updated_at", table_name="pages")
    op.drop_index("ix_pages_title", table_name="pages")
    op.drop_index(op.f("ix_pages_template_name"), table_name="pages")
    op.drop_index(op.f("ix_pages_publish_at"), table_name="pages")
    op.drop_index("ix_pages_path_prefix", table_name="pages", postgresql_ops={"path": "text_pattern_ops"})
    op.drop_index(op.f("ix_pages_is_published"), table_name="pages")
    op.drop_index(op.f("ix_pages_is_in_review"), table_name="pages")
    op.drop_index(op.f("ix_pages_expire_at"), table_name="pages")
    op.drop_index(op.f("ix_pages_draft_id"), table_name="pages")
    op.drop_index(op.f("ix_pages_created_by_id"), table_name="pages")
    op.drop_index(op.f("ix_pages_created_at"), table_name="pages")
    op.drop_index("ix_pages_beginnings", table_name="pages", postgresql_ops={"name": "text_pattern_ops"})
    op.drop_table("pages")
    op.drop_index("ix_code_samples_words", table_name="code_samples", postgresql_using="gin")
    op.drop_index(op.f("ix_code_samples_updated_by_id"), table_name="code_samples")
    op.drop_index("ix_code_samples_updated_at", table_name="code_samples")
    op.drop_index(op.f("ix_code_samples_publish_at"), table_name="code_samples")
    op.drop_index("ix_code_samples_position", table_name="code_samples")
    op.drop_index(op.f("ix_code_samples_is_published"), table_name="code_samples")
    op.drop_index(op.f("ix_code_samples_is_in_review"), table_name="code_samples")
    op.drop_index(op.f("ix_code_samples_expire_at"), table_name="code_samples")
    op.drop_index(op.f("ix_code_samples_draft_id"), table_name="code_samples")
    op.drop_index(op.f("ix_code_samples_created_by_id"), table_name="code_samples")
    op.drop_index(op.f("ix_code_samples_created_at"), table_name="code_samples")
    op.drop_index("ix_code_samples_beginnings", table_name="code_samples", postgresql_ops={"name": "text_pattern_ops"})
    op.drop_table("code_samples")
    op.drop_index("ix_bulk_rows_waiting", table_name="bulk_rows", postgresql_where=sa.text("outcome = 'waiting'"))
    op.drop_index("ix_bulk_rows_refused", table_name="bulk_rows", postgresql_where=sa.text("outcome = 'refused'"))
    op.drop_table("bulk_rows")
    op.drop_index("ix_boxes_words", table_name="boxes", postgresql_using="gin")
    op.drop_index(op.f("ix_boxes_updated_by_id"), table_name="boxes")
    op.drop_index("ix_boxes_updated_at", table_name="boxes")
    op.drop_index(op.f("ix_boxes_publish_at"), table_name="boxes")
    op.drop_index(op.f("ix_boxes_is_published"), table_name="boxes")
    op.drop_index(op.f("ix_boxes_is_in_review"), table_name="boxes")
    op.drop_index(op.f("ix_boxes_expire_at"), table_name="boxes")
    op.drop_index(op.f("ix_boxes_draft_id"), table_name="boxes")
    op.drop_index(op.f("ix_boxes_created_by_id"), table_name="boxes")
    op.drop_index(op.f("ix_boxes_created_at"), table_name="boxes")
    op.drop_index("ix_boxes_beginnings", table_name="boxes", postgresql_ops={"name": "text_pattern_ops"})
    op.drop_table("boxes")
    op.drop_index("ix_banners_words", table_name="banners", postgresql_using="gin")
    op.drop_index(op.f("ix_banners_updated_by_id"), table_name="banners")
    op.drop_index("ix_banners_updated_at", table_name="banners")
    op.drop_index("ix_banners_title", table_name="banners")
    op.drop_index(op.f("ix_banners_publish_at"), table_name="banners")
    op.drop_index(op.f("ix_banners_is_published"), table_name="banners")
    op.drop_index(op.f("ix_banners_is_in_review"), table_name="banners")
    op.drop_index(op.f("ix_banners_expire_at"), table_name="banners")
    op.drop_index(op.f("ix_banners_draft_id"), table_name="banners")
    op.drop_index(op.f("ix_banners_created_by_id"), table_name="banners")
    op.drop_index(op.f("ix_banners_created_at"), table_name="banners")
    op.drop_index("ix_banners_beginnings", table_name="banners", postgresql_ops={"name": "text_pattern_ops"})
    op.drop_table("banners")
    op.drop_index(op.f("ix_user_sessions_viewing_as_id"), table_name="user_sessions")
    op.drop_index(op.f("ix_user_sessions_user_id"), table_name="user_sessions")
    op.drop_index(op.f("ix_user_sessions_expires_at"), table_name="user_sessions")
    op.drop_table("user_sessions")
    op.drop_table("user_preferences")
    op.drop_index(op.f("ix_kept_answers_created_at"), table_name="kept_answers")
    op.drop_table("kept_answers")
    op.drop_index(op.f("ix_api_keys_user_id"), table_name="api_keys")
    op.drop_index(op.f("ix_api_keys_created_at"), table_name="api_keys")
    op.drop_table("api_keys")
    op.drop_index(op.f("ix_uploaded_tables_uploaded_at"), table_name="uploaded_tables")
    op.drop_index(op.f("ix_uploaded_tables_person_id"), table_name="uploaded_tables")
    op.drop_table("uploaded_tables")
    op.drop_index("uq_saved_views_default", table_name="saved_views", postgresql_where=sa.text("is_default"))
    op.drop_index(op.f("ix_saved_views_user_id"), table_name="saved_views")
    op.drop_index("ix_saved_views_shared", table_name="saved_views", postgresql_where=sa.text("is_shared"))
    op.drop_index(op.f("ix_saved_views_created_at"), table_name="saved_views")
    op.drop_table("saved_views")
    op.drop_index(op.f("ix_role_assignments_user_id"), table_name="role_assignments")
    op.drop_index(op.f("ix_role_assignments_role_id"), table_name="role_assignments")
    op.drop_index(op.f("ix_role_assignments_created_at"), table_name="role_assignments")
    op.drop_table("role_assignments")
    op.drop_index(op.f("ix_revisions_saved_by_id"), table_name="revisions")
    op.drop_index("ix_revisions_row", table_name="revisions")
    op.drop_index(op.f("ix_revisions_base_id"), table_name="revisions")
    op.drop_table("revisions")
    op.drop_index("uq_reviews_open", table_name="reviews", postgresql_where=sa.text("status = 'open'"))
    op.drop_index(op.f("ix_reviews_submitted_by_id"), table_name="reviews")
    op.drop_index("ix_reviews_row", table_name="reviews")
    op.drop_index(op.f("ix_reviews_decided_by_id"), table_name="reviews")
    op.drop_table("reviews")
    op.drop_index("ix_redirects_words", table_name="redirects", postgresql_using="gin")
    op.drop_index("ix_redirects_uses", table_name="redirects")
    op.drop_index(op.f("ix_redirects_updated_by_id"), table_name="redirects")
    op.drop_index("ix_redirects_updated_at", table_name="redirects")
    op.drop_index(
        "ix_redirects_old_path_prefix", table_name="redirects", postgresql_ops={"old_path": "text_pattern_ops"}
    )
    op.drop_index(op.f("ix_redirects_new_path"), table_name="redirects")
    op.drop_index(op.f("ix_redirects_created_by_id"), table_name="redirects")
    op.drop_index(op.f("ix_redirects_created_at"), table_name="redirects")
    op.drop_index("ix_redirects_beginnings", table_name="redirects", postgresql_ops={"name": "text_pattern_ops"})
    op.drop_table("redirects")
    op.drop_index("ix_preview_links_row", table_name="preview_links", postgresql_where=sa.text("ended_at IS NULL"))
    op.drop_index(op.f("ix_preview_links_made_by_id"), table_name="preview_links")
    op.drop_table("preview_links")
    op.drop_index(op.f("ix_operating_systems_updated_by_id"), table_name="operating_systems")
    op.drop_index(op.f("ix_operating_systems_created_by_id"), table_name="operating_systems")
    op.drop_index(op.f("ix_operating_systems_created_at"), table_name="operating_systems")
    op.drop_table("operating_systems")
    op.drop_index(op.f("ix_menus_updated_by_id"), table_name="menus")
    op.drop_index(op.f("ix_menus_created_by_id"), table_name="menus")
    op.drop_index(op.f("ix_menus_created_at"), table_name="menus")
    op.drop_table("menus")
    op.drop_index("ix_media_items_words", table_name="media_items", postgresql_using="gin")
    op.drop_index(op.f("ix_media_items_updated_by_id"), table_name="media_items")
    op.drop_index("ix_media_items_updated_at", table_name="media_items")
    op.drop_index("ix_media_items_title", table_name="media_items")
    op.drop_index("ix_media_items_size", table_name="media_items")
    op.drop_index(op.f("ix_media_items_sha256"), table_name="media_items")
    op.drop_index(op.f("ix_media_items_kind"), table_name="media_items")
    op.drop_index(op.f("ix_media_items_file"), table_name="media_items")
    op.drop_index(op.f("ix_media_items_created_by_id"), table_name="media_items")
    op.drop_index(op.f("ix_media_items_created_at"), table_name="media_items")
    op.drop_index("ix_media_items_beginnings", table_name="media_items", postgresql_ops={"name": "text_pattern_ops"})
    op.drop_table("media_items")
    op.drop_index("ix_comments_row", table_name="comments")
    op.drop_index(op.f("ix_comments_author_id"), table_name="comments")
    op.drop_table("comments")
    op.drop_index(op.f("ix_bulk_runs_started_at"), table_name="bulk_runs")
    op.drop_index("ix_bulk_runs_of_a_person", table_name="bulk_runs")
    op.drop_table("bulk_runs")
    op.drop_index("ix_audit_entries_row", table_name="audit_entries")
    op.drop_index(op.f("ix_audit_entries_at"), table_name="audit_entries")
    op.drop_index(op.f("ix_audit_entries_actor_id"), table_name="audit_entries")
    op.drop_table("audit_entries")
    op.drop_index("uq_users_username_lower", table_name="users")
    op.drop_index("ix_users_words", table_name="users", postgresql_using="gin")
    op.drop_index("ix_users_joined_at", table_name="users")
    op.drop_index("ix_users_email_lower", table_name="users")
    op.drop_index(op.f("ix_users_created_at"), table_name="users")
    op.drop_index("ix_users_beginnings", table_name="users", postgresql_ops={"name": "text_pattern_ops"})
    op.drop_table("users")
    op.drop_table("storage_folders")
    op.drop_index("ix_sign_in_attempts_at", table_name="sign_in_attempts")
    op.drop_index("ix_sign_in_attempts_address", table_name="sign_in_attempts")
    op.drop_index("ix_sign_in_attempts_account", table_name="sign_in_attempts")
    op.drop_table("sign_in_attempts")
    op.drop_index("ix_sent_mails_words", table_name="sent_mails", postgresql_using="gin")
    op.drop_index(op.f("ix_sent_mails_state"), table_name="sent_mails")
    op.drop_index("ix_sent_mails_beginnings", table_name="sent_mails", postgresql_ops={"name": "text_pattern_ops"})
    op.drop_index(op.f("ix_sent_mails_at"), table_name="sent_mails")
    op.drop_table("sent_mails")
    op.drop_index(op.f("ix_search_rebuilds_started_at"), table_name="search_rebuilds")
    op.drop_table("search_rebuilds")
    op.drop_index("ix_search_documents_words", table_name="search_documents", postgresql_using="gin")
    op.drop_table("search_documents")
    op.drop_table("scheduled_tasks")
    op.drop_index(op.f("ix_roles_created_at"), table_name="roles")
    op.drop_table("roles")
    op.drop_index(op.f("ix_purges_at"), table_name="purges")
    op.drop_table("purges")
    op.drop_index(
        "ix_outbox_messages_due", table_name="outbox_messages", postgresql_where=sa.text("status <> 'failed'")
    )
    op.drop_table("outbox_messages")
    op.drop_index("ix_missed_paths_words", table_name="missed_paths", postgresql_using="gin")
    op.drop_index("ix_missed_paths_last_missed_at", table_name="missed_paths")
    op.drop_index("ix_missed_paths_count", table_name="missed_paths")
    op.drop_index("ix_missed_paths_beginnings", table_name="missed_paths", postgresql_ops={"name": "text_pattern_ops"})
    op.drop_table("missed_paths")
    op.drop_index("ix_media_uses_row", table_name="media_uses")
    op.drop_index(op.f("ix_media_uses_path"), table_name="media_uses")
    op.drop_table("media_uses")
    op.drop_index("ix_broken_links_found_at", table_name="broken_links")
    op.drop_table("broken_links")

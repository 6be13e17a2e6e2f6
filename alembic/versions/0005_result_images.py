"""The images that a result was computed on, and the split of its rows."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

KEY = ("model_id", "model_version", "metric", "metric_version", "mode", "seed", "settings_hash")


def upgrade() -> None:
    with op.batch_alter_table("metric_results") as batch:
        batch.add_column(sa.Column("images", sa.String(length=24), server_default="all", nullable=False))
        batch.add_column(sa.Column("split", sa.JSON(), nullable=True))
        batch.drop_constraint("uq_result_key", type_="unique")
        batch.create_unique_constraint("uq_result_key", [*KEY, "images"])


def downgrade() -> None:
    op.execute("DELETE FROM metric_results WHERE images <> 'all'")
    with op.batch_alter_table("metric_results") as batch:
        batch.drop_constraint("uq_result_key", type_="unique")
        batch.create_unique_constraint("uq_result_key", list(KEY))
        batch.drop_column("split")
        batch.drop_column("images")

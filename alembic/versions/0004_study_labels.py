"""The study that trained a model."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("models") as batch:
        batch.add_column(sa.Column("study", sa.String(length=80), nullable=True))
        batch.add_column(sa.Column("study_scale", sa.Double(), nullable=True))
        batch.add_column(sa.Column("study_run", sa.String(length=200), nullable=True))
        batch.create_index(op.f("ix_models_study"), ["study"])


def downgrade() -> None:
    with op.batch_alter_table("models") as batch:
        batch.drop_index(op.f("ix_models_study"))
        batch.drop_column("study_run")
        batch.drop_column("study_scale")
        batch.drop_column("study")

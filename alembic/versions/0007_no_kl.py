"""Models without noise, such as autoencoders, have no KL: their latents have null, and all models are read again."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("model_latents") as batch:
        batch.alter_column("kl_nats", existing_type=sa.Double(), nullable=True)
    op.execute("UPDATE models SET fingerprint = ''")


def downgrade() -> None:
    op.execute("DELETE FROM model_latents WHERE kl_nats IS NULL")
    with op.batch_alter_table("model_latents") as batch:
        batch.alter_column("kl_nats", existing_type=sa.Double(), nullable=False)

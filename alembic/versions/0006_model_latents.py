"""The latents of all models, for the search by factor, purity, leak and state."""

import json

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

CHUNK = 500


def upgrade() -> None:
    table = op.create_table(
        "model_latents",
        sa.Column("model_id", sa.String(length=80), nullable=False),
        sa.Column("latent", sa.Integer(), nullable=False),
        sa.Column("dataset", sa.String(length=80), nullable=True),
        sa.Column("factor", sa.String(length=200), nullable=True),
        sa.Column("purity", sa.Double(), nullable=True),
        sa.Column("leak", sa.Double(), nullable=True),
        sa.Column("kl_nats", sa.Double(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.ForeignKeyConstraint(["model_id"], ["models.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("model_id", "latent"),
    )
    row = ["purity", "leak", "state", "model_id", "latent"]
    op.create_index("ix_model_latents_factor", table.name, ["factor", *row[:3], "dataset", *row[3:]])
    op.create_index("ix_model_latents_dataset", table.name, ["dataset", *row])
    op.create_index("ix_model_latents_purity", table.name, row)
    connection = op.get_bind()
    ids = list(connection.scalars(sa.text("SELECT id FROM models ORDER BY id")))
    for start in range(0, len(ids), CHUNK):
        query = sa.text("SELECT id, manifest FROM models WHERE id IN :ids").bindparams(
            sa.bindparam("ids", ids[start : start + CHUNK], expanding=True)
        )
        rows = [row for model, manifest in connection.execute(query) for row in _rows(model, manifest)]
        if rows:
            connection.execute(table.insert(), rows)


def downgrade() -> None:
    op.drop_table("model_latents")


def _rows(model: str, manifest: object) -> list[dict[str, object]]:
    """Rows of one model, as the service makes them when it reads a model folder."""
    document = json.loads(manifest) if isinstance(manifest, str) else manifest or {}
    rows = []
    for latent, each in enumerate(document.get("statistics", ())):
        if each["kl_nats"] is None:  # revision 0007 has the model read again
            continue
        sizes = sorted((abs(value) for value in each["correlations"].values()), reverse=True)
        rows.append(
            {
                "model_id": model,
                "latent": latent,
                "dataset": document["dataset"],
                "factor": each["best_factor"],
                "purity": sizes[0] if sizes else None,
                "leak": sizes[1] if len(sizes) > 1 else None,
                "kl_nats": each["kl_nats"],
                "state": each["state"],
            }
        )
    return rows

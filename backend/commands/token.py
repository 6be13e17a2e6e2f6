"""Command `axiscope token`: create, list and revoke access tokens."""

import json
import sys
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from backend.db.engine import Database
    from backend.db.tables import Token

app = typer.Typer(no_args_is_help=True, help="Create, list and revoke access tokens.")
Json = Annotated[bool, typer.Option("--json", help="One JSON document on stdout.")]


def _database() -> "Database":
    from backend.db.engine import Database
    from backend.settings import read_settings

    database = Database(read_settings().database)
    database.migrate()
    return database


def _document(row: "Token") -> dict[str, str | None]:
    times = {"created_at": row.created_at, "expires_at": row.expires_at, "revoked_at": row.revoked_at}
    shown = {name: value.isoformat() if value else None for name, value in times.items()}
    return {"id": row.id, "name": row.name, "scope": row.scope, **shown}


def _print(document: object) -> None:
    sys.stdout.write(json.dumps(document, indent=1) + "\n")


@app.command()
def create(
    name: Annotated[str, typer.Option(help="Name of its user or purpose.")],
    scope: Annotated[str, typer.Option(help="read, infer, train or admin; each includes those before it.")] = "infer",
    days: Annotated[float | None, typer.Option(help="Days until it expires; none for never.")] = None,
    json_output: Json = False,
) -> None:
    """Create a token and print it once; only its hash is stored."""
    from backend.http import auth

    with _database().write_session() as session:
        text, row = auth.create_token(session, name, scope, days)
        document = _document(row)
    if json_output:
        _print({"token": text, **document})
    else:
        sys.stdout.write(f"{text}\n")
        sys.stderr.write("Store it now: it is not shown again. Send it as `Authorization: Bearer TOKEN`.\n")


@app.command("list")
def list_tokens(json_output: Json = False) -> None:
    """List all tokens without their secrets."""
    from backend.http import auth

    with _database().read_session() as session:
        rows = [_document(row) for row in auth.list_tokens(session)]
    if json_output:
        _print({"tokens": rows})
        return
    for row in rows:
        state = "revoked" if row["revoked_at"] else f"until {row['expires_at'] or 'revoked'}"
        sys.stdout.write(f"{row['id']}  {row['scope']:<6} {row['name']}  {state}\n")


@app.command()
def revoke(token_id: Annotated[str, typer.Argument(help="Id of the token, see `axiscope token list`.")]) -> None:
    """Revoke a token at once."""
    from backend.http import auth

    with _database().write_session() as session:
        row = auth.revoke_token(session, token_id)
        sys.stdout.write(f"token {row.id} ({row.name}) is revoked\n")

"""The application: every route, guard and error translation on one screen."""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager

from fastapi import FastAPI

from backend.context import Context, open_context
from backend.db.engine import migrate
from backend.http.auth import AuthMiddleware, TokenCheck
from backend.http.middleware import (
    API,
    PLAIN_PATHS,
    BodyLimitMiddleware,
    CompressionMiddleware,
    HostMiddleware,
    RequestMiddleware,
)
from backend.http.problems import Problem, install_handlers
from backend.http.static import CompressedFiles
from backend.routes import (
    catalog,
    datasets,
    figures,
    health,
    inference,
    job_output,
    jobs,
    login,
    models,
    pages,
    scores,
    traversal,
    uploads,
)
from backend.schemas.inference import DecodeRequest, EncodeRequest, TraverseRequest
from backend.settings import Settings

API_ROUTERS = (
    inference.router,
    models.router,
    figures.router,
    traversal.router,
    scores.metrics_router,
    scores.router,
    catalog.router,
    models.compare_router,
    uploads.router,
    datasets.router,
    jobs.router,
    job_output.router,
)
ROOT_ROUTERS = (scores.metrics_router, health.router, login.router, pages.router)
Companion = Callable[[Context], AbstractAsyncContextManager[None]]

DESCRIPTION = """Look along the axes of a latent space.

Errors are RFC 9457 problem documents. `Accept` decides the format of pictures and tables.
Limits of one request stand in `limits` of every model."""


def create_app(settings: Settings, companions: Sequence[Companion] = ()) -> FastAPI:
    """Make the service.

    Parameters
    ----------
    settings : Settings
    companions : sequence of callables
        Each gets the context and gives an async context manager that runs as long as the service does,
        e.g. the embedded worker.
    """
    context = open_context(settings)

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        migrate(context.engine)
        context.registry.refresh()
        context.uploads.remove_abandoned()
        async with AsyncExitStack() as stack:
            stack.callback(context.close)
            await stack.enter_async_context(context.event_listener.open())
            for companion in companions:
                await stack.enter_async_context(companion(context))
            yield

    app = FastAPI(
        title="Axiscope",
        version=pages.product_version(),
        description=DESCRIPTION,
        docs_url=None,
        redoc_url=None,
        lifespan=lifespan,
        redirect_slashes=False,
        telemetry={"tracing": False, "metrics": False, "logs": False},
    )
    app.state.context = context
    app.state.problem_page = pages.problem_page
    for path in PLAIN_PATHS:  # first and plain, for a slider waits: FastAPI's own way costs 40 us
        app.add_route(path, inference.decode, ["POST"], include_in_schema=False)
    app.include_router(inference.router)
    for router in API_ROUTERS:
        app.include_router(router, prefix=API)
    for router in ROOT_ROUTERS:
        app.include_router(router)
    app.mount("/static", CompressedFiles(pages.FRONTEND / "static", settings.home / "cache" / "static"), name="static")
    app.add_middleware(BodyLimitMiddleware, max_body_size=settings.body_bytes)
    app.add_middleware(CompressionMiddleware)
    app.add_middleware(AuthMiddleware, settings=settings, check=TokenCheck(context.sessions))
    app.add_middleware(HostMiddleware, settings=settings)
    app.add_middleware(RequestMiddleware, telemetry=context.telemetry)
    install_handlers(app)
    describe(app)
    return app


def describe(app: FastAPI) -> None:
    """Add to the OpenAPI document the schemas that only hand-written bodies refer to."""
    make = app.openapi

    def openapi() -> dict[str, object]:
        if app.openapi_schema is None:
            document = make()
            schemas = document.setdefault("components", {}).setdefault("schemas", {})
            for body in (Problem, EncodeRequest, DecodeRequest, TraverseRequest):
                made = body.model_json_schema(ref_template="#/components/schemas/{model}")
                schemas.update(made.pop("$defs", {}))
                schemas[body.__name__] = made
        return app.openapi_schema or {}

    app.openapi = openapi  # type: ignore[method-assign]

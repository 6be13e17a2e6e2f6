"""Application of the service: all routes, middleware and error handlers."""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager

from fastapi import FastAPI
from starlette.staticfiles import StaticFiles

from backend.context import Context, open_context
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
    imports,
    inference,
    job_output,
    jobs,
    latents,
    models,
    open_inference,
    pages,
    scores,
    study_results,
    templates,
    uploads,
)
from backend.schemas.inference import DecodeRequest, EncodeRequest, TraverseRequest
from backend.schemas.open_inference import InferRequest
from backend.settings import Settings

API_ROUTERS = (
    inference.router,
    models.router,
    imports.router,
    latents.router,
    figures.router,
    scores.metrics_router,
    scores.router,
    catalog.router,
    study_results.router,
    models.compare_router,
    uploads.router,
    datasets.router,
    jobs.router,
    job_output.router,
)
ROOT_ROUTERS = (scores.metrics_router, health.router, open_inference.router, pages.router)
BackgroundTask = Callable[[Context], AbstractAsyncContextManager[None]]

DESCRIPTION = """Look along the axes of a latent space.

Errors are RFC 9457 problem documents. `Accept` decides the format of pictures and tables.
`limits` of every model has the limits of one request."""


def create_app(settings: Settings, background: Sequence[BackgroundTask] = ()) -> FastAPI:
    """Return the ASGI application of the service.

    Parameters
    ----------
    settings : Settings
    background : sequence of callable
        Each takes the context and returns an async context manager that is entered at the start of the service and left
        at its end, e.g. the embedded worker.
    """
    context = open_context(settings)

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        context.database.migrate()
        context.registry.refresh()
        context.uploads.remove_abandoned()
        async with AsyncExitStack() as stack:
            stack.callback(context.close)
            await stack.enter_async_context(context.event_listener.open())
            for task in background:
                await stack.enter_async_context(task(context))
            yield

    app = FastAPI(
        title="Axiscope",
        version=templates.product_version(),
        description=DESCRIPTION,
        docs_url=None,
        redoc_url=None,
        lifespan=lifespan,
        redirect_slashes=False,
        telemetry={"tracing": False, "metrics": False, "logs": False},
    )
    app.state.context = context
    app.state.problem_page = templates.problem_page
    for path in PLAIN_PATHS:  # first, and without FastAPI's routing, which costs 40 us
        app.add_route(path, inference.decode, ["POST"], include_in_schema=False)
    app.include_router(inference.router)
    for router in API_ROUTERS:
        app.include_router(router, prefix=API)
    for router in ROOT_ROUTERS:
        app.include_router(router)
    app.mount(
        "/static", CompressedFiles(templates.FRONTEND / "static", settings.home / "cache" / "static"), name="static"
    )
    if templates.DOCUMENTATION.is_dir():
        app.mount("/docs", StaticFiles(directory=templates.DOCUMENTATION, html=True), name="docs")
    app.add_middleware(BodyLimitMiddleware, max_body_size=settings.body_bytes)
    app.add_middleware(CompressionMiddleware)
    app.add_middleware(AuthMiddleware, settings=settings, check=TokenCheck(context.database))
    app.add_middleware(HostMiddleware, settings=settings)
    app.add_middleware(RequestMiddleware, telemetry=context.telemetry)
    install_handlers(app)
    describe(app)
    return app


def describe(app: FastAPI) -> None:
    """Add the schemas of bodies that routes parse themselves to the OpenAPI document."""
    make = app.openapi

    def openapi() -> dict[str, object]:
        if app.openapi_schema is None:
            document = make()
            schemas = document.setdefault("components", {}).setdefault("schemas", {})
            for body in (Problem, EncodeRequest, DecodeRequest, TraverseRequest, InferRequest):
                made = body.model_json_schema(ref_template="#/components/schemas/{model}")
                schemas.update(made.pop("$defs", {}))
                schemas[body.__name__] = made
        return app.openapi_schema or {}

    app.openapi = openapi  # type: ignore[method-assign]

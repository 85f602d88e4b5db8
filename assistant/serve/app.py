"""All routes of the server in one application."""

from __future__ import annotations

from fastapi import FastAPI

from assistant.serve.service import Service


def create_app(service: Service) -> FastAPI:
    """The application. No page of documentation: those of FastAPI load their scripts from elsewhere.

    Every request and every WebSocket passes the `Gate` first, which knows keys, origins and limits.
    """
    app = FastAPI(title="assistant", openapi_url=None, docs_url=None, redoc_url=None)

    @app.get("/healthz")
    async def healthz() -> dict[str, str]:
        return {"status": "ok"}

    return app

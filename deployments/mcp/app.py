"""The HTTP app, with `/mcp` where it is switched on."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from typing import Final

from fastapi import FastAPI

from deployments.settings import BadSetting
from serve_app.app import create_app
from serve_app.state.services import Services

MISSING: Final = "the MCP server needs a package: pip install 'retender[mcp]'"


def factory(*, mcp: bool) -> Callable[[Services], FastAPI]:
    """How the app is made. Raises `BadSetting` if the SDK is wanted and not installed."""
    if not mcp:
        return create_app
    if not installed():
        raise BadSetting(f"RETENDER_MCP is set: {MISSING}")
    return _with_mcp


def _with_mcp(services: Services) -> FastAPI:
    # A service without it never imports the SDK.
    from deployments.mcp.mounted import mount  # noqa: PLC0415 - see above

    app = create_app(services)
    mount(app, services.settings)
    return app


def installed() -> bool:
    return importlib.util.find_spec("mcp") is not None

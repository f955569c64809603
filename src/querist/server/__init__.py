"""The web server over one project: REST, live events, and the web app; it holds no rule."""

from querist.server.app import create_app, openapi_document
from querist.server.run import serve

__all__ = ["create_app", "openapi_document", "serve"]

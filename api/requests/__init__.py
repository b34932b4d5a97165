"""Requests for support over HTTP: drafts, and what becomes of them."""

from typing import Final

from api.requests import drafting, submitting

ROUTERS: Final = (drafting.router, submitting.router)

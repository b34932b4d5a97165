"""Requests for support over HTTP: their form, drafts, and what becomes of them."""

from typing import Final

from api.requests import drafting, form, submitting

ROUTERS: Final = (form.router, drafting.router, submitting.router)

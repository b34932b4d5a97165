"""Pages about the service itself: its OpenAPI document. Public."""

from fastapi import APIRouter, Request, Response

from api.http.audiences import PUBLIC
from api.http.document import text

router = APIRouter(tags=["documentation"], dependencies=[PUBLIC])


@router.get("/openapi.json")
def openapi(request: Request) -> Response:
    """The OpenAPI document."""
    state = request.app.state
    if not hasattr(state, "document"):
        state.document = text(request.app.openapi()).encode()
    return Response(state.document, media_type="application/json")

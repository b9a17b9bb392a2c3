"""What is refused before the first request and before anything is changed."""

from __future__ import annotations

from piptools_clone.errors import InputError
from piptools_clone.formats.inert import inert
from piptools_clone.model.sync_request import SyncRequest
from piptools_clone.sync.plan import Plan
from piptools_clone.sync.session import Session
from piptools_clone.sync.wanted import check_hashes, check_pinned


def check_request(request: SyncRequest, session: Session, plan: Plan) -> None:
    """Refuse what cannot or must not be done.  Raises `InputError`."""
    if not session.requirements and plan.removed and not request.allow_empty:
        number = "1 package" if len(plan.removed) == 1 else f"{len(plan.removed)} packages"
        raise InputError(
            f"{', '.join(map(inert, request.sources))}: nothing is pinned for this Python, "
            f"so {number} would be removed.",
            hint="if that is meant: --allow-empty",
        )
    check_hashes(session.requirements, required=session.requires_hashes)
    if request.strict and not request.force:
        check_pinned(change.new for change in plan.installing if change.new)

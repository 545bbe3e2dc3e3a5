"""What may be done to an issuing batch as it stands, by whom."""

from app.domain.access.permissions import permits
from app.domain.access.roles import Caller
from app.domain.access.table import PERMISSIONS
from app.domain.credentials.batch import BatchState, IssuingBatch
from app.domain.credentials.use_cases.batches import place_of


def allowed_on_batch(batch: IssuingBatch, caller: Caller) -> list[str]:
    """What this caller may do to it now."""
    place = place_of(batch.issuer)
    actions = []
    if (
        permits(PERMISSIONS["approve_batch"], caller, place)
        and batch.state is BatchState.PREPARED
        and caller.account != batch.prepared_by
    ):
        actions.append("approve_batch")
    if permits(PERMISSIONS["rerun_batch"], caller, place) and batch.has_failures:
        actions.append("rerun_batch")
    if batch.local and batch.state is BatchState.APPROVED:
        steps = ("get_local_sealing", "download_local_sealing", "attach_seals")
        actions += [
            step
            for step in (*steps, "attach_sealed_files", "renew_local_sealing")
            if permits(PERMISSIONS[step], caller, place)
        ]
    if permits(PERMISSIONS["cancel_batch"], caller, place) and batch.may_be_cancelled:
        actions.append("cancel_batch")
    return actions

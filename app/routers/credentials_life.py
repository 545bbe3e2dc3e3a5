"""After sealing: suspending, revoking, reinstating, issuing again, telling the holder again."""

from collections.abc import Sequence
from uuid import UUID

from fastapi import APIRouter, Response

from app.domain.credentials import use_cases_life as use_cases
from app.domain.credentials.batch_warnings import batch_warnings
from app.domain.credentials.credential import Change
from app.domain.credentials.status import Channel
from app.domain.credentials.use_cases_credentials import SeenCredential
from app.domain.credentials.use_cases_credentials import retry_delivery as retry
from app.domain.credentials.use_cases_life import Notice
from app.routers.credentials_batches_models import BatchDetailOut
from app.routers.credentials_life_models import ChangedCredentialOut, CredentialReasonIn, ReissueIn
from app.routers.credentials_models import CredentialOut
from app.routers.habits import CallerDep, HabitRoute, IfMatch, PortsDep, set_etag

router = APIRouter(prefix="/v1/credentials", tags=["credentials"], route_class=HabitRoute)


def _answered(
    response: Response, seen: SeenCredential, notices: Sequence[Notice] = ()
) -> ChangedCredentialOut:
    set_etag(response, seen.credential.version)
    return ChangedCredentialOut.of(seen, notices)


@router.post("/{credential}/suspend", operation_id="suspend_credential")
async def suspend_credential(
    credential: UUID,
    body: CredentialReasonIn,
    version: IfMatch,
    response: Response,
    caller: CallerDep,
    ports: PortsDep,
) -> ChangedCredentialOut:
    """Take a credential out of force until somebody has looked into it. One officer is enough.

    The holder is told, with the reason. A revocation that is proposed stays so.
    """
    seen, notices = await use_cases.suspend_credential(
        credential,
        version,
        body.reason,
        work=ports.work(caller, "suspend_credential"),
        caller=caller,
        clock=ports.clock,
    )
    return _answered(response, seen, notices)


@router.post("/{credential}/revoke", operation_id="propose_revocation")
async def propose_revocation(
    credential: UUID,
    body: CredentialReasonIn,
    version: IfMatch,
    response: Response,
    caller: CallerDep,
    ports: PortsDep,
) -> ChangedCredentialOut:
    """Propose that a credential be revoked. It stays in force until a second officer confirms.

    One change at a time: while another is proposed, the answer is 409 `change_pending`.
    """
    seen, notices = await use_cases.propose_change(
        credential,
        version,
        Change.REVOKE,
        body.reason,
        work=ports.work(caller, "propose_revocation"),
        caller=caller,
        clock=ports.clock,
    )
    return _answered(response, seen, notices)


@router.post("/{credential}/reinstate", operation_id="propose_reinstatement")
async def propose_reinstatement(
    credential: UUID,
    body: CredentialReasonIn,
    version: IfMatch,
    response: Response,
    caller: CallerDep,
    ports: PortsDep,
) -> ChangedCredentialOut:
    """Propose that a suspended or revoked credential be in force again; a second one confirms.

    One change at a time: while another is proposed, the answer is 409 `change_pending`.
    """
    seen, notices = await use_cases.propose_change(
        credential,
        version,
        Change.REINSTATE,
        body.reason,
        work=ports.work(caller, "propose_reinstatement"),
        caller=caller,
        clock=ports.clock,
    )
    return _answered(response, seen, notices)


@router.post("/{credential}/confirm-change", operation_id="confirm_credential_change")
async def confirm_credential_change(
    credential: UUID, version: IfMatch, response: Response, caller: CallerDep, ports: PortsDep
) -> ChangedCredentialOut:
    """Carry out what another officer has proposed. The holder is told, with the reason.

    After a revocation, copies can still look verified in Europass: see `notices`.
    """
    seen, notices = await use_cases.confirm_credential_change(
        credential,
        version,
        work=ports.work(caller, "confirm_credential_change"),
        caller=caller,
        clock=ports.clock,
    )
    return _answered(response, seen, notices)


@router.post("/{credential}/drop-change", operation_id="drop_credential_change")
async def drop_credential_change(
    credential: UUID, version: IfMatch, response: Response, caller: CallerDep, ports: PortsDep
) -> ChangedCredentialOut:
    """Take back a change that was proposed and not confirmed."""
    seen = await use_cases.drop_credential_change(
        credential,
        version,
        work=ports.work(caller, "drop_credential_change"),
        caller=caller,
    )
    return _answered(response, seen)


@router.post("/{credential}/reissue", status_code=201, operation_id="prepare_reissue")
async def prepare_reissue(
    credential: UUID,
    body: ReissueIn,
    version: IfMatch,
    response: Response,
    caller: CallerDep,
    ports: PortsDep,
) -> BatchDetailOut:
    """Put a credential up to be issued again, after a change of name or an error.

    It takes the learner's data and result as they are confirmed now. The answer is a batch of one,
    for a second officer to approve; once it is sealed, the old credential is `superseded` and the
    two name each other.
    """
    batch = await use_cases.prepare_reissue(
        credential,
        version,
        body.reason,
        body.seal,
        work=lambda: ports.work(caller, "prepare_reissue"),
        sealing=ports.sealing,
        caller=caller,
        clock=ports.clock,
    )
    set_etag(response, batch.version)
    response.headers["Location"] = f"/v1/issuing-batches/{batch.id}"
    warnings = await batch_warnings(batch, work=ports.reading(), lettering=ports.lettering)
    return BatchDetailOut.prepared(batch, caller, warnings)


@router.post(
    "/{credential}/deliveries/{channel}/retry", status_code=202, operation_id="retry_delivery"
)
async def retry_delivery(
    credential: UUID, channel: Channel, caller: CallerDep, ports: PortsDep
) -> CredentialOut:
    """Try a way of delivery again that has failed, or tell the holder once more.

    Its state in `deliveries` is `pending` until it has been tried. What has arrived is delivered
    again after ten minutes at the soonest.
    """
    return CredentialOut.of(
        await retry(
            credential,
            channel,
            work=ports.work(caller, "retry_delivery"),
            caller=caller,
            clock=ports.clock,
        )
    )

"""After sealing: suspending, revoking, reinstating, issuing again, telling the holder again."""

from collections.abc import Sequence
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Response

from app.domain.credentials.batch_warnings import batch_warnings
from app.domain.credentials.credential import Change
from app.domain.credentials.status import Channel
from app.domain.credentials.use_cases import life as use_cases
from app.domain.credentials.use_cases.batch_learners import batch_learners
from app.domain.credentials.use_cases.credentials import SeenCredential
from app.domain.credentials.use_cases.credentials import retry_delivery as retry
from app.domain.credentials.use_cases.life import Notice
from app.ports import Work
from app.routers.credentials.batches_models import BatchDetailOut
from app.routers.credentials.credentials_models import CredentialOut
from app.routers.credentials.life_models import ChangedCredentialOut, CredentialReasonIn, ReissueIn
from app.routers.habits import CallerDep, HabitRoute, IfMatch, PortsDep, set_etag

router = APIRouter(prefix="/v1/credentials", tags=["credentials"], route_class=HabitRoute)


class Act:
    """A change to one credential: by whom, and in which version they saw it."""

    def __init__(
        self,
        credential: UUID,
        version: IfMatch,
        response: Response,
        caller: CallerDep,
        ports: PortsDep,
    ) -> None:
        self.credential = credential
        self.version = version
        self.caller = caller
        self.ports = ports
        self._response = response

    def work(self, action: str) -> Work:
        """A unit of work in which it happens."""
        return self.ports.work(self.caller, action)

    def answered(
        self, seen: SeenCredential, notices: Sequence[Notice] = ()
    ) -> ChangedCredentialOut:
        """What came of it, with the version that it is now."""
        set_etag(self._response, seen.credential.version)
        return ChangedCredentialOut.of(seen, notices)

    async def proposed(self, change: Change, reason: str) -> ChangedCredentialOut:
        """Put a change up for a second officer."""
        seen, notices = await use_cases.propose_change(
            self.credential,
            self.version,
            change,
            reason,
            work=self.work(use_cases.ACTION_OF[change]),
            caller=self.caller,
            clock=self.ports.clock,
        )
        return self.answered(seen, notices)


ActDep = Annotated[Act, Depends()]


@router.post("/{credential}/suspend", operation_id="suspend_credential")
async def suspend_credential(body: CredentialReasonIn, act: ActDep) -> ChangedCredentialOut:
    """Take a credential out of force until somebody has looked into it. One officer is enough.

    The holder is told, with the reason. A revocation that is proposed stays so.
    """
    seen, notices = await use_cases.suspend_credential(
        act.credential,
        act.version,
        body.reason,
        work=act.work("suspend_credential"),
        caller=act.caller,
        clock=act.ports.clock,
    )
    return act.answered(seen, notices)


@router.post("/{credential}/revoke", operation_id="propose_revocation")
async def propose_revocation(body: CredentialReasonIn, act: ActDep) -> ChangedCredentialOut:
    """Propose that a credential be revoked. It stays in force until a second officer confirms.

    One change at a time: while another is proposed, the answer is 409 `change_pending`.
    """
    return await act.proposed(Change.REVOKE, body.reason)


@router.post("/{credential}/reinstate", operation_id="propose_reinstatement")
async def propose_reinstatement(body: CredentialReasonIn, act: ActDep) -> ChangedCredentialOut:
    """Propose that a suspended or revoked credential be in force again; a second one confirms.

    One change at a time: while another is proposed, the answer is 409 `change_pending`.
    """
    return await act.proposed(Change.REINSTATE, body.reason)


@router.post("/{credential}/confirm-change", operation_id="confirm_credential_change")
async def confirm_credential_change(act: ActDep) -> ChangedCredentialOut:
    """Carry out what another officer has proposed. The holder is told, with the reason.

    After a revocation, copies can still look verified in Europass: see `notices`.
    """
    seen, notices = await use_cases.confirm_credential_change(
        act.credential,
        act.version,
        work=act.work("confirm_credential_change"),
        caller=act.caller,
        clock=act.ports.clock,
    )
    return act.answered(seen, notices)


@router.post("/{credential}/drop-change", operation_id="drop_credential_change")
async def drop_credential_change(act: ActDep) -> ChangedCredentialOut:
    """Take back a change that was proposed and not confirmed."""
    seen = await use_cases.drop_credential_change(
        act.credential, act.version, work=act.work("drop_credential_change"), caller=act.caller
    )
    return act.answered(seen)


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
    learners = await batch_learners(batch, work=ports.reading(), caller=caller)
    return BatchDetailOut.prepared(batch, caller, warnings, learners)


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

"""Permissions of credentials."""

from app.domain.access.permissions import At, Permission, Rule
from app.domain.access.roles import Role

ISSUER_OFFICER = Rule(Role.ISSUER_OFFICER, At.ISSUER)
AUDITOR = Rule(Role.AUDITOR, At.ALLIANCE)

PUBLIC = Permission(public=True)
OFFICERS = Permission((ISSUER_OFFICER,))
OFFICERS_AND_AUDITORS = Permission((ISSUER_OFFICER, AUDITOR))
HOLDER = Permission(self_=True)
HOLDER_AND_OFFICERS = Permission((ISSUER_OFFICER,), self_=True)

CREDENTIALS: dict[str, Permission] = {
    # What is about to be certified of each learner, names included.
    "list_awards": OFFICERS,
    # Sealing needs two: the use case refuses the officer who prepared the batch.
    "prepare_batch": OFFICERS,
    "approve_batch": OFFICERS,
    "cancel_batch": OFFICERS,
    "rerun_batch": OFFICERS,
    # Sealing elsewhere is for the same officers; what they bring back is checked like all else.
    "get_local_sealing": OFFICERS,
    "renew_local_sealing": OFFICERS,
    "download_local_sealing": OFFICERS,
    "get_prepared_seal": OFFICERS,
    "download_signing_input": OFFICERS,
    "attach_seals": OFFICERS,
    "attach_sealed_files": OFFICERS,
    # The same credentials without a seal, for the Commission's own issuer.
    "export_unsigned_credential": OFFICERS,
    "export_unsigned_batch": OFFICERS,
    "list_batches": Permission((Rule(Role.ISSUER_OFFICER, At.ANY), AUDITOR)),
    "get_batch": OFFICERS_AND_AUDITORS,
    # Lists hold what the caller may see: officers those of their own institutions.
    "list_credentials": Permission((Rule(Role.ISSUER_OFFICER, At.ANY), AUDITOR)),
    "list_my_credentials": Permission(signed_in=True),
    "get_credential": Permission((ISSUER_OFFICER, AUDITOR), self_=True),
    "download_credential": HOLDER_AND_OFFICERS,
    "get_credential_image": HOLDER_AND_OFFICERS,
    "get_credential_elmo": HOLDER_AND_OFFICERS,
    # Suspending needs one officer; what takes a credential back or makes it anew needs two.
    "suspend_credential": OFFICERS,
    "propose_revocation": OFFICERS,
    "propose_reinstatement": OFFICERS,
    "confirm_credential_change": OFFICERS,
    "drop_credential_change": OFFICERS,
    "prepare_reissue": OFFICERS,
    "retry_delivery": HOLDER_AND_OFFICERS,
    # Whom a credential is shown to is its holder's affair alone.
    "create_share": HOLDER,
    "list_shares": HOLDER,
    "get_share": HOLDER,
    "edit_share": HOLDER,
    "revoke_share": HOLDER,
    "publish_page": HOLDER,
    "look_at_share": PUBLIC,
    "open_share": PUBLIC,
    "verify_share": PUBLIC,
    "download_share": PUBLIC,
    "get_share_image": PUBLIC,
    "get_status_list": PUBLIC,
    # Anybody may check a credential, and needs the certificates for it.
    "get_credential_status": PUBLIC,
    "verify_credential": PUBLIC,
    "list_seals": PUBLIC,
    "get_seal_root": PUBLIC,
}

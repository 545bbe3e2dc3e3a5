"""Permissions of what people see of credentials."""

from app.domain.access.credentials import HOLDER, HOLDER_AND_OFFICERS, PUBLIC
from app.domain.access.permissions import Permission

CREDENTIALS_SHOWN: dict[str, Permission] = {
    # The sealed file is inside.
    "get_credential_pdf": HOLDER_AND_OFFICERS,
    "download_share_pdf": PUBLIC,
    # What goes to Europass is its holder's word alone.
    "get_wallet_choice": HOLDER,
    "edit_wallet_choice": HOLDER,
}

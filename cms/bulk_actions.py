"""What can be done to many rows at once, table by table; each action is a decision of the table's domain."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

import cms.banners.services as banners
import cms.boxes.services as boxes
import cms.codesamples.services as code_samples
import cms.downloads.services as downloads
import cms.downloads.signers as signers
import cms.downloads.verification.services as verification
import cms.media.services as media
import cms.missed_paths.services as missed_paths
import cms.pages.services as pages
import cms.redirects.services as redirects
import cms.users.services as users
from cms.banners.models import Banner
from cms.boxes.models import Box
from cms.codesamples.models import CodeSample
from cms.core import bulk, publishing
from cms.core.bulk import Actions, Perform
from cms.core.permissions import Actor, Permission
from cms.core.publishing import Publishable
from cms.downloads.models import OpenPGPKey, OperatingSystem, Release, ReleaseFile, ReleaseSeries, SigningIdentity
from cms.media.models import MediaItem
from cms.missed_paths.models import MissedPath
from cms.pages.models import Page
from cms.redirects.models import Redirect
from cms.users import api_keys
from cms.users.api_keys import ApiKey
from cms.users.models import Role, User


def _offer(
    model: type[Any],
    *,
    save: Perform | None = None,
    delete: Perform | None = None,
    edit: Permission | None = None,
    decisions: Mapping[str, Perform] | None = None,
    changeable: tuple[str, ...] = (),
) -> None:
    """Register a table's actions; what can be published has those decisions besides, `edit` being who may discard."""
    found = dict(decisions or {})
    if issubclass(model, Publishable) and edit is not None:
        found |= _publishing(model, edit)
    bulk.offer(Actions(model=model, save=save, delete=delete, decisions=found, changeable=frozenset(changeable)))


def _publishing(model: type[Any], edit: Permission) -> dict[str, Perform]:
    async def discard(session: AsyncSession, row: Any, *, by: Actor) -> None:
        await publishing.discard_draft(session, row, permission=edit, by=by)

    return {"publish": publishing.publisher_of(model), "unpublish": publishing.unpublish, "discard": discard}


_offer(
    Page,
    save=pages.save_page,
    delete=pages.delete_page,
    edit=Permission.PAGES_EDIT,
    changeable=("template_name",),
)
_offer(
    Release,
    save=downloads.save_release,
    delete=downloads.delete_release,
    edit=Permission.DOWNLOADS_EDIT,
    decisions={"verify": verification.verify_again},
    changeable=("is_shown_on_download_page",),
)
_offer(
    ReleaseFile,
    save=downloads.save_file,
    delete=downloads.delete_file,
    changeable=("operating_system_id",),
)
_offer(ReleaseSeries)
_offer(OperatingSystem, save=downloads.save_operating_system, delete=downloads.delete_operating_system)
_offer(SigningIdentity, save=signers.save_signing_identity, delete=signers.delete_signing_identity)
_offer(OpenPGPKey, save=signers.save_openpgp_key, delete=signers.delete_openpgp_key)
_offer(Box, save=boxes.save_box, delete=boxes.delete_box, edit=Permission.BOXES_EDIT)
_offer(Banner, save=banners.save_banner, delete=banners.delete_banner, edit=Permission.BANNERS_EDIT)
_offer(CodeSample, save=code_samples.save_sample, delete=code_samples.delete_sample, edit=Permission.CODESAMPLES_EDIT)
_offer(MediaItem, save=media.save_item, delete=media.delete_item)
_offer(
    Redirect,
    save=redirects.save_redirect,
    delete=redirects.delete_redirect,
    decisions={"straighten": redirects.lead_straight},
)
_offer(MissedPath, decisions={"ignore": missed_paths.ignore, "heed": missed_paths.heed})
_offer(User, save=users.save_user, delete=users.delete_user, changeable=("is_active",))
_offer(ApiKey, save=api_keys.save, decisions={"revoke": api_keys.revoke})
_offer(Role, save=users.save_role, delete=users.delete_role)

"""What surrounds releases in the back office: their series, and who vouches for their files."""

from typing import Any

from markupsafe import Markup

from admin import formats
from admin.base import AdminView, Fieldset
from admin.filters import ChoiceFilter, SinceFilter, YesNoFilter
from cms.downloads import signers
from cms.downloads.models import OpenPGPKey, ReleaseSeries, SeriesStatus, SigningIdentity

MONOSPACE = {"class": "form-control font-monospace", "spellcheck": "false", "autocapitalize": "off"}
STATUS_LABELS = tuple((status.value, status.value) for status in SeriesStatus)
SOURCE = "https://peps.python.org/api/release-cycle.json"


def pep_of(row: Any, _name: str) -> Any:
    """Link a PEP by its number."""
    if row.pep is None:
        return formats.NOTHING
    return Markup('<a href="https://peps.python.org/pep-{:04}/">PEP {}</a>').format(row.pep, row.pep)


def fingerprint_of(row: OpenPGPKey, _name: str) -> Any:
    """Show a fingerprint as people compare it, and say where it is none."""
    shown = Markup("<code>{}</code>").format(row.fingerprint_in_groups)
    return shown if row.is_whole else shown + Markup(' <span class="badge mark-draft">key ID only</span>')


class ReleaseSeriesAdmin(AdminView, model=ReleaseSeries):
    identity = "release-series"
    name = "Release series"
    name_plural = "Release series"
    category = "Downloads"
    permission_area = "downloads"
    found_detail = "status"
    list_help = (
        "How long each series is looked after. Nobody writes this here: it is imported four times a day from "
        f"{SOURCE}, and stays as it is while that is down. Operations → Schedule imports it at once, and tells "
        "since when that does not answer."
    )
    can_create = False
    can_edit = False
    can_delete = False

    column_list = (
        ReleaseSeries.series,
        ReleaseSeries.status,
        ReleaseSeries.first_release,
        ReleaseSeries.end_of_life,
        ReleaseSeries.pep,
        ReleaseSeries.release_manager,
    )
    column_choices = (ReleaseSeries.branch, ReleaseSeries.updated_at)
    column_sortable_list = (ReleaseSeries.first_release, ReleaseSeries.end_of_life, ReleaseSeries.updated_at)
    column_default_sort = (ReleaseSeries.first_release, True)
    column_labels = {
        ReleaseSeries.series: "Series",
        ReleaseSeries.first_release: "First release",
        ReleaseSeries.end_of_life: "End of life",
        ReleaseSeries.pep: "Schedule",
        ReleaseSeries.release_manager: "Release manager",
        ReleaseSeries.updated_at: "Last changed",
    }
    column_formatters = {ReleaseSeries.pep: pep_of}
    list_filters = (
        ChoiceFilter(ReleaseSeries.status, "Status", labels=STATUS_LABELS),
        SinceFilter(ReleaseSeries.updated_at, "Last changed"),
    )
    fieldsets = (
        Fieldset("", ("series", "status", "first_release", "end_of_life", "pep", "release_manager", "branch")),
    )


class SigningIdentityAdmin(AdminView, model=SigningIdentity):
    identity = "signing-identities"
    name = "Signing identity"
    name_plural = "Signing identities"
    category = "Downloads"
    permission_area = "downloads"
    found_detail = "email"
    saving = staticmethod(signers.save_signing_identity)
    removing = staticmethod(signers.delete_signing_identity)
    list_help = (
        "Whose Sigstore signature counts for the files of a series: visitors read it at /downloads/metadata/sigstore/ "
        "and in the commands on the page of each release. A page of the editors at that address is shown instead."
    )

    column_list = (SigningIdentity.series, SigningIdentity.pep, SigningIdentity.email, SigningIdentity.issuer)
    column_sortable_list = (SigningIdentity.email, SigningIdentity.updated_at)
    column_default_sort = (SigningIdentity.id, False)
    column_labels = {
        SigningIdentity.series: "Series",
        SigningIdentity.pep: "PEP",
        SigningIdentity.email: "Release manager",
        SigningIdentity.issuer: "OIDC issuer",
    }
    column_formatters = {SigningIdentity.pep: pep_of}

    fieldsets = (Fieldset("", ("series", "email", "issuer", "pep")),)
    form_args = {
        "series": {"description": "Such as “3.14”.", "render_kw": MONOSPACE},
        "email": {"description": "The release manager's address, as it stands in the certificates."},
        "issuer": {
            "description": "Who vouches for the address: “https://github.com/login/oauth” or “https://accounts.google.com”.",
            "render_kw": MONOSPACE,
        },
        "pep": {"description": "The number of the PEP with the schedule of the series."},
    }


class OpenPGPKeyAdmin(AdminView, model=OpenPGPKey):
    identity = "openpgp-keys"
    name = "Signing key"
    name_plural = "Signing keys"
    category = "Downloads"
    permission_area = "downloads"
    found_detail = "fingerprint"
    saving = staticmethod(signers.save_openpgp_key)
    removing = staticmethod(signers.delete_openpgp_key)
    list_help = (
        "The OpenPGP keys behind the .asc files of releases before 3.14: visitors find them at "
        "/downloads/metadata/pgp/. A page of the editors at that address is shown instead."
    )

    column_list = (OpenPGPKey.owner, OpenPGPKey.fingerprint, OpenPGPKey.signs, OpenPGPKey.is_retired)
    column_sortable_list = (OpenPGPKey.owner, OpenPGPKey.updated_at)
    column_default_sort = (OpenPGPKey.owner, False)
    column_labels = {OpenPGPKey.is_retired: "Earlier releases only", OpenPGPKey.public_key: "Public key"}
    column_formatters = {OpenPGPKey.fingerprint: fingerprint_of}
    list_filters = (
        YesNoFilter(OpenPGPKey.is_retired, "Earlier releases only"),
        SinceFilter(OpenPGPKey.updated_at, "Last saved"),
    )

    fieldsets = (Fieldset("", ("owner", "fingerprint", "signs", "is_retired", "public_key", "notes")),)
    form_args = {
        "owner": {"description": "The release manager whose key it is, as visitors read it."},
        "fingerprint": {
            "description": "40 hexadecimal digits; spaces do not matter. A key ID of 16 digits proves nothing.",
            "render_kw": MONOSPACE,
        },
        "signs": {"description": "Such as “source files of 3.10 and 3.11”."},
        "is_retired": {"description": "It signs nothing new: it is listed below the others."},
        "public_key": {
            "description": "From “-----BEGIN PGP PUBLIC KEY BLOCK-----” to its end. May be left empty.",
            "render_kw": {**MONOSPACE, "rows": 8},
        },
        "notes": {"description": "For visitors, such as where else the key is published.", "render_kw": {"rows": 2}},
    }

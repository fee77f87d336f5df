"""Sigstore bundles are verified offline, by digest, against the people who are known to sign."""

import base64
import importlib.resources
import json
from pathlib import Path

import pytest

from cms.downloads.verification import sigstore_bundles
from cms.downloads.verification.findings import Signer
from cms.downloads.verification.models import Outcome
from cms.downloads.verification.sigstore_bundles import OTHER_CONTENT, UNREADABLE, verify_bundle

BUNDLES = Path(__file__).with_name("bundles")
SIGNED = {entry["file"]: entry for entry in json.loads((BUNDLES / "signed.json").read_text())}
"""Real files of releases: their digests, and who signs them by the site's own table of identities."""

NEWEST = "Python-3.14.0.tgz"
OLDER = "Python-3.11.9.tar.xz"
IMPOSTOR = Signer("mallory@example.com", "https://github.com/login/oauth")


def bundle_of(file):
    return (BUNDLES / f"{file}.sigstore").read_bytes()


def signer_of(file):
    return Signer(SIGNED[file]["identity"], SIGNED[file]["issuer"])


def judged(file=NEWEST, *, bundle=None, sha256=None, signers=None):
    return verify_bundle(
        bundle_of(file) if bundle is None else bundle,
        sha256 or SIGNED[file]["sha256"],
        [signer_of(file)] if signers is None else signers,
    )


def changed(bundle, change):
    values = json.loads(bundle)
    change(values)
    return json.dumps(values).encode()


@pytest.mark.parametrize("file", SIGNED)
def test_a_bundle_of_the_release_manager_is_verified(file):
    finding = judged(file)

    assert (finding.outcome, finding.signer) == (Outcome.VERIFIED, SIGNED[file]["identity"])
    assert finding.sentence == f"Signed by {SIGNED[file]['identity']}, for whom {SIGNED[file]['issuer']} vouches."


def test_the_form_of_bundles_between_the_first_and_the_present_one_is_read_too():
    def call_it_second(values):
        values["mediaType"] = "application/vnd.dev.sigstore.bundle+json;version=0.2"

    finding = judged(OLDER, bundle=changed(bundle_of(OLDER), call_it_second))

    assert finding.outcome is Outcome.VERIFIED


def test_every_bundle_of_the_reference_is_verified(shared):
    data = shared / "reference" / "data"
    rows = json.loads((data / "signing-identities.json").read_text())
    signers = {row["Release"]: Signer(row["Release manager"], row.get("OIDC Issuer", "")) for row in rows}
    files = json.loads((data / "sigstore" / "digests.json").read_text())

    outcomes = {
        entry["file"]: verify_bundle(
            (data / "sigstore" / entry["bundle"]).read_bytes(),
            entry["sha256"],
            [signers[".".join(entry["file"].split("-")[1].split(".")[:2])]],
        ).outcome
        for entry in files
    }

    assert len(outcomes) == 14
    assert set(outcomes.values()) == {Outcome.VERIFIED}


@pytest.mark.parametrize("sha256", ["00" * 32, SIGNED["Python-3.8.19.tgz"]["sha256"]])
def test_a_file_of_another_digest_fails(sha256):
    finding = judged(sha256=sha256)

    assert (finding.outcome, finding.sentence, finding.signer) == (Outcome.FAILED, OTHER_CONTENT, "")


def test_the_bundle_of_another_file_by_the_same_person_fails():
    other = bundle_of("Python-3.8.19.tgz")

    finding = judged(bundle=other, signers=[signer_of("Python-3.8.19.tgz")])

    assert (finding.outcome, finding.sentence) == (Outcome.FAILED, OTHER_CONTENT)


def test_somebody_else_s_signature_fails_and_both_are_named():
    finding = judged(signers=[IMPOSTOR])

    assert finding.outcome is Outcome.FAILED
    assert finding.sentence == "Signed by hugo@python.org, not by mallory@example.com."


def test_the_right_name_by_another_service_fails():
    finding = judged(signers=[Signer("hugo@python.org", "https://accounts.google.com")])

    assert finding.outcome is Outcome.FAILED
    assert finding.sentence == (
        "Signed by hugo@python.org, but another service than https://accounts.google.com vouches for that name."
    )


def test_one_of_several_release_managers_is_enough():
    finding = judged(signers=[IMPOSTOR, signer_of(NEWEST)])

    assert (finding.outcome, finding.signer) == (Outcome.VERIFIED, "hugo@python.org")


def test_a_valid_signature_proves_nothing_where_it_is_not_known_who_signs():
    finding = judged(signers=[])

    assert (finding.outcome, finding.signer) == (Outcome.UNKNOWN, "")
    assert finding.sentence == "Signed by hugo@python.org; who signs the releases of this series is not known here."


def test_a_file_that_was_changed_fails_even_where_it_is_not_known_who_signs():
    finding = judged(sha256="00" * 32, signers=[])

    assert (finding.outcome, finding.sentence) == (Outcome.FAILED, OTHER_CONTENT)


@pytest.mark.parametrize(
    "bundle",
    [bundle_of(NEWEST)[:1500], b"", b"\xff\xfe", b"[]", b"{}", b"null", b"<html>Not found</html>"],
    ids=["cut short", "empty", "no text", "a list", "an empty object", "nothing", "a page"],
)
def test_what_is_no_whole_bundle_fails(bundle):
    finding = judged(bundle=bundle)

    assert (finding.outcome, finding.sentence) == (Outcome.FAILED, UNREADABLE)


def forge_signature(values):
    values["messageSignature"]["signature"] = base64.b64encode(b"0" * 70).decode()


def spoil_certificate(values):
    raw = base64.b64decode(values["verificationMaterial"]["certificate"]["rawBytes"])
    values["verificationMaterial"]["certificate"]["rawBytes"] = base64.b64encode(raw[:300]).decode()


def take_from_log(values):
    values["verificationMaterial"]["tlogEntries"] = []


def claim_another_time(values):
    values["verificationMaterial"]["tlogEntries"][0]["integratedTime"] = "1893456000"


@pytest.mark.parametrize("change", [forge_signature, spoil_certificate, take_from_log, claim_another_time])
def test_a_bundle_that_was_tampered_with_fails(change):
    finding = judged(bundle=changed(bundle_of(NEWEST), change))

    assert finding.outcome is Outcome.FAILED
    assert finding.sentence in {UNREADABLE, "The signature in the Sigstore bundle does not hold."}


def test_a_bundle_that_lies_about_its_digest_fails():
    def lie(values):
        values["messageSignature"]["messageDigest"]["digest"] = base64.b64encode(b"\0" * 32).decode()

    finding = judged(bundle=changed(bundle_of(NEWEST), lie), sha256="00" * 32)

    assert finding.outcome is Outcome.FAILED


def test_the_root_of_trust_is_the_one_that_the_library_ships():
    package = importlib.resources.files("sigstore") / "_store" / "https%3A%2F%2Ftuf-repo-cdn.sigstore.dev"

    assert sigstore_bundles.TRUSTED_ROOT.read_bytes() == (package / "trusted_root.json").read_bytes()

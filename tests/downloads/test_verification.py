"""What lies at the addresses of a release is compared with what the release says, and the verdicts are kept."""

import hashlib
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pysequoia
import pytest
from sqlalchemy import func, select

from cms.core import clock as clocks
from cms.core.changes import AS_HANDLED
from cms.core.errors import PermissionDenied
from cms.core.fetching import Limits
from cms.core.outbox import OutboxMessage
from cms.core.permissions import Permission
from cms.downloads import services
from cms.downloads.models import OpenPGPKey, SigningIdentity
from cms.downloads.signers import delete_signing_identity, save_openpgp_key, save_signing_identity
from cms.downloads.verification import file_checks, link_checks, queries, sigstore_bundles, tasks
from cms.downloads.verification.addresses import fetched_from
from cms.downloads.verification.findings import Finding
from cms.downloads.verification.models import Kind, Outcome, Verdict
from cms.downloads.verification.services import store, verify_again
from cms.downloads.verification.verdicts import Verdicts, kinds_of
from tests.background import run_waiting
from tests.factories.downloads import make_file, make_operating_system, make_release
from tests.factories.users import make_user
from tests.local_server import Answer, fetching_locally, local_server
from tests.own_sigstore import OwnSigstore

CONTENT = b"The source code of Python, in short.\n" * 40_000
"""More than one block of what is digested at once."""

URL = "https://www.python.org/ftp/python/3.14.2/Python-3.14.2.tgz"
PATH = "/ftp/python/3.14.2/Python-3.14.2.tgz"
MANAGER, ISSUER = "manager@python.org", "https://issuer.test"
SBOM = b'{"spdxVersion": "SPDX-2.3", "name": "Python"}'


@pytest.fixture(scope="module")
def own_sigstore():
    return OwnSigstore()


@pytest.fixture(scope="module")
def key():
    return pysequoia.Tsk.generate(f"Manager <{MANAGER}>")


@pytest.fixture
def trusting(own_sigstore, tmp_path, monkeypatch):
    """The verifier trusts our own Sigstore instead of the public one."""
    path = tmp_path / "trusted_root.json"
    path.write_bytes(own_sigstore.trusted_root)
    monkeypatch.setattr(sigstore_bundles, "TRUSTED_ROOT", path)
    sigstore_bundles._verifier.cache_clear()
    yield
    sigstore_bundles._verifier.cache_clear()


@pytest.fixture
async def server():
    async with local_server() as server:
        yield server


@pytest.fixture
def place(resources, server):
    """What the worker stands on, with a mirror of the files on this machine."""
    return fetching_locally(resources, release_files_url=f"{server.url}/ftp/")


@pytest.fixture
async def release(session):
    return await make_release(session, "Python 3.14.2", release_notes_url="")


@pytest.fixture
async def file(session, release):
    return await make_file(
        session,
        release,
        await make_operating_system(session, "Source"),
        url=URL,
        size=len(CONTENT),
        sha256=hashlib.sha256(CONTENT).hexdigest().upper(),
        md5=hashlib.md5(CONTENT, usedforsecurity=False).hexdigest(),
        sigstore_bundle_url=f"{URL}.sigstore",
        gpg_signature_url=f"{URL}.asc",
        sbom_spdx_url=f"{URL}.spdx.json",
    )


@pytest.fixture
async def signers(session, key):
    certificate = key.extract_certificate()
    session.add(SigningIdentity(series="3.14", email=MANAGER, issuer=ISSUER))
    session.add(OpenPGPKey(owner="Manager", fingerprint=certificate.fingerprint.upper(), public_key=str(certificate)))
    await session.commit()


@pytest.fixture
def uploaded(server, own_sigstore, key, trusting):
    """Everything lies at its address, as the release manager made it."""
    signature = pysequoia.sign(key.signer(), CONTENT, mode=pysequoia.SignatureMode.DETACHED)
    bundle = own_sigstore.sign(CONTENT, identity=MANAGER, issuer=ISSUER)
    server.answers |= {
        PATH: Answer(content=CONTENT),
        f"{PATH}.sigstore": Answer(content=bundle),
        f"{PATH}.asc": Answer(content=signature),
        f"{PATH}.spdx.json": Answer(content=SBOM),
    }


async def look_at(place, session, file, *, asked_at="2026-01-01T00:00:00+00:00"):
    await tasks.verify_release_file(place, session, file_id=file.id, asked_at=asked_at)
    await session.commit()


async def verdicts_of(session, release):
    return Verdicts(await session.scalars(queries.verdicts_of(release)))


async def outcomes(session, release, row):
    return {verdict.kind: verdict.outcome for verdict in (await verdicts_of(session, release)).on(row)}


async def asked_for(session, task):
    statement = select(OutboxMessage).where(OutboxMessage.task == task).order_by(OutboxMessage.id)
    return [message.arguments for message in await session.scalars(statement)]


async def test_a_file_as_its_release_manager_made_it_is_verified_in_everything(
    place, session, release, file, signers, uploaded
):
    await look_at(place, session, file)

    verdicts = await verdicts_of(session, release)
    assert {verdict.kind: verdict.outcome for verdict in verdicts.on(file)} == dict.fromkeys(
        kinds_of(file), Outcome.VERIFIED
    )
    assert verdicts.are_complete_on(file)
    assert [verdict.sentence for verdict in verdicts.on(file)] == [
        f"The file has the {len(CONTENT)} bytes that are given.",
        "The SHA-256 of the file is the one that is given.",
        "The MD5 of the file is the one that is given.",
        f"Signed by {MANAGER}, for whom {ISSUER} vouches.",
        "Signed by Manager.",
        "There is an SBOM in the form SPDX-2.3.",
    ]


async def test_what_is_told_of_a_verified_file_is_who_signed_it_by_the_better_means_and_when(
    place, session, release, file, signers, uploaded, clock
):
    await look_at(place, session, file)

    proof = (await verdicts_of(session, release)).proof_of(file)
    assert (proof.signer, proof.means, proof.checked_at) == (MANAGER, "Sigstore", clock.now())


async def test_a_file_that_was_exchanged_on_the_server_fails_in_everything(
    place, session, release, file, signers, uploaded, server
):
    server.answers[PATH] = Answer(content=CONTENT + b"!")

    await look_at(place, session, file)

    verdicts = await verdicts_of(session, release)
    assert {verdict.kind for verdict in verdicts.failed_on(file)} == set(kinds_of(file)) - {Kind.SBOM}
    assert f"The file has {len(CONTENT) + 1} bytes, but {len(CONTENT)} are given." in [
        verdict.sentence for verdict in verdicts.on(file)
    ]
    assert verdicts.proof_of(file) is None


async def test_a_valid_signature_vouches_for_nothing_beside_a_wrong_checksum(
    place, session, release, file, signers, uploaded
):
    file.sha256 = "00" * 32
    await session.commit()

    await look_at(place, session, file)

    found = await outcomes(session, release, file)
    assert (found[Kind.SHA256], found[Kind.SIGSTORE]) == (Outcome.FAILED, Outcome.VERIFIED)
    assert (await verdicts_of(session, release)).proof_of(file) is None


async def test_nothing_is_vouched_for_where_nobody_who_signs_is_known(place, session, release, file, uploaded):
    await look_at(place, session, file)

    found = await outcomes(session, release, file)
    assert (found[Kind.SIGSTORE], found[Kind.GPG]) == (Outcome.UNKNOWN, Outcome.UNKNOWN)
    assert (await verdicts_of(session, release)).proof_of(file) is None


async def test_a_real_bundle_beside_another_file_fails(place, session, release, file, server):
    bundle = (Path(__file__).with_name("bundles") / "Python-3.14.0.tgz.sigstore").read_bytes()
    server.answers |= {PATH: Answer(content=CONTENT), f"{PATH}.sigstore": Answer(content=bundle)}
    session.add(SigningIdentity(series="3.14", email="hugo@python.org", issuer="https://github.com/login/oauth"))
    await session.commit()

    await look_at(place, session, file)

    sentences = {v.kind: (v.outcome, v.sentence) for v in (await verdicts_of(session, release)).on(file)}
    assert sentences[Kind.SIGSTORE] == (Outcome.FAILED, sigstore_bundles.OTHER_CONTENT)


async def test_what_a_release_does_not_give_is_missing_and_no_fault(place, session, release, server):
    server.answers[PATH] = Answer(content=CONTENT)
    bare = await make_file(session, release, await make_operating_system(session, "Source"), url=URL, size=0)

    await look_at(place, session, bare)

    assert await outcomes(session, release, bare) == dict.fromkeys(kinds_of(bare), Outcome.MISSING)


async def test_the_first_form_of_sigstore_cannot_be_judged(place, session, release, server):
    server.answers[PATH] = Answer(content=CONTENT)
    system = await make_operating_system(session, "Source")
    old = await make_file(session, release, system, url=URL, sigstore_signature_url=f"{URL}.sig")

    await look_at(place, session, old)

    assert (await outcomes(session, release, old))[Kind.SIGSTORE] is Outcome.UNKNOWN


async def test_what_is_not_at_its_address_fails(place, session, release, file):
    await look_at(place, session, file)

    verdicts = (await verdicts_of(session, release)).on(file)
    assert {verdict.outcome for verdict in verdicts} == {Outcome.FAILED}
    assert {verdict.sentence for verdict in verdicts} == {
        "The file is not at its address.",
        "The SBOM is not at its address.",
    }


async def test_a_server_that_does_not_answer_is_no_fault_of_the_file(place, session, release, file, server):
    server.answers |= {path: Answer(status=503) for path in (PATH, f"{PATH}.spdx.json")}

    await look_at(place, session, file)

    verdicts = await verdicts_of(session, release)
    assert {verdict.outcome for verdict in verdicts.on(file)} == {Outcome.UNREACHABLE}
    assert verdicts.on(file)[0].sentence.startswith("The file could not be fetched. ")
    assert verdicts.proof_of(file) is None


async def test_a_server_that_is_down_takes_no_verdict_back_and_says_since_when(
    place, session, release, file, signers, uploaded, server, clock
):
    await look_at(place, session, file)
    checked_at = clock.now()
    server.answers = dict.fromkeys(server.answers, Answer(status=503))
    clock.move(hours=1)

    await look_at(place, session, file, asked_at=clock.now().isoformat())

    verdicts = await verdicts_of(session, release)
    assert {verdict.outcome for verdict in verdicts.on(file)} == {Outcome.VERIFIED}
    assert {(verdict.checked_at, verdict.missed_at) for verdict in verdicts.on(file)} == {(checked_at, clock.now())}
    assert "answered with status 503" in verdicts.on(file)[0].missed_because
    assert verdicts.proof_of(file).checked_at == checked_at


async def test_no_transaction_is_open_while_a_server_takes_its_time(place, session, file, signers, uploaded, server):
    seen = []

    class Watched(dict):
        def get(self, path, default):
            seen.append(session.in_transaction())
            return super().get(path, default)

    server.answers = Watched(server.answers)

    await look_at(place, session, file)

    assert seen == [False] * 4


async def test_what_is_deleted_during_a_look_has_no_verdicts(place, session, release, file, superuser):
    findings = [Finding(Kind.SIZE, Outcome.VERIFIED, "It is there.")]
    await services.delete_file(session, file, by=superuser)
    await session.commit()

    await store(session, file, findings, looked_at=clocks.now())

    assert await session.scalar(select(func.count()).select_from(Verdict)) == 0


async def test_of_two_looks_the_one_that_began_later_counts(session, release, file, clock):
    began = clock.now()
    await store(session, file, [Finding(Kind.SIZE, Outcome.FAILED, "New.")], looked_at=began + timedelta(seconds=1))

    await store(session, file, [Finding(Kind.SIZE, Outcome.VERIFIED, "Old.")], looked_at=began)

    assert await outcomes(session, release, file) == {Kind.SIZE: Outcome.FAILED}


async def test_a_look_counts_for_nothing_if_who_may_sign_changes_meanwhile(
    place, session, release, file, signers, uploaded, superuser, monkeypatch
):
    look = file_checks.Checker.findings

    async def look_while_somebody_leaves(checker, file):
        found = await look(checker, file)
        async with place.sessionmaker() as other:
            for identity in await other.scalars(select(SigningIdentity)):
                await delete_signing_identity(other, identity, by=superuser)
            await other.commit()
        return found

    monkeypatch.setattr(file_checks.Checker, "findings", look_while_somebody_leaves)

    await look_at(place, session, file)

    assert (await verdicts_of(session, release)).on(file) == []
    assert [message["file_id"] for message in await asked_for(session, "verify_release_file")] == [file.id]


async def test_a_failure_is_not_mended_by_a_server_that_is_down(place, session, release, file, server, uploaded):
    server.answers[PATH] = Answer(content=b"something else")
    await look_at(place, session, file)
    server.answers[PATH] = Answer(status=503)

    await look_at(place, session, file, asked_at="2100-01-01T00:00:00+00:00")

    assert (await outcomes(session, release, file))[Kind.SHA256] is Outcome.FAILED


async def test_who_answered_again_leaves_no_note(place, session, release, file, signers, uploaded, server, clock):
    await look_at(place, session, file)
    server.answers[PATH] = Answer(status=503)
    await look_at(place, session, file, asked_at="2100-01-01T00:00:00+00:00")
    server.answers[PATH] = Answer(content=CONTENT)
    clock.move(hours=1)

    await look_at(place, session, file, asked_at="2100-01-01T00:00:00+00:00")

    verdicts = (await verdicts_of(session, release)).on(file)
    assert {(verdict.checked_at, verdict.missed_at) for verdict in verdicts} == {(clock.now(), None)}


async def test_a_signature_stands_only_for_the_content_that_it_vouched_for(
    place, session, release, file, signers, uploaded, server
):
    file.sha256, file.size = "", 0
    await session.commit()
    await look_at(place, session, file)
    server.answers |= {PATH: Answer(content=b"exchanged"), f"{PATH}.sigstore": Answer(status=503)}

    await look_at(place, session, file, asked_at="2100-01-01T00:00:00+00:00")

    assert (await outcomes(session, release, file))[Kind.SIGSTORE] is Outcome.UNREACHABLE


async def test_what_a_file_never_had_is_missing_whether_or_not_the_file_can_be_fetched(place, session, release, server):
    server.answers[PATH] = Answer(status=503)
    bare = await make_file(session, release, await make_operating_system(session, "Source"), url=URL, size=0)

    await look_at(place, session, bare)

    found = await outcomes(session, release, bare)
    assert (found[Kind.SHA256], found[Kind.SIGSTORE], found[Kind.GPG]) == (
        Outcome.UNREACHABLE,
        Outcome.MISSING,
        Outcome.MISSING,
    )


async def test_an_address_in_our_own_network_is_not_fetched(resources, session, release, file, server):
    settings = resources.settings.model_copy(update={"release_files_url": f"{server.url}/ftp/"})

    await look_at(replace(resources, settings=settings), session, file)

    assert set((await outcomes(session, release, file)).values()) == {Outcome.UNREACHABLE}
    assert server.asked == []


async def test_a_file_without_end_is_not_read_to_its_end(place, session, release, file, server, monkeypatch):
    monkeypatch.setattr(file_checks, "FILE_LIMITS", Limits(size=1000))
    server.answers[PATH] = Answer(pieces=(b"x" * 900, b"x" * 900))

    await look_at(place, session, file)

    found = (await verdicts_of(session, release)).on(file)[0]
    assert found.outcome is Outcome.UNREACHABLE
    assert "larger than the 1000 bytes" in found.sentence


@pytest.mark.parametrize("sbom", [b"<html>", b"[]", b'{"bomFormat": "CycloneDX"}'])
async def test_an_sbom_is_one_in_the_form_of_spdx(place, session, release, file, server, uploaded, sbom):
    server.answers[f"{PATH}.spdx.json"] = Answer(content=sbom)

    await look_at(place, session, file)

    assert (await outcomes(session, release, file))[Kind.SBOM] is Outcome.FAILED


async def test_a_later_look_takes_the_place_of_the_earlier_one(
    place, session, release, file, signers, uploaded, server, clock
):
    server.answers[PATH] = Answer(status=503)
    await look_at(place, session, file)
    server.answers[PATH] = Answer(content=CONTENT)
    clock.move(hours=1)

    await look_at(place, session, file, asked_at=clock.now().isoformat())

    assert set((await outcomes(session, release, file)).values()) == {Outcome.VERIFIED}
    assert await session.scalar(select(func.count()).select_from(Verdict)) == len(kinds_of(file))


async def test_what_was_looked_at_since_it_was_asked_for_is_not_fetched_again(
    place, session, file, uploaded, server, clock
):
    asked_at = clock.now().isoformat()
    await look_at(place, session, file, asked_at=asked_at)
    asked = len(server.asked)

    await look_at(place, session, file, asked_at=asked_at)

    assert len(server.asked) == asked


async def test_a_file_that_is_gone_is_not_looked_at(place, session, server):
    await tasks.verify_release_file(place, session, file_id=1, asked_at="2026-01-01T00:00:00+00:00")

    assert server.asked == []


async def test_without_an_address_for_files_nothing_is_fetched(place, session, release, file, server):
    settings = place.settings.model_copy(update={"release_files_url": ""})
    release.release_notes_url = f"{server.url}/notes"

    await look_at(replace(place, settings=settings), session, file)
    await tasks.verify_release_links(
        replace(place, settings=settings), session, release_id=release.id, asked_at="2026-01-01T00:00:00+00:00"
    )

    assert await session.scalar(select(func.count()).select_from(Verdict)) == 0
    assert server.asked == []


async def test_a_third_file_waits_while_two_are_fetched(place, session, engine, file, server, clock):
    async with engine.connect() as others:
        for number in range(tasks.AT_ONCE):
            await others.execute(select(func.pg_advisory_xact_lock(tasks.SLOTS, number)))

        await look_at(place, session, file)

    message = await session.scalar(select(OutboxMessage).where(OutboxMessage.task == "verify_release_file"))
    assert message.arguments["file_id"] == file.id
    assert message.not_before == clock.now() + tasks.PAUSE
    assert server.asked == []


@pytest.mark.parametrize("column", ["url", "size", "sha256", "md5", "sigstore_bundle_url"])
async def test_a_verdict_says_nothing_any_more_once_the_row_says_something_else(
    place, session, release, file, signers, uploaded, column
):
    await look_at(place, session, file)
    setattr(file, column, 7 if column == "size" else URL.replace("tgz", "zip"))

    verdicts = await verdicts_of(session, release)

    assert Kind.SIGSTORE not in {verdict.kind for verdict in verdicts.on(file)}
    assert not verdicts.are_complete_on(file)
    assert verdicts.proof_of(file) is None or verdicts.proof_of(file).means == "GPG"


async def test_a_verdict_ends_the_page_of_its_release_and_no_other(place, session, release, file, uploaded):
    await session.execute(OutboxMessage.__table__.delete(), execution_options=AS_HANDLED)

    await look_at(place, session, file)

    keys = {key for message in await asked_for(session, "purge_keys") for key in message["keys"]}
    assert keys == {f"releases/{release.id}"}


async def test_verdicts_leave_with_their_release(place, session, release, file, uploaded, superuser):
    await look_at(place, session, file)

    await services.delete_release(session, release, by=superuser)
    await session.commit()

    assert await session.scalar(select(func.count()).select_from(Verdict)) == 0


async def test_a_file_is_looked_at_after_it_was_saved(place, session, release, file, signers, uploaded, superuser):
    await services.save_file(session, file, by=superuser)
    await session.commit()

    await run_waiting(place, session, task="verify_release_file")

    for row in (release, file):
        await session.refresh(row)
    assert (await verdicts_of(session, release)).proof_of(file)


async def test_a_save_that_changes_nothing_about_a_file_asks_for_no_look(
    place, session, file, signers, uploaded, superuser
):
    await look_at(place, session, file)
    file.description = "Recommended"

    await services.save_files(session, [file], by=superuser)

    assert await asked_for(session, "verify_release_file") == []


async def test_a_new_checksum_asks_for_a_look(place, session, file, uploaded, superuser):
    await look_at(place, session, file)
    file.sha256 = "ab" * 32

    await services.save_files(session, [file], by=superuser)

    assert [message["file_id"] for message in await asked_for(session, "verify_release_file")] == [file.id]


async def test_who_may_edit_a_release_may_have_it_verified_again(session, release, file):
    manager = await make_user(session, permissions=(Permission.DOWNLOADS_EDIT,))

    await verify_again(session, release, by=manager)

    assert [message["file_id"] for message in await asked_for(session, "verify_release_file")] == [file.id]
    assert [message["release_id"] for message in await asked_for(session, "verify_release_links")] == [release.id]


async def test_who_may_only_look_at_releases_may_have_none_verified(session, release):
    reader = await make_user(session, permissions=(Permission.DOWNLOADS_VIEW,))

    with pytest.raises(PermissionDenied):
        await verify_again(session, release, by=reader)


async def test_each_night_what_people_download_is_looked_at_that_was_not_for_a_week(place, session, clock, uploaded):
    system = await make_operating_system(session, "Windows")
    older = await make_release(session, "Python 3.14.1", released_at=clock.now() - timedelta(days=300))
    newest = await make_release(session, "Python 3.14.2", released_at=clock.now() - timedelta(days=200))
    await make_file(session, older, system)
    never, seen, unseen = [
        await make_file(session, newest, system, url=f"https://www.python.org/ftp/{name}") for name in "abc"
    ]
    await look_at(place, session, unseen)
    clock.move(days=8)
    await look_at(place, session, seen)

    await tasks.verify_active_releases(place, session)

    assert [message["file_id"] for message in await asked_for(session, "verify_release_file")] == [never.id, unseen.id]


async def test_whom_nobody_answered_is_asked_again_the_next_night(place, session, release, file, server):
    server.answers |= {path: Answer(status=503) for path in (PATH, f"{PATH}.spdx.json")}
    await look_at(place, session, file)

    await tasks.verify_active_releases(place, session)

    assert [message["file_id"] for message in await asked_for(session, "verify_release_file")] == [file.id]


async def test_nobody_is_told_any_more_what_somebody_signed_who_may_not(
    place, session, release, file, signers, uploaded, superuser
):
    await look_at(place, session, file)
    for identity in await session.scalars(select(SigningIdentity)):
        await delete_signing_identity(session, identity, by=superuser)
    for key in await session.scalars(select(OpenPGPKey)):
        key.public_key = ""
        await save_openpgp_key(session, key, by=superuser)
    await session.commit()

    assert (await verdicts_of(session, release)).proof_of(file) is None
    await run_waiting(place, session, task="verify_active_releases")
    await session.refresh(file)
    assert [message["file_id"] for message in await asked_for(session, "verify_release_file")] == [file.id] * 2


async def test_a_new_identity_leaves_other_series_alone(place, session, release, file, signers, uploaded, superuser):
    await look_at(place, session, file)

    await save_signing_identity(
        session, SigningIdentity(series="3.13", email="other@python.org", issuer=ISSUER), by=superuser
    )
    await session.commit()

    assert (await verdicts_of(session, release)).proof_of(file).means == "Sigstore"


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        (Answer(content=b"What is new"), Outcome.VERIFIED),
        (Answer(status=404), Outcome.FAILED),
        (Answer(status=403), Outcome.FAILED),
        (Answer(status=429), Outcome.UNREACHABLE),
        (Answer(status=503), Outcome.UNREACHABLE),
    ],
)
async def test_links_are_followed(place, session, server, monkeypatch, answer, outcome):
    server.answers["/notes"] = answer
    release = await make_release(session, "Python install manager 26.0", release_notes_url=f"{server.url}/notes")

    await tasks.verify_release_links(place, session, release_id=release.id, asked_at="2026-01-01T00:00:00+00:00")

    assert await outcomes(session, release, release) == {
        Kind.RELEASE_NOTES: outcome,
        Kind.WHATS_NEW: Outcome.MISSING,
    }


async def test_a_link_into_our_own_network_fails(resources, session, server):
    release = await make_release(session, "Python install manager 26.0", release_notes_url=f"{server.url}/notes")

    await tasks.verify_release_links(resources, session, release_id=release.id, asked_at="2026-01-01T00:00:00+00:00")

    assert (await outcomes(session, release, release))[Kind.RELEASE_NOTES] is Outcome.FAILED
    assert server.asked == []


async def test_the_page_that_tells_what_is_new_follows_from_the_series(session):
    release = await make_release(session, "Python 3.15.0a1")

    assert link_checks.subject_of(Kind.WHATS_NEW, release) == {"url": "https://docs.python.org/3.15/whatsnew/3.15.html"}


async def test_saving_a_release_asks_for_a_look_at_its_links(session, release, superuser):
    release.release_notes_url = "https://docs.python.org/release/3.14.2/whatsnew/changelog.html"

    await services.save_release(session, release, by=superuser)

    assert [message["release_id"] for message in await asked_for(session, "verify_release_links")] == [release.id]


@pytest.mark.parametrize(
    ("url", "address"),
    [
        (URL, "https://mirror.test/files/python/3.14.2/Python-3.14.2.tgz"),
        (URL.replace("https", "http"), "https://mirror.test/files/python/3.14.2/Python-3.14.2.tgz"),
        ("http://www.python.org/other/x.tgz", "https://www.python.org/other/x.tgz"),
    ],
)
def test_files_are_fetched_from_the_mirror_that_the_settings_name(url, address):
    assert fetched_from(url, files_url="https://mirror.test/files/") == address

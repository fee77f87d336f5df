"""People and roles in the back office."""

import re

from lxml import html
from sqlalchemy import select

from cms.core.outbox import OutboxMessage
from cms.core.permissions import Permission
from cms.users import tasks
from cms.users.models import Role, RoleAssignment, User, UserSession
from cms.users.passwords import unusable
from tests.admin.browser import Browser, text_of
from tests.factories.pages import make_page
from tests.factories.users import make_role, make_user

LOOKS_AFTER_PEOPLE = (Permission.USERS_VIEW, Permission.USERS_EDIT)


async def test_a_superuser_assigns_a_role_with_a_scope(browser, session):
    person = await make_user(session, username="release-person", is_staff=True)
    role = await make_role(session, Permission.DOWNLOADS_VIEW, Permission.DOWNLOADS_EDIT)
    await session.commit()
    values = await browser.form(f"/admin/users/edit/{person.id}")

    answer = await browser.post(
        f"/admin/users/edit/{person.id}",
        {
            **values,
            "press": "save",
            "assignments-0-row_id": "",
            "assignments-0-role": str(role.id),
            "assignments-0-scope_kind": "series",
            "assignments-0-scope_values": "3.13\n3.14",
        },
    )

    assert answer.status_code == 303
    assigned = await session.scalar(select(RoleAssignment).where(RoleAssignment.user_id == person.id))
    assert (assigned.role_id, assigned.scope_kind, assigned.scope_values) == (role.id, "series", ["3.13", "3.14"])


async def test_a_role_is_named_before_its_row_is_opened(browser, session):
    person = await make_user(session, username="release-person", is_staff=True)
    role = await make_role(session, Permission.DOWNLOADS_VIEW, name="one-series", label="One series")
    session.add(RoleAssignment(user_id=person.id, role_id=role.id, scope_kind="series", scope_values=["3.14"]))
    await session.commit()

    shown = html.fromstring((await browser.get(f"/admin/users/edit/{person.id}")).text)

    (summary,) = shown.xpath("//div[@data-inline-rows]//summary")
    assert summary.text_content().split() == ["One", "series", "limited", "to", "3.14"]


async def test_a_role_is_taken_away_on_the_same_form(browser, session):
    person = await make_user(session, permissions=(Permission.PAGES_VIEW,))

    answer = await browser.save(f"/admin/users/edit/{person.id}", **{"assignments-0-is_removed": "y"})

    assert answer.status_code == 303
    assert await session.scalar(select(RoleAssignment.id).where(RoleAssignment.user_id == person.id)) is None


async def test_no_password_is_ever_shown(browser, session):
    person = await make_user(session)

    for page in (f"edit/{person.id}", f"details/{person.id}", f"history/{person.id}", "list", "export/csv"):
        assert "argon2" not in (await browser.get(f"/admin/users/{page}")).text


async def test_who_looks_after_people_makes_nobody_staff(client, session):
    person = await make_user(session, username="somebody")
    helper = await make_user(session, permissions=LOOKS_AFTER_PEOPLE)
    browser = await Browser(client).sign_in(session, helper)

    answer = await browser.save(f"/admin/users/edit/{person.id}", is_staff="y", is_superuser="y")

    assert answer.status_code == 403
    assert "Only a superuser" in text_of(answer.text)
    await session.refresh(person)
    assert (person.is_staff, person.is_superuser) == (False, False)


async def test_who_may_not_edit_roles_neither_sees_nor_sends_them(client, session):
    person = await make_user(session, username="somebody")
    role = await make_role(session, Permission.ROLES_EDIT)
    helper = await make_user(session, permissions=LOOKS_AFTER_PEOPLE)
    browser = await Browser(client).sign_in(session, helper)
    values = await browser.form(f"/admin/users/edit/{person.id}")

    sent = {**values, "press": "save", "assignments-0-role": str(role.id), "assignments-0-row_id": ""}
    answer = await browser.post(f"/admin/users/edit/{person.id}", sent)

    assert answer.status_code == 303
    assert await session.scalar(select(RoleAssignment.id).where(RoleAssignment.user_id == person.id)) is None


async def test_the_last_superuser_stays_one(browser, session, superuser):
    other = await make_user(session, username="other", is_superuser=True, is_staff=True)

    await browser.post("/admin/users/delete", {"pks": other.id})
    answer = await browser.post("/admin/users/delete", {"pks": superuser.id})

    assert answer.status_code == 403
    assert await session.scalar(select(User.is_superuser).where(User.id == superuser.id)) is True


async def test_a_person_is_deleted_without_what_they_wrote(browser, session):
    writer = await make_user(session, username="writer")
    page = await make_page(session, created_by_id=writer.id)

    asked = await browser.get("/admin/users/delete", pks=writer.id)
    answer = await browser.post("/admin/users/delete", {"pks": writer.id})

    assert "These stay, and no longer name it" in text_of(asked.text)
    assert answer.status_code == 303
    await session.refresh(page)
    assert page.created_by_id is None


async def test_why_somebody_may_or_may_not_is_told_in_a_sentence(browser, session):
    page = await make_page(session, path="psf/board", is_published=False)
    volunteer = await make_user(
        session,
        permissions=(Permission.PAGES_VIEW, Permission.PAGES_EDIT),
        scope_kind="path",
        scope_values=("community",),
    )
    address = f"/admin/users/why/{volunteer.id}"

    may = text_of((await browser.get(address, permission="pages:edit")).text)
    may_not = text_of((await browser.get(address, permission="pages:edit", row=page.id)).text)
    never = text_of((await browser.get(address, permission="users:edit")).text)

    assert "Yes, through" in may
    assert "does not extend to" in may_not
    assert "No: none of the roles held includes “Change accounts”." in never


async def test_the_row_that_is_asked_about_is_found_by_its_name(browser, session):
    page = await make_page(session, title="Sprints")
    await make_page(session, title="Board", path="psf/board")
    person = await make_user(session, permissions=(Permission.PAGES_EDIT,))
    address = f"/admin/users/why/{person.id}"

    found = await browser.get("/admin/users/why-rows", permission="pages:edit", term="spri")
    by_place = await browser.get(address, permission="pages:edit", row=f"pages/{page.id}")
    by_name = await browser.get(address, permission="pages:edit", row="sprints")

    assert found.json() == {"results": [{"id": f"pages/{page.id}", "text": "Sprints", "detail": page.path}]}
    for answer in (by_place, by_name):
        assert "Write pages: “Sprints”" in text_of(answer.text)


async def test_a_name_of_several_rows_is_asked_about_once_more(browser, session):
    for path in ("one", "two"):
        await make_page(session, title="Sprints", path=path)
    person = await make_user(session)

    several = text_of((await browser.get(f"/admin/users/why/{person.id}", permission="pages:edit", row="sprints")).text)
    none = text_of((await browser.get(f"/admin/users/why/{person.id}", permission="pages:edit", row="nothing")).text)

    assert "Which one do you mean? Sprints two Sprints one" in several
    assert "Nothing that you may see is called “nothing”." in none


async def test_who_asks_why_finds_only_what_they_may_see(client, session):
    page = await make_page(session, title="Secret")
    asking = await make_user(session, is_staff=True, permissions=(Permission.USERS_VIEW,))
    browser = await Browser(client).sign_in(session, asking)

    found = await browser.get("/admin/users/why-rows", permission="pages:edit", term="secret")
    named = await browser.get(f"/admin/users/why/{asking.id}", permission="pages:edit", row=f"pages/{page.id}")

    assert found.json() == {"results": []}
    assert "“Secret”" not in named.text


async def test_roles_are_put_together_of_words_grouped_by_what_they_are_about(browser, session):
    role = await make_role(session, Permission.PAGES_PUBLISH)

    form = text_of((await browser.get(f"/admin/roles/edit/{role.id}")).text)
    matrix = text_of((await browser.get("/admin/role-matrix")).text)
    details = text_of((await browser.get(f"/admin/roles/details/{role.id}")).text)

    assert "Pages Delete pages Write pages Publish pages" in form
    assert "Publish pages" in matrix
    assert "Publish pages" in details
    assert "pages:publish" not in form + matrix + details


async def test_a_new_password_signs_the_person_out_everywhere(client, browser, session):
    person = await make_user(session, username="forgetful")
    session.add(UserSession(token_hash="x" * 64, user_id=person.id, expires_at=person.joined_at.replace(year=2099)))
    await session.commit()

    weak = await browser.post(f"/admin/users/password/{person.id}", {"new_password": "python"})
    answer = await browser.post(f"/admin/users/password/{person.id}", {"new_password": "four words of no meaning"})

    assert weak.status_code == 422
    assert answer.status_code == 303
    assert await session.scalar(select(UserSession.id).where(UserSession.user_id == person.id)) is None


async def test_a_session_is_ended_from_the_person(browser, session):
    person = await make_user(session, username="forgetful")
    kept = UserSession(token_hash="y" * 64, user_id=person.id, expires_at=person.joined_at.replace(year=2099))
    session.add(kept)
    await session.commit()

    answer = await browser.post(f"/admin/users/end-session/{person.id}", {"session": kept.id})

    assert answer.status_code == 303
    assert await session.scalar(select(UserSession.id).where(UserSession.user_id == person.id)) is None


async def test_a_role_is_made_of_permissions_that_exist(browser, session):
    answer = await browser.save(
        "/admin/roles/create", label="Translator", name="translator", permissions=["pages:view", "pages:edit"]
    )
    nonsense = await browser.save("/admin/roles/create", label="X", name="x", permissions=["pages:fly"])

    assert (answer.status_code, nonsense.status_code) == (303, 422)
    role = await session.scalar(select(Role).where(Role.name == "translator"))
    assert role.permissions == ["pages:edit", "pages:view"]


async def test_the_role_matrix_shows_who_holds_what(browser, session):
    await make_role(session, Permission.PAGES_VIEW, label="Readers of pages")
    await session.commit()

    shown = text_of((await browser.get("/admin/role-matrix")).text)

    assert "Readers of pages" in shown
    assert "✓ held" in shown


async def test_a_new_account_has_no_password_that_opens_it(browser, session):
    answer = await browser.save("/admin/users/create", username="newcomer", email="newcomer@example.org")

    assert answer.status_code == 303
    created = await session.scalar(select(User).where(User.username == "newcomer"))
    assert created.password.startswith("!")


async def test_a_superuser_sees_the_back_office_as_a_role_and_changes_nothing(browser, session):
    role = await make_role(session, Permission.PAGES_VIEW, label="Reader of pages")
    page = await make_page(session, title="Unchanged")
    await session.commit()
    form = await browser.form(f"/admin/pages/edit/{page.id}")
    await browser.post(f"/admin/roles/view-as/{role.id}", {})

    shown = await browser.get("/admin/")
    saved = await browser.post(f"/admin/pages/edit/{page.id}", {**form, "title": "Changed", "press": "save"})

    assert "You see the back office as Reader of pages sees it" in text_of(shown.text)
    assert (await browser.get("/admin/users/list")).status_code == 403
    assert saved.status_code == 403
    await session.refresh(page)
    assert page.title == "Unchanged"


async def test_a_superuser_stops_seeing_as_a_role(browser, session):
    role = await make_role(session, Permission.PAGES_VIEW)
    await session.commit()
    await browser.post(f"/admin/roles/view-as/{role.id}", {})

    await browser.post("/admin/stop-viewing", {})

    assert (await browser.get("/admin/users/list")).status_code == 200


async def test_who_gets_an_account_is_invited_by_mail_and_chooses_a_password(browser, session, resources, mail):
    person = await make_user(session, username="newcomer", email="newcomer@example.org")
    person.password = unusable()
    await session.commit()

    answer = await browser.post(f"/admin/users/invite/{person.id}", {})

    assert answer.status_code == 303
    [message] = await session.scalars(select(OutboxMessage).where(OutboxMessage.task == "send_invitation"))
    await tasks.send_invitation(resources, session, **message.arguments)
    [sent] = mail.sent
    link = re.search(r"http://testserver(/accounts/\S+)", sent.get_content())[1]
    assert "newcomer" in (await browser.get(link)).text


async def test_who_has_a_password_is_not_invited(browser, session):
    person = await make_user(session)

    answer = await browser.post(f"/admin/users/invite/{person.id}", {})

    assert answer.status_code == 409

"""Second step and passkeys in a real browser, with an authenticator that Chromium plays."""

from __future__ import annotations

import asyncio
import base64
import time

import pytest

from fedrse.core.clock import SECOND
from fedrse.features.access.model_second_factor import STEP, code_of
from tests.browser.chromium import Chromium, Look, Tab, visitor
from tests.browser.conftest import Scene
from tests.browser.test_in_place import becomes
from tests.browser.test_pages import LOOKS, faults, sign_in, walk
from tests.sites.person import PASSWORD, Person

SECURITY = "/settings/security"
ADD_PASSKEY = f"{SECURITY}/passkeys"
AUTHENTICATOR = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


async def fill(tab: Tab, name: str, text: str) -> None:
    await tab.ask(f"document.querySelector('[name={name}]').focus()")
    await tab.type(text)


async def press(tab: Tab, selector: str) -> None:
    """A button, by keyboard; waits for the page to which it leads."""
    await tab.ask(f"document.querySelector({selector!r}).focus()")
    async with tab.loading():
        await tab.press("Enter")


async def sign_out(tab: Tab, scene: Scene) -> None:
    await tab.open(scene.address("/logout"))
    await press(tab, "main form button")


async def newcomer(scene: Scene, language: str = "en") -> Person:
    person = await asyncio.to_thread(scene.site.newcomer)
    scene.site.execute(f"UPDATE login SET locale = '{language}' WHERE account_id = {person.id}")
    return person


async def set_up_app(tab: Tab, scene: Scene) -> tuple[bytes, list[str]]:
    """By the page; returns the secret and the recovery codes."""
    await tab.open(scene.address(SECURITY))
    await press(tab, "form[action$='/totp/begin'] button")
    assert await tab.ask("document.querySelector('main svg path') !== null"), "a QR code"
    shown = await tab.ask("document.querySelector('code').textContent")
    secret = base64.b32decode(shown.replace(" ", ""))
    await fill(tab, "code", code_of(secret, int(time.time() * SECOND) // STEP))
    await fill(tab, "password", PASSWORD)
    await press(tab, "main form button")
    codes = await tab.ask("[...document.querySelectorAll('main code')].map(one => one.textContent)")
    assert len(codes) == 10
    return secret, codes


async def give_password(tab: Tab, scene: Scene, person: Person) -> None:
    await tab.open(scene.address("/auth/sign_in"))
    await fill(tab, "name", person.username)
    await fill(tab, "password", PASSWORD)
    async with tab.loading():
        await tab.press("Enter")


@pytest.mark.parametrize("look", LOOKS, ids=str)
async def test_pages_of_security_are_in_order(chromium: Chromium, scene: Scene, look: Look) -> None:
    """Each page and state, with the authenticator app switched on and off."""
    wrong = {}
    async with visitor(chromium, look) as tab:
        person = await newcomer(scene, look.language)
        for path in ("/join", "/join/done", "/login/forgotten"):
            await tab.open(scene.address(path))
            wrong[path] = await faults(tab, look)
        await sign_in(tab, scene, person)
        for path in (SECURITY, f"{SECURITY}/password", ADD_PASSKEY):
            await tab.open(scene.address(path))
            wrong[path] = await faults(tab, look)
        await tab.open(scene.address(SECURITY))
        await press(tab, "form[action$='/totp/begin'] button")
        wrong["set up"] = await faults(tab, look)
        _, codes = await set_up_app(tab, scene)
        wrong["codes"] = await faults(tab, look)
        for path in (SECURITY, f"{SECURITY}/totp/off", f"{SECURITY}/totp/codes"):
            await tab.open(scene.address(path))
            wrong[f"{path} with app"] = await faults(tab, look)
        await sign_out(tab, scene)
        await give_password(tab, scene, person)
        wrong["second step"] = await faults(tab, look)
        await fill(tab, "code", "000000")
        async with tab.loading():
            await tab.press("Enter")
        assert await tab.ask("document.querySelector('#code-error') !== null")
        wrong["wrong code"] = [one for one in await faults(tab, look) if "of 422" not in one]
        await tab.open(scene.address("/login/second?with=recovery"))
        wrong["recovery"] = await faults(tab, look)
        await fill(tab, "code", codes[0])
        async with tab.loading():
            await tab.press("Enter")
        assert await tab.ask("location.pathname") == "/"
    assert {name: found for name, found in wrong.items() if found} == {}


@pytest.mark.parametrize("look", [LOOKS[0], LOOKS[-1]], ids=str)
async def test_pages_of_security_by_keyboard(chromium: Chromium, scene: Scene, look: Look) -> None:
    wrong = {}
    async with visitor(chromium, look) as tab:
        await sign_in(tab, scene, await newcomer(scene, look.language))
        for path in (SECURITY, f"{SECURITY}/password", ADD_PASSKEY):
            await tab.open(scene.address(path))
            wrong[path] = await walk(tab)
    assert {name: found for name, found in wrong.items() if found} == {}


@pytest.mark.parametrize("scripts", [True, False], ids=["script", "no script"])
async def test_an_authenticator_app_also_guards_the_way_to_applications(
    chromium: Chromium, scene: Scene, *, scripts: bool
) -> None:
    person = await newcomer(scene)
    async with visitor(chromium, Look(scripts=scripts)) as tab:
        await sign_in(tab, scene, person)
        _, codes = await set_up_app(tab, scene)
        await sign_out(tab, scene)
        await tab.open(scene.address(scene.consent))
        await fill(tab, "name", person.username)
        await fill(tab, "password", PASSWORD)
        async with tab.loading():
            await tab.press("Enter")
        assert await tab.ask("location.pathname") == "/login/second"
        await tab.open(scene.address("/login/second?with=recovery"))
        await fill(tab, "code", codes[-1])
        async with tab.loading():
            await tab.press("Enter")
        await press(tab, "button[value=allow]")
        assert len(await tab.ask("document.querySelector('#code').value")) >= 20


async def test_a_passkey_is_added_and_lets_in_without_a_name(
    chromium: Chromium, scene: Scene
) -> None:
    person = await newcomer(scene)
    async with visitor(chromium, Look()) as tab:
        await tab.call("WebAuthn.enable")
        await tab.call("WebAuthn.addVirtualAuthenticator", options=AUTHENTICATOR)
        await sign_in(tab, scene, person)
        await set_up_app(tab, scene)
        await tab.open(scene.address(ADD_PASSKEY))
        await fill(tab, "name", "Blue telephone")
        await fill(tab, "password", "wrong")
        await tab.press("Enter")
        problem = "document.querySelector('[data-problem]').textContent"
        await becomes(tab, f"Boolean({problem})", True)
        assert "not your password" in await tab.ask(problem)
        assert await tab.ask("document.activeElement.name") == "password"
        await tab.ask("document.querySelector('[name=password]').value = ''")
        await fill(tab, "password", PASSWORD)
        async with tab.loading():
            await tab.press("Enter")
        assert await tab.ask("location.pathname") == SECURITY
        assert "Blue telephone" in await tab.ask("document.body.innerText")
        for _ in range(2):
            await sign_out(tab, scene)
            await tab.open(scene.address(f"/login?next={SECURITY}"))
            await press(tab, "form[data-passkey] button")
            assert await tab.ask("location.pathname") == SECURITY, "no second step"
        text = await tab.ask("document.body.innerText")
        assert "Signed in with a passkey" in text
        await press(tab, "form[action$='/passkeys/remove'] button")
        await sign_out(tab, scene)
        await tab.open(scene.address("/login"))
        await press(tab, "form[data-passkey] button")
        assert "was not accepted" in await tab.ask("document.body.innerText")


async def test_a_copied_passkey_is_found_out(chromium: Chromium, scene: Scene) -> None:
    """The counter of the key has to grow, each time."""
    person = await newcomer(scene)
    async with visitor(chromium, Look()) as tab:
        await tab.call("WebAuthn.enable")
        made = await tab.call("WebAuthn.addVirtualAuthenticator", options=AUTHENTICATOR)
        await sign_in(tab, scene, person)
        await tab.open(scene.address(ADD_PASSKEY))
        await fill(tab, "name", "Key")
        await fill(tab, "password", PASSWORD)
        async with tab.loading():
            await tab.press("Enter")
        assert await tab.ask("location.pathname") == SECURITY
        (key,) = (
            await tab.call("WebAuthn.getCredentials", authenticatorId=made["authenticatorId"])
        )["credentials"]
        for outcome in (SECURITY, "/login/passkey"):
            await sign_out(tab, scene)
            await tab.open(scene.address(f"/login?next={SECURITY}"))
            await press(tab, "form[data-passkey] button")
            assert await tab.ask("location.pathname") == outcome
            await tab.call(
                "WebAuthn.removeCredential",
                authenticatorId=made["authenticatorId"],
                credentialId=key["credentialId"],
            )
            await tab.call(
                "WebAuthn.addCredential", authenticatorId=made["authenticatorId"], credential=key
            )


async def test_without_scripts_no_passkey_is_offered(chromium: Chromium, scene: Scene) -> None:
    async with visitor(chromium, Look(scripts=False)) as tab:
        await tab.open(scene.address("/login"))
        assert await tab.ask("document.querySelector('form[data-passkey]').hidden")
        await sign_in(tab, scene, await newcomer(scene))
        await tab.open(scene.address(ADD_PASSKEY))
        assert "cannot use passkeys" in await tab.ask("document.body.innerText")

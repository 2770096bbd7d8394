"""Wires what surrounds all pages: the main menu, settings of the person, the style page."""

from __future__ import annotations

from fedrse.app.ground import Ground
from fedrse.app.me import me_of
from fedrse.app.services import Services
from fedrse.http.routes import Route
from fedrse.web.console import PATH as CONSOLE
from fedrse.web.installed_app import InstalledApp
from fedrse.web.languages import translatable
from fedrse.web.renderer import Renderer
from fedrse.web.settings_pages import SettingsPages, SettingsSection
from fedrse.web.shortcuts_page import ShortcutsPage
from fedrse.web.style_page import StylePage
from fedrse.web.unsent import AgainPage
from fedrse.web.views import NavigationItem

NAVIGATION = (
    NavigationItem(label=translatable("Home"), path="/", icon="home"),
    NavigationItem(label=translatable("Search"), path="/search", icon="search", narrow_only=True),
    NavigationItem(label=translatable("This site"), path="/site", icon="building", wide_only=True),
    NavigationItem(label=translatable("Network"), path="/network", icon="network", wide_only=True),
    NavigationItem(label=translatable("Lists"), path="/lists", icon="list", wide_only=True),
    NavigationItem(
        label=translatable("Bookmarks"), path="/bookmarks", icon="bookmark", wide_only=True
    ),
    NavigationItem(
        label=translatable("Favourites"), path="/favourites", icon="heart", wide_only=True
    ),
    NavigationItem(label=translatable("People"), path="/people", icon="people", wide_only=True),
    NavigationItem(label=translatable("Write"), path="/compose", icon="edit"),
    NavigationItem(label=translatable("Notifications"), path="/notifications", icon="bell"),
    NavigationItem(label=translatable("Messages"), path="/messages", icon="message"),
    NavigationItem(label=translatable("Profile"), icon="person", wide_only=True),
    NavigationItem(
        label=translatable("Settings"), path="/settings", icon="settings", wide_only=True
    ),
    NavigationItem(
        label=translatable("Administration"),
        path=CONSOLE,
        icon="shield",
        wide_only=True,
        staff_only=True,
    ),
)
SECTIONS = (
    SettingsSection(
        path="/settings/profile",
        title=translatable("Profile"),
        hint=translatable("Name, photo, banner, about me and links"),
        icon="person",
    ),
    SettingsSection(
        path="/settings/card",
        title=translatable("Work and contact"),
        hint=translatable("Function, contact card and expertise, and who sees them"),
        icon="briefcase",
    ),
    SettingsSection(
        path="/settings/security",
        title=translatable("Security"),
        hint=translatable("Password, passkeys, codes of an app, and what happened lately"),
        icon="lock",
    ),
    SettingsSection(
        path="/settings/sessions",
        title=translatable("Sessions and applications"),
        hint=translatable("Where you are signed in, and what may use your account"),
        icon="device",
    ),
    SettingsSection(
        path="/settings/notifications",
        title=translatable("Notifications"),
        hint=translatable("Whose notifications reach you, and where you are told"),
        icon="bell",
    ),
    SettingsSection(
        path="/settings/filters",
        title=translatable("Filters"),
        hint=translatable("Words that you do not want to read, everywhere or here and there"),
        icon="eye-off",
    ),
    SettingsSection(
        path="/settings/blocks",
        title=translatable("Muted and blocked"),
        hint=translatable("People and sites that you keep away from, and how to undo it"),
        icon="block",
    ),
    SettingsSection(
        path="/settings/writing",
        title=translatable("Writing"),
        hint=translatable("A moment to take back what you sent"),
        icon="edit",
    ),
    SettingsSection(
        path="/settings/account",
        title=translatable("Account"),
        hint=translatable("Move to another site or come from one; delete the account"),
        icon="person",
    ),
    SettingsSection(
        path="/settings/data",
        title=translatable("Take your data along"),
        hint=translatable(
            "Everything as an archive; follows, lists and bookmarks as files, out and in"
        ),
        icon="download",
    ),
)
PUBLIC = SettingsSection(
    path="/settings/public",
    title=translatable("Public profile"),
    hint=translatable("Whether people without an account see your profile"),
    icon="globe",
)
BY_MAIL = SettingsSection(
    path="/settings/mail",
    title=translatable("Posts by mail"),
    hint=translatable("Your posts for everybody, sent to people without an account"),
    icon="mail",
)


def routes(ground: Ground, services: Services, renderer: Renderer) -> list[Route]:
    """Pages of the person, and that of the components."""
    sections = (*SECTIONS, PUBLIC) if ground.settings.site.public_pages else SECTIONS
    sections = (*sections, BY_MAIL) if ground.settings.mails_posts else sections
    me = me_of(services, renderer)
    settings = SettingsPages(
        database=ground.database,
        interface=services.access.logins,
        renderer=renderer,
        clock=ground.clock,
        me=me,
        sections=sections,
    )
    return [
        *settings.routes(),
        *InstalledApp(ground.settings, renderer).routes(),
        *AgainPage(renderer, ground.settings.origin).routes(),
        *StylePage(ground.database, renderer, ground.clock, me).routes(),
        *ShortcutsPage(ground.database, renderer, me).routes(),
    ]

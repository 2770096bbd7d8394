"""Wires the features' services, lower ones first, and the handlers of activities and jobs."""

from __future__ import annotations

from msgspec import Struct
from sqlalchemy import BigInteger, bindparam

from fedrse.activitypub.inbox import Inbox
from fedrse.app import denied_sites, limits_by_rule
from fedrse.app import replies as app_replies
from fedrse.app.accounts import make_accounts, make_confirmations, make_relationships
from fedrse.app.context import AccessServices, access_services, media_folder
from fedrse.app.ground import Ground
from fedrse.app.media import UploadParts, make_uploads
from fedrse.app.media import register_jobs as register_media_jobs
from fedrse.app.protocol import Protocol, make_inbox
from fedrse.app.secret_file import read_secret
from fedrse.blobs.store import BlobStore
from fedrse.blobs.workers import FileWorkers
from fedrse.core.clock import DAY
from fedrse.core.settings import FederationMode
from fedrse.features.access import jobs as access_jobs
from fedrse.features.access.service_blocks import SignUpBlocks
from fedrse.features.accounts.activities import AccountActivities
from fedrse.features.accounts.model_pictures import Pictures
from fedrse.features.accounts.service import Accounts
from fedrse.features.conversations.service_quiet import QuietChats
from fedrse.features.emoji.service import Emojis
from fedrse.features.filters.service import Filters
from fedrse.features.lists.service import Lists
from fedrse.features.media.model import MediaUrls
from fedrse.features.media.model_proxy import Proxy
from fedrse.features.media.service import MediaLibrary
from fedrse.features.media.service_remote import MEGABYTE, RemoteFiles
from fedrse.features.moderation.activities import ReportActivities
from fedrse.features.moderation.service import Reports
from fedrse.features.moderation.service_alerts import Alerts
from fedrse.features.moderation.service_letters import Letters
from fedrse.features.notifications.service import Notifications
from fedrse.features.notifications.service_decisions import DecisionNews
from fedrse.features.polls import jobs as poll_jobs
from fedrse.features.polls.service import Polls
from fedrse.features.posts import activities as post_activities
from fedrse.features.posts import activities_announce, activities_featured, activities_quotes
from fedrse.features.posts.activities import PostActivities
from fedrse.features.posts.model import Audience
from fedrse.features.posts.service import Posts, visible_to
from fedrse.features.posts.service_border import Border
from fedrse.features.profiles.activities import ConfirmationActivities
from fedrse.features.profiles.service import Profiles
from fedrse.features.profiles.service_confirmations import Confirmations
from fedrse.features.reactions.activities import ReactionActivities
from fedrse.features.reactions.service import Reactions
from fedrse.features.relationships.activities import RelationshipActivities
from fedrse.features.relationships.jobs import RelationshipJobs, register_blocked_hosts
from fedrse.features.relationships.model_events import Silenced
from fedrse.features.relationships.service import Relationships
from fedrse.features.relationships.service_blocked_peers import BlockedPeers
from fedrse.features.search.service import INDEX, Search
from fedrse.features.timelines import jobs as timeline_jobs
from fedrse.features.timelines.service import Timelines
from fedrse.store.database import Transaction
from fedrse.web.assets import Assets


class Services(Struct, frozen=True):
    """What surfaces use."""

    access: AccessServices
    blobs: BlobStore
    workers: FileWorkers
    media_urls: MediaUrls
    accounts: Accounts
    profiles: Profiles
    confirmations: Confirmations
    relationships: Relationships
    media: MediaLibrary
    uploads: UploadParts
    emojis: Emojis
    posts: Posts
    reactions: Reactions
    polls: Polls
    lists: Lists
    filters: Filters
    timelines: Timelines
    notifications: Notifications
    search: Search
    reports: Reports
    alerts: Alerts
    sign_up_blocks: SignUpBlocks
    inbox: Inbox


def make_services(ground: Ground, protocol: Protocol, assets: Assets) -> Services:
    """Makes everything; nothing runs yet."""
    settings, clock, ids, events = ground.settings, ground.clock, ground.ids, ground.events
    urls = _media_urls(ground)
    accounts = make_accounts(ground, protocol, _pictures(ground, urls, assets))
    relationships = make_relationships(ground, protocol, accounts)
    profiles = Profiles(
        clock=clock,
        accounts=accounts,
        network=protocol.network,
        events=events,
        blockers=relationships.blockers_of,
    )
    media = MediaLibrary(clock=clock, ids=ids, jobs=ground.queue)
    emojis = Emojis(clock=clock, ids=ids, jobs=ground.queue, address_of=urls.of)
    posts = _posts(ground, protocol, accounts=accounts, media=media, emojis=emojis)
    reactions = Reactions(
        clock=clock,
        ids=ids,
        local_ids=ground.local_ids,
        outbox=protocol.outbox,
        events=events,
        counter=posts.counters,
    )
    QuietChats(events=events, marks=posts.marks)  # before those who tell people
    access = access_services(settings, clock=clock, ids=ids, badges=accounts.badges)
    blobs, workers = BlobStore(media_folder(settings)), FileWorkers()
    services = Services(
        access=access,
        blobs=blobs,
        workers=workers,
        media_urls=urls,
        accounts=accounts,
        profiles=profiles,
        confirmations=make_confirmations(ground, protocol, accounts, profiles),
        relationships=relationships,
        media=media,
        uploads=make_uploads(ground, library=media, blobs=blobs, workers=workers),
        emojis=emojis,
        posts=posts,
        reactions=reactions,
        polls=_polls(ground, protocol, posts),
        lists=Lists(clock=clock, ids=ids, events=events),
        filters=_filters(ground, posts),
        timelines=Timelines(ids=ids, events=events),
        notifications=Notifications(
            clock=clock, ids=ids, events=events, staff=access.logins.holders
        ),
        search=_search(ground, accounts, access),
        reports=Reports(
            clock=clock,
            ids=ids,
            local_ids=ground.local_ids,
            outbox=protocol.outbox,
            people=accounts,
            evidence=posts,
            events=events,
        ),
        alerts=Alerts(
            queue=ground.queue,
            letters=Letters(queue=ground.queue, is_on=ground.settings.mail.host is not None),
            events=events,
        ),
        sign_up_blocks=SignUpBlocks(clock=clock, ids=ids, audit=ground.audit),
        inbox=make_inbox(ground, protocol, relationships.synchronization.compare),
    )
    _listen(ground, services)
    DecisionNews(events=events, notifications=services.notifications)
    _register_activities(ground, protocol, services)
    _register_jobs(ground, protocol, services)
    return services


def _listen(ground: Ground, services: Services) -> None:
    """What a feature does on account of a higher one."""

    async def silenced(tx: Transaction, event: Silenced) -> None:
        if event.blocked:
            await services.confirmations.separate(tx, event.account_id, event.target_id)

    ground.events.subscribe(Silenced, silenced)


def media_proxy(ground: Ground) -> Proxy:
    """Signs the addresses under which files of other sites are shown."""
    secret = read_secret(ground.folder / ground.settings.storage.secret_file)
    return Proxy(ground.settings.origin, secret)


def remote_files(ground: Ground, protocol: Protocol, services: Services) -> RemoteFiles:
    """Copies of files of other sites."""
    settings = ground.settings
    return RemoteFiles(
        database=ground.database,
        clock=ground.clock,
        client=protocol.client,
        blobs=services.blobs,
        workers=services.workers,
        jobs=ground.queue,
        quotas=protocol.quotas,
        is_unwanted=protocol.control.strips_media,
        largest=settings.media.max_remote_megabytes * MEGABYTE,
        kept=settings.retention.remote_media_days * DAY,
    )


def blocked_peers(ground: Ground, protocol: Protocol, services: Services) -> BlockedPeers:
    """Follows with sites that the rules deny."""
    return BlockedPeers(
        database=ground.database,
        accounts=services.accounts,
        follows=services.relationships.follows,
        events=ground.events,
        sites=protocol.sites,
        clock=ground.clock,
    )


def _media_urls(ground: Ground) -> MediaUrls:
    settings = ground.settings
    base = settings.media.base_url or f"{settings.origin}/media"
    return MediaUrls(base, media_proxy(ground))


def _pictures(ground: Ground, urls: MediaUrls, assets: Assets) -> Pictures:
    origin = ground.settings.origin
    return Pictures(
        local=urls.of,
        remote=urls.remote,
        avatar=origin + assets.path("avatar.png"),
        header=origin + assets.path("header.png"),
    )


def _posts(
    ground: Ground,
    protocol: Protocol,
    *,
    accounts: Accounts,
    media: MediaLibrary,
    emojis: Emojis,
) -> Posts:
    settings = ground.settings
    border = Border(
        own_host=settings.host,
        network=protocol.network,
        gate=protocol.sites.gate,
        default_audience=Audience(settings.posts.default_audience.value),
        closed=settings.federation.mode is FederationMode.CLOSED,
        public_pages=settings.site.public_pages,
        outsiders_see_more=not settings.network.outsiders_public_only,
        evasive=protocol.control.is_evasive,
    )
    posts = Posts(
        clock=ground.clock,
        ids=ground.ids,
        local_ids=ground.local_ids,
        own_domain=settings.handle_domain,
        languages=(settings.site.language.value, "fr", "en"),
        max_characters=settings.posts.max_characters,
        border=border,
        people=accounts,
        media=media,
        media_urls=_media_urls(ground),
        outbox=protocol.outbox,
        queue=ground.queue,
        events=ground.events,
        emojis=emojis,
    )
    posts.listen(ground.database)
    return posts


def _filters(ground: Ground, posts: Posts) -> Filters:
    filters = Filters(clock=ground.clock, ids=ground.ids, events=ground.events, posts=posts)
    posts.statuses.filter_with(filters.results, filters.results_for_many)
    filters.listen(ground.database)
    return filters


def _search(ground: Ground, accounts: Accounts, access: AccessServices) -> Search:
    return Search(
        clock=ground.clock,
        jobs=ground.queue,
        events=ground.events,
        visible=visible_to(bindparam("viewer", type_=BigInteger)),
        people=accounts,
        zone=access.logins.time_zone,
    )


def _polls(ground: Ground, protocol: Protocol, posts: Posts) -> Polls:
    polls = Polls(
        clock=ground.clock,
        ids=ground.ids,
        local_ids=ground.local_ids,
        outbox=protocol.outbox,
        queue=ground.queue,
        events=ground.events,
        posts=posts,
    )
    posts.polls = polls
    return polls


def _register_activities(ground: Ground, protocol: Protocol, services: Services) -> None:
    dispatcher, importers = protocol.dispatcher, protocol.importers
    local_ids, posts, people = ground.local_ids, services.posts, services.accounts
    AccountActivities(accounts=people, local_ids=local_ids).register(dispatcher, importers)
    RelationshipActivities(accounts=people, relationships=services.relationships).register(
        dispatcher
    )
    ConfirmationActivities(
        accounts=people, confirmations=services.confirmations, local_ids=local_ids
    ).register(dispatcher)
    creating = PostActivities(
        posts=posts, people=people, local_ids=local_ids, outbox=protocol.outbox
    )
    post_activities.register(dispatcher, importers, creating)
    activities_announce.register(
        dispatcher,
        activities_announce.Announcements(posts=posts, people=people, local_ids=local_ids),
    )
    activities_featured.register(
        dispatcher, activities_featured.Featured(posts=posts, people=people)
    )
    activities_quotes.register(
        dispatcher, activities_quotes.Quoting(posts=posts, people=people, local_ids=local_ids)
    )
    app_replies.register(ground, protocol, posts=posts, people=people, creating=creating)
    ReactionActivities(
        reactions=services.reactions, people=people, posts=posts, local_ids=local_ids
    ).register(dispatcher)
    ReportActivities(reports=services.reports, people=people).register(dispatcher)


def _register_jobs(ground: Ground, protocol: Protocol, services: Services) -> None:
    runner = ground.runner
    protocol.outbox.register(runner)
    access_jobs.register(
        runner,
        database=ground.database,
        oauth=services.access.oauth,
        blocks=services.sign_up_blocks,
    )
    RelationshipJobs(
        database=ground.database,
        relationships=services.relationships,
        fetcher=protocol.documents,
        local_ids=ground.local_ids,
    ).register(runner)
    register_blocked_hosts(runner, blocked_peers(ground, protocol, services))
    limits_by_rule.register(ground, protocol, services.accounts)
    denied_sites.register(ground, protocol, services.accounts)
    runner.handle_in_transaction(INDEX, services.search.index)
    register_media_jobs(ground, services.uploads, remote_files(ground, protocol, services))
    poll_jobs.register(runner, services.polls)
    timeline_jobs.register(
        runner,
        database=ground.database,
        timelines=services.timelines,
        clock=ground.clock,
        kept=ground.settings.retention.home_days * DAY,
    )

"""Wires the accounts, how they stand to each other, and what they confirm of each other."""

from __future__ import annotations

from fedrse.app.ground import Ground
from fedrse.app.protocol import Protocol
from fedrse.features.accounts.model_pictures import Pictures
from fedrse.features.accounts.service import Accounts
from fedrse.features.admin.model import badges
from fedrse.features.profiles.service import Profiles
from fedrse.features.profiles.service_confirmations import Confirmations
from fedrse.features.relationships.service import Relationships


def make_accounts(ground: Ground, protocol: Protocol, pictures: Pictures) -> Accounts:
    """The accounts; network and audit ask them for addresses and names."""
    accounts = Accounts(
        settings=ground.settings,
        clock=ground.clock,
        ids=ground.ids,
        local_ids=ground.local_ids,
        rules=ground.rules,
        network=protocol.network,
        facts=protocol.facts,
        keys=protocol.actor_keys,
        pictures=pictures,
        outbox=protocol.outbox,
        events=ground.events,
        badges=badges(),
    )
    protocol.network.register_members_uri(accounts.members_uri_of)
    ground.audit.names_from(accounts.username_of)
    return accounts


def make_relationships(ground: Ground, protocol: Protocol, accounts: Accounts) -> Relationships:
    """Who follows, blocks and mutes whom."""
    return Relationships(
        settings=ground.settings,
        clock=ground.clock,
        ids=ground.ids,
        local_ids=ground.local_ids,
        outbox=protocol.outbox,
        events=ground.events,
        accounts=accounts,
        network=protocol.network,
        jobs=ground.queue,
        outsiders_need_approval=ground.settings.network.outsiders_need_approval,
    )


def make_confirmations(
    ground: Ground, protocol: Protocol, accounts: Accounts, profiles: Profiles
) -> Confirmations:
    """Who confirms the skills of whom."""
    return Confirmations(
        clock=ground.clock,
        ids=ground.ids,
        local_ids=ground.local_ids,
        outbox=protocol.outbox,
        events=ground.events,
        accounts=accounts,
        profiles=profiles,
    )

"""Who may see, answer, share and quote a post: pure functions over facts.

All rules about audiences are here; services gather the facts, SQL conditions and renderers repeat
nothing but what a table test compares with these functions.
"""

from __future__ import annotations

from msgspec import Struct

from fedrse.activitypub.vocabulary import PUBLIC_NAMES
from fedrse.core.errors import Invalid
from fedrse.features.posts.model import OPEN, Audience, QuotePolicy, Visibility

P, N, S, G, F, D = Audience


class Viewer(Struct, frozen=True, kw_only=True):
    """Who asks.

    ``account_id`` None is a visitor without a login, or the instance actor of a site that signs a
    fetch. ``signed``: the identity of another site is proved. ``member``: of this site or of an
    active member of the network. ``admitted``: this site talks to theirs. ``public_pages``: the
    site shows public posts to visitors.
    """

    account_id: int | None = None
    local: bool = False
    signed: bool = False
    member: bool = False
    admitted: bool = False
    public_pages: bool = False


NOBODY = Viewer()


class Relation(Struct, frozen=True, kw_only=True):
    """What connects a viewer with a post.

    ``follows``: the viewer (or, for a remote viewer, anybody on the same host) is an accepted
    follower of the author. ``named``: addressed and reached. ``in_group``: member of the group the
    post is for. ``blocked``: the author blocks the viewer. ``outside``: there is a network, and
    the viewer is not of it and gets public posts only.
    """

    author: bool = False
    follows: bool = False
    named: bool = False
    in_group: bool = False
    blocked: bool = False
    outside: bool = False


STRANGER = Relation()


class PostFacts(Struct, frozen=True, kw_only=True):
    """What the rules need to know of a post; ``agreed``: its author is shown to visitors."""

    audience: Audience
    local: bool = True
    agreed: bool = False


class Reach(Struct, frozen=True):
    """A decided audience, and the border that no copy may cross whoever is named.

    ``border`` is PUBLIC (none), NETWORK (member sites only) or SITE (nothing leaves).
    """

    audience: Audience
    border: Audience


def may_see(viewer: Viewer, relation: Relation, post: PostFacts) -> bool:
    """Whether a viewer may read a post (design, section 5, "Who may fetch", and rule 10)."""
    if relation.author:
        return True
    if relation.blocked:
        return False
    if viewer.local:
        return _local_may_see(relation, post)
    if viewer.signed:
        return _remote_may_see(viewer, relation, post)
    return viewer.public_pages and post.local and post.agreed and post.audience is Audience.PUBLIC


def _local_may_see(relation: Relation, post: PostFacts) -> bool:
    if post.audience in OPEN or relation.named:
        return True
    if post.audience is Audience.GROUP:
        return relation.in_group
    return post.audience is Audience.FOLLOWERS and relation.follows


def _remote_may_see(viewer: Viewer, relation: Relation, post: PostFacts) -> bool:
    # Only what was written here is handed out, and a post of the site never leaves it.
    if not viewer.admitted or not post.local:
        return False
    match post.audience:
        case Audience.PUBLIC:
            return True
        case Audience.NETWORK:
            return viewer.member
        case Audience.GROUP:
            return (relation.in_group or relation.named) and not relation.outside
        case Audience.FOLLOWERS:
            return (relation.follows and not relation.outside) or relation.named
        case Audience.DIRECT:
            return relation.named
    return False


class Onlooker(Struct, frozen=True, kw_only=True):
    """What is known of somebody of another site and a post of a third site.

    Who follows whom there is not known here. ``same_site``: of the site of the author, whose rules
    hold there. ``member``: of this network.
    """

    author: bool = False
    named: bool = False
    in_group: bool = False
    same_site: bool = False
    member: bool = False


def may_know(audience: Audience, who: Onlooker) -> bool:
    """Whether likes, boosts, answers and quotes by somebody count on a post of a third site."""
    if who.author or audience is Audience.PUBLIC:
        return True
    match audience:
        case Audience.NETWORK:
            return who.member
        case Audience.GROUP:
            return who.named or who.in_group or who.same_site
        case Audience.FOLLOWERS:
            return who.named or who.same_site
    return who.named and audience is Audience.DIRECT


_QUIET = frozenset({Audience.FOLLOWERS, Audience.DIRECT})


def may_join(reply: Audience, parent: Audience, *, knows: bool) -> bool:
    """Whether an answer to a post of a third site stands below it.

    Of followers nobody but their author's site knows. An answer that reaches only the followers of
    who wrote it, or the named, is shown to nobody who did not ask for it, and is never counted.
    """
    return knows or (parent in (Audience.FOLLOWERS, Audience.GROUP) and reply in _QUIET)


# What a reply or boost becomes, by what it refers to (rows) and what is asked (columns, in the
# order of Audience). Where neither contains the other only the named are left.
_NARROWED: dict[Audience, tuple[Audience, ...]] = {
    P: (P, N, S, G, F, D),
    N: (N, N, S, G, F, D),
    S: (S, S, S, D, D, D),
    G: (G, G, D, G, D, D),
    F: (F, F, D, D, F, D),
    D: (D, D, D, D, D, D),
}
_PLACE = {audience: place for place, audience in enumerate(Audience)}


def narrow(asked: Audience, parent: Audience | None) -> Audience:
    """The audience of a reply or boost: never wider than asked, nor than what it refers to."""
    return asked if parent is None else _NARROWED[parent][_PLACE[asked]]


def decide(asked: Audience, parent: Audience | None) -> Reach:
    """The audience of a new post and the border around it."""
    audience = narrow(asked, parent)
    together = (asked, parent, audience)
    if Audience.SITE in together:
        return Reach(audience, Audience.SITE)
    if audience is Audience.NETWORK or parent is Audience.NETWORK:
        return Reach(audience, Audience.NETWORK)
    return Reach(audience, Audience.PUBLIC)


# Whose posts are read by everybody who may read the parent (values), by audience of the reply.
_COVERED: dict[Audience, frozenset[Audience]] = {
    P: frozenset(Audience),
    N: frozenset({N, S, G, F}),
    S: frozenset({S}),
    G: frozenset({G}),
    F: frozenset(),
    D: frozenset(),
}


def covers(reply: Audience, parent: Audience, *, same_author: bool) -> bool:
    """Whether everybody who may read ``parent`` may read ``reply``: only such replies are counted.

    Followers are those of each author, so they are the same people only for the same author.
    """
    if reply is parent is Audience.FOLLOWERS:
        return same_author
    return parent in _COVERED[reply]


class Named(Struct, frozen=True, kw_only=True):
    """Somebody whom a text names: what decides whether a copy gets there."""

    local: bool
    member: bool
    admitted: bool
    follows_author: bool = False
    in_group: bool = False
    answered: bool = False
    outside: bool = False


def reaches(reach: Reach, person: Named) -> bool:
    """Whether somebody named gets the post: a mention never widens (rule 3).

    The author of the post that is answered belongs to a reply for followers, follower or not.
    """
    if not person.local and (not person.admitted or reach.border is Audience.SITE):
        return False
    if reach.border is Audience.NETWORK and not (person.local or person.member):
        return False
    match reach.audience:
        case Audience.FOLLOWERS:
            return (person.follows_author or person.answered) and not person.outside
        case Audience.GROUP:
            return (person.in_group or person.answered) and not person.outside
        case Audience.SITE:
            return person.local
    return True


def onward(audience: Audience, *, local: bool, by_member: bool, closed: bool) -> Audience:
    """What an audience counts as for boosts onward and anonymous pages (rule 7)."""
    if audience is Audience.PUBLIC and closed and by_member and not local:
        return Audience.NETWORK
    return audience


def may_boost(audience: Audience, *, by_author: bool) -> bool:
    """Whether somebody who sees a post may share it (rule 2)."""
    return by_author or audience in OPEN


class ReplyPolicy(Struct, frozen=True):
    """Who may answer a post, as its author's site published it (GoToSocial, ``canReply``).

    Values are the world, the author's followers collection, or ids of actors; both lists empty
    means that nothing was said.
    """

    automatic: tuple[str, ...] = ()
    manual: tuple[str, ...] = ()


def reply_right(
    policy: ReplyPolicy, *, actor: str, follows: bool, followers: str | None, named: bool
) -> str:
    """``automatic``, ``manual`` (the author is asked first) or ``denied``, for who sees a post.

    Those whom it names may always answer.
    """
    mine = {actor, *PUBLIC_NAMES}
    if follows and followers is not None:
        mine.add(followers)
    if named or not (policy.automatic or policy.manual) or not mine.isdisjoint(policy.automatic):
        return "automatic"
    return "denied" if mine.isdisjoint(policy.manual) else "manual"


class QuoteRight(Struct, frozen=True, kw_only=True):
    """What decides about a quote: the policy of the quoted post and who quotes.

    ``policy`` is None where the author's site published none; ``manual`` lists who may ask.
    """

    audience: Audience
    policy: QuotePolicy | None
    by_author: bool
    follows: bool
    manual: bool = False


def may_quote(right: QuoteRight) -> str:
    """``automatic``, ``manual`` or ``denied`` (Mastodon ``QuoteApproval.current_user``)."""
    if right.by_author:
        return "automatic"
    if right.audience not in OPEN:
        return "denied"
    if right.policy is QuotePolicy.PUBLIC:
        return "automatic"
    if right.policy is QuotePolicy.FOLLOWERS and right.follows:
        return "automatic"
    return "manual" if right.manual or right.policy is None else "denied"


class Asked(Struct, frozen=True):
    """An audience as a client asked for it; ``stays``: no copy may leave the site."""

    audience: Audience
    listed: bool
    stays: bool = False


def asked_audience(
    visibility: Visibility | None,
    audience: Audience | None,
    *,
    local_only: bool,
    default: Audience,
    parent: Audience | None,
) -> Asked:
    """What a client means (rule 1).

    ``public`` and ``unlisted`` mean ``default``; ``audience`` says more; ``local_only`` means the
    site. To an app a post of the site or of a group is ``private``, so ``private`` in answer to
    one means the same again. Raises Invalid where both parameters contradict each other.
    """
    listed = visibility is not Visibility.UNLISTED
    if local_only:
        if audience not in (None, Audience.SITE, Audience.DIRECT):
            raise Invalid(
                "audience_contradiction",
                "Validation failed: local_only is not possible with this audience",
            )
        direct = visibility is Visibility.DIRECT or audience is Audience.DIRECT
        return Asked(Audience.DIRECT if direct else Audience.SITE, listed, stays=True)
    if audience is not None:
        return Asked(audience, listed)
    if visibility is Visibility.DIRECT:
        return Asked(Audience.DIRECT, listed)
    if visibility is Visibility.PRIVATE:
        alike = parent in (Audience.SITE, Audience.GROUP)
        return Asked(parent if alike and parent else Audience.FOLLOWERS, listed)
    return Asked(default, listed)

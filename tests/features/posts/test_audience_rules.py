"""Every audience, every viewer, every action: the rules of the design as tables."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fedrse.activitypub.vocabulary import PUBLIC
from fedrse.features.posts.model import Audience, QuotePolicy
from fedrse.features.posts.model_rules import (
    NOBODY,
    Named,
    Onlooker,
    PostFacts,
    QuoteRight,
    Reach,
    Relation,
    ReplyPolicy,
    Viewer,
    covers,
    decide,
    may_boost,
    may_join,
    may_know,
    may_quote,
    may_see,
    narrow,
    onward,
    reaches,
    reply_right,
)

ORDER = tuple(Audience)  # public network site group followers direct
BY_LETTER = dict(zip("PNSGFD", ORDER, strict=True))

LOCAL = Viewer(account_id=1, local=True, member=True, admitted=True)
MEMBER = Viewer(account_id=2, signed=True, member=True, admitted=True)
MEMBER_SITE = Viewer(signed=True, member=True, admitted=True)
OUTSIDER = Viewer(account_id=3, signed=True, admitted=True)
REFUSED = Viewer(account_id=4, signed=True)
REFUSED_MEMBER = Viewer(account_id=4, signed=True, member=True)
VISITOR = Viewer(public_pages=True)

STRANGER = Relation()
AUTHOR = Relation(author=True)
FOLLOWER = Relation(follows=True)
NAMED = Relation(named=True)
IN_GROUP = Relation(in_group=True)
BLOCKED = Relation(blocked=True, follows=True, named=True, in_group=True)
OUTSIDE_FOLLOWER = Relation(follows=True, in_group=True, outside=True)

# Who may read a post written here: one letter per audience P N S G F D, "." for no.
SEES = [
    ("author", LOCAL, AUTHOR, "PNSGFD"),
    ("colleague", LOCAL, STRANGER, "PNS..."),
    ("follower here", LOCAL, FOLLOWER, "PNS.F."),
    ("named here", LOCAL, NAMED, "PNSGFD"),
    ("group member here", LOCAL, IN_GROUP, "PNSG.."),
    ("blocked here", LOCAL, BLOCKED, "......"),
    ("person of a member site", MEMBER, STRANGER, "PN...."),
    ("follower on a member site", MEMBER, FOLLOWER, "PN..F."),
    ("named on a member site", MEMBER, NAMED, "PN.GFD"),
    ("group member on a member site", MEMBER, IN_GROUP, "PN.G.."),
    ("blocked on a member site", MEMBER, BLOCKED, "......"),
    ("member site itself", MEMBER_SITE, STRANGER, "PN...."),
    ("member site with a follower", MEMBER_SITE, FOLLOWER, "PN..F."),
    ("outsider", OUTSIDER, STRANGER, "P....."),
    ("outsider who follows, no network", OUTSIDER, FOLLOWER, "P...F."),
    ("outsider who follows a network", OUTSIDER, OUTSIDE_FOLLOWER, "P....."),
    ("outsider who is named", OUTSIDER, NAMED, "P..GFD"),
    ("host not admitted", REFUSED, FOLLOWER, "......"),
    ("host not admitted, named", REFUSED, NAMED, "......"),
    ("member that was blocked", REFUSED_MEMBER, FOLLOWER, "......"),
    ("visitor without login", NOBODY, STRANGER, "......"),
]


@pytest.mark.parametrize(("who", "viewer", "relation", "expected"), SEES, ids=[c[0] for c in SEES])
def test_who_may_see_a_post_of_this_site(
    who: str, viewer: Viewer, relation: Relation, expected: str
) -> None:
    seen = "".join(
        letter if may_see(viewer, relation, PostFacts(audience=audience)) else "."
        for letter, audience in BY_LETTER.items()
    )
    assert seen == expected, who


@pytest.mark.parametrize("audience", ORDER)
@pytest.mark.parametrize("local", [True, False])
@pytest.mark.parametrize("agreed", [True, False])
@pytest.mark.parametrize("pages", [True, False])
def test_visitors_see_local_public_posts_where_pages_and_author_agree(
    audience: Audience, local: bool, agreed: bool, pages: bool
) -> None:
    viewer = VISITOR if pages else NOBODY
    seen = may_see(viewer, STRANGER, PostFacts(audience=audience, local=local, agreed=agreed))
    assert seen is (pages and local and agreed and audience is Audience.PUBLIC)


@pytest.mark.parametrize("audience", ORDER)
def test_nothing_of_other_sites_is_handed_out_to_other_sites(audience: Audience) -> None:
    for viewer, relation in itertools.product((MEMBER, OUTSIDER), (STRANGER, FOLLOWER, NAMED)):
        assert not may_see(viewer, relation, PostFacts(audience=audience, local=False))


# Whose interactions count on a post of a third site, P N S G F D.
KNOWS = [
    ("author", Onlooker(author=True), "PNSGFD"),
    ("of the network", Onlooker(member=True), "PN...."),
    ("outsider", Onlooker(), "P....."),
    ("colleague of the author", Onlooker(same_site=True), "P..GF."),
    ("colleague on a member site", Onlooker(same_site=True, member=True), "PN.GF."),
    ("named", Onlooker(named=True), "P..GFD"),
    ("in the group", Onlooker(in_group=True), "P..G.."),
]


@pytest.mark.parametrize(("who", "onlooker", "expected"), KNOWS, ids=[case[0] for case in KNOWS])
def test_whose_interactions_count_on_a_post_of_a_third_site(
    who: str, onlooker: Onlooker, expected: str
) -> None:
    found = "".join(
        letter if may_know(audience, onlooker) else "." for letter, audience in BY_LETTER.items()
    )
    assert found == expected, who


# Answers (columns) by somebody who may not know the parent (rows), as far as this site can tell.
JOINED = """
      P N S G F D
   P  . . . . . .
   N  . . . . . .
   S  . . . . . .
   G  . . . . F D
   F  . . . . F D
   D  . . . . . .
"""


def test_only_quiet_answers_of_possible_followers_stand_below_a_post() -> None:
    for (parent, reply), cell in _table(JOINED).items():
        pair = BY_LETTER[reply], BY_LETTER[parent]
        assert may_join(*pair, knows=False) is (cell != ".")
        assert may_join(*pair, knows=True)
        # What joins unproved is never counted.
        assert cell == "." or not covers(*pair, same_author=False)


NARROWED = """
      P N S G F D
   P  P N S G F D
   N  N N S G F D
   S  S S S D D D
   G  G G D G D D
   F  F F D D F D
   D  D D D D D D
"""


def _table(text: str) -> dict[tuple[str, str], str]:
    head, *lines = text.strip().splitlines()
    columns = head.split()
    return {
        (row[0], column): cell
        for row in (line.split() for line in lines)
        for column, cell in zip(columns, row[1:], strict=True)
    }


@pytest.mark.parametrize(("cell", "result"), _table(NARROWED).items())
def test_replies_and_boosts_are_narrowed(cell: tuple[str, str], result: str) -> None:
    parent, asked = BY_LETTER[cell[0]], BY_LETTER[cell[1]]
    assert narrow(asked, parent) is BY_LETTER[result]


@given(st.sampled_from(ORDER), st.sampled_from(ORDER))
def test_narrowing_twice_changes_nothing_and_direct_stays_direct(
    asked: Audience, parent: Audience
) -> None:
    once = narrow(asked, parent)
    assert narrow(once, parent) is once
    assert narrow(asked, None) is asked
    if Audience.DIRECT in (asked, parent):
        assert once is Audience.DIRECT


SOMEBODY = {
    "here": Named(local=True, member=True, admitted=True),
    "member": Named(local=False, member=True, admitted=True),
    "outside": Named(local=False, member=False, admitted=True, outside=True),
    "refused": Named(local=False, member=True, admitted=False),
    "here follower": Named(local=True, member=True, admitted=True, follows_author=True),
    "member follower": Named(local=False, member=True, admitted=True, follows_author=True),
    "outside follower": Named(
        local=False, member=False, admitted=True, follows_author=True, outside=True
    ),
    "member answered": Named(local=False, member=True, admitted=True, answered=True),
    "member in group": Named(local=False, member=True, admitted=True, in_group=True),
}
# Who gets a copy when named, by audience P N S G F D of a post that answers nothing.
REACHED = {
    "here": "PNS..D",
    "member": "PN...D",
    "outside": "P....D",
    "refused": "......",
    "here follower": "PNS.FD",
    "member follower": "PN..FD",
    "outside follower": "P....D",
    "member answered": "PN.GFD",
    "member in group": "PN.G.D",
}


@pytest.mark.parametrize("who", SOMEBODY)
def test_a_mention_never_widens(who: str) -> None:
    reached = "".join(
        letter if reaches(decide(audience, None), SOMEBODY[who]) else "."
        for letter, audience in BY_LETTER.items()
    )
    assert reached == REACHED[who]


@pytest.mark.parametrize("asked", ORDER)
@pytest.mark.parametrize("who", [name for name, person in SOMEBODY.items() if not person.local])
def test_answers_to_a_post_of_the_site_never_leave_it(asked: Audience, who: str) -> None:
    assert not reaches(decide(asked, Audience.SITE), SOMEBODY[who])
    assert not reaches(decide(Audience.SITE, asked), SOMEBODY[who])


@pytest.mark.parametrize("asked", ORDER)
def test_answers_to_a_post_of_the_network_never_leave_it(asked: Audience) -> None:
    assert not reaches(decide(asked, Audience.NETWORK), SOMEBODY["outside"])


@pytest.mark.parametrize("audience", ORDER)
def test_boosts_by_others_need_an_open_audience(audience: Audience) -> None:
    assert may_boost(audience, by_author=True)
    assert may_boost(audience, by_author=False) is (audience in ORDER[:3])


@pytest.mark.parametrize("audience", ORDER)
@pytest.mark.parametrize("policy", [*QuotePolicy, None])
@pytest.mark.parametrize("follows", [True, False])
@pytest.mark.parametrize("manual", [True, False])
def test_quotes_by_policy(
    audience: Audience, policy: QuotePolicy | None, follows: bool, manual: bool
) -> None:
    def ask(*, by_author: bool) -> str:
        return may_quote(
            QuoteRight(
                audience=audience,
                policy=policy,
                by_author=by_author,
                follows=follows,
                manual=manual,
            )
        )

    assert ask(by_author=True) == "automatic"
    others = ask(by_author=False)
    if audience not in ORDER[:3]:
        assert others == "denied"
    elif policy is QuotePolicy.PUBLIC or (policy is QuotePolicy.FOLLOWERS and follows):
        assert others == "automatic"
    elif manual or policy is None:
        assert others == "manual"
    else:
        assert others == "denied"


COVERED = """
      P N S G F D
   P  P P P P P P
   N  . N N N N .
   S  . . S . . .
   G  . . . G . .
   F  . . . . . .
   D  . . . . . .
"""


@pytest.mark.parametrize(("cell", "result"), _table(COVERED).items())
def test_only_replies_that_all_readers_see_are_counted(cell: tuple[str, str], result: str) -> None:
    reply, parent = BY_LETTER[cell[0]], BY_LETTER[cell[1]]
    assert covers(reply, parent, same_author=False) is (result != ".")
    own = result != "." or (reply is parent and parent is Audience.FOLLOWERS)
    assert covers(reply, parent, same_author=True) is own


@pytest.mark.parametrize("audience", ORDER)
def test_a_members_public_post_counts_as_network_in_closed_mode(audience: Audience) -> None:
    for local, by_member, closed in itertools.product((True, False), repeat=3):
        result = onward(audience, local=local, by_member=by_member, closed=closed)
        narrowed = audience is Audience.PUBLIC and closed and by_member and not local
        assert result is (Audience.NETWORK if narrowed else audience)


def test_a_border_is_never_lost() -> None:
    assert decide(Audience.FOLLOWERS, Audience.NETWORK) == Reach(
        Audience.FOLLOWERS, Audience.NETWORK
    )
    assert decide(Audience.DIRECT, Audience.SITE) == Reach(Audience.DIRECT, Audience.SITE)
    assert decide(Audience.NETWORK, Audience.PUBLIC) == Reach(Audience.NETWORK, Audience.NETWORK)
    assert decide(Audience.DIRECT, None) == Reach(Audience.DIRECT, Audience.PUBLIC)


FOLLOWERS = "https://social.example/users/a/followers"
ME = "https://lyon.corp.example/ap/u/1"


@pytest.mark.parametrize(
    ("policy", "follows", "named", "expected"),
    [
        (ReplyPolicy(), False, False, "automatic"),
        (ReplyPolicy(automatic=("as:Public",)), False, False, "automatic"),
        (ReplyPolicy(manual=(PUBLIC,)), False, False, "manual"),
        (ReplyPolicy(manual=(PUBLIC,)), False, True, "automatic"),
        (ReplyPolicy(automatic=(FOLLOWERS,), manual=(PUBLIC,)), True, False, "automatic"),
        (ReplyPolicy(automatic=(FOLLOWERS,), manual=(PUBLIC,)), False, False, "manual"),
        (ReplyPolicy(manual=(FOLLOWERS,)), True, False, "manual"),
        (ReplyPolicy(manual=(FOLLOWERS,)), False, False, "denied"),
        (ReplyPolicy(automatic=(FOLLOWERS,)), False, False, "denied"),
        (ReplyPolicy(automatic=(FOLLOWERS,)), True, False, "automatic"),
        (ReplyPolicy(automatic=("https://social.example/users/a",)), True, False, "denied"),
        (ReplyPolicy(automatic=("https://social.example/users/a",)), False, True, "automatic"),
        (ReplyPolicy(automatic=(ME,)), False, False, "automatic"),
    ],
)
def test_who_may_answer(policy: ReplyPolicy, follows: bool, named: bool, expected: bool) -> None:
    found = reply_right(policy, actor=ME, follows=follows, followers=FOLLOWERS, named=named)
    assert found is expected

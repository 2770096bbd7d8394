// What masto.js does for one person alone: lists, filters, notifications, push and streams.

import assert from "node:assert/strict";

import { ask, step, until } from "./harness.mjs";

async function lists({ me, bruno, remote }) {
  const made = await step("v1.lists.create", () =>
    me.v1.lists.create({ title: "Harbour", repliesPolicy: "none", exclusive: false }),
  );
  const list = me.v1.lists.$select(made.id);
  await step("v1.lists.update", async () => {
    const changed = await list.update({ title: "The harbour", exclusive: true });
    assert.deepEqual([changed.title, changed.exclusive], ["The harbour", true]);
    assert.equal((await list.fetch()).title, "The harbour");
    await list.update({ title: "The harbour", exclusive: false });
  });
  await step("v1.lists.accounts.create", async () => {
    await list.accounts.create({ accountIds: [remote.id] });
    assert.deepEqual((await list.accounts.list()).map((one) => one.id), [remote.id]);
    const found = await me.v1.accounts.$select(remote.id).lists.list();
    assert.deepEqual(found.map((one) => one.id), [made.id]);
  });
  await step("v1.timelines.list.list", async () => {
    const { uri } = await bruno.v1.statuses.create({ status: "A ship is coming" });
    await until(async () => {
      const found = await me.v1.timelines.list.$select(made.id).list();
      return found.some((one) => one.uri === uri);
    });
  });
  await step("v1.lists.accounts.remove", async () => {
    await list.accounts.remove({ accountIds: [remote.id] });
    assert.deepEqual(await list.accounts.list(), []);
  });
  await step("v1.lists.remove", async () => {
    await list.remove();
    assert.deepEqual(await me.v1.lists.list(), []);
  });
}

async function tags({ me }) {
  const tag = me.v1.tags.$select("dock");
  await step("v1.tags.fetch", async () => {
    const found = await tag.fetch();
    assert.deepEqual([found.name, found.following], ["dock", false]);
    assert.equal(found.history[0].accounts, "1");
  });
  await step("v1.tags.follow", async () => {
    assert.equal((await tag.follow()).following, true);
    assert.deepEqual((await me.v1.followedTags.list()).map((one) => one.name), ["dock"]);
    const found = await me.v2.search.list({ q: "dock", type: "hashtags" });
    assert.deepEqual([found.hashtags[0].name, found.hashtags[0].following], ["dock", true]);
  });
  await step("v1.tags.unfollow", async () => assert.equal((await tag.unfollow()).following, false));
  const featured = await step("v1.featuredTags.create", async () => {
    const made = await me.v1.featuredTags.create({ name: "dock" });
    assert.deepEqual((await me.v1.featuredTags.list()).map((one) => one.name), ["dock"]);
    return made;
  });
  await step("v1.featuredTags.remove", async () => {
    await me.v1.featuredTags.$select(featured.id).remove();
    assert.deepEqual(await me.v1.featuredTags.list(), []);
  });
  await step("v1.featuredTags.suggestions.list", async () => {
    const found = await me.v1.featuredTags.suggestions.list();
    assert.ok(found.some((one) => one.name === "dock"));
  });
}

async function filters({ me, seen }) {
  const made = await step("v2.filters.create", async () => {
    const found = await me.v2.filters.create({
      title: "No red",
      context: ["home", "thread"],
      filterAction: "warn",
      expiresIn: 3600,
      keywordsAttributes: [{ keyword: "red", wholeWord: true }],
    });
    assert.equal(found.keywords[0].keyword, "red");
    assert.ok(Date.parse(found.expiresAt) > Date.now());
    return found;
  });
  const filter = me.v2.filters.$select(made.id);
  await step("posts say what filters them", async () => {
    const { descendants } = await me.v1.statuses.$select(seen.inReplyToId).context.fetch();
    const [result] = descendants.find((one) => one.id === seen.id).filtered;
    assert.deepEqual([result.filter.title, result.keywordMatches], ["No red", ["red"]]);
  });
  const keyword = await step("v2.filters.keywords.create", async () => {
    const one = await filter.keywords.create({ keyword: "nice", wholeWord: false });
    assert.equal((await filter.keywords.list()).length, 2);
    return one;
  });
  await step("v2.filters.keywords.update", async () => {
    const one = me.v2.filters.keywords.$select(keyword.id);
    assert.equal((await one.update({ keyword: "ugly" })).keyword, "ugly");
    await one.remove();
    assert.equal((await filter.keywords.list()).length, 1);
  });
  await step("v2.filters.statuses.create", async () => {
    const one = await filter.statuses.create({ statusId: seen.id });
    assert.deepEqual((await filter.statuses.list()).map((found) => found.statusId), [seen.id]);
    await me.v2.filters.statuses.$select(one.id).remove();
  });
  await step("v2.filters.update", async () => {
    const { id } = made.keywords[0];
    const changed = await filter.update({
      title: "Nothing",
      context: ["public"],
      filterAction: "hide",
      keywordsAttributes: [{ id, _destroy: true }],
    });
    assert.deepEqual([changed.title, changed.filterAction], ["Nothing", "hide"]);
    assert.deepEqual([changed.context, changed.keywords], [["public"], []]);
  });
  await step("v2.filters.remove", async () => {
    await filter.remove();
    assert.deepEqual(await me.v2.filters.list(), []);
  });
}

async function notifications({ me, bruno, clara, there, status }) {
  await step("v2.notifications.list: groups", async () => {
    await bruno.v1.statuses.$select(there.id).favourite();
    await clara.v1.statuses.$select(status.id).favourite();
    const group = await until(async () => {
      const found = await me.v2.notifications.list({ types: ["favourite"] });
      const [one] = found.notificationGroups;
      if (one?.notificationsCount !== 2) return false;
      assert.equal(found.accounts.length, 2);
      assert.equal(found.statuses[0].id, one.statusId);
      return one;
    });
    assert.equal(group.sampleAccountIds.length, 2);
    const one = me.v2.notifications.$select(group.groupKey);
    assert.equal((await one.accounts.fetch()).length, 2);
    assert.equal((await one.fetch()).notificationGroups[0].groupKey, group.groupKey);
    await one.dismiss();
  });
  await step("v2.notifications.unreadCount.fetch", async () => {
    assert.ok((await me.v2.notifications.unreadCount.fetch()).count >= 1);
  });
  await step("v2.notifications.policy.update", async () => {
    const changed = await me.v2.notifications.policy.update({ forNotFollowing: "filter" });
    assert.equal(changed.forNotFollowing, "filter");
    assert.equal((await me.v2.notifications.policy.fetch()).forNotFollowing, "filter");
  });
  const request = await step("v1.notifications.requests.list", async () => {
    const me_ = await me.v1.accounts.verifyCredentials();
    await clara.v1.statuses.create({ status: `@${me_.username} psst`, visibility: "unlisted" });
    return until(async () => (await me.v1.notifications.requests.list())[0]);
  });
  await step("v1.notifications.requests.accept", async () => {
    await me.v1.notifications.requests.$select(request.id).accept();
    await until(async () => (await me.v1.notifications.requests.merged.fetch()).merged);
    await until(async () => {
      const found = await me.v1.notifications.list({ types: ["mention"] });
      return found.some((one) => one.account.id === request.account.id);
    });
    await me.v2.notifications.policy.update({ forNotFollowing: "accept" });
  });
  await step("v1.notifications.list", async () => {
    const found = await me.v1.notifications.list({ limit: 40 });
    const kinds = new Set(found.map((one) => one.type));
    assert.ok(kinds.has("mention") && kinds.has("poll") === false, [...kinds].join());
    const [one] = found;
    assert.equal((await me.v1.notifications.$select(one.id).fetch()).id, one.id);
    await me.v1.notifications.$select(one.id).dismiss();
    await assert.rejects(me.v1.notifications.$select(one.id).fetch(), { statusCode: 404 });
  });
  await step("v1.notifications.clear", async () => {
    await me.v1.notifications.clear();
    assert.deepEqual(await me.v1.notifications.list(), []);
  });
}

async function letters({ me, bruno, remote, scene }) {
  const letter = await bruno.v1.statuses.create({
    status: `@${scene.amina.handle} only for you`,
    visibility: "direct",
  });
  const conversation = await step("v1.conversations.list", () =>
    until(async () => {
      const found = await me.v1.conversations.list();
      return found.find((one) => one.lastStatus.uri === letter.uri);
    }),
  );
  assert.deepEqual(conversation.accounts.map((one) => one.id), [remote.id]);
  const one = me.v1.conversations.$select(conversation.id);
  await step("v1.conversations.read", async () => {
    assert.equal(conversation.unread, true);
    assert.equal((await one.read()).unread, false);
  });
  await step("v1.conversations.remove", async () => {
    await one.remove();
    assert.deepEqual(await me.v1.conversations.list(), []);
  });
}

async function distance({ me, bruno, remote, scene, reply, seen }) {
  const about = me.v1.accounts.$select(remote.id);
  await step("v1.accounts.mute", async () => {
    assert.equal((await about.mute({ notifications: true, duration: 3600 })).muting, true);
    const [muted] = await me.v1.mutes.list();
    assert.equal(muted.id, remote.id);
    assert.ok(Date.parse(muted.muteExpiresAt) > Date.now());
  });
  await step("v1.accounts.unmute", async () => assert.equal((await about.unmute()).muting, false));
  await step("v1.reports.create", async () => {
    const made = await me.v1.reports.create({
      accountId: remote.id,
      statusIds: [seen.id],
      comment: "Far too red",
      category: "other",
    });
    assert.deepEqual([made.targetAccount.id, made.statusIds], [remote.id, [seen.id]]);
  });
  await step("v1.domainBlocks.create", async () => {
    await me.v1.domainBlocks.create({ domain: "rude.example" });
    assert.deepEqual(await me.v1.domainBlocks.list(), ["rude.example"]);
    await me.v1.domainBlocks.remove({ domain: "rude.example" });
    assert.deepEqual(await me.v1.domainBlocks.list(), []);
  });
  await step("v1.followRequests.authorize", async () => {
    await me.v1.accounts.updateCredentials({ locked: true });
    const found = await bruno.v2.search.list({ q: `@${scene.amina.handle}`, resolve: true });
    const asked = await bruno.v1.accounts.$select(found.accounts[0].id).follow();
    assert.ok(asked.requested);
    const [one] = await until(async () => {
      const requests = await me.v1.followRequests.list();
      return requests.length > 0 && requests;
    });
    assert.equal((await me.v1.followRequests.$select(one.id).authorize()).followedBy, true);
    await until(async () => {
      const [now] = await bruno.v1.accounts.relationships.fetch({ id: [found.accounts[0].id] });
      return now.following;
    });
    await me.v1.accounts.updateCredentials({ locked: false });
  });
  await step("v1.accounts.removeFromFollowers", async () => {
    await about.removeFromFollowers();
    assert.equal((await me.v1.accounts.relationships.fetch({ id: [remote.id] }))[0].followedBy, false);
  });
  await step("v1.accounts.block", async () => {
    assert.equal((await about.block()).blocking, true);
    assert.deepEqual((await me.v1.blocks.list()).map((one) => one.id), [remote.id]);
    const home = await me.v1.timelines.home.list();
    assert.ok(home.every((one) => one.uri !== reply.uri));
  });
  await step("v1.accounts.unblock", async () => {
    assert.equal((await about.unblock()).blocking, false);
    await about.follow();
    await until(async () => {
      const [now] = await me.v1.accounts.relationships.fetch({ id: [remote.id] });
      return now.following;
    });
  });
}

async function community({ me, clara, bruno, scene }) {
  const post = await me.v1.statuses.create({ status: `Read this ${scene.page} #trend` });
  for (const one of [clara, bruno]) {
    const found = await until(async () => {
      const { statuses } = await one.v2.search.list({ q: post.url, type: "statuses", resolve: true });
      return statuses[0];
    });
    await one.v1.statuses.$select(found.id).favourite();
    await one.v1.statuses.create({ status: `I have read ${scene.page} #trend` });
  }
  await until(async () => {
    const found = await me.v1.statuses.$select(post.id).fetch();
    return found.favouritesCount === 2 && found.card;
  });
  await step("previews of links", async () => {
    const { card } = await me.v1.statuses.$select(post.id).fetch();
    assert.deepEqual([card.title, card.type], ["The harbour", "link"]);
  });
  await ask("trends", "amina");
  await step("v1.trends.statuses.list", async () => {
    assert.ok((await me.v1.trends.statuses.list()).some((one) => one.id === post.id));
  });
  await step("v1.trends.tags.list", async () => {
    assert.ok((await me.v1.trends.tags.list()).some((one) => one.name === "trend"));
  });
  await step("v1.trends.links.list", async () => {
    const found = await me.v1.trends.links.list();
    assert.ok(found.some((one) => one.url === scene.page));
    const shared = await me.v1.timelines.link.list({ url: scene.page });
    assert.ok(shared.some((one) => one.id === post.id));
  });
  await step("v2.search.list", async () => {
    const found = await until(async () => {
      const result = await me.v2.search.list({ q: "have read", type: "statuses" });
      return result.statuses.length > 0 && result;
    });
    assert.ok(found.statuses.every((one) => one.content.includes("have read")));
  });
  const id = await ask("announce", "amina", "The canteen opens at noon");
  await step("v1.announcements.list", async () => {
    const found = (await me.v1.announcements.list()).find((one) => one.id === id);
    assert.ok(found.content.includes("canteen"));
  });
  const announcement = me.v1.announcements.$select(id);
  await step("v1.announcements.reactions.update", async () => {
    const thumb = announcement.reactions.$select(encodeURIComponent("👍"));
    await thumb.update();
    const now = (await me.v1.announcements.list()).find((one) => one.id === id);
    assert.deepEqual([now.reactions[0].name, now.reactions[0].me], ["👍", true]);
    await thumb.remove();
  });
  await step("v1.announcements.dismiss", async () => {
    await announcement.dismiss();
    assert.ok((await me.v1.announcements.list()).every((one) => one.id !== id));
  });
}

async function push({ me, clara, scene }) {
  const data = { alerts: { mention: true } };
  const subscription = await ask("subscription", "/to/masto");
  const made = await step("v1.push.subscription.create", () =>
    me.v1.push.subscription.create({ subscription, data, policy: "all" }),
  );
  assert.equal(made.endpoint, subscription.endpoint);
  await step("what is pushed can be read", async () => {
    await clara.v1.statuses.create({ status: `@${scene.amina.username} are you there?` });
    const pushed = await ask("pushed", "/to/masto");
    assert.equal(pushed.notification_type, "mention");
    assert.ok(pushed.body.includes("are you there?"));
    // A number, which JavaScript has rounded.
    const told = await me.v1.notifications.$select(String(pushed.notification_id)).fetch();
    assert.ok(told.status.content.includes("are you there?"));
  });
  await step("v1.push.subscription.update", async () => {
    const alerts = { mention: false, follow: true };
    const changed = await me.v1.push.subscription.update({ data: { alerts } });
    assert.deepEqual([changed.alerts.mention, changed.alerts.follow], [false, true]);
    assert.deepEqual(await me.v1.push.subscription.fetch(), changed);
  });
  await step("v1.push.subscription.remove", async () => {
    await me.v1.push.subscription.remove();
    await assert.rejects(me.v1.push.subscription.fetch(), { statusCode: 404 });
  });
}

// One connection, several streams, told apart as they come.
async function streaming({ me, bruno, remote, scene, streams, first }) {
  await streams.prepare();
  const tag = streams.hashtag.subscribe({ tag: "live" }).values();
  const direct = streams.direct.subscribe().values();
  const elsewhere = streams.public.remote.subscribe().values();
  const user = streams.user.subscribe().values();
  const [tagged, letter, remotely, hint] = [tag, direct, elsewhere, user].map((one) => one.next());
  const heard = async (events, event, test) =>
    (await first(events, (one) => one.event === event && test(one.payload))).payload;
  await step("streaming: filters_changed", async () => {
    // The site takes subscriptions in order: the last one is there when something is heard.
    let known = null;
    hint.then((one) => (known = one.value));
    await until(async () => {
      const made = await me.v2.filters.create({ title: "x", context: ["home"] });
      await me.v2.filters.$select(made.id).remove();
      return known;
    });
    assert.equal(known.event, "filters_changed");
  });
  const post = await bruno.v1.statuses.create({ status: "Live now #live" });
  await step("streaming: update in home", async () => {
    const update = await heard(user, "update", (one) => one.uri === post.uri);
    assert.equal(update.account.id, remote.id);
  });
  const shown = await step("streaming: hashtag", async () => {
    const { event, payload } = (await tagged).value;
    assert.deepEqual([event, payload.uri], ["update", post.uri]);
    return payload;
  });
  await step("streaming: public:remote", async () => {
    const { event, payload } = (await remotely).value;
    assert.deepEqual([event, payload.uri], ["update", post.uri]);
  });
  await step("streaming: status.update", async () => {
    await bruno.v1.statuses.$select(post.id).update({ status: "Live again #live" });
    await heard(user, "status.update", (one) => one.uri === post.uri && one.editedAt);
  });
  await step("streaming: notification", async () => {
    await bruno.v1.statuses.create({ status: `@${scene.amina.handle} hear me` });
    await heard(user, "notification", (one) => one.type === "mention");
  });
  await step("streaming: conversation", async () => {
    const handle = `@${scene.amina.handle}`;
    await bruno.v1.statuses.create({ status: `${handle} a word`, visibility: "direct" });
    const { event, payload } = (await letter).value;
    assert.deepEqual([event, payload.unread], ["conversation", true]);
  });
  await step("streaming: delete", async () => {
    await bruno.v1.statuses.$select(post.id).remove();
    await heard(user, "delete", (one) => one === shown.id);
  });
}

export async function personal(stage) {
  await lists(stage);
  await tags(stage);
  await filters(stage);
  await notifications(stage);
  await letters(stage);
  await distance(stage);
  await community(stage);
  await push(stage);
  await streaming(stage);
}

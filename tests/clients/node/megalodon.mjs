// megalodon, the library under Whalebird and Fedistar, which tells servers apart by their NodeInfo:
// Amina is of one site, Bruno of another.

import assert from "node:assert/strict";
import { createReadStream } from "node:fs";

import generator, { detector } from "megalodon";

import { ask, play, step, until } from "./harness.mjs";

const SCOPES = ["read", "write", "follow", "push"];

async function authorise({ url }) {
  const kind = await step("detector", async () => {
    const found = await detector(url);
    assert.equal(found, "mastodon");
    return found;
  });
  const visitor = generator(kind, url);
  const app = await step("registerApp", async () => {
    const made = await visitor.registerApp("Megalodon", { scopes: SCOPES });
    assert.ok(made.url.startsWith(url));
    return made;
  });
  const known = [app.client_id, app.client_secret];
  const token = await step("fetchAccessToken", async () => {
    const code = await ask("allow", "amina", app.url);
    return (await visitor.fetchAccessToken(...known, code, app.redirect_uri)).access_token;
  });
  const me = generator(kind, url, token);
  await step("verifyAppCredentials", async () => {
    assert.equal((await me.verifyAppCredentials()).data.name, "Megalodon");
  });
  return { me, leave: () => visitor.revokeToken(...known, token) };
}

async function accounts(me, bruno, scene) {
  await step("getInstance", async () => {
    const { data } = await me.getInstance();
    assert.equal(data.uri, "lyon.test");
    assert.ok(data.configuration.statuses.max_characters > 0);
    assert.match(data.version, /^\d+\.\d+\.\d+/);
  });
  await step("verifyAccountCredentials", async () => {
    assert.equal((await me.verifyAccountCredentials()).data.id, scene.amina.id);
  });
  await step("updateCredentials", async () => {
    const { data } = await me.updateCredentials({ display_name: "Amina D.", note: "Night shift" });
    assert.equal(data.display_name, "Amina D.");
  });
  await step("getPreferences", async () => {
    assert.equal((await me.getPreferences()).data["posting:default:visibility"], "public");
  });
  const remote = await step("search", async () => {
    const { data } = await me.search(`@${scene.bruno.handle}`, { type: "accounts", resolve: true });
    assert.equal(data.accounts[0].acct, scene.bruno.handle);
    return data.accounts[0];
  });
  await step("lookupAccount", async () => {
    assert.equal((await me.lookupAccount(scene.bruno.handle)).data.id, remote.id);
  });
  await step("followAccount", async () => {
    await me.followAccount(remote.id, { reblog: true });
    await until(async () => (await me.getRelationship(remote.id)).data.following);
  });
  await step("getRelationships", async () => {
    const { data } = await me.getRelationships([remote.id, scene.clara.id]);
    assert.deepEqual(data.map((one) => one.following), [true, false]);
  });
  await step("setAccountNote", async () => {
    assert.equal((await me.setAccountNote(remote.id, "At the gate")).data.note, "At the gate");
  });
  await step("getAccountFollowing", async () => {
    const { data } = await me.getAccountFollowing(scene.amina.id);
    assert.deepEqual(data.map((one) => one.id), [remote.id]);
  });
  await step("getAccountFollowers", async () => {
    const { data } = await me.getAccountFollowers(remote.id);
    assert.ok(data.some((one) => one.id === scene.amina.id));
  });
  await step("searchAccount", async () => {
    const { data } = await me.searchAccount(scene.bruno.username, { following: true });
    assert.deepEqual(data.map((one) => one.id), [remote.id]);
  });
  await step("getFollowRequests", async () => {
    assert.deepEqual((await bruno.getFollowRequests()).data, []);
  });
  return remote;
}

async function posts(me, bruno, scene) {
  const media = await step("uploadMedia", async () => {
    const { data } = await me.uploadMedia(createReadStream(scene.picture), { description: "Red" });
    assert.deepEqual([data.type, data.description], ["image", "Red"]);
    return data;
  });
  await step("updateMedia", async () => {
    const { data } = await me.updateMedia(media.id, { description: "A red square" });
    assert.equal(data.description, "A red square");
    assert.equal((await me.getMedia(media.id)).data.id, media.id);
  });
  const status = await step("postStatus", async () => {
    const { data } = await me.postStatus(`@${scene.bruno.handle} look #pier`, {
      media_ids: [media.id],
      visibility: "public",
      spoiler_text: "Red",
      sensitive: true,
      language: "en",
    });
    assert.deepEqual([data.spoiler_text, data.language], ["Red", "en"]);
    assert.equal(data.application.name, "Megalodon");
    return data;
  });
  const there = await step("getNotifications", async () => {
    const told = await until(async () => {
      const { data } = await bruno.getNotifications({ limit: 20 });
      return data.find((one) => one.type === "mention" && one.status.uri === status.uri);
    });
    assert.equal(told.status.media_attachments[0].description, "A red square");
    assert.equal((await bruno.getNotification(told.id)).data.id, told.id);
    await bruno.dismissNotification(told.id);
    return told.status;
  });
  const reply = await step("postStatus as an answer", async () => {
    const options = { in_reply_to_id: there.id, visibility: "public" };
    return (await bruno.postStatus(`@${scene.amina.handle} nice`, options)).data;
  });
  const seen = await step("getStatusContext", () =>
    until(async () => {
      const { data } = await me.getStatusContext(status.id);
      return data.descendants.find((one) => one.uri === reply.uri);
    }),
  );
  await step("editStatus", async () => {
    const { data } = await me.editStatus(status.id, { status: "Look again #pier" });
    assert.ok(data.content.includes("again"));
    assert.equal((await me.getStatusSource(status.id)).data.text, "Look again #pier");
    await until(async () => (await bruno.getStatus(there.id)).data.edited_at);
  });
  await step("postStatus with a poll", async () => {
    const poll = { options: ["Soup", "Salad"], expires_in: 3600 };
    const { data } = await me.postStatus(`@${scene.bruno.handle} what?`, { poll });
    const asked = await until(async () => {
      const told = await bruno.getNotifications();
      return told.data.find((one) => one.status?.uri === data.uri)?.status;
    });
    assert.equal((await bruno.votePoll(asked.poll.id, [1])).data.voted, true);
    await until(async () => (await me.getPoll(data.poll.id)).data.votes_count === 1);
  });
  await step("postStatus for later", async () => {
    const later = new Date(Date.now() + 7_200_000).toISOString();
    const { data } = await me.postStatus("Later", { scheduled_at: later });
    assert.equal(data.params.text, "Later");
    assert.equal((await me.getScheduledStatuses()).data[0].id, data.id);
    const moved = new Date(Date.now() + 9_200_000).toISOString();
    assert.equal((await me.scheduleStatus(data.id, moved)).data.scheduled_at, moved);
    await me.cancelScheduledStatus(data.id);
  });
  return { status, there, seen };
}

async function marks(me, bruno, { status, there, seen }) {
  await step("favouriteStatus", async () => {
    assert.equal((await bruno.favouriteStatus(there.id)).data.favourited, true);
    await until(async () => (await me.getStatus(status.id)).data.favourites_count === 1);
    assert.equal((await me.getStatusFavouritedBy(status.id)).data.length, 1);
    assert.deepEqual((await bruno.getFavourites()).data.map((one) => one.id), [there.id]);
  });
  await step("unfavouriteStatus", async () => {
    assert.equal((await bruno.unfavouriteStatus(there.id)).data.favourited, false);
  });
  await step("reblogStatus", async () => {
    assert.equal((await bruno.reblogStatus(there.id)).data.reblog.id, there.id);
    await until(async () => (await me.getStatusRebloggedBy(status.id)).data.length === 1);
  });
  await step("unreblogStatus", async () => {
    assert.equal((await bruno.unreblogStatus(there.id)).data.reblogged, false);
  });
  await step("bookmarkStatus", async () => {
    await me.bookmarkStatus(seen.id);
    assert.deepEqual((await me.getBookmarks()).data.map((one) => one.id), [seen.id]);
  });
  await step("unbookmarkStatus", async () => {
    assert.equal((await me.unbookmarkStatus(seen.id)).data.bookmarked, false);
  });
  await step("pinStatus", async () => {
    assert.equal((await me.pinStatus(status.id)).data.pinned, true);
    const { data } = await me.getAccountStatuses(status.account.id, { pinned: true });
    assert.deepEqual(data.map((one) => one.id), [status.id]);
  });
  await step("unpinStatus", async () => {
    assert.equal((await me.unpinStatus(status.id)).data.pinned, false);
  });
  await step("muteStatus", async () => assert.equal((await me.muteStatus(status.id)).data.muted, true));
  await step("unmuteStatus", async () => {
    assert.equal((await me.unmuteStatus(status.id)).data.muted, false);
  });
}

async function timelines(me, bruno, remote, { status }) {
  const lines = {
    getHomeTimeline: () => me.getHomeTimeline({ limit: 40 }),
    getLocalTimeline: () => me.getLocalTimeline(),
    getPublicTimeline: () => me.getPublicTimeline(),
    getTagTimeline: () => me.getTagTimeline("pier"),
  };
  for (const [name, list] of Object.entries(lines)) {
    await step(name, async () => {
      assert.ok((await list()).data.some((one) => one.id === status.id));
    });
  }
  const list = await step("createList", async () => (await me.createList("Harbour")).data);
  await step("updateList", async () => {
    assert.equal((await me.updateList(list.id, "Quay")).data.title, "Quay");
    assert.deepEqual((await me.getLists()).data.map((one) => one.title), ["Quay"]);
  });
  await step("addAccountsToList", async () => {
    await me.addAccountsToList(list.id, [remote.id]);
    assert.deepEqual((await me.getAccountsInList(list.id)).data.map((one) => one.id), [remote.id]);
  });
  await step("getListTimeline", async () => {
    const { uri } = (await bruno.postStatus("A ship is coming")).data;
    await until(async () => (await me.getListTimeline(list.id)).data.some((one) => one.uri === uri));
  });
  await step("deleteAccountsFromList", () => me.deleteAccountsFromList(list.id, [remote.id]));
  await step("deleteList", async () => {
    await me.deleteList(list.id);
    assert.deepEqual((await me.getLists()).data, []);
  });
  await step("saveMarkers", async () => {
    await me.saveMarkers({ home: { last_read_id: status.id } });
    assert.equal((await me.getMarkers(["home"])).data.home.last_read_id, status.id);
  });
}

async function personal(me, bruno, remote, scene) {
  await step("createFilter", async () => {
    const { data } = await me.createFilter("red", ["home"], { whole_word: true });
    assert.deepEqual((await me.getFilters()).data.map((one) => one.phrase), ["red"]);
    assert.equal((await me.updateFilter(data.id, "blue", ["home"])).data.phrase, "blue");
    await me.deleteFilter(data.id);
  });
  await step("followTag", async () => {
    assert.equal((await me.followTag("pier")).data.following, true);
    assert.deepEqual((await me.getFollowedTags()).data.map((one) => one.name), ["pier"]);
  });
  await step("unfollowTag", async () => {
    assert.equal((await me.unfollowTag("pier")).data.following, false);
  });
  await step("createFeaturedTag", async () => {
    const { data } = await me.createFeaturedTag("pier");
    assert.equal((await me.getFeaturedTags()).data[0].name, "pier");
    await me.deleteFeaturedTag(data.id);
  });
  await step("getConversationTimeline", async () => {
    const text = `@${scene.amina.handle} for you`;
    const { uri } = (await bruno.postStatus(text, { visibility: "direct" })).data;
    const found = await until(async () => {
      const { data } = await me.getConversationTimeline();
      return data.find((one) => one.last_status.uri === uri);
    });
    assert.equal((await me.readConversation(found.id)).data.unread, false);
    await me.deleteConversation(found.id);
  });
  await step("muteAccount", async () => {
    assert.equal((await me.muteAccount(remote.id, true)).data.muting, true);
    assert.deepEqual((await me.getMutes()).data.map((one) => one.id), [remote.id]);
    assert.equal((await me.unmuteAccount(remote.id)).data.muting, false);
  });
  await step("blockDomain", async () => {
    await me.blockDomain("rude.example");
    assert.deepEqual((await me.getDomainBlocks()).data, ["rude.example"]);
    await me.unblockDomain("rude.example");
  });
  await step("report", async () => {
    const { data } = await me.report(remote.id, { comment: "Far too red", category: "other" });
    assert.equal(data.target_account.id, remote.id);
  });
  await step("getInstanceDirectory", async () => {
    assert.ok(Array.isArray((await me.getInstanceDirectory({ local: true })).data));
  });
  await step("getInstanceAnnouncements", async () => {
    const id = await ask("announce", "amina", "The canteen opens at noon");
    await me.addReactionToAnnouncement(id, encodeURIComponent("👍"));
    const { data } = await me.getInstanceAnnouncements();
    assert.equal(data.find((one) => one.id === id).reactions[0].count, 1);
    await me.dismissInstanceAnnouncement(id);
  });
  await step("subscribePushNotification", async () => {
    const subscription = await ask("subscription", "/to/megalodon");
    const data = { alerts: { mention: true } };
    await me.subscribePushNotification(subscription, data);
    await bruno.postStatus(`@${scene.amina.handle} are you there?`);
    assert.equal((await ask("pushed", "/to/megalodon")).notification_type, "mention");
    assert.equal((await me.getPushSubscription()).data.endpoint, subscription.endpoint);
    await me.deletePushSubscription();
  });
}

async function streaming(me, bruno) {
  const socket = await me.userStreaming();
  const heard = [];
  for (const event of ["update", "status_update", "notification", "delete"]) {
    socket.on(event, (payload) => heard.push([event, payload]));
  }
  const got = (event, test) =>
    until(() => heard.find(([name, payload]) => name === event && test(payload)));
  await step("streaming: update", async () => {
    await new Promise((resolve) => socket.on("connect", resolve));
    // The stream is named in the address: it is watched when the connection is there.
    const { data } = await bruno.postStatus("Live now");
    const [, shown] = await got("update", (one) => one.uri === data.uri);
    await bruno.editStatus(data.id, { status: "Live again" });
    await got("status_update", (one) => one.uri === data.uri);
    await bruno.deleteStatus(data.id);
    await got("delete", (id) => id === shown.id);
  });
  socket.stop();
}

await play(async (scene) => {
  const { me, leave } = await authorise(scene.amina);
  const bruno = generator("mastodon", scene.bruno.url, scene.bruno.token);
  const remote = await accounts(me, bruno, scene);
  const made = await posts(me, bruno, scene);
  await marks(me, bruno, made);
  await timelines(me, bruno, remote, made);
  await personal(me, bruno, remote, scene);
  await streaming(me, bruno);
  await step("blockAccount", async () => {
    assert.equal((await me.blockAccount(remote.id)).data.blocking, true);
    assert.deepEqual((await me.getBlocks()).data.map((one) => one.id), [remote.id]);
    assert.equal((await me.unblockAccount(remote.id)).data.blocking, false);
  });
  await step("dismissNotifications", async () => {
    await me.dismissNotifications();
    assert.deepEqual((await me.getNotifications()).data, []);
  });
  await step("deleteStatus", async () => {
    await me.deleteStatus(made.status.id);
    await assert.rejects(me.getStatus(made.status.id), { status: 404 });
  });
  await step("revokeToken", async () => {
    await leave();
    await assert.rejects(me.verifyAccountCredentials(), { status: 401 });
  });
});

// masto.js, the library under Elk and Phanpy, does what their users do: Amina and Clara are of one
// site, Bruno of another.

import assert from "node:assert/strict";
import { Blob } from "node:buffer";
import { readFile } from "node:fs/promises";

import { createOAuthAPIClient, createRestAPIClient, createStreamingAPIClient } from "masto";

import { ask, first, play, step, until } from "./harness.mjs";

const ELSEWHERE = "urn:ietf:wg:oauth:2.0:oob";
const SCOPES = "profile read write follow push";

function client({ url, token }) {
  return createRestAPIClient({ url, accessToken: token });
}

// Registers an app and signs in through the pages; the token is a person's own.
async function authorise({ url }) {
  const app = await step("apps.create", () =>
    createRestAPIClient({ url }).v1.apps.create({
      clientName: "Masto.js",
      redirectUris: ELSEWHERE,
      scopes: SCOPES,
      website: "https://app.example.test",
    }),
  );
  const oauth = createOAuthAPIClient({ url });
  const known = { clientId: app.clientId, clientSecret: app.clientSecret, redirectUri: ELSEWHERE };
  const token = await step("oauth.token.create", async () => {
    const query = new URLSearchParams({
      response_type: "code",
      client_id: app.clientId,
      redirect_uri: ELSEWHERE,
      scope: SCOPES,
    });
    const code = await ask("allow", "amina", `${url}/oauth/authorize?${query}`);
    const made = await oauth.token.create({ grantType: "authorization_code", code, ...known });
    assert.equal(made.tokenType, "Bearer");
    assert.deepEqual(made.scope.split(" ").sort(), SCOPES.split(" ").sort());
    return made.accessToken;
  });
  await step("apps.verifyCredentials", async () => {
    const found = await client({ url, token }).v1.apps.verifyCredentials();
    assert.equal(found.name, "Masto.js");
  });
  await step("oauth.token.create for the app", async () => {
    const made = await oauth.token.create({ grantType: "client_credentials", ...known });
    const alone = client({ url, token: made.accessToken });
    assert.equal((await alone.v1.apps.verifyCredentials()).name, "Masto.js");
    await assert.rejects(async () => alone.v1.timelines.home.list(), { statusCode: 422 });
  });
  return { token, leave: () => oauth.revoke({ ...known, token }) };
}

async function instance(me) {
  await step("v2.instance.fetch", async () => {
    const found = await me.v2.instance.fetch();
    assert.equal(found.domain, "lyon.test");
    assert.match(found.version, /^\d+\.\d+\.\d+/);
    assert.equal(typeof found.configuration.statuses.maxCharacters, "number");
    assert.equal(typeof found.configuration.urls.streaming, "string");
    assert.ok(found.apiVersions.mastodon >= 1);
  });
  await step("v1.instance.fetch", async () => {
    assert.equal((await me.v1.instance.fetch()).uri, "lyon.test");
  });
  await step("v1.instance.languages.list", async () => {
    const found = await me.v1.instance.languages.list();
    assert.ok(found.some((one) => one.code === "fr"));
  });
  await step("v1.instance.translationLanguages.list", async () => {
    assert.equal(typeof (await me.v1.instance.translationLanguages.list()), "object");
  });
  await step("v1.instance.extendedDescription.fetch", async () => {
    assert.equal(typeof (await me.v1.instance.extendedDescription.fetch()).content, "string");
  });
  await step("v1.customEmojis.list", async () => {
    assert.ok(Array.isArray(await me.v1.customEmojis.list()));
  });
  await step("v1.preferences.fetch", async () => {
    assert.equal((await me.v1.preferences.fetch())["posting:default:visibility"], "public");
  });
}

async function profile(me, scene) {
  const file = new Blob([await readFile(scene.picture)], { type: "image/png" });
  await step("v1.accounts.verifyCredentials", async () => {
    const found = await me.v1.accounts.verifyCredentials();
    assert.equal(found.id, scene.amina.id);
    assert.equal(found.role.permissions.constructor, String);
  });
  await step("v1.accounts.updateCredentials", async () => {
    const changed = await me.v1.accounts.updateCredentials({
      displayName: "Amina D.",
      note: "Night shift",
      avatar: file,
      discoverable: true,
      fieldsAttributes: [{ name: "Desk", value: "B 12" }],
      source: { language: "fr" },
    });
    assert.equal(changed.displayName, "Amina D.");
    assert.deepEqual([changed.fields[0].name, changed.fields[0].value], ["Desk", "B 12"]);
    assert.equal(changed.source.language, "fr");
    assert.ok(changed.avatar.includes("/media/"));
  });
  await step("v1.profile.fetch", async () => {
    assert.equal((await me.v1.profile.fetch()).displayName, "Amina D.");
  });
  await step("v1.profile.update", async () => {
    const changed = await me.v1.profile.update({ header: file, headerDescription: "The quay" });
    assert.equal(changed.headerDescription, "The quay");
  });
  await step("v1.profile.avatar.remove", async () => {
    assert.ok(!(await me.v1.profile.avatar.remove()).avatar.includes("/media/"));
  });
}

// Finds Bruno, follows him, and is followed; returns his account as Lyon knows it.
async function people(me, scene) {
  const bruno = await step("v2.search.list for somebody elsewhere", async () => {
    const found = await me.v2.search.list({
      q: `@${scene.bruno.handle}`,
      type: "accounts",
      resolve: true,
    });
    assert.equal(found.accounts[0].acct, scene.bruno.handle);
    return found.accounts[0];
  });
  const about = me.v1.accounts.$select(bruno.id);
  const relationship = async () => (await me.v1.accounts.relationships.fetch({ id: [bruno.id] }))[0];
  await step("v1.accounts.lookup", async () => {
    const found = await me.v1.accounts.lookup({ acct: scene.bruno.handle });
    assert.equal(found.id, bruno.id);
  });
  await step("v1.accounts.fetch of several", async () => {
    const found = await me.v1.accounts.fetch({ id: [bruno.id, scene.clara.id] });
    assert.deepEqual(found.map((one) => one.id).sort(), [bruno.id, scene.clara.id].sort());
  });
  await step("v1.accounts.follow", async () => {
    await about.follow({ reblogs: false, notify: true, languages: ["en", "fr"] });
    await until(async () => (await relationship()).following);
    const now = await relationship();
    assert.deepEqual([now.showingReblogs, now.notifying], [false, true]);
    assert.deepEqual(now.languages, ["en", "fr"]);
    await about.follow({ reblogs: true, languages: [] });
  });
  await step("v1.accounts.note.create", async () => {
    assert.equal((await about.note.create({ comment: "Met at the gate" })).note, "Met at the gate");
  });
  await step("v1.accounts.following.list", async () => {
    const found = await me.v1.accounts.$select(scene.amina.id).following.list();
    assert.deepEqual(found.map((one) => one.id), [bruno.id]);
  });
  await step("v1.accounts.followers.list", async () => {
    const found = await about.followers.list();
    assert.ok(found.some((one) => one.id === scene.amina.id));
  });
  await step("v1.accounts.search.list", async () => {
    const found = await me.v1.accounts.search.list({ q: scene.bruno.username, following: true });
    assert.deepEqual(found.map((one) => one.id), [bruno.id]);
  });
  await step("v1.accounts.endorse", async () => {
    assert.equal((await about.endorse()).endorsed, true);
    assert.deepEqual((await me.v1.endorsements.list()).map((one) => one.id), [bruno.id]);
    assert.equal((await about.unendorse()).endorsed, false);
  });
  await step("v1.accounts.familiarFollowers.fetch", async () => {
    const found = await me.v1.accounts.familiarFollowers.fetch({ id: [bruno.id] });
    assert.equal(found[0].id, bruno.id);
  });
  await step("v1.suggestions.list", async () => {
    assert.ok(Array.isArray(await me.v2.suggestions.list({ limit: 5 })));
  });
  await step("v1.directory.list", async () => {
    const found = await me.v1.directory.list({ order: "new", local: true });
    assert.ok(found.some((one) => one.id === scene.amina.id));
  });
  return bruno;
}

async function posts(me, bruno, scene) {
  const picture = new Blob([await readFile(scene.picture)], { type: "image/png" });
  const media = await step("v2.media.create", async () => {
    const made = await me.v2.media.create({
      file: picture,
      description: "A red square",
      focus: "0.5,-0.5",
    });
    assert.deepEqual([made.type, made.description], ["image", "A red square"]);
    assert.deepEqual(made.meta.focus, { x: 0.5, y: -0.5 });
    assert.equal(made.meta.original.width, 320);
    return made;
  });
  await step("v1.media.update", async () => {
    const changed = await me.v1.media.$select(media.id).update({ description: "A square" });
    assert.equal(changed.description, "A square");
  });
  const status = await step("v1.statuses.create with media", async () => {
    const made = await me.v1.statuses.create({
      status: `@${scene.bruno.handle} look at this #dock`,
      mediaIds: [media.id],
      language: "en",
      sensitive: true,
      spoilerText: "Red",
      visibility: "public",
    });
    assert.equal(made.mediaAttachments[0].id, media.id);
    assert.deepEqual([made.spoilerText, made.language, made.sensitive], ["Red", "en", true]);
    assert.deepEqual(made.tags.map((tag) => tag.name), ["dock"]);
    return made;
  });
  const there = await step("the same post elsewhere", async () => {
    const [told] = await until(async () => {
      const found = await bruno.v1.notifications.list({ types: ["mention"] });
      return found.length > 0 && found;
    });
    assert.equal(told.status.uri, status.uri);
    assert.equal(told.status.mediaAttachments[0].description, "A square");
    assert.ok(told.status.mediaAttachments[0].blurhash);
    assert.equal(told.status.account.displayName, "Amina D.");
    return told.status;
  });
  const reply = await step("v1.statuses.create as an answer", () =>
    bruno.v1.statuses.create({
      status: `@${scene.amina.handle} a nice red`,
      inReplyToId: there.id,
      visibility: "public",
    }),
  );
  const seen = await step("v1.statuses.context.fetch", () =>
    until(async () => {
      const found = await me.v1.statuses.$select(status.id).context.fetch();
      return found.descendants.find((one) => one.uri === reply.uri);
    }),
  );
  await step("v1.statuses.fetch of several", async () => {
    const found = await me.v1.statuses.fetch({ id: [status.id, seen.id] });
    assert.deepEqual(found.map((one) => one.id).sort(), [status.id, seen.id].sort());
  });
  return { status, there, reply, seen };
}

async function marks(me, bruno, { status, reply, seen }) {
  const answer = me.v1.statuses.$select(seen.id);
  const counted = (name) =>
    until(async () => (await bruno.v1.statuses.$select(reply.id).fetch())[name] === 1);
  await step("v1.statuses.favourite", async () => {
    assert.equal((await answer.favourite()).favourited, true);
    await counted("favouritesCount");
    const found = await bruno.v1.statuses.$select(reply.id).favouritedBy.list();
    assert.equal(found[0].displayName, "Amina D.");
  });
  await step("v1.favourites.list", async () => {
    assert.equal((await me.v1.favourites.list())[0].id, seen.id);
  });
  await step("v1.statuses.unfavourite", async () => {
    assert.equal((await answer.unfavourite()).favourited, false);
  });
  await step("v1.statuses.reblog", async () => {
    assert.equal((await answer.reblog({ visibility: "public" })).reblog.id, seen.id);
    await counted("reblogsCount");
    assert.equal((await answer.rebloggedBy.list()).length, 1);
  });
  await step("v1.statuses.unreblog", async () => {
    assert.equal((await answer.unreblog()).reblogged, false);
  });
  await step("v1.statuses.bookmark", async () => {
    await answer.bookmark();
    assert.deepEqual((await me.v1.bookmarks.list()).map((one) => one.id), [seen.id]);
  });
  await step("v1.statuses.unbookmark", async () => {
    assert.equal((await answer.unbookmark()).bookmarked, false);
  });
  const own = me.v1.statuses.$select(status.id);
  await step("v1.statuses.pin", async () => {
    assert.equal((await own.pin()).pinned, true);
    const { id } = await me.v1.accounts.verifyCredentials();
    const found = await me.v1.accounts.$select(id).statuses.list({ pinned: true });
    assert.deepEqual(found.map((one) => one.id), [status.id]);
  });
  await step("v1.statuses.unpin", async () => assert.equal((await own.unpin()).pinned, false));
  await step("v1.statuses.mute", async () => assert.equal((await own.mute()).muted, true));
  await step("v1.statuses.unmute", async () => assert.equal((await own.unmute()).muted, false));
  await step("errors are told", async () => {
    await assert.rejects(me.v1.statuses.$select("1").fetch(), {
      name: "MastoHttpError",
      statusCode: 404,
    });
    await assert.rejects(answer.pin(), { statusCode: 422 });
  });
}

async function edits(me, bruno, { status, there }) {
  const own = me.v1.statuses.$select(status.id);
  await step("v1.statuses.update", async () => {
    const changed = await own.update({
      status: "Look at this, changed #dock",
      mediaIds: status.mediaAttachments.map((one) => one.id),
      mediaAttributes: [{ id: status.mediaAttachments[0].id, description: "Changed" }],
    });
    assert.ok(changed.editedAt);
    assert.equal(changed.mediaAttachments[0].description, "Changed");
    await until(async () => {
      const found = await bruno.v1.statuses.$select(there.id).fetch();
      return found.content.includes("changed") && found.editedAt;
    });
  });
  await step("v1.statuses.history.list", async () => {
    for (const history of [
      await own.history.list(),
      await bruno.v1.statuses.$select(there.id).history.list(),
    ]) {
      assert.equal(history.length, 2);
      assert.ok(history[0].content.includes("look at this"));
      assert.ok(history[1].content.includes("changed"));
      assert.equal(history[1].mediaAttachments[0].description, "Changed");
    }
  });
  await step("v1.statuses.source.fetch", async () => {
    assert.equal((await own.source.fetch()).text, "Look at this, changed #dock");
  });
}

async function quotes(me, bruno, { status, there }) {
  const quote = await step("v1.statuses.create with a quote", async () => {
    const made = await bruno.v1.statuses.create({
      status: "I quote this",
      quotedStatusId: there.id,
      visibility: "public",
    });
    await until(async () => {
      const found = await bruno.v1.statuses.$select(made.id).fetch();
      return found.quote.state === "accepted" && found.quote.quotedStatus.id === there.id;
    });
    return made;
  });
  const seen = await step("v1.statuses.quotes.list", () =>
    until(async () => {
      const found = await me.v1.statuses.$select(status.id).quotes.list();
      return found.find((one) => one.uri === quote.uri);
    }),
  );
  await step("v1.statuses.quotes.revoke", async () => {
    const left = await me.v1.statuses.$select(status.id).quotes.$select(seen.id).revoke();
    assert.equal(left.quote.state, "revoked");
    await until(async () => {
      const found = await bruno.v1.statuses.$select(quote.id).fetch();
      return found.quote.state === "revoked";
    });
  });
  await step("v1.statuses.interactionPolicy.update", async () => {
    const changed = await me.v1.statuses
      .$select(status.id)
      .interactionPolicy.update({ quoteApprovalPolicy: "nobody" });
    assert.deepEqual(changed.quoteApproval.automatic, []);
  });
  return quote;
}

async function polls(me, bruno, scene) {
  const made = await step("v1.statuses.create with a poll", () =>
    me.v1.statuses.create({
      status: `@${scene.bruno.handle} what?`,
      poll: { options: ["Soup", "Salad"], expiresIn: 3600, multiple: true, hideTotals: false },
    }),
  );
  assert.deepEqual(made.poll.options.map((option) => option.title), ["Soup", "Salad"]);
  await step("v1.polls.votes.create", async () => {
    const asked = await until(async () => {
      const found = await bruno.v1.notifications.list({ types: ["mention"] });
      return found.find((one) => one.status.uri === made.uri)?.status;
    });
    const voted = await bruno.v1.polls.$select(asked.poll.id).votes.create({ choices: [0, 1] });
    assert.deepEqual([voted.voted, voted.ownVotes], [true, [0, 1]]);
  });
  await step("v1.polls.fetch", () =>
    until(async () => (await me.v1.polls.$select(made.poll.id).fetch()).votersCount === 1),
  );
}

async function scheduled(me) {
  const later = (hours) => new Date(Date.now() + hours * 3_600_000).toISOString();
  const made = await step("v1.statuses.create for later", async () => {
    const found = await me.v1.statuses.create({ status: "Later", scheduledAt: later(2) });
    assert.equal(found.params.text, "Later");
    return found;
  });
  const one = me.v1.scheduledStatuses.$select(made.id);
  await step("v1.scheduledStatuses.list", async () => {
    assert.deepEqual((await me.v1.scheduledStatuses.list()).map((found) => found.id), [made.id]);
  });
  await step("v1.scheduledStatuses.update", async () => {
    const wanted = later(3);
    const changed = await one.update({ scheduledAt: wanted });
    assert.equal(Date.parse(changed.scheduledAt), Date.parse(wanted));
  });
  await step("v1.scheduledStatuses.remove", async () => {
    await one.remove();
    await assert.rejects(one.fetch(), { statusCode: 404 });
  });
}

async function timelines(me, quote, { status }) {
  const lines = {
    home: () => me.v1.timelines.home.list(),
    public: () => me.v1.timelines.public.list({ local: true }),
    tag: () => me.v1.timelines.tag.$select("dock").list(),
    "account statuses": () => me.v1.accounts.$select(status.account.id).statuses.list(),
  };
  for (const [name, list] of Object.entries(lines)) {
    await step(`timeline: ${name}`, async () => {
      assert.ok((await list()).some((one) => one.id === status.id));
    });
  }
  await step("v1.timelines.public.list of elsewhere", async () => {
    const found = await me.v1.timelines.public.list({ remote: true });
    assert.ok(found.some((one) => one.uri === quote.uri));
    assert.ok(found.every((one) => one.account.acct.includes("@")));
  });
  await step("paging through Link", async () => {
    for (let number = 0; number < 7; number += 1) {
      await me.v1.statuses.create({ status: `Page ${number}`, visibility: "unlisted" });
    }
    const pages = [];
    const mine = me.v1.accounts.$select(status.account.id).statuses;
    for await (const page of mine.list({ limit: 3 })) pages.push(page);
    const ids = pages.flat().map((one) => one.id);
    assert.ok(pages.length >= 4, `${pages.length} pages`);
    assert.ok(pages.slice(0, -2).every((page) => page.length === 3));
    assert.equal(new Set(ids).size, ids.length);
    assert.deepEqual(ids, (await mine.list({ limit: 40 })).map((one) => one.id));
    const newer = [];
    const upwards = mine.list({ limit: 3, minId: ids.at(-1) }).setDirection("prev");
    for await (const page of upwards) newer.unshift(...page);
    assert.deepEqual(newer.map((one) => one.id), ids.slice(0, -1));
  });
  await step("v1.markers.create", async () => {
    await me.v1.markers.create({ home: { lastReadId: status.id } });
    const found = await me.v1.markers.fetch({ timeline: ["home"] });
    assert.equal(found.home.lastReadId, status.id);
  });
}


await play(async (scene) => {
  const { personal } = await import("./masto_personal.mjs");
  const { token, leave } = await authorise(scene.amina);
  const me = client({ url: scene.amina.url, token });
  const [bruno, clara] = [client(scene.bruno), client(scene.clara)];
  const streams = createStreamingAPIClient({
    streamingApiUrl: (await me.v2.instance.fetch()).configuration.urls.streaming,
    accessToken: token,
  });
  await instance(me);
  await profile(me, scene);
  const remote = await people(me, scene);
  const made = await posts(me, bruno, scene);
  await marks(me, bruno, made);
  await edits(me, bruno, made);
  const quote = await quotes(me, bruno, made);
  await polls(me, bruno, scene);
  await scheduled(me);
  await timelines(me, quote, made);
  await personal({ me, bruno, clara, remote, scene, streams, first, ...made });
  await step("v1.statuses.remove", async () => {
    await me.v1.statuses.$select(made.status.id).remove();
    await assert.rejects(me.v1.statuses.$select(made.status.id).fetch(), { statusCode: 404 });
    await until(async () => {
      const found = await bruno.v1.statuses.fetch({ id: [made.there.id] });
      return found.length === 0;
    });
  });
  streams.close();
  await step("oauth.revoke", async () => {
    await leave();
    await assert.rejects(me.v1.accounts.verifyCredentials(), { statusCode: 401 });
  });
});

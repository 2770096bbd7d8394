// An ActivityPub server of one person, made of Fedify: no code in common with fedrse.
//
//   node server.mjs PORT
//
// serves http://localhost:PORT with the actor /users/fedi, and prints "ready". The tests drive it
// through /control/*, which answers JSON. It demands a signature of whoever fetches a note.
import { createServer } from "node:http";
import { Readable } from "node:stream";
import { createFederation, generateCryptoKeyPair, MemoryKvStore } from "@fedify/fedify";
import {
  Accept, Activity, Create, Delete, Endpoints, Follow, Like, Mention, Note, Person, PUBLIC_COLLECTION,
  Tombstone, Undo,
} from "@fedify/vocab";
import { Temporal } from "@js-temporal/polyfill";

const NAME = "fedi";
const port = Number(process.argv[2]);
const origin = `http://localhost:${port}`;

const keys = [
  await generateCryptoKeyPair("RSASSA-PKCS1-v1_5"),
  await generateCryptoKeyPair("Ed25519"),
];
const notes = new Map(); // id in the address -> Note
const likes = new Map(); // address of the liked -> address of the Like
const state = { followers: {}, following: [], received: [], errors: [], fetchers: [] };
let counter = 0;

const federation = createFederation({
  kv: new MemoryKvStore(),
  allowPrivateAddress: true, // everything here is on loopback
  origin,
});

federation
  .setActorDispatcher("/users/{identifier}", async (ctx, identifier) => {
    if (identifier !== NAME) return null;
    const pairs = await ctx.getActorKeyPairs(identifier);
    return new Person({
      id: ctx.getActorUri(identifier),
      preferredUsername: identifier,
      name: "Fedi Vérité",
      summary: "<p>An independent server</p>",
      url: new URL(`/@${identifier}`, origin),
      inbox: ctx.getInboxUri(identifier),
      outbox: ctx.getOutboxUri(identifier),
      followers: ctx.getFollowersUri(identifier),
      endpoints: new Endpoints({ sharedInbox: ctx.getInboxUri() }),
      publicKey: pairs[0].cryptographicKey,
      assertionMethods: pairs.map((pair) => pair.multikey),
    });
  })
  .setKeyPairsDispatcher((_ctx, identifier) => (identifier === NAME ? keys : []));

federation.setOutboxDispatcher("/users/{identifier}/outbox", () => ({ items: [] }));

federation.setFollowersDispatcher("/users/{identifier}/followers", () => ({
  items: Object.entries(state.followers).map(([id, inbox]) => ({
    id: new URL(id),
    inboxId: new URL(inbox),
  })),
}));

federation
  .setObjectDispatcher(Note, "/notes/{id}", (_ctx, { id }) => notes.get(id) ?? null)
  .authorize(async (ctx) => {
    const owner = await ctx.getSignedKeyOwner();
    if (owner?.id != null) state.fetchers.push(owner.id.href);
    return owner != null;
  });

function remember(activity) {
  state.received.push({
    type: activity.constructor.name,
    id: activity.id?.href ?? null,
    actor: activity.actorId?.href ?? null,
    object: activity.objectId?.href ?? null,
  });
}

federation
  .setInboxListeners("/users/{identifier}/inbox", "/inbox")
  .setSharedKeyDispatcher(() => ({ identifier: NAME }))
  .on(Follow, async (ctx, follow) => {
    remember(follow);
    const follower = await follow.getActor(ctx);
    state.followers[follower.id.href] = follower.inboxId.href;
    await ctx.sendActivity(
      { identifier: NAME },
      follower,
      new Accept({
        id: new URL(`/accepts/${++counter}`, origin),
        actor: ctx.getActorUri(NAME),
        object: follow,
      }),
    );
  })
  .on(Accept, (_ctx, accept) => {
    remember(accept);
    state.following.push(accept.actorId.href);
  })
  .on(Undo, async (ctx, undo) => {
    remember(undo);
    const undone = await undo.getObject(ctx);
    if (undone instanceof Follow) delete state.followers[undo.actorId.href];
  })
  .on(Create, async (ctx, create) => {
    const note = await create.getObject(ctx);
    remember(create);
    state.received.at(-1).content = note.content?.toString() ?? null;
    state.received.at(-1).attributedTo = note.attributionId?.href ?? null;
  })
  .on(Like, (_ctx, like) => remember(like))
  .on(Delete, (_ctx, removal) => remember(removal))
  .on(Activity, (_ctx, activity) => remember(activity))
  .onError((_ctx, error) => state.errors.push(String(error?.stack ?? error)));

// What the tests ask for

async function lookUp(ctx, address) {
  const documentLoader = await ctx.getDocumentLoader({ identifier: NAME });
  const found = await ctx.lookupObject(new URL(address), { documentLoader });
  if (found == null) throw new Error(`${address} cannot be looked up`);
  return found;
}

async function recipients(ctx, addresses) {
  return await Promise.all(addresses.map((address) => lookUp(ctx, address)));
}

const control = {
  state: () => state,

  async lookup(ctx, { uri }) {
    const found = await lookUp(ctx, uri);
    return { type: found.constructor.name, document: await found.toJsonLd() };
  },

  async follow(ctx, { actor }) {
    const target = await lookUp(ctx, actor);
    const id = new URL(`/follows/${++counter}`, origin);
    const follow = new Follow({ id, actor: ctx.getActorUri(NAME), object: target.id });
    await ctx.sendActivity({ identifier: NAME }, target, follow);
    return { id: id.href };
  },

  // A post to followers and the mentioned; `reply` is the address of what it answers. A `quiet` one
  // is sent to nobody.
  async post(ctx, { content, mentions = [], reply = null, quiet = false }) {
    const id = String(++counter);
    const actors = await recipients(ctx, mentions);
    const note = new Note({
      id: ctx.getObjectUri(Note, { id }),
      attribution: ctx.getActorUri(NAME),
      to: PUBLIC_COLLECTION,
      ccs: [ctx.getFollowersUri(NAME), ...actors.map((actor) => actor.id)],
      tags: actors.map((actor) => new Mention({ href: actor.id, name: `@${actor.preferredUsername}` })),
      content,
      replyTarget: reply == null ? null : new URL(reply),
      published: Temporal.Now.instant(),
    });
    notes.set(id, note);
    const create = new Create({
      id: new URL("#create", note.id),
      actor: ctx.getActorUri(NAME),
      object: note,
      to: PUBLIC_COLLECTION,
      ccs: note.ccIds,
      published: note.published,
    });
    const followers = Object.entries(state.followers).map(([actor, inbox]) => ({
      id: new URL(actor),
      inboxId: new URL(inbox),
    }));
    if (!quiet) await ctx.sendActivity({ identifier: NAME }, [...followers, ...actors], create);
    return { uri: note.id.href };
  },

  async like(ctx, { object }) {
    const target = await lookUp(ctx, object);
    const author = await lookUp(ctx, target.attributionId.href);
    const id = new URL(`/likes/${++counter}`, origin);
    likes.set(object, id.href);
    const like = new Like({ id, actor: ctx.getActorUri(NAME), object: target.id });
    await ctx.sendActivity({ identifier: NAME }, author, like);
    return { id: id.href };
  },

  async unlike(ctx, { object }) {
    const target = await lookUp(ctx, object);
    const author = await lookUp(ctx, target.attributionId.href);
    const actor = ctx.getActorUri(NAME);
    const like = new Like({ id: new URL(likes.get(object)), actor, object: target.id });
    const undo = new Undo({ id: new URL(`/undos/${++counter}`, origin), actor, object: like });
    await ctx.sendActivity({ identifier: NAME }, author, undo);
    return {};
  },

  async delete(ctx, { uri }) {
    const removal = new Delete({
      id: new URL(`/deletes/${++counter}`, origin),
      actor: ctx.getActorUri(NAME),
      object: new Tombstone({ id: new URL(uri) }),
      to: PUBLIC_COLLECTION,
    });
    notes.delete(new URL(uri).pathname.split("/").at(-1));
    const followers = Object.entries(state.followers).map(([actor, inbox]) => ({
      id: new URL(actor),
      inboxId: new URL(inbox),
    }));
    await ctx.sendActivity({ identifier: NAME }, followers, removal);
    return {};
  },
};

async function answerControl(request, url) {
  const action = control[url.pathname.slice("/control/".length)];
  if (action === undefined) return Response.json({ error: "unknown" }, { status: 404 });
  const ctx = federation.createContext(new URL(origin), undefined);
  try {
    const body = request.method === "POST" ? await request.json() : {};
    return Response.json(await action(ctx, body));
  } catch (error) {
    return Response.json({ error: String(error?.stack ?? error) }, { status: 500 });
  }
}

async function answer(incoming) {
  const url = new URL(incoming.url, origin);
  const bodiless = incoming.method === "GET" || incoming.method === "HEAD";
  const request = new Request(url, {
    method: incoming.method,
    headers: Object.entries(incoming.headersDistinct).flatMap(([name, values]) =>
      values.map((value) => [name, value])
    ),
    body: bodiless ? null : Readable.toWeb(incoming),
    duplex: "half",
  });
  if (url.pathname.startsWith("/control/")) return await answerControl(request, url);
  return await federation.fetch(request, { contextData: undefined });
}

createServer(async (incoming, outgoing) => {
  try {
    const response = await answer(incoming);
    outgoing.writeHead(response.status, Object.fromEntries(response.headers));
    outgoing.end(Buffer.from(await response.arrayBuffer()));
  } catch (error) {
    state.errors.push(String(error?.stack ?? error));
    outgoing.writeHead(500).end();
  }
}).listen(port, "127.0.0.1", () => console.log("ready"));

// A small app for browsers on masto.js, the library under Elk and Phanpy: it comes from an address
// of its own and talks to a site as any such app. `?site=` in its address says to which.

import { createOAuthAPIClient, createRestAPIClient, createStreamingAPIClient } from "masto";

const SCOPES = "profile read write follow push";
const here = `${location.origin}/`;

function bytes(text) {
  return new TextEncoder().encode(text);
}

function base64url(buffer) {
  const text = String.fromCharCode(...new Uint8Array(buffer));
  return btoa(text).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

// Registers the app and goes to the site, with a challenge that only this browser can answer.
async function leave(url) {
  const app = await createRestAPIClient({ url }).v1.apps.create({
    clientName: "App in a browser",
    redirectUris: here,
    scopes: SCOPES,
  });
  const verifier = base64url(crypto.getRandomValues(new Uint8Array(32)));
  const challenge = base64url(await crypto.subtle.digest("SHA-256", bytes(verifier)));
  const known = { url, verifier, id: app.clientId, secret: app.clientSecret };
  localStorage.setItem("app", JSON.stringify(known));
  location.href = `${url}/oauth/authorize?${new URLSearchParams({
    response_type: "code",
    client_id: app.clientId,
    redirect_uri: here,
    scope: SCOPES,
    state: "back",
    code_challenge: challenge,
    code_challenge_method: "S256",
  })}`;
}

// Comes back from the site with a code.
async function arrive(query) {
  const { url, verifier, id, secret } = JSON.parse(localStorage.getItem("app"));
  const token = await createOAuthAPIClient({ url }).token.create({
    grantType: "authorization_code",
    code: query.get("code"),
    clientId: id,
    clientSecret: secret,
    redirectUri: here,
    codeVerifier: verifier,
  });
  history.replaceState(null, "", here);
  await show(url, token.accessToken);
}

function line(status) {
  const item = document.createElement("li");
  item.dataset.uri = status.uri;
  item.innerHTML = `<b>${status.account.acct}</b> ${status.content}`;
  for (const { previewUrl, description } of status.mediaAttachments) {
    const image = document.createElement("img");
    Object.assign(image, { src: previewUrl, alt: description ?? "" });
    item.append(image);
  }
  return item;
}

async function show(url, accessToken) {
  const rest = createRestAPIClient({ url, accessToken });
  const { configuration } = await rest.v2.instance.fetch();
  const list = document.querySelector("ol");
  const form = document.querySelector("form");
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const [file] = form.elements.picture.files;
    const media = file && (await rest.v2.media.create({ file, description: "A picture" }));
    await rest.v1.statuses.create(
      { status: form.elements.status.value, mediaIds: media ? [media.id] : [] },
      { requestInit: { headers: { "Idempotency-Key": crypto.randomUUID() } } },
    );
  });
  const streams = createStreamingAPIClient({
    streamingApiUrl: configuration.urls.streaming,
    accessToken,
  });
  await streams.prepare();
  document.title = (await rest.v1.accounts.verifyCredentials()).acct;
  let pages = 0;
  for await (const page of rest.v1.timelines.home.list({ limit: 2 })) {
    list.append(...page.map(line));
    pages += 1;
  }
  list.dataset.pages = pages;
  for await (const { event, payload } of streams.user.subscribe()) {
    if (event === "update") list.prepend(line(payload));
    if (event === "delete") list.dataset.gone = payload;
  }
}

const query = new URLSearchParams(location.search);
if (query.has("site")) {
  const button = document.createElement("button");
  button.textContent = "Sign in";
  button.addEventListener("click", () => leave(query.get("site")));
  document.body.replaceChildren(button);
  button.focus();
} else if (query.has("code")) await arrive(query);

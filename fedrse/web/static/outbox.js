// What was sent without network: kept on this device, shown as waiting, and sent once when the site
// answers again; or changed, or dropped. The service worker keeps forms that a page sent, this file
// those of conversations.
//
// An entry is a form as it was sent. Its key makes one post of however many tries, and the site
// remembers keys for a day: what may have arrived longer ago is not tried again by itself. An entry
// belongs to whoever wrote it, and is neither shown to nor sent for anybody else.

import { toast } from "./app.js";

const STORE = "outbox"; // as in worker/service-worker.js
const SAFE = 20 * 3600_000;
const SHORTEST = 5000;
const LONGEST = 60_000;
const NOT_KEPT = new Set(["csrf_token", "me", "undoable", "confirmed"]);
const DESK = "/compose?new=1"; // has a form for whoever is signed in
const words = document.querySelector("#outbox-words").dataset;
const isOfflinePage = document.querySelector("fedrse-outbox[data-offline]") !== null;
const me = document.body.dataset.me ?? localStorage.getItem("me"); // of pages that name nobody

// The store

/** @template T @param {IDBRequest<T>} request @returns {Promise<T>} */
const done = (request) =>
  new Promise((then, fail) => {
    request.onsuccess = () => then(request.result);
    request.onerror = () => fail(request.error);
  });

async function store(mode) {
  const opening = indexedDB.open("fedrse", 1);
  opening.onupgradeneeded = () => opening.result.createObjectStore(STORE, { keyPath: "key" });
  return (await done(opening)).transaction(STORE, mode).objectStore(STORE);
}

const put = async (entry) => done((await store("readwrite")).put(entry));
const remove = async (key) => done((await store("readwrite")).delete(key));
const byKey = async (key) => done((await store("readonly")).get(key));

/** Those of the person who looks, the oldest first. */
async function mine() {
  const all = await done((await store("readonly")).getAll());
  localStorage.setItem("outbox", all.length || ""); // other pages look only where there is something
  return all.filter((one) => me && one.me === me).sort((one, other) => one.at - other.at);
}

const newKey = () => [...crypto.getRandomValues(new Uint8Array(16))].map((one) => one.toString(16).padStart(2, "0")).join("");
const valueOf = (entry, name) => entry.fields.find(([field]) => field === name)?.[1] ?? "";

function kindOf(entry) {
  if (entry.path.startsWith("/messages/")) return "message";
  if (valueOf(entry, "save")) return "draft";
  return valueOf(entry, "reply_to") ? "answer" : "post";
}

/** Keeps a form that could not be sent, and empties it for the next one. @param {HTMLFormElement} form */
export async function keep(form) {
  const fields = [...new FormData(form)].filter(([name, value]) => !NOT_KEPT.has(name) && (value.size ?? value) !== 0);
  const { key, text } = form.elements;
  const path = new URL(form.action).pathname;
  await put({ key: key.value, me, path, fields, at: Date.now(), tried: Date.now(), state: "waiting" });
  key.value = newKey();
  text.value = "";
  for (const field of form.querySelectorAll("[type=file], [name=description]")) field.value = "";
  for (const field of form.querySelectorAll("[name='media[]']")) field.remove();
  text.focus();
  toast(words.kept);
  await showAll();
  later();
}

// Sending

let pause = SHORTEST;
let timer = 0;
let signedOut = false;

function later() {
  clearTimeout(timer);
  timer = setTimeout(deliver, pause);
  pause = Math.min(LONGEST, pause * 2);
}

/** A token for forms, if whoever wrote is signed in; null: the site does not answer. */
async function token() {
  const answer = await fetch(DESK).catch(() => null);
  if (!answer || answer.status >= 500 || answer.status === 429) return null;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  signedOut = !answer.ok || page.body.dataset.me !== me;
  return signedOut ? null : page.querySelector("form.compose [name=csrf_token]").value;
}

/** Why the site did not take it, in its own words. @param {string} html */
function reasonIn(html) {
  const page = new DOMParser().parseFromString(html, "text/html");
  const said = page.querySelector("main .field-error, main .notice-danger, main .notice-warning");
  return (said ?? page.querySelector("main h1"))?.textContent.trim() ?? "";
}

/** True: the next one can be tried. @param {object} entry @param {string} csrf */
async function send(entry, csrf) {
  if (entry.tried && Date.now() - entry.tried > SAFE) {
    await put({ ...entry, state: "old" });
    return true;
  }
  await put({ ...entry, tried: entry.tried || Date.now() });
  const body = new FormData();
  body.append("csrf_token", csrf);
  for (const [name, value] of entry.fields) body.append(name, value);
  const answer = await fetch(entry.path, { method: "POST", body }).catch(() => null);
  if (!answer || answer.status >= 500 || answer.status === 429 || answer.status === 401) return false;
  if (answer.ok) {
    await remove(entry.key);
    sent += 1;
    arrived(entry);
  } else {
    await put({ ...entry, state: "refused", reason: reasonIn(await answer.text()) });
    refused += 1;
  }
  return true;
}

let sent = 0;
let refused = 0;

/** A form on this page that is the same text: it was sent, what was added to it was not. */
function arrived(entry) {
  document.dispatchEvent(new Event("fedrse:sent"));
  const form = document.querySelector("form.compose");
  if (form?.elements.key.value !== entry.key) return;
  if (form.elements.text.value.trim() === valueOf(entry, "text").trim()) location.replace("/compose?new=1");
  else form.elements.key.value = newKey();
}

/** In one tab at a time; without locks (no https) the key alone sees to it that nothing is sent twice. */
const alone = (work) =>
  navigator.locks ? navigator.locks.request("fedrse-outbox", { ifAvailable: true }, work) : work(true);

/** Sends what waits. */
async function deliver() {
  clearTimeout(timer);
  await alone(async (lock) => {
    const waiting = lock ? (await mine()).filter((one) => one.state === "waiting") : [];
    const csrf = waiting.length ? await token() : null;
    for (const { key } of csrf ? waiting : []) {
      const entry = await byKey(key); // changed or dropped meanwhile?
      if (entry?.state === "waiting" && !(await send(entry, csrf))) break;
    }
  });
  await say();
  const left = (await mine()).some((one) => one.state === "waiting");
  if (left && !signedOut) later();
}

async function say() {
  if (sent && isOfflinePage) {
    sessionStorage.setItem("outbox:sent", String(sent));
    location.replace("/");
    return;
  }
  if (sent) toast(words.sent.replace("{}", String(sent)));
  if (refused) toast(words.refused, "danger");
  sent = refused = 0;
  await showAll();
}

function now() {
  pause = SHORTEST;
  return deliver();
}

// What is seen of it

class Outbox extends HTMLElement {
  #rows = new Map();

  connectedCallback() {
    this.addEventListener("click", (event) => this.#pressed(event.target.closest("[data-do]")));
    this.addEventListener("submit", (event) => this.#begun(event));
    const form = this.querySelector("[data-begin]");
    if (form) form.hidden = !me;
    this.show();
  }

  async show() {
    const { only } = this.dataset;
    const entries = (await mine()).filter((one) => !only || one.path === only);
    const keys = new Set(entries.map(({ key }) => key));
    for (const [key, row] of this.#rows) {
      if (keys.has(key) || "dropped" in row.dataset) continue;
      if (row.contains(document.activeElement)) document.querySelector("main").focus();
      row.remove();
      this.#rows.delete(key);
    }
    for (const entry of entries) this.#draw(entry);
    this.querySelector("section").hidden = !this.#rows.size;
    if (!isOfflinePage) this.hidden = !this.#rows.size; // else it would leave a gap
  }

  #draw(entry) {
    let row = this.#rows.get(entry.key);
    if (!row) {
      row = this.querySelector("template").content.firstElementChild.cloneNode(true);
      row.dataset.key = entry.key;
      this.querySelector("ul").append(row);
      this.#rows.set(entry.key, row);
    }
    const kind = row.querySelector("[data-kind]");
    kind.textContent = kind.dataset[kindOf(entry)];
    const text = row.querySelector("[data-text]");
    text.textContent = valueOf(entry, "text");
    const state = row.querySelector("[data-state]");
    const place = signedOut && entry.state === "waiting" ? "out" : entry.state;
    state.textContent = state.dataset[place].replace("{}", entry.reason ?? "");
    state.classList.toggle("field-error", entry.state === "refused");
    const edits = entry.state === "held";
    const editor = row.querySelector("[data-editor]");
    if (edits && editor.hidden) editor.querySelector("textarea").value = valueOf(entry, "text");
    editor.hidden = !edits;
    text.hidden = edits;
    const dropped = "dropped" in row.dataset;
    for (const button of row.querySelectorAll("[data-do]")) {
      const shown = { send: !edits, edit: !edits, keep: edits, drop: true }[button.dataset.do] ?? false;
      button.hidden = button.dataset.do === "back" ? !dropped : dropped || !shown;
    }
  }

  async #pressed(button) {
    if (!button) return;
    const row = button.closest("[data-key]");
    const entry = (await byKey(row.dataset.key)) ?? row.entry;
    if (!entry) return; // it is being sent
    const after = { edit: "keep", keep: "edit", drop: "back", back: "drop", send: "send" }[button.dataset.do];
    await this.#act(button.dataset.do, row, entry);
    await showAll();
    const next = row.querySelector(button.dataset.do === "edit" ? "textarea" : `[data-do=${after}]`);
    if (row.isConnected) next.focus();
    if (["send", "keep", "back"].includes(button.dataset.do)) now();
  }

  async #act(what, row, entry) {
    const asIs = { ...entry, state: "waiting" };
    if (what === "edit") await put({ ...entry, state: "held" });
    else if (what === "keep") {
      const text = row.querySelector("textarea").value;
      const fields = entry.fields.filter(([name]) => name !== "text");
      await put({ ...asIs, fields: [...fields, ["text", text]] });
    } else if (what === "drop") {
      row.entry = entry;
      row.dataset.dropped = "";
      await remove(entry.key);
      row.querySelector("[data-state]").textContent = row.querySelector("[data-state]").dataset.dropped;
      this.#draw({ ...entry, state: "dropped" });
    } else {
      delete row.dataset.dropped;
      // Asked for by the person, who knows how long ago it was.
      await put(what === "send" ? { ...asIs, tried: Date.now() } : entry);
    }
  }

  /** A draft that is begun without network. */
  async #begun(event) {
    event.preventDefault();
    const { text } = event.target.elements;
    if (!text.value.trim()) {
      text.focus();
      return;
    }
    const key = newKey();
    const fields = [["text", text.value], ["save", "1"], ["key", key]];
    await put({ key, me, path: "/compose", fields, at: Date.now(), tried: 0, state: "waiting" });
    text.value = "";
    text.focus();
    toast(words.kept);
    await showAll();
    later();
  }
}

const showAll = () => Promise.all([...document.querySelectorAll("fedrse-outbox")].map((one) => one.show()));

customElements.define("fedrse-outbox", Outbox);
if (sessionStorage.getItem("outbox:sent")) {
  toast(words.sent.replace("{}", sessionStorage.getItem("outbox:sent")));
  sessionStorage.removeItem("outbox:sent");
}
if (isOfflinePage) {
  // What was typed is here now, and need not be found again on the page where it was written.
  sessionStorage.removeItem(sessionStorage.getItem("writing:sent") ?? "");
  sessionStorage.removeItem("writing:sent");
}
addEventListener("online", now);
document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && now());
now();

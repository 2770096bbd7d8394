// The number of new notifications: in the menu, before the title, and on the icon of the installed
// site, kept up to date while the page is open. Ctrl+K, Cmd+K or / leads to the search field; what
// other keys do is loaded with the first of them.

import { hear } from "./connection.js";

const badge = document.querySelector("[data-unread]");
const number = new Intl.NumberFormat(document.documentElement.lang);
const title = document.title;
const MOST = 99;
const others = new BroadcastChannel("fedrse-unread"); // tabs of this site in this browser

/** What is counted outside of the page. @param {number} count */
function showOutside(count) {
  document.title = count ? `(${count > MOST ? `${MOST}+` : count}) ${title}` : title;
  if (count) navigator.setAppBadge?.(count).catch(() => {});
  else navigator.clearAppBadge?.().catch(() => {});
}

/** @param {number} count */
function show(count) {
  showOutside(count);
  badge.dataset.unread = count;
  badge.replaceChildren();
  if (!count) return;
  const shown = document.createElement("span");
  shown.className = "count";
  const digits = document.createElement("span");
  digits.ariaHidden = "true";
  digits.textContent = count > MOST ? `${MOST}+` : String(count);
  const words = document.createElement("span");
  words.className = "visually-hidden";
  words.textContent = badge.dataset.words.replace("{}", number.format(count));
  shown.append(digits, words);
  badge.append(shown);
}

async function refresh() {
  const answer = await fetch("/notifications/count").catch(() => null);
  if (!answer?.ok) return;
  const { count } = await answer.json();
  show(count);
  others.postMessage(count);
}

/** Something new happened: says so on the page of notifications, too. */
function happened() {
  refresh();
  const news = document.querySelector("[data-news]");
  if (news) news.hidden = false;
}

/** What is shown has been read; the form does the same without script. */
async function markRead() {
  const form = document.querySelector("form[data-mark-read]");
  if (!form || document.visibilityState !== "visible") return;
  const body = new URLSearchParams(new FormData(form));
  // Also for whoever goes on at once.
  const options = { method: "POST", body, headers: { "X-In-Place": "1" }, keepalive: true };
  const answer = await fetch(form.action, options).catch(() => null);
  if (!answer?.ok) return;
  form.remove();
  refresh();
}

if (badge) {
  hear("notification", happened);
  hear("missed", refresh);
  others.addEventListener("message", (event) => show(event.data));
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState !== "visible") return;
    refresh();
    markRead();
  });
  showOutside(Number(badge.dataset.unread));
  markRead();
}

// What waits for the network is sent by any page.
const { me } = document.body.dataset;
if (me) localStorage.setItem("me", me);
if (localStorage.getItem("outbox") || sessionStorage.getItem("outbox:sent")) import("./outbox.js");

// The page without network speaks the language of the others.
const { lang } = document.documentElement;
if (localStorage.getItem("language") !== lang) {
  navigator.serviceWorker?.ready.then((worker) => {
    worker.active.postMessage("language");
    localStorage.setItem("language", lang);
  });
}

function toSearch(event) {
  const fields = [...document.querySelectorAll("form[role=search][action='/search'] input[type=search]")];
  const field = fields.find((one) => one.checkVisibility());
  event.preventDefault();
  if (field) {
    field.focus();
    field.select();
  } else {
    location.assign("/search");
  }
}

document.addEventListener("keydown", async (event) => {
  if (event.altKey || event.isComposing) return;
  if (event.ctrlKey || event.metaKey) {
    if (event.key.toLowerCase() === "k" && !event.shiftKey) toSearch(event);
    return;
  }
  const { target } = event;
  const types = target.matches?.("textarea, select, [contenteditable], input:not([type=checkbox], [type=radio])");
  if (types || event.key.length > 1 || event.key === " " || document.querySelector("dialog[open]")) return;
  if (localStorage.getItem("keys") === "off") return;
  if (event.key === "/") toSearch(event);
  else (await import("./keys.js")).pressed(event);
});

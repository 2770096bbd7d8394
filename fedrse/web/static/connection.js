// The one live connection of a page (server-sent events), shared by everything that hears on it.
//
// It exists while somebody looks, and in one of the hidden tabs of a browser, whose title then goes
// on counting. Lost, it comes back after a pause that grows; what was missed meanwhile, everybody
// asks for on "missed". When the session is over, the page says so and nothing is tried any more.

const ADDRESS = "/live";
const SHORTEST = 1000;
const LONGEST = 60_000;
const hearing = new EventTarget();
const names = new Set();
const wishes = { feed: "", posts: () => [], direct: false };

let source = null;
let wasOpen = false;
let failures = 0;
let timer = 0;
let over = false;
let started = false;
let background = null;

/** Hears an event of the site, or "missed". @param {string} name @param {(data: string) => void} then */
export function hear(name, then) {
  hearing.addEventListener(name, (event) => then(event.detail));
  if (names.has(name)) return;
  names.add(name);
  source?.addEventListener(name, pass);
}

/** Adds to what this page wants to hear. @param {{feed?: string, posts?: () => string[], direct?: boolean}} more */
export function want(more) {
  Object.assign(wishes, more);
  if (started) again();
}

export const isOpen = () => source?.readyState === EventSource.OPEN;

/** Connects anew, since other posts are on the page now. */
export function again() {
  leave();
  look();
}

const pass = (event) => hearing.dispatchEvent(new CustomEvent(event.type, { detail: event.data }));
const mayHear = () => started && !over && (document.visibilityState === "visible" || background !== null);

function leave() {
  clearTimeout(timer);
  timer = 0;
  source?.close();
  source = null;
}

function look() {
  if (!mayHear()) leave();
  else if (!source && !timer) connect();
}

function connect() {
  timer = 0;
  const address = new URL(ADDRESS, location.href);
  for (const [name, value] of new URLSearchParams(wishes.feed)) address.searchParams.set(name, value);
  const posts = wishes.posts();
  if (posts.length) address.searchParams.set("posts", posts.join(","));
  if (wishes.direct) address.searchParams.set("direct", "1");
  const made = new EventSource(address);
  source = made;
  for (const name of names) if (name !== "missed") made.addEventListener(name, pass);
  made.addEventListener("open", () => {
    failures = 0;
    if (wasOpen) hearing.dispatchEvent(new CustomEvent("missed"));
    wasOpen = true;
  });
  made.addEventListener("error", () => lost(made));
}

function lost(which) {
  if (source !== which) return;
  leave();
  const pause = Math.min(LONGEST, SHORTEST * 2 ** failures) * (0.5 + Math.random() / 2); // not all at once
  failures += 1;
  timer = setTimeout(comeBack, pause);
}

/** After a pause: whoever signs out is on another page by then. */
async function comeBack() {
  const answer = await fetch("/notifications/count").catch(() => null);
  timer = 0;
  if (answer?.status === 401) end();
  else look();
}

/** The session is over: whoever reads learns it before they write. */
function end() {
  over = true;
  leave();
  const bar = document.querySelector("#signed-out")?.content.firstElementChild.cloneNode(true);
  if (bar) document.querySelector(".toasts").append(bar);
  hearing.dispatchEvent(new CustomEvent("over"));
}

/** One hidden tab goes on hearing: whichever gets the lock. */
function stayInBackground() {
  navigator.locks?.request("fedrse-live", { ifAvailable: true }, (lock) => {
    if (!lock || document.visibilityState === "visible") return null;
    return new Promise((done) => {
      background = done;
      look();
    });
  });
}

function comeOrGo() {
  if (document.visibilityState === "visible") {
    background?.();
    background = null;
    failures = 0;
    clearTimeout(timer);
    timer = 0;
    look();
  } else {
    leave();
    stayInBackground();
  }
}

addEventListener("pagehide", leave);
addEventListener("pageshow", look);
addEventListener("online", () => {
  failures = 0;
  clearTimeout(timer);
  timer = 0;
  look();
});
document.addEventListener("visibilitychange", comeOrGo);
// All scripts of the page have said what they want to hear by then.
addEventListener("DOMContentLoaded", () => {
  started = true;
  comeOrGo();
});

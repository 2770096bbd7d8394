// Single keys that do something outside of fields for text; ``/shortcuts`` lists them and has the
// switch (WCAG 2.1.4). Loaded when the first key is pressed.

const PLACES = { h: "/", s: "/site", r: "/network", n: "/notifications", m: "/messages", p: "/people", b: "/bookmarks" };
const PARTS = { r: ".action-reply", l: ".action-like", s: ".action-boost", m: ".post-actions > .menu:last-of-type > summary" };
const SOON = 1500; // within which the second of two keys counts

let waiting = 0;

export const isOn = () => localStorage.getItem("keys") !== "off";

const posts = () => [...document.querySelectorAll("main .post")].filter((one) => one.checkVisibility());
const current = () => document.activeElement?.closest(".post");
const authorOf = (post) => post.querySelector(".post-author a") ?? post.querySelector("a, summary");

/** To the post after (1) or before (-1) the one with the focus; else the first that is in view. */
function step(by) {
  const all = posts();
  const at = all.indexOf(current());
  const seen = all.findIndex((one) => one.getBoundingClientRect().bottom > 0);
  const to = all[at < 0 ? seen : at + by];
  if (!to) return;
  authorOf(to).focus({ preventScroll: true });
  to.scrollIntoView({ block: "nearest" });
}

function newest() {
  const news = document.querySelector(".feed-news");
  if (news) news.click();
  else scrollTo({ top: 0 });
}

/** Does what a key stands for; whether it did. @param {string} key */
function act(key) {
  if (waiting && performance.now() - waiting < SOON && PLACES[key]) location.assign(PLACES[key]);
  else if (key === "g") {
    waiting = performance.now();
    return true;
  } else if (key === "j") step(1);
  else if (key === "k") step(-1);
  else if (key === ".") newest();
  else if (key === "n") location.assign("/compose");
  else if (key === "?") location.assign("/shortcuts");
  else {
    const post = current() ?? (posts().length === 1 ? posts()[0] : null);
    const part = key === "o" ? ".post-meta a.time" : key === "p" ? ".post-author a" : PARTS[key];
    const found = part && post?.querySelector(part);
    if (!found) return false;
    found.focus({ preventScroll: true });
    found.click();
  }
  waiting = 0;
  return true;
}

/** @param {KeyboardEvent} event */
export function pressed(event) {
  if (isOn() && act(event.key)) event.preventDefault();
}

const form = document.querySelector("form[data-keys]");
if (form) {
  form.hidden = false;
  form.elements.keys.checked = isOn();
  form.addEventListener("change", () => localStorage.setItem("keys", form.elements.keys.checked ? "on" : "off"));
  form.addEventListener("submit", (event) => event.preventDefault());
}

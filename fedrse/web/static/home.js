// Remembers how far the home page was read, for this site and for apps.

const feed = document.querySelector("fedrse-feed");
const form = document.querySelector("form[data-read-until]");
const SEEN_AFTER = 2000;

/** Ids are longer than numbers are exact. @param {string} one @param {string} other */
const isNewer = (one, other) => one.length > other.length || (one.length === other.length && one > other);

if (feed && form) {
  let until = form.dataset.readUntil;
  setInterval(async () => {
    const newest = feed.querySelector("[data-key]")?.dataset.key ?? "";
    if (document.visibilityState !== "visible" || !isNewer(newest, until)) return;
    const before = until;
    until = newest;
    form.elements.until.value = newest;
    const answer = await fetch(form.action, {
      method: "POST",
      body: new URLSearchParams(new FormData(form)),
      headers: { "X-In-Place": "1" },
    }).catch(() => null);
    if (!answer?.ok) until = before;
  }, SEEN_AFTER);
}

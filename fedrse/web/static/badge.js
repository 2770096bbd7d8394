// The number of new notifications in the menu, kept up to date while the page is open.
// Ctrl+K or Cmd+K leads to the search field.

const badge = document.querySelector("[data-unread]");
const feed = document.querySelector("fedrse-feed[data-stream]");
const number = new Intl.NumberFormat(document.documentElement.lang);
const MOST = 99;

/** @param {number} count */
function show(count) {
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
  if (answer?.ok) show((await answer.json()).count);
}

/** Something new happened: says so on the page of notifications, too. */
function happened() {
  refresh();
  const news = document.querySelector("[data-news]");
  if (news) news.hidden = false;
}

// A page with a feed has a stream already, and passes on what it hears.
let source = null;

function connect() {
  if (feed || source || document.visibilityState !== "visible") return;
  source = new EventSource("/live/user");
  source.addEventListener("notification", happened);
}

function leave() {
  source?.close();
  source = null;
}

/** What is shown has been read; the form does the same without script. */
async function markRead() {
  const form = document.querySelector("form[data-mark-read]");
  if (!form || document.visibilityState !== "visible") return;
  const body = new URLSearchParams(new FormData(form));
  const answer = await fetch(form.action, { method: "POST", body, headers: { "X-In-Place": "1" } }).catch(() => null);
  if (!answer?.ok) return;
  form.remove();
  refresh();
}

if (badge) {
  document.addEventListener("fedrse:notification", happened);
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "visible") {
      connect();
      refresh();
      markRead();
    } else {
      leave();
    }
  });
  addEventListener("pagehide", leave);
  connect();
  markRead();
}

document.addEventListener("keydown", (event) => {
  if (event.key.toLowerCase() !== "k" || !(event.ctrlKey || event.metaKey) || event.shiftKey || event.altKey) return;
  const fields = [...document.querySelectorAll("form[role=search][action='/search'] input[type=search]")];
  const field = fields.find((one) => one.checkVisibility());
  event.preventDefault();
  if (field) {
    field.focus();
    field.select();
  } else {
    location.assign("/search");
  }
});

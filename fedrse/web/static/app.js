// What every page can do beyond links and forms: menus, dialogs, messages, forms that stay in place.
// Everything works without this file, only with more pages in between.

const language = document.documentElement.lang;
const numbers = new Intl.NumberFormat(language, { maximumFractionDigits: 1 });
const large = new Intl.NumberFormat(language, { notation: "compact", maximumFractionDigits: 1 });

/** A number as the server writes it. @param {number} value */
export const count = (value) => (value >= 10000 ? large : numbers).format(value);

// Times. Of visitors the server does not know the zone.

/** @param {ParentNode} root */
export function localTimes(root) {
  if (!document.body.matches(".visitor, .focused")) return;
  const full = new Intl.DateTimeFormat(language, { dateStyle: "long", timeStyle: "short" });
  for (const element of root.querySelectorAll("time[data-local]")) {
    const moment = new Date(element.dateTime);
    if (!Number.isNaN(moment.valueOf())) element.title = full.format(moment);
  }
}

// Messages that go away by themselves. What needs an answer is never said here.

const toasts = document.querySelector(".toasts");
const STAYS = 6000;

/** @param {string} words @param {string} [kind] */
export function toast(words, kind) {
  const made = document.querySelector("#toast").content.firstElementChild.cloneNode(true);
  made.querySelector(".toast-words").textContent = words;
  if (kind) made.classList.add(`toast-${kind}`);
  toasts.append(made);
  const wait = () => setTimeout(() => (made.matches(":hover, :focus-within") ? wait() : made.remove()), STAYS);
  wait();
}

export const failed = () => toast(toasts.dataset.failed, "danger");

// Menus: one at a time, closed by Escape and by a press elsewhere, walked through with arrows.

const EDGE = 8;
const openMenus = () => document.querySelectorAll("details.menu[open]");

/** Moves what is open as far as it would stand beside the window. @param {HTMLElement} list */
function keepInside(list) {
  list.style.translate = "";
  const { left, right } = list.getBoundingClientRect();
  const over = Math.max(0, right + EDGE - document.documentElement.clientWidth);
  const move = over ? -Math.min(over, left - EDGE) : Math.max(0, EDGE - left);
  if (move) list.style.translate = `${move}px`;
}

document.addEventListener("toggle", (event) => {
  if (event.target.matches?.("details.menu[open]")) {
    for (const menu of openMenus()) if (menu !== event.target) menu.open = false;
    keepInside(event.target.querySelector(".menu-list"));
  }
}, true);

document.addEventListener("keydown", (event) => {
  const menu = event.target.closest?.("details.menu[open]");
  if (!menu) return;
  const items = [...menu.querySelectorAll(".menu-item")];
  const at = items.indexOf(document.activeElement);
  const to = {
    ArrowDown: (at + 1) % items.length,
    ArrowUp: (at <= 0 ? items.length : at) - 1,
    Home: 0,
    End: items.length - 1,
  }[event.key];
  if (event.key === "Escape") {
    menu.open = false;
    menu.querySelector("summary").focus();
  } else if (to === undefined) {
    return;
  } else {
    items[to].focus();
  }
  event.preventDefault();
});

// Dialogs and everything that is pressed.

document.addEventListener("click", (event) => {
  for (const menu of openMenus()) if (!menu.contains(event.target)) menu.open = false;
  const opener = event.target.closest("[data-opens]");
  if (opener) {
    opener.closest("details.menu")?.removeAttribute("open");
    document.getElementById(opener.dataset.opens)?.showModal();
  } else if (event.target.matches("dialog")) {
    event.target.close(); // beside it
  }
  const message = event.target.closest(".toasts .toast");
  if (message && event.target.closest("button[type=button]")) {
    message.remove();
    document.querySelector("main").focus({ preventScroll: true });
  }
});

// Forms that stay on the page, and buttons of posts: those share one form and say where it goes.

/**
 * Sends what it would send by itself, also where the page is left meanwhile.
 * @param {HTMLFormElement | HTMLButtonElement} one @param {object} headers
 */
const send = (one, headers = {}) => {
  const body = new URLSearchParams(new FormData(one.form ?? one));
  return fetch(one.formAction ?? one.action, { method: "POST", body, headers, keepalive: true });
};

/** A button that is on or off: changed at once, and back where the site refuses. */
async function toggle(button) {
  const turn = () => {
    const on = button.getAttribute("aria-pressed") !== "true";
    const words = button.querySelector("[data-words]");
    const number = button.querySelector("[data-count]");
    const [path, label] = [button.getAttribute("formaction"), words.textContent];
    button.formAction = button.dataset.other;
    button.title = words.textContent = button.dataset.label;
    button.dataset.other = path;
    button.dataset.label = label;
    button.setAttribute("aria-pressed", String(on));
    if (number) {
      const value = Math.max(0, Number(number.dataset.count) + (on ? 1 : -1));
      number.dataset.count = value;
      number.textContent = value ? count(value) : "";
    }
  };
  const answering = send(button, { "X-In-Place": "1" });
  turn();
  const answer = await answering.catch(() => null);
  if (!answer?.ok) {
    turn();
    failed();
  }
}

/** Sends it and takes over the same part of the page that comes back: the form, or what is around it. */
async function replacePart(one) {
  const name = one.dataset.part;
  const whole = one.parentElement.closest(`[data-part="${CSS.escape(name)}"]`) ?? one;
  const answer = await send(one, "inPlace" in one.dataset ? { "X-In-Place": "1" } : {}).catch(() => null);
  const drawn = answer?.ok || answer?.status === 422;
  const page = drawn ? new DOMParser().parseFromString(await answer.text(), "text/html") : null;
  const part = page?.querySelector(`[data-part="${CSS.escape(name)}"]`);
  if (!part) {
    failed();
    return;
  }
  const focused = one.contains(document.activeElement);
  const inMenu = Boolean(one.closest("details.menu"));
  whole.replaceWith(part);
  if (focused && inMenu) part.querySelector("details.menu summary")?.focus();
  else if (focused) (part.querySelector("[role=alert], button") ?? part).focus();
}

/** Sends a form and takes away what it belongs to. */
async function putAway(form) {
  const answer = await send(form, { "X-In-Place": "1" }).catch(() => null);
  if (!answer?.ok) {
    failed();
    return;
  }
  const focused = form.contains(document.activeElement);
  form.closest(".announcement").remove();
  if (focused) document.querySelector("main").focus();
}

const busy = new WeakSet();
const sent = new Set(); // forms that lead to another page, until it is there

/** A second press while the first is on its way does nothing. @param {SubmitEvent} event */
function once(event) {
  if (sent.has(event.target)) event.preventDefault();
  else sent.add(event.target);
}

addEventListener("pageshow", () => sent.clear());
addEventListener("focus", () => sent.clear()); // a download, or an answer that opened elsewhere

document.addEventListener("submit", async (event) => {
  const one = event.submitter?.hasAttribute("formaction") ? event.submitter : event.target;
  const kinds = { toggle, part: replacePart, leaves: putAway };
  const act = kinds[Object.keys(kinds).find((kind) => kind in one.dataset)];
  if (event.defaultPrevented) return;
  if (!act) {
    if (event.target.method === "post") once(event);
    return;
  }
  event.preventDefault();
  if (busy.has(one)) return;
  busy.add(one);
  await act(one).finally(() => busy.delete(one));
});

// What was just sent waits for a moment on the site, and can be taken back on any page until then.

async function showHeld() {
  const query = new URLSearchParams(location.search);
  if (query.has("held")) {
    sessionStorage.setItem("held", query.get("held"));
    query.delete("held");
    history.replaceState(history.state, "", location.pathname + (query.size ? `?${query}` : ""));
  }
  const key = sessionStorage.getItem("held");
  if (!key) return;
  const answer = await fetch(`/compose/held?key=${encodeURIComponent(key)}`).catch(() => null);
  const made = answer?.ok ? (await answer.json()).bar : "";
  const bar = new DOMParser().parseFromString(made, "text/html").querySelector(".held");
  sessionStorage.removeItem("held");
  if (!bar) return;
  sessionStorage.setItem("held", key);
  toasts.append(bar);
  const words = bar.querySelector("[data-words]");
  const over = Date.now() + Number(bar.dataset.left);
  const tick = () => {
    const left = Math.ceil((over - Date.now()) / 1000);
    if (left > 0) {
      words.textContent = words.dataset.words.replace("{}", String(left));
      setTimeout(tick, 250);
      return;
    }
    sessionStorage.removeItem("held");
    bar.querySelector("button").remove();
    words.textContent = words.dataset.done;
    setTimeout(() => bar.remove(), STAYS);
  };
  tick();
}

if (document.body.matches(".with-navigation")) {
  showHeld();
  // What was kept in this browser until it had arrived: it has.
  sessionStorage.removeItem(sessionStorage.getItem("writing:sent") ?? "");
  sessionStorage.removeItem("writing:sent");
}

if (document.body.dataset.me === "") localStorage.removeItem("me"); // nobody is signed in
localTimes(document);
if ("serviceWorker" in navigator && window.isSecureContext) {
  navigator.serviceWorker.register("/service-worker.js").catch(() => {});
}

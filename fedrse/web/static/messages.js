// Messages that arrive while one looks, and sending without leaving the page. Everything works
// without this file.

import { failed, localTimes } from "./app.js";
import { hear, isOpen, want } from "./connection.js";
import { keep } from "./outbox.js";

const SHOWN = 6000; // how long somebody is said to type after the last sign
const SIGNS = 3000; // at most one each

/** A part of a page that hears of direct posts; it looks only while somebody sees it. */
class Hearing extends HTMLElement {
  #late = false;

  get live() {
    return isOpen();
  }

  connectedCallback() {
    if (!("live" in this.dataset)) return;
    want({ direct: true });
    hear("conversation", (data) => {
      const conversation = JSON.parse(data);
      if (!this.concerns(conversation.accounts.map(({ id }) => id))) return;
      this.arrived?.(conversation);
      if (document.visibilityState === "visible") this.refresh();
      else this.#late = true;
    });
    hear("missed", () => this.refresh());
    document.addEventListener("fedrse:sent", () => this.refresh()); // what waited for the network
    document.addEventListener("visibilitychange", () => {
      if (this.#late && document.visibilityState === "visible") this.refresh();
    });
  }

  async refresh() {
    this.#late = false;
    const answer = await fetch(location.pathname).catch(() => null);
    if (answer?.ok) this.take(new DOMParser().parseFromString(await answer.text(), "text/html"));
  }
}

/** The list of conversations. */
class Chats extends Hearing {
  concerns() {
    return true;
  }

  take(page) {
    const fresh = page.querySelector(this.localName);
    const at = this.contains(document.activeElement) ? document.activeElement.getAttribute("href") : null;
    this.replaceChildren(...fresh.childNodes);
    localTimes(this);
    if (at) this.querySelector(`a[href="${CSS.escape(at)}"]`)?.focus();
  }
}

/** One conversation and the form below it. */
class Chat extends Hearing {
  #writers = new Map(); // who types now, with the timer that ends it
  #lastSign = 0;

  connectedCallback() {
    super.connectedCallback();
    this.addEventListener("submit", this.#send);
    this.addEventListener("keydown", this.#typed);
    if (!("live" in this.dataset)) return;
    hear("typing", (data) => this.#writes(JSON.parse(data)));
    if ("typing" in this.dataset) this.addEventListener("input", this.#tellTyping);
  }

  /** @param {string[]} accounts those of a conversation, without the reader */
  concerns(accounts) {
    const here = this.dataset.members.split(",").filter(Boolean);
    if (!here.length) return accounts.length === 1; // notes to oneself, or with one other
    return accounts.length === here.length && accounts.every((id) => here.includes(id));
  }

  // Who types

  #tellTyping = () => {
    const form = this.querySelector(".chat-form");
    if (Date.now() - this.#lastSign < SIGNS || !form.elements.text.value.trim()) return;
    this.#lastSign = Date.now();
    const headers = { "X-CSRF-Token": form.elements.csrf_token.value };
    fetch(`${form.action}/typing`, { method: "POST", headers }).catch(() => {});
  };

  #writes({ account_id: who, people }) {
    if (!this.concerns(people.filter((id) => id !== this.dataset.reader))) return;
    clearTimeout(this.#writers.get(who));
    this.#writers.set(who, setTimeout(() => this.#stops(who), SHOWN));
    this.#showWriters();
  }

  #stops(who) {
    clearTimeout(this.#writers.get(who));
    if (this.#writers.delete(who)) this.#showWriters();
  }

  #showWriters() {
    const place = this.querySelector(".chat-typing");
    const names = [...this.#writers.keys()].map((id) => place.querySelector(`[data-person="${CSS.escape(id)}"]`)?.dataset.name);
    const words = names.length > 1 ? place.dataset.many : place.dataset.one.replace("{}", names[0] ?? "");
    place.querySelector("[role=status]").textContent = names.length ? words : "";
  }

  arrived({ last_status: last }) {
    if (last) this.#stops(last.account.id);
  }

  /** Puts what is new at the end; what is there stays as it is. @param {Document} page */
  take(page) {
    const list = this.querySelector(".chat-messages");
    for (const one of page.querySelectorAll(".chat-messages > *")) {
      const { message, day } = one.dataset;
      const known = message ? `[data-message="${CSS.escape(message)}"]` : `[data-day="${CSS.escape(day)}"]`;
      if (!list.querySelector(known)) list.append(one);
    }
    localTimes(list);
  }

  #typed = (event) => {
    if (event.key !== "Enter" || event.isComposing || !event.target.matches("textarea")) return;
    const sends = event.ctrlKey || event.metaKey || (!event.shiftKey && !matchMedia("(pointer: coarse)").matches);
    if (!sends) return;
    event.preventDefault();
    event.target.form.requestSubmit();
  };

  #send = async (event) => {
    const form = event.target;
    if (!form.matches(".chat-form") || !("live" in this.dataset)) return;
    event.preventDefault();
    const button = form.querySelector("button.button-primary");
    if (button.getAttribute("aria-busy") === "true") return;
    button.setAttribute("aria-busy", "true");
    const sent = { method: "POST", body: new FormData(form), headers: { "X-In-Place": "1" } };
    const answer = await fetch(form.action, sent).catch(() => null);
    button.removeAttribute("aria-busy");
    this.#lastSign = 0;
    if (!answer) {
      await keep(form);
      return;
    }
    if (!answer.ok && answer.status !== 422) {
      failed();
      return;
    }
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    this.take(page);
    form.replaceWith(page.querySelector(".chat-form"));
    this.querySelector(".chat-form textarea").focus();
    const log = this.querySelector(".chat-log");
    log.scrollTop = log.scrollHeight;
  };
}

customElements.define("fedrse-chats", Chats);
customElements.define("fedrse-chat", Chat);

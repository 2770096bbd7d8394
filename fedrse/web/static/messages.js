// Messages that arrive while one looks, and sending without leaving the page. Everything works
// without this file.

import { failed, localTimes } from "./app.js";

/** A part of a page that hears of direct posts; it looks only while somebody sees it. */
class Hearing extends HTMLElement {
  #source = null;
  #late = false;

  get live() {
    return this.#source?.readyState === EventSource.OPEN;
  }

  connectedCallback() {
    if (!this.dataset.stream) return;
    this.#connect();
    document.addEventListener("visibilitychange", this.#look);
    addEventListener("pagehide", this.#leave);
  }

  disconnectedCallback() {
    document.removeEventListener("visibilitychange", this.#look);
    removeEventListener("pagehide", this.#leave);
    this.#leave();
  }

  #leave = () => {
    this.#source?.close();
    this.#source = null;
  };

  #look = () => {
    if (document.visibilityState !== "visible") return;
    if (!this.live) {
      this.#leave();
      this.#connect();
    }
    if (this.#late) this.#refresh();
  };

  #connect() {
    this.#source = new EventSource(this.dataset.stream);
    this.#source.addEventListener("conversation", (event) => {
      if (!this.concerns(JSON.parse(event.data))) return;
      if (document.visibilityState === "visible") this.#refresh();
      else this.#late = true;
    });
  }

  async #refresh() {
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
  connectedCallback() {
    super.connectedCallback();
    this.addEventListener("submit", this.#send);
    this.addEventListener("keydown", this.#typed);
  }

  concerns({ accounts }) {
    const here = this.dataset.members.split(",").filter(Boolean);
    if (!here.length) return accounts.length === 1; // notes to oneself, or with one other
    return accounts.length === here.length && accounts.every(({ id }) => here.includes(id));
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
    if (!form.matches(".chat-form") || !this.dataset.stream) return;
    event.preventDefault();
    const button = form.querySelector("button.button-primary");
    if (button.getAttribute("aria-busy") === "true") return;
    button.setAttribute("aria-busy", "true");
    const sent = { method: "POST", body: new FormData(form), headers: { "X-In-Place": "1" } };
    const answer = await fetch(form.action, sent).catch(() => null);
    button.removeAttribute("aria-busy");
    if (!answer || (!answer.ok && answer.status !== 422)) {
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

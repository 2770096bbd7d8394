// Lists of posts that hear of new ones: says how many there are, and shows them when asked to, so
// that nothing moves under somebody who reads.

import { failed, localTimes } from "./app.js";

const PART = 20;

class Feed extends HTMLElement {
  /** Whether it hears of new posts now. */
  get live() {
    return this.#source?.readyState === EventSource.OPEN;
  }

  #source = null;
  #waiting = new Set();
  #bar = null;

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
    if (document.visibilityState === "visible" && this.#source?.readyState !== EventSource.OPEN) {
      this.#leave();
      this.#connect();
    }
  };

  #connect() {
    this.#source = new EventSource(this.dataset.stream);
    this.#source.addEventListener("update", (event) => {
      const { id } = JSON.parse(event.data);
      if (!this.#card(id)) {
        this.#waiting.add(id);
        this.#announce();
      }
    });
    this.#source.addEventListener("notification", () => document.dispatchEvent(new Event("fedrse:notification")));
    this.#source.addEventListener("delete", (event) => {
      this.#card(event.data)?.remove();
      if (this.#waiting.delete(event.data)) this.#announce();
    });
  }

  #card(key) {
    return this.querySelector(`[data-key="${CSS.escape(key)}"]`);
  }

  #announce() {
    const many = this.#waiting.size;
    if (many) navigator.setAppBadge?.(many).catch(() => {});
    else navigator.clearAppBadge?.().catch(() => {});
    if (!many) {
      this.#bar?.remove();
      this.#bar = null;
      return;
    }
    if (!this.#bar) {
      this.#bar = document.createElement("button");
      this.#bar.type = "button";
      this.#bar.className = "button button-primary feed-news";
      this.#bar.addEventListener("click", () => this.#show());
      this.prepend(this.#bar);
    }
    this.#bar.textContent = many === 1 ? this.dataset.one : this.dataset.many.replace("{}", many);
  }

  async #show() {
    const newest = this.querySelector("[data-key]")?.dataset.key ?? "0";
    this.#bar.setAttribute("aria-busy", "true");
    const address = new URL(location.pathname, location.href);
    address.searchParams.set("since_id", newest);
    address.searchParams.set("limit", String(PART));
    const answer = await fetch(address).catch(() => null);
    if (!answer?.ok) {
      this.#bar.removeAttribute("aria-busy");
      failed();
      return;
    }
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const cards = [...page.querySelectorAll("fedrse-feed [data-key]")];
    if (cards.length === PART) {
      location.assign(location.pathname); // there may be more in between
      return;
    }
    const fresh = cards.filter((card) => !this.#card(card.dataset.key));
    for (const card of fresh) card.classList.add("post-arrived");
    this.#waiting.clear();
    this.#announce();
    this.prepend(...fresh);
    localTimes(this);
    document.querySelector(".empty")?.remove();
    const first = fresh[0]?.querySelector("a");
    first?.focus({ preventScroll: true });
    fresh[0]?.scrollIntoView({ block: "nearest" });
  }
}

customElements.define("fedrse-feed", Feed);

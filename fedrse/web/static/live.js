// Lists of posts that hear of new ones: says how many there are, and shows them when asked to, so
// that nothing moves under somebody who reads.

import { count, failed, localTimes } from "./app.js";

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
    const address = new URL(this.dataset.stream, location.href);
    const parts = [...this.querySelectorAll("[data-part^=feedback-]")];
    const posts = parts.map((part) => part.dataset.part.slice("feedback-".length));
    address.searchParams.set("posts", [...new Set(posts)].join(","));
    this.#source = new EventSource(address);
    this.#source.addEventListener("totals", (event) => this.#total(JSON.parse(event.data)));
    this.#source.addEventListener("update", (event) => {
      if ("totalsOnly" in this.dataset) return;
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

  /** Shows how often a post was liked, shared and answered by now. */
  #total(status) {
    const totals = { like: status.favourites_count, boost: status.reblogs_count, reply: status.replies_count };
    for (const part of this.querySelectorAll(`[data-part="feedback-${CSS.escape(status.id)}"]`)) {
      for (const [name, value] of Object.entries(totals)) {
        const number = part.querySelector(`.action-${name} [data-count]`);
        if (!number) continue;
        if (name === "reply" && value > Number(number.dataset.count)) this.#answered();
        number.dataset.count = value;
        number.textContent = value ? count(value) : "";
      }
    }
  }

  /** On the page of a thread: says that it goes on. */
  #answered() {
    if (!this.dataset.answered || this.#bar) return;
    this.#bar = this.#button(() => location.reload());
    this.#bar.textContent = this.dataset.answered;
  }

  #button(pressed) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "button button-primary feed-news";
    button.addEventListener("click", pressed);
    this.prepend(button);
    return button;
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
    this.#bar ??= this.#button(() => this.#show());
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
    this.#leave();
    this.#connect(); // hears of what is new here, too
    document.querySelector(".empty")?.remove();
    const first = fresh[0]?.querySelector("a");
    first?.focus({ preventScroll: true });
    fresh[0]?.scrollIntoView({ block: "nearest" });
  }
}

customElements.define("fedrse-feed", Feed);

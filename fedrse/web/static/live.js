// Lists of posts that hear of new ones: says how many there are, and shows them when asked to, so
// that nothing moves under somebody who reads.

import { count, failed, localTimes } from "./app.js";
import { again, hear, isOpen, want } from "./connection.js";

const PART = 20;

class Feed extends HTMLElement {
  /** Whether it hears of new posts now. */
  get live() {
    return isOpen();
  }

  #waiting = new Set();
  #bar = null;

  connectedCallback() {
    if (this.dataset.feed === undefined) return;
    want({ feed: this.dataset.feed, posts: () => this.#posts() });
    hear("totals", (data) => this.#total(JSON.parse(data)));
    hear("update", (data) => this.#arrived(JSON.parse(data).id));
    hear("delete", (id) => this.#gone(id));
    hear("missed", () => this.#catchUp());
  }

  /** Ids of all posts whose totals are shown. */
  #posts() {
    const parts = [...this.querySelectorAll("[data-part^=feedback-]")];
    return [...new Set(parts.map((part) => part.dataset.part.slice("feedback-".length)))];
  }

  #arrived(id) {
    if ("totalsOnly" in this.dataset || this.#card(id)) return;
    this.#waiting.add(id);
    this.#announce();
  }

  #gone(id) {
    const card = this.#card(id);
    if (card?.contains(document.activeElement)) {
      const next = card.nextElementSibling?.querySelector("a") ?? document.querySelector("main");
      next.focus({ preventScroll: true });
    }
    card?.remove();
    if (this.#waiting.delete(id)) this.#announce();
  }

  /** Asks for what came while nothing was heard: the device slept, or the network was gone. */
  async #catchUp() {
    if ("totalsOnly" in this.dataset) return;
    const cards = await this.#newer().catch(() => []);
    for (const card of cards) this.#waiting.add(card.dataset.key);
    this.#announce();
  }

  /** The cards above the first one here, at most a part. Raises where the site does not answer. */
  async #newer() {
    const address = new URL(location.pathname, location.href);
    address.searchParams.set("since_id", this.querySelector("[data-key]")?.dataset.key ?? "0");
    address.searchParams.set("limit", String(PART));
    const answer = await fetch(address);
    if (!answer.ok) throw new Error(String(answer.status));
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    return [...page.querySelectorAll("fedrse-feed [data-key]")].filter((card) => !this.#card(card.dataset.key));
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
    if (!many) {
      this.#bar?.remove();
      this.#bar = null;
      return;
    }
    this.#bar ??= this.#button(() => this.#show());
    this.#bar.textContent = many === 1 ? this.dataset.one : this.dataset.many.replace("{}", many);
  }

  async #show() {
    this.#bar.setAttribute("aria-busy", "true");
    const fresh = await this.#newer().catch(() => null);
    if (!fresh) {
      this.#bar.removeAttribute("aria-busy");
      failed();
      return;
    }
    if (fresh.length === PART) {
      location.assign(location.pathname); // there may be more in between
      return;
    }
    for (const card of fresh) card.classList.add("post-arrived");
    this.#waiting.clear();
    this.#announce();
    this.prepend(...fresh);
    localTimes(this);
    again(); // hears of what is new here, too
    document.querySelector(".empty")?.remove();
    const first = fresh[0]?.querySelector("a");
    (first ?? document.querySelector("main")).focus({ preventScroll: true });
    fresh[0]?.scrollIntoView({ block: "nearest" });
  }
}

customElements.define("fedrse-feed", Feed);

// Completes what one is writing: @people, #topics and :emoji: in a list below the text. The text
// keeps the focus; the list is walked through with arrows (WAI-ARIA: a text box with a list).

const WORD = /(?:^|[\s(])([@#:][^\s@#:()]{1,60}(?:@[^\s@]{0,80})?)$/u;
const PAUSE = 120;

/** @param {HTMLTextAreaElement} text */
export function complete(text) {
  const list = document.createElement("ul");
  list.className = "suggestions";
  list.id = "suggestions";
  list.role = "listbox";
  list.setAttribute("aria-label", text.dataset.suggestions);
  list.hidden = true;
  const said = document.createElement("p");
  said.className = "visually-hidden";
  said.role = "status";
  text.after(list, said);
  text.setAttribute("aria-autocomplete", "list");
  text.setAttribute("aria-controls", list.id);
  text.autocomplete = "off";

  let found = [];
  let at = 0;
  let asking = null;
  let timer = 0;

  const word = () => {
    if (text.selectionStart !== text.selectionEnd) return "";
    return WORD.exec(text.value.slice(0, text.selectionStart))?.[1] ?? "";
  };

  function close() {
    asking?.abort();
    clearTimeout(timer);
    found = [];
    list.hidden = true;
    said.textContent = "";
    text.removeAttribute("aria-activedescendant");
  }

  function mark(place) {
    at = (place + found.length) % found.length;
    for (const [index, item] of [...list.children].entries()) {
      item.setAttribute("aria-selected", String(index === at));
      if (index === at) item.scrollIntoView({ block: "nearest" });
    }
    text.setAttribute("aria-activedescendant", `suggestion-${at}`);
  }

  function item(one, index) {
    const made = document.createElement("li");
    made.role = "option";
    made.id = `suggestion-${index}`;
    made.className = "suggestion";
    let sign = null;
    if (one.picture) {
      sign = document.createElement("img");
      sign.src = one.picture;
      sign.alt = "";
      sign.className = "avatar avatar-small";
    } else if (one.symbol) {
      sign = document.createElement("span");
      sign.textContent = one.symbol;
      sign.setAttribute("aria-hidden", "true");
      sign.className = one.tone === undefined ? "suggestion-symbol" : `avatar avatar-small tone-${one.tone}`;
    }
    const words = document.createElement("span");
    words.className = "suggestion-words";
    for (const [name, kind] of [[one.label, "suggestion-label"], [one.hint, "suggestion-hint"]]) {
      if (!name) continue;
      const part = document.createElement("span");
      part.className = kind;
      part.textContent = name;
      words.append(part, " ");
    }
    if (sign) made.append(sign);
    made.append(words);
    made.addEventListener("pointerdown", (event) => event.preventDefault()); // the text keeps the focus
    made.addEventListener("click", () => take(index));
    return made;
  }

  function take(index) {
    const typed = word();
    const end = text.selectionStart;
    const after = text.value.slice(end);
    const insert = found[index].insert + (/^\s/u.test(after) ? "" : " ");
    text.setRangeText(insert, end - typed.length, end, "end");
    close();
    text.dispatchEvent(new Event("input", { bubbles: true }));
  }

  async function ask(typed) {
    asking?.abort();
    asking = new AbortController();
    const address = new URL(text.dataset.suggest, location.href);
    address.searchParams.set("q", typed);
    const answer = await fetch(address, { signal: asking.signal, headers: { Accept: "application/json" } }).catch(() => null);
    const listed = answer?.ok ? await answer.json().catch(() => []) : [];
    if (word() !== typed || document.activeElement !== text) return;
    if (!listed.length) {
      close();
      return;
    }
    found = listed;
    list.replaceChildren(...found.map(item));
    list.hidden = false;
    said.textContent = text.dataset.found.replace("{}", String(found.length));
    mark(0);
  }

  text.addEventListener("input", () => {
    const typed = word();
    clearTimeout(timer);
    if (typed) timer = setTimeout(ask, PAUSE, typed);
    else close();
  });
  text.addEventListener("blur", close);
  text.addEventListener("click", close);
  text.addEventListener("keydown", (event) => {
    if (list.hidden || event.isComposing) return;
    if (event.key === "ArrowDown") mark(at + 1);
    else if (event.key === "ArrowUp") mark(at - 1);
    else if (event.key === "Escape") close();
    else if ((event.key === "Enter" && !event.ctrlKey && !event.metaKey) || event.key === "Tab") take(at);
    else return;
    event.preventDefault();
    event.stopImmediatePropagation();
  });
}

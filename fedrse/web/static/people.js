// The directory: finds while somebody types, and asks the other sites without leaving the page.

const form = document.querySelector("form[data-people]");
const main = document.querySelector("main");
const PAUSE = 250;
let asking = new AbortController();

/** The parts of another page take the place of these. @param {string} address @param {string[]} names */
async function take(address, names, signal) {
  const answer = await fetch(address, { signal });
  if (!answer.ok) throw new Error(String(answer.status));
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  for (const name of names) {
    const [old, made] = [document, page].map((one) => one.querySelector(`[data-part="${name}"]`));
    if (old && made) old.replaceWith(made);
    else if (made) main.append(made);
    else old?.remove();
  }
}

/** Asks the other sites where the page says that they were not asked yet. */
async function askOthers(signal) {
  const part = document.querySelector('[data-part="elsewhere"][data-ask]');
  if (!part) return;
  const button = part.querySelector("[data-button]");
  const words = part.querySelector("[data-words]");
  const said = words.textContent;
  words.textContent = part.dataset.asking;
  button.hidden = true;
  part.setAttribute("aria-busy", "true");
  try {
    await take(part.dataset.ask, ["elsewhere"], signal);
  } catch {
    words.textContent = said;
    button.hidden = false;
    part.removeAttribute("aria-busy");
  }
}

const address = () => {
  const filled = [...new FormData(form)].filter(([, value]) => value);
  return `${form.getAttribute("action")}?${new URLSearchParams(filled)}`;
};

async function find() {
  asking.abort();
  asking = new AbortController();
  const { signal } = asking;
  try {
    await take(address(), ["here", "elsewhere"], signal);
    history.replaceState(null, "", address());
  } catch {
    return; // a newer question, or the button still works
  }
  pause(() => askOthers(signal), 3 * PAUSE);
}

let timer = 0;
function pause(then, length = PAUSE) {
  clearTimeout(timer);
  timer = setTimeout(then, length);
}

form.addEventListener("input", () => pause(find));
askOthers(asking.signal);

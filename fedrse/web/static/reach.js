// Says whom an announcement will reach while its form is filled in. Without this file a button does.

const form = document.querySelector("form[data-reach]");
const part = form?.querySelector('[data-part="reach"]');
const ASKED = ["units[]", "more_units", "hosts[]", "elsewhere_only"];
const PAUSE = 300;
let asking = new AbortController();
let timer = 0;

async function look() {
  asking.abort();
  asking = new AbortController();
  const asked = [...new FormData(form)].filter(([name]) => ASKED.includes(name));
  try {
    const answer = await fetch(`${form.dataset.reach}?${new URLSearchParams(asked)}`, { signal: asking.signal });
    if (!answer.ok) return;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const found = page.querySelector('[data-part="reach"]');
    if (found) part.replaceChildren(...found.childNodes);
  } catch {
    // A newer question, or no network.
  }
}

if (part) {
  form.querySelector("[data-look]").hidden = true;
  form.addEventListener("input", ({ target }) => {
    if (!ASKED.includes(target.name)) return;
    clearTimeout(timer);
    timer = setTimeout(look, PAUSE);
  });
}

// Finds people while somebody types: the list of the same page for what stands in the field.

const form = document.querySelector("form[data-find]");
const PAUSE = 250;
let asking = new AbortController();
let timer = 0;

async function find() {
  asking.abort();
  asking = new AbortController();
  const address = `${form.getAttribute("action")}?${new URLSearchParams(new FormData(form))}`;
  try {
    const answer = await fetch(address, { signal: asking.signal });
    if (!answer.ok) return;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const made = page.querySelector('[data-part="found"]');
    if (!made) return;
    document.querySelector('[data-part="found"]').replaceWith(made);
    history.replaceState(null, "", address);
  } catch {
    // A newer question, or no network: the button still works.
  }
}

form?.addEventListener("input", () => {
  clearTimeout(timer);
  timer = setTimeout(find, PAUSE);
});

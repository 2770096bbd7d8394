// Keeps what one writes: on the site as a draft, a few seconds after the last change, and in this
// browser where the site cannot be asked (signed out, no connection), until it is there again.

const PAUSE = 3000;

/** @param {HTMLFormElement} form */
export function autosave(form) {
  const status = form.querySelector("[data-status]");
  const text = form.querySelector("#text");
  const place = `writing:${form.dataset.me}:${form.elements.reply_to?.value ?? ""}/${form.elements.quote?.value ?? ""}`;
  let timer = 0;
  let sent = "";
  let sending = false;

  const body = () => {
    const data = new FormData(form);
    data.delete("file");
    return new URLSearchParams(data);
  };
  const keep = (words) => {
    sessionStorage.setItem(place, text.value);
    status.textContent = words;
  };

  async function save() {
    const data = body();
    if (sending || data.toString() === sent) return;
    sending = true;
    const answer = await fetch(form.dataset.drafts, { method: "POST", body: data }).catch(() => null);
    sending = false;
    if (!answer) keep(form.dataset.unsaved);
    else if (answer.status === 401 || answer.status === 403) keep(form.dataset.lost);
    else if (answer.ok || answer.status === 422) {
      if (answer.ok) {
        sent = data.toString();
        sessionStorage.removeItem(place);
      }
      status.textContent = (await answer.json()).words;
      return;
    } else keep(form.dataset.unsaved);
    later();
  }

  function later() {
    clearTimeout(timer);
    timer = setTimeout(save, PAUSE);
  }

  const kept = sessionStorage.getItem(place);
  const untouched = /^(@\S+)?\s*$/.test(text.value); // an answer begins with whom it is for
  if (kept && kept !== text.value && untouched) {
    text.value = kept;
    status.textContent = form.dataset.found;
    later();
  }
  sent = kept ? "" : body().toString();
  form.addEventListener("input", later);
  form.addEventListener("submit", () => {
    clearTimeout(timer);
    sessionStorage.setItem(place, text.value); // until the answer shows that it arrived
    sessionStorage.setItem("writing:sent", place);
  });
  return { changed: later };
}

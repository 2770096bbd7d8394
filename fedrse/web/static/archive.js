// An archive that is being taken over: its bar moves on, and what became of it appears in the end.
// Without this file there is a link for it.

const part = document.querySelector("[data-archive=running]");
const PAUSE = 1500;

async function look() {
  const answer = document.visibilityState === "visible" ? await fetch(location.href).catch(() => null) : null;
  if (answer?.ok) {
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const now = page.querySelector("[data-archive=running] .progress");
    if (!now) {
      location.reload();
      return;
    }
    part.querySelector(".progress").replaceWith(document.adoptNode(now));
  } else if (answer) {
    location.reload(); // signed out meanwhile: the page says it
    return;
  }
  setTimeout(look, PAUSE);
}

if (part) setTimeout(look, PAUSE);

// An archive that is being taken over: its bar moves on, and what became of it appears in the end.
// Without this file there is a link for it.

const RUNNING = "[data-archive=running]";
const PAUSE = 1500;

async function look() {
  const answer = document.visibilityState === "visible" ? await fetch(location.href).catch(() => null) : null;
  if (answer?.ok) {
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const now = page.querySelector("main .progress");
    if (!now || !page.querySelector(RUNNING)) {
      location.reload();
      return;
    }
    document.querySelector("main .progress").replaceWith(document.adoptNode(now));
  } else if (answer) {
    location.reload(); // signed out meanwhile: the page says it
    return;
  }
  setTimeout(look, PAUSE);
}

if (document.querySelector(RUNNING)) setTimeout(look, PAUSE);

// A rehearsal that is under way: its bar moves on, and what was found appears when it is over.
// Without this file there is a link for it.

const card = document.querySelector("[data-rehearsal]");
const PAUSE = 1000;

async function look() {
  const answer = document.visibilityState === "visible" ? await fetch(location.href).catch(() => null) : null;
  if (answer?.ok) {
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const now = page.querySelector("[data-rehearsal] .progress");
    if (!now) {
      location.reload();
      return;
    }
    card.querySelector(".progress").replaceWith(document.adoptNode(now));
  } else if (answer) {
    location.reload(); // discarded meanwhile, or signed out: the page says it
    return;
  }
  setTimeout(look, PAUSE);
}

if (card) setTimeout(look, PAUSE);

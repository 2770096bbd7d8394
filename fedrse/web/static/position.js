// Going back to a list leads to the post that was read, also when newer ones stand above it now.
// Pages are not kept by the browser, since they are for one person only; ids of posts are.

const PLACE = `place:${location.pathname}${location.search}`;
const [entry] = performance.getEntriesByType("navigation");

/** The first post that is not above the window, and how far below its edge it begins. */
function first() {
  for (const card of document.querySelectorAll("[data-key]")) {
    const { top, bottom } = card.getBoundingClientRect();
    if (bottom > 0) return [card.dataset.key, Math.round(top)];
  }
  return null;
}

addEventListener("pagehide", () => {
  const place = scrollY > 0 ? first() : null;
  if (place) sessionStorage.setItem(PLACE, JSON.stringify(place));
  else sessionStorage.removeItem(PLACE);
});

if (entry?.type === "back_forward" && sessionStorage.getItem(PLACE)) {
  const [key, top] = JSON.parse(sessionStorage.getItem(PLACE));
  const card = document.querySelector(`[data-key="${CSS.escape(key)}"]`);
  if (card) {
    history.scrollRestoration = "manual"; // the browser would go where the post stood before
    scrollBy({ top: card.getBoundingClientRect().top - top, behavior: "instant" });
  }
}

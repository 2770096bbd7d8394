// What has the focus now, and whether a person sees it.
(() => {
  const element = document.activeElement;
  if (!element || element === document.body || element === document.documentElement) return null;
  window.visited = window.visited || new Set();
  const again = window.visited.has(element);
  window.visited.add(element);
  const style = getComputedStyle(element);
  const box = element.getBoundingClientRect();
  const outline = style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 1;
  const inside = box.width > 0 && box.height > 0 && box.bottom > 0 && box.right > 0
    && box.top < innerHeight && box.left < innerWidth;
  return {
    again,
    seen: inside && outline,
    name: element.outerHTML.slice(0, 160),
    text: (element.getAttribute("aria-label") || element.textContent || "").trim(),
    id: element.id,
  };
})()

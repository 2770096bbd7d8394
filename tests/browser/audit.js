// Looks at the page as it stands and returns sentences about what is wrong with it.
// Contrast and visible focus: WCAG 2.2, criteria 1.4.3 and 2.4.7.
(() => {
  const wrong = [];
  const name = (element) => {
    const id = element.id ? `#${element.id}` : "";
    const text = (element.textContent || "").trim().replace(/\s+/g, " ").slice(0, 40);
    return `<${element.localName}${id} class="${element.getAttribute("class") || ""}"> "${text}"`;
  };

  // Colours as [red, green, blue, alpha], whatever notation the style is in.
  const pen = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const known = new Map();
  const colour = (text) => {
    if (!known.has(text)) {
      pen.clearRect(0, 0, 1, 1);
      pen.fillStyle = text;
      pen.fillRect(0, 0, 1, 1);
      const [r, g, b, a] = pen.getImageData(0, 0, 1, 1).data;
      known.set(text, [r, g, b, a / 255]);
    }
    return known.get(text);
  };
  const over = (top, below) => top.slice(0, 3).map((c, i) => c * top[3] + below[i] * (1 - top[3]));
  const luminance = (rgb) => {
    const [r, g, b] = rgb.map((c) => {
      const share = c / 255;
      return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const contrast = (one, other) => {
    const [low, high] = [luminance(one), luminance(other)].sort((a, b) => a - b);
    return (high + 0.05) / (low + 0.05);
  };
  const canvasColour = getComputedStyle(document.documentElement).colorScheme.includes("dark")
    && matchMedia("(prefers-color-scheme: dark)").matches ? [18, 18, 18] : [255, 255, 255];
  const background = (element) => {
    const layers = [];
    for (let at = element; at; at = at.parentElement) {
      const layer = colour(getComputedStyle(at).backgroundColor);
      if (layer[3] > 0) layers.push(layer);
      if (layer[3] === 1) break;
    }
    return layers.reduceRight((below, layer) => over(layer, below), canvasColour);
  };
  const isShown = (element) => {
    if (!element.checkVisibility({ opacityProperty: true, visibilityProperty: true })) return false;
    const box = element.getBoundingClientRect();
    return box.width > 1 && box.height > 1;  // what is for screen readers only is one pixel
  };

  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const looked = new Set();
  let texts = 0;
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement;
    if (!walker.currentNode.data.trim() || looked.has(element) || !isShown(element)) continue;
    if (element.closest("script, style, noscript")) continue;
    looked.add(element);
    texts += 1;
    const style = getComputedStyle(element);
    const below = background(element);
    const ratio = contrast(over(colour(style.color), below), below);
    const size = parseFloat(style.fontSize);
    const large = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
    if (ratio < (large ? 3 : 4.5) - 0.005) {
      wrong.push(`contrast ${ratio.toFixed(2)} of ${name(element)}`);
    }
  }
  if (texts === 0) wrong.push("no text at all");

  const width = document.documentElement.clientWidth;
  if (document.documentElement.scrollWidth > width) {
    const wide = [...document.body.querySelectorAll("*")]
      .filter((element) => isShown(element) && element.getBoundingClientRect().right > width + 1);
    wrong.push(`wider than ${width}: ${wide.slice(0, 3).map(name).join(", ")}`);
  }

  const named = (element) => {
    if ((element.getAttribute("aria-label") || "").trim()) return true;
    const by = element.getAttribute("aria-labelledby");
    if (by && by.split(/\s+/).some((id) => document.getElementById(id)?.textContent.trim())) return true;
    const images = [...element.querySelectorAll("img[alt], [role=img][aria-label]")];
    if (images.some((one) => (one.getAttribute("alt") || one.getAttribute("aria-label") || "").trim())) return true;
    return Boolean((element.textContent || "").trim());
  };
  for (const field of document.querySelectorAll("input:not([type=hidden]), select, textarea")) {
    const label = [...(field.labels || [])].some((one) => one.textContent.trim());
    if (!label && !field.hasAttribute("aria-label") && !field.hasAttribute("aria-labelledby")) {
      wrong.push(`no label: ${name(field)}`);
    }
  }
  for (const control of document.querySelectorAll("a[href], button, summary")) {
    if (!named(control)) wrong.push(`no name: ${control.outerHTML.slice(0, 200)}`);
  }
  for (const image of document.querySelectorAll("img")) {
    if (!image.hasAttribute("alt")) wrong.push(`no alt: ${image.outerHTML.slice(0, 200)}`);
    if (isShown(image) && image.complete && image.naturalWidth === 0) {
      wrong.push(`picture is broken: ${image.src}`);
    }
  }
  const ids = [...document.querySelectorAll("[id]")].map((element) => element.id);
  for (const id of new Set(ids.filter((one, at) => ids.indexOf(one) !== at))) {
    wrong.push(`id twice: ${id}`);
  }
  const count = (selector) => document.querySelectorAll(selector).length;
  if (count("main") !== 1) wrong.push(`${count("main")} main elements`);
  if (count("h1") !== 1) wrong.push(`${count("h1")} first headings`);
  if (!document.title.trim()) wrong.push("no title");
  if (!document.documentElement.lang) wrong.push("no language");
  return wrong;
})()

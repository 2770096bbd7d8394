// Writing with script: how much room is left, sending by Ctrl+Enter, completion, files, drafts.
// The form works without this file.

import { count } from "./app.js";
import { attach, point } from "./attach.js";
import { autosave } from "./autosave.js";
import { complete } from "./complete.js";

const form = document.querySelector("form.compose");
const text = form.querySelector("#text");
const room = form.querySelector("[data-room]");
const NEARLY_FULL = 100;
const LINK_LENGTH = 23;

/** As the server counts: what people see, links 23, mentions without their site. @param {string} words */
function length(words) {
  const short = words
    .replace(/https?:\/\/[^\s<>"]+/gi, "x".repeat(LINK_LENGTH))
    .replace(/(^|[^\w@/])(@\w+)@[\w.:-]*\w/g, "$1$2");
  return [...new Intl.Segmenter().segment(short)].length;
}

function showRoom() {
  const left = Number(text.dataset.limit) - length(text.value);
  room.textContent = (left < 0 ? room.dataset.over : room.dataset.left).replace("{}", count(Math.abs(left)));
  room.classList.toggle("room-over", left < 0);
  // Read aloud only where it matters.
  room.setAttribute("aria-live", left < NEARLY_FULL ? "polite" : "off");
}

text.setSelectionRange(text.value.length, text.value.length); // one goes on at the end
complete(text);
text.addEventListener("input", showRoom);
text.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
  event.preventDefault();
  form.requestSubmit(form.querySelector("[data-publish] button"));
});

let files = null;
if (form.dataset.drafts) {
  const drafts = autosave(form);
  files = attach(form, drafts.changed);
  // With script a post can be taken back for a moment after it was sent.
  const undoable = document.createElement("input");
  Object.assign(undoable, { type: "hidden", name: "undoable", value: "1" });
  form.append(undoable);
} else {
  for (const file of form.querySelectorAll("[data-file]")) point(file);
}
showRoom();

// Once is enough: the key of the form makes one post of two, and nobody has to wonder.
form.addEventListener("submit", (event) => {
  if (files?.busy()) {
    event.preventDefault();
    form.querySelector(".upload button").focus();
    return;
  }
  event.submitter?.setAttribute("aria-busy", "true");
});
addEventListener("pageshow", () => {
  for (const one of form.querySelectorAll("[aria-busy]")) one.removeAttribute("aria-busy");
});

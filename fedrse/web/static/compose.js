// Writing with script: how much room is left, sending by Ctrl+Enter, files by paste and drop.
// The form works without this file.

import { count } from "./app.js";

const form = document.querySelector("form.compose");
const text = form.querySelector("#text");
const file = form.querySelector("#file");
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

text.addEventListener("input", showRoom);
text.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
  event.preventDefault();
  form.requestSubmit(form.querySelector("[data-publish] button"));
});
showRoom();

/** Puts a file into its field, where it can be described before it is attached. @param {FileList} files */
function take(files) {
  const one = new DataTransfer();
  one.items.add(files[0]);
  file.files = one.files;
  file.closest("details").open = true;
  form.querySelector("#new_description").focus();
}

if (file) {
  text.addEventListener("paste", (event) => {
    if (!event.clipboardData?.files.length) return;
    event.preventDefault();
    take(event.clipboardData.files);
  });
  form.addEventListener("dragover", (event) => {
    if (event.dataTransfer.types.includes("Files")) event.preventDefault();
  });
  form.addEventListener("drop", (event) => {
    if (!event.dataTransfer.files.length) return;
    event.preventDefault();
    take(event.dataTransfer.files);
  });
}

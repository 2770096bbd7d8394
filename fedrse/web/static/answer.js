// The short form below a post: what writing needs comes when somebody begins to write.

const form = document.querySelector("form.answer");
const text = form?.querySelector("textarea");
text?.setSelectionRange(text.value.length, text.value.length); // behind whom it is for

form?.addEventListener("focusin", async () => {
  // With script an answer can be taken back for a moment after it was sent.
  const undoable = document.createElement("input");
  Object.assign(undoable, { type: "hidden", name: "undoable", value: "1" });
  form.append(undoable);
  const [{ autosave }, { complete }] = await Promise.all([import("./autosave.js"), import("./complete.js")]);
  autosave(form);
  complete(text);
}, { once: true });

text?.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
  event.preventDefault();
  form.requestSubmit(form.querySelector("[data-publish]"));
});

// Files of the form for writing: dropped, pasted or chosen, sent at once with a bar that can be
// stopped, and the part of a picture that stays in view chosen by pointing at it.

/** @param {HTMLFormElement} form @param {() => void} changed */
export function attach(form, changed) {
  const part = form.querySelector("[data-attach]");
  const uploads = form.querySelector("[data-uploads]");
  const files = form.querySelector("[data-attached]");
  const field = form.querySelector("#file");
  const text = form.querySelector("#text");
  const most = Number(uploads.dataset.most);
  field.multiple = true;
  form.querySelector("[data-without-script]").remove();

  const room = () => most - files.children.length - uploads.querySelectorAll(".upload").length;
  const makeRoom = () => {
    part.hidden = room() <= 0 && !uploads.children.length;
  };

  function refuse(words, name) {
    const made = document.querySelector("#upload-error").content.firstElementChild.cloneNode(true);
    made.querySelector("span").textContent = name ? `${name}: ${words}` : words;
    uploads.append(made);
    part.hidden = false;
    part.open = true;
  }

  function send(file) {
    const row = document.querySelector("#upload").content.firstElementChild.cloneNode(true);
    const bar = row.querySelector("progress");
    row.querySelector(".progress-words").textContent = file.name || row.querySelector(".progress-words").textContent;
    uploads.append(row);
    part.open = true;
    const request = new XMLHttpRequest();
    request.open("POST", form.dataset.files);
    request.setRequestHeader("X-CSRF-Token", form.elements.csrf_token.value);
    request.upload.addEventListener("progress", (event) => {
      if (event.lengthComputable) {
        bar.max = event.total;
        bar.value = event.loaded;
      }
      // The site reads the file after the last byte of it came.
      if (event.loaded === event.total) bar.removeAttribute("value");
    });
    const over = (words) => {
      const focused = row.contains(document.activeElement);
      row.remove();
      if (words) refuse(words, file.name);
      makeRoom();
      if (focused) text.focus();
    };
    request.addEventListener("load", () => {
      if (request.status === 200) {
        const page = new DOMParser().parseFromString(request.responseText, "text/html");
        const made = page.querySelector("[data-file]");
        files.append(made);
        point(made);
        over("");
        made.querySelector("textarea").focus();
        changed();
        return;
      }
      let words = "";
      if (request.status === 422) words = JSON.parse(request.responseText).words;
      over(words || (request.status === 413 ? uploads.dataset.tooLarge : uploads.dataset.broken));
    });
    request.addEventListener("error", () => over(uploads.dataset.broken));
    request.addEventListener("abort", () => over(""));
    row.querySelector("button").addEventListener("click", () => request.abort());
    const body = new FormData();
    body.append("file", file, file.name || "pasted.png");
    request.send(body);
  }

  function take(chosen) {
    for (const old of uploads.querySelectorAll(".field-error")) old.remove();
    for (const file of chosen) {
      if (room() <= 0) {
        refuse(uploads.dataset.tooMany, "");
        break;
      }
      if (file.size > Number(uploads.dataset.largest)) refuse(uploads.dataset.tooLarge, file.name);
      else send(file);
    }
    field.value = "";
  }

  field.addEventListener("change", () => take([...field.files]));
  text.addEventListener("paste", (event) => {
    if (!event.clipboardData?.files.length) return;
    event.preventDefault();
    take([...event.clipboardData.files]);
  });
  form.addEventListener("dragover", (event) => {
    if (!event.dataTransfer.types.includes("Files")) return;
    event.preventDefault();
    form.classList.add("compose-over");
  });
  form.addEventListener("dragleave", (event) => {
    if (!form.contains(event.relatedTarget)) form.classList.remove("compose-over");
  });
  form.addEventListener("drop", (event) => {
    form.classList.remove("compose-over");
    if (!event.dataTransfer.files.length) return;
    event.preventDefault();
    take([...event.dataTransfer.files]);
  });
  files.addEventListener("click", (event) => {
    const button = event.target.closest("button[name=remove]");
    if (!button) return;
    event.preventDefault();
    button.closest("[data-file]").remove();
    makeRoom();
    text.focus();
    changed();
  });
  for (const file of files.children) point(file);
  return { take, busy: () => uploads.querySelector(".upload") !== null };
}

/** The point of a picture that stays in view: pressed on the picture, or chosen from the list. */
export function point(file) {
  const picture = file.querySelector("[data-focus]");
  const choice = file.querySelector("select");
  if (!picture || !choice) return;
  const dot = document.createElement("span");
  dot.className = "focus-point";
  picture.append(dot);
  const show = () => {
    const [x, y] = choice.value.split(",").map(Number);
    dot.style.left = `${(x + 1) * 50}%`;
    dot.style.top = `${(1 - y) * 50}%`;
  };
  picture.addEventListener("click", (event) => {
    const box = picture.getBoundingClientRect();
    const limit = (value) => Math.min(1, Math.max(-1, value)).toFixed(2);
    const x = limit(((event.clientX - box.left) / box.width) * 2 - 1);
    const y = limit(1 - ((event.clientY - box.top) / box.height) * 2);
    let own = choice.querySelector("[data-own]");
    if (!own) {
      own = new Option(choice.dataset.pointed);
      own.dataset.own = "";
      choice.append(own);
    }
    own.value = `${x},${y}`;
    own.selected = true;
    choice.dispatchEvent(new Event("input", { bubbles: true }));
  });
  choice.addEventListener("input", show);
  show();
}

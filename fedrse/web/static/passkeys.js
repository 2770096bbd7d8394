// Passkeys: asks the browser for a key and sends what it answers with the form that asked.

const toBytes = (text) =>
  Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (one) => one.charCodeAt(0));

const toText = (buffer) =>
  btoa(String.fromCharCode(...new Uint8Array(buffer)))
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replaceAll("=", "");

function decoded(options) {
  const asked = options.publicKey;
  asked.challenge = toBytes(asked.challenge);
  if (asked.user) {
    asked.user.id = toBytes(asked.user.id);
  }
  for (const known of [...(asked.excludeCredentials ?? []), ...(asked.allowCredentials ?? [])]) {
    known.id = toBytes(known.id);
  }
  return { publicKey: asked };
}

function encoded(credential) {
  const response = {};
  for (const name of [
    "clientDataJSON",
    "attestationObject",
    "authenticatorData",
    "signature",
    "userHandle",
  ]) {
    if (credential.response[name]) {
      response[name] = toText(credential.response[name]);
    }
  }
  return JSON.stringify({
    id: credential.id,
    rawId: toText(credential.rawId),
    type: credential.type,
    response,
    clientExtensionResults: {},
  });
}

function say(form, sentence, field) {
  const problem = form.querySelector("[data-problem]");
  problem.textContent = sentence;
  problem.hidden = false;
  (form.querySelector(`[name="${field}"]`) ?? form.querySelector("button")).focus();
}

async function send(form) {
  const answer = await fetch(form.dataset.options, {
    method: "POST",
    body: new URLSearchParams(new FormData(form)),
    headers: { Accept: "application/json" },
  });
  const options = await answer.json().catch(() => ({}));
  if (!answer.ok || !options.publicKey) {
    say(form, options.field ? options.error : form.dataset.failed, options.field);
    return;
  }
  const credential = await navigator.credentials[form.dataset.passkey](decoded(options));
  form.querySelector("[name=credential]").value = encoded(credential);
  form.submit();
}

if (window.PublicKeyCredential) {
  for (const form of document.querySelectorAll("form[data-passkey]")) {
    form.hidden = false;
    document.querySelector("[data-without-passkeys]")?.remove();
    let busy = false;
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      if (busy) {
        return;
      }
      busy = true;
      form.querySelector("[data-problem]").hidden = true;
      try {
        await send(form);
      } catch (error) {
        const given_up = error instanceof DOMException && error.name === "NotAllowedError";
        say(form, given_up ? form.dataset.cancelled : form.dataset.failed, "");
      } finally {
        busy = false;
      }
    });
  }
}

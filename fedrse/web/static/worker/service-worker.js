// VERSION, OFFLINE and KEPT stand above: see fedrse/web/installed_app.py.
// Pages come from the network; without it, one page says so. Pages with what belongs to people are
// not kept. What somebody sends and does not arrive is: outbox.js sends it later.

const STORE = "outbox"; // as in outbox.js
const NOT_KEPT = new Set(["csrf_token", "me", "undoable", "confirmed"]);
const ASKS = ["preview", "attach", "add_option", "remove"]; // buttons that publish nothing

self.addEventListener("install", (event) => {
  event.waitUntil(
    caches.open(VERSION).then((cache) => cache.addAll(KEPT)).then(() => self.skipWaiting()),
  );
});

self.addEventListener("activate", (event) => {
  event.waitUntil((async () => {
    const names = await caches.keys();
    await Promise.all(names.filter((name) => name !== VERSION).map((name) => caches.delete(name)));
    await self.clients.claim();
  })());
});

// The language of whoever uses this browser has changed.
self.addEventListener("message", (event) => {
  if (event.data === "language") event.waitUntil(caches.open(VERSION).then((cache) => cache.add(OFFLINE)).catch(() => {}));
});

/** Notes a form that was sent in vain. @param {string} path @param {FormData} form */
async function keep(path, form) {
  if (!form.get("key") || !form.get("me") || ASKS.some((name) => form.has(name))) return;
  const opening = indexedDB.open("fedrse", 1);
  opening.onupgradeneeded = () => opening.result.createObjectStore(STORE, { keyPath: "key" });
  await new Promise((then, fail) => {
    opening.onerror = fail;
    opening.onsuccess = () => {
      const writing = opening.result.transaction(STORE, "readwrite");
      writing.oncomplete = then;
      writing.onabort = fail;
      writing.objectStore(STORE).put({
        key: form.get("key"),
        me: form.get("me"),
        path,
        fields: [...form].filter(([name, value]) => !NOT_KEPT.has(name) && (value.size ?? value) !== 0),
        at: Date.now(),
        tried: Date.now(), // it may have arrived, only its answer did not
        state: "waiting",
      });
    };
  });
}

async function send(request) {
  const copy = request.clone();
  try {
    return await fetch(request);
  } catch {
    await keep(new URL(request.url).pathname, await copy.formData());
    return Response.redirect(OFFLINE, 303);
  }
}

const isWriting = (path) => path === "/compose" || /^\/messages\/(new|\d+)$/.test(path);

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const address = new URL(request.url);
  if (address.origin !== location.origin) return;
  if (request.method === "POST" && request.mode === "navigate" && isWriting(address.pathname)) {
    event.respondWith(send(request));
  } else if (request.method !== "GET") {
    return;
  } else if (request.mode === "navigate") {
    event.respondWith(fetch(request).catch(() => caches.match(OFFLINE)));
  } else if (address.pathname.startsWith("/static/")) {
    event.respondWith(caches.match(request).then((kept) => kept ?? fetch(request)));
  }
});

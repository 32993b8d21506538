// Keeps the pages' own files, so that a reload works while the server cannot be reached. Never touches the API: what
// raters say is kept and sent by the pages themselves.
const CACHE = "repartee-{{version}}";
const FILES = ["{{base}}index.html", {{files}}];

self.addEventListener("install", (event) => {
  event.waitUntil(caches.open(CACHE).then((cache) => cache.addAll(FILES)).then(() => self.skipWaiting()));
});

self.addEventListener("activate", (event) => {
  const drop = (names) => Promise.all(names.filter((name) => name !== CACHE).map((name) => caches.delete(name)));
  event.waitUntil(caches.keys().then(drop).then(() => self.clients.claim()));
});

self.addEventListener("fetch", (event) => {
  const { pathname, origin } = new URL(event.request.url);
  if (event.request.method !== "GET" || origin !== location.origin) return;
  if (FILES.includes(pathname)) {
    event.respondWith(caches.match(pathname).then((kept) => kept ?? fetch(event.request)));
  } else if (event.request.mode === "navigate" && !pathname.startsWith("/api/")) {
    event.respondWith(fetch(event.request).catch(() => caches.match("{{base}}index.html")));
  }
});

/* Keeps the rider's page for the time without a network. The server writes VERSION, PAGES, FILES and FACTS before this; they
   are hashes and addresses, so this file differs whenever anything it keeps does, and a browser takes the new one by itself.

   A page is kept as one answer with its own headers: its policy can never be that of another version. With a network the
   page always comes from the server; only where that fails, or takes longer than anybody waits, the kept one is shown. */
const KEEP = "yiquan-" + VERSION;
const LATEST = "yiquan-facts"; // what is known of the city: newest known, across versions
const PATIENCE_MS = 4000;

self.addEventListener("install", (event) => event.waitUntil(install()));
self.addEventListener("activate", (event) => event.waitUntil(activate()));

self.addEventListener("fetch", (event) => {
  const url = new URL(event.request.url);
  if (event.request.method !== "GET" || url.origin !== location.origin) return;
  if (event.request.mode === "navigate" && url.pathname === "/") event.respondWith(page(event.request, url));
  else if (FILES.includes(url.pathname)) event.respondWith(file(event.request));
  else if (FACTS.includes(url.pathname + url.search)) event.respondWith(fact(event));
});

async function install() {
  const cache = await caches.open(KEEP);
  // Pages afresh: a browser's own copy may carry the headers of an answer that had no body.
  await cache.addAll([...PAGES.map((path) => new Request(path, { cache: "reload" })), ...FILES]);
  const facts = await caches.open(LATEST);
  await Promise.allSettled(FACTS.map((path) => facts.add(new Request(path, { cache: "no-cache" }))));
  await self.skipWaiting();
}

async function activate() {
  const names = await caches.keys();
  const old = names.filter((name) => name.startsWith("yiquan-") && name !== KEEP && name !== LATEST);
  await Promise.all(old.map((name) => caches.delete(name)));
  await self.clients.claim();
}

async function page(request, url) {
  const fresh = fetch(request);
  fresh.catch(() => null); // heard below, if it is waited for
  try {
    const answer = await Promise.race([fresh, wait(PATIENCE_MS)]);
    if (answer.status < 500) return answer;
  } catch (_) {
    /* no network, or not in time */
  }
  return (await caches.match(pageFor(url), { cacheName: KEEP, ignoreVary: true })) || fresh;
}

const wait = (ms) => new Promise((_, reject) => setTimeout(() => reject(new Error("too slow")), ms));

/* The page in the language asked for, else in the browser's. */
function pageFor(url) {
  const asked = url.searchParams.get("lang") || self.navigator.language.slice(0, 2);
  return PAGES.find((path) => path.endsWith("lang=" + asked)) || PAGES[0];
}

/* Its name changes with its content, so the kept one is right for ever. */
async function file(request) {
  return (await caches.match(request.url, { cacheName: KEEP, ignoreVary: true })) || fetch(request);
}

async function fact(event) {
  const cache = await caches.open(LATEST);
  try {
    const answer = await fetch(event.request);
    if (answer.ok) event.waitUntil(cache.put(event.request.url, answer.clone()));
    if (answer.status < 500) return answer;
  } catch (_) {
    /* no network */
  }
  return (await cache.match(event.request.url, { ignoreVary: true })) || Response.error();
}

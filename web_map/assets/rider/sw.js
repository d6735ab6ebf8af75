/* Keeps the rider's page for the time without a network. The server writes VERSION, PAGES, FILES and FACTS before this; they
   are hashes and addresses, so this file differs whenever anything it keeps does, and a browser takes the new one by itself.

   A page is kept as one answer with its own headers: its policy can never be that of another version. With a network the
   page always comes from the server; only where that fails, or takes longer than anybody waits, the kept one is shown.

   Pages of stations are kept as they are visited, each with the script it names. */
const KEEP = "yiquan-" + VERSION;
const LATEST = "yiquan-facts"; // what is known of the city: newest known, across versions
const VISITED = "yiquan-visited"; // pages of stations and their script, across versions
const MOST_VISITED = 60;
const PATIENCE_MS = 4000;

self.addEventListener("install", (event) => event.waitUntil(install()));
self.addEventListener("activate", (event) => event.waitUntil(activate()));

self.addEventListener("fetch", (event) => {
  const url = new URL(event.request.url);
  if (event.request.method !== "GET" || url.origin !== location.origin) return;
  if (event.request.mode === "navigate" && url.pathname === "/") event.respondWith(page(event.request, url));
  else if (event.request.mode === "navigate" && url.pathname.startsWith("/s/")) event.respondWith(station(event));
  else if (FILES.includes(url.pathname)) event.respondWith(file(event.request));
  else if (url.pathname.startsWith("/static/station.")) event.respondWith(stationScript(event));
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
  const old = names.filter((name) => name.startsWith("yiquan-") && ![KEEP, LATEST, VISITED].includes(name));
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

async function station(event) {
  const cache = await caches.open(VISITED);
  const fresh = fetch(event.request);
  fresh.catch(() => null);
  try {
    const answer = await Promise.race([fresh, wait(PATIENCE_MS)]);
    if (answer.ok) event.waitUntil(keepVisited(cache, event.request.url, answer.clone()));
    if (answer.status < 500) return answer;
  } catch (_) {
    /* no network, or not in time */
  }
  return (await cache.match(event.request.url, { ignoreVary: true })) || fresh;
}

async function stationScript(event) {
  const cache = await caches.open(VISITED);
  const known = await cache.match(event.request.url, { ignoreVary: true });
  if (known) return known;
  const answer = await fetch(event.request);
  if (answer.ok) event.waitUntil(keepVisited(cache, event.request.url, answer.clone()));
  return answer;
}

/* The newest at the end: what was visited longest ago goes first. */
async function keepVisited(cache, url, answer) {
  await cache.delete(url, { ignoreVary: true });
  await cache.put(url, answer);
  const names = await cache.keys();
  await Promise.all(names.slice(0, Math.max(0, names.length - MOST_VISITED)).map((name) => cache.delete(name)));
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

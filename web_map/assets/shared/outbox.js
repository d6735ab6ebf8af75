/* Reports and wishes on their way: they wait on the phone until the server has them. No name; a token made by chance lets a
   rider count once per station or place. Sent twice, a report is one report, so whoever is unsure sends it again. */
Yiquan.outbox = (function () {
  "use strict";

  const { ask, keep, kept } = Yiquan;
  const RETRY_MS = 60000;
  const TOO_MANY = 429;
  let sending = null;
  let timer = 0;

  const queue = () => kept("reports") || [];

  /* "sent", "kept" for later, or "lost" where the phone keeps nothing and the server is away. */
  async function post(report, to) {
    const whole = { id: newId(), at: new Date().toISOString(), reporter: reporter(), ...report, ...(to && { to }) };
    if (!keep("reports", [...queue(), whole])) return send(whole).then(() => "sent", () => "lost");
    await flush();
    return queue().some((one) => one.id === whole.id) ? "kept" : "sent";
  }

  /* Sends what waits, oldest first. One at a time, so that nothing goes twice at once. */
  function flush() {
    sending = sending || sendAll().finally(() => (sending = null));
    return sending;
  }

  async function sendAll() {
    clearTimeout(timer);
    const later = new Set(); // ids of those that were asked to wait: others need not wait for them
    for (let next = first(later); next; next = first(later)) {
      try {
        await send(next);
      } catch (error) {
        if (mayWork(error) && error.status !== TOO_MANY) break;
        if (mayWork(error)) {
          later.add(next.id);
          continue;
        }
      }
      keep("reports", queue().filter((report) => report.id !== next.id));
    }
    if (queue().length) timer = setTimeout(flush, RETRY_MS);
  }

  const first = (later) => queue().find((report) => !later.has(report.id));

  const send = ({ to, ...report }) => ask(to || "/reports", { body: report });

  /* A server that is away or asks for patience may take it later; one that refuses it never will. */
  const mayWork = (error) => !(error instanceof Yiquan.ServerError) || error.status >= 500 || error.status === TOO_MANY;

  function reporter() {
    const known = kept("reporter") || randomHex(16);
    keep("reporter", known);
    return known;
  }

  const randomHex = (bytes) => [...crypto.getRandomValues(new Uint8Array(bytes))].map((byte) => byte.toString(16).padStart(2, "0")).join("");

  /* A version-4 UUID; `crypto.randomUUID` is missing where the page came without https. */
  function newId() {
    const hex = randomHex(16).split("");
    hex[12] = "4";
    hex[16] = "89ab"[parseInt(hex[16], 16) % 4];
    return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].map((part) => part.join("")).join("-");
  }

  function listen() {
    window.addEventListener("online", flush);
    if (queue().length) flush();
  }

  return { post, flush, listen };
})();

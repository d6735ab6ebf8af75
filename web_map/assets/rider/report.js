/* What somebody found at the door, in two taps. It waits on the phone until the server has it: no name, no position. */
Rider.report = (function () {
  "use strict";

  const { t, el, byId, ask, keep, kept } = Yiquan;
  const RETRY_MS = 60000;
  const KINDS = [
    ["good_confirm", t("rider.report_good")],
    ["locked_in_hours", t("rider.report_locked")],
    ["entry_refused", t("rider.report_refused")],
    ["app_barrier", t("rider.report_app")],
    ["moved", t("rider.report_moved")],
    ["amenity_broken", t("rider.report_broken")],
    ["full", t("rider.report_full")],
  ];
  let sending = null;
  let timer = 0;

  const queue = () => kept("reports") || [];

  function open(hit) {
    byId("sheet-title").textContent = hit.name;
    byId("sheet-note").textContent = t("rider.report_note");
    byId("sheet-choices").replaceChildren(
      ...KINDS.map(([kind, name]) => el("button", { type: "button", "data-report": kind, on: { click: () => choose(hit, kind) } }, name))
    );
    byId("sheet").showModal();
  }

  async function choose(hit, kind) {
    const report = { id: newId(), station: String(hit.id), kind, at: new Date().toISOString(), reporter: reporter() };
    // A broken thing is the one that was asked for, where exactly one was.
    if (kind === "amenity_broken" && Rider.state.needs.size === 1) report.amenity = [...Rider.state.needs][0];
    const isKept = keep("reports", [...queue(), report]);
    byId("sheet-choices").replaceChildren();
    byId("sheet-note").textContent = t("rider.report_sending");
    const sent = isKept ? await flush() : await send(report).then(() => true, () => false);
    byId("sheet-note").textContent = sent ? t("rider.report_thanks") : isKept ? t("rider.report_kept") : t("rider.report_lost");
  }

  /* Sends what waits, oldest first; true when nothing waits any more. One at a time, so that nothing goes twice at once. */
  function flush() {
    sending = sending || sendAll().finally(() => (sending = null));
    return sending;
  }

  async function sendAll() {
    clearTimeout(timer);
    while (queue().length) {
      const [next] = queue();
      try {
        await send(next);
      } catch (error) {
        if (mayWork(error)) {
          timer = setTimeout(flush, RETRY_MS);
          return false;
        }
      }
      keep("reports", queue().filter((report) => report.id !== next.id));
    }
    return true;
  }

  const send = (report) => ask("/reports", { body: report });

  /* A server that is away or asks for patience may take it later; one that refuses it never will. */
  const mayWork = (error) => !(error instanceof Yiquan.ServerError) || error.status >= 500 || error.status === 429;

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

  return { open, flush, listen };
})();

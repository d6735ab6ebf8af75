/* The page of one station. What there is to read came with it; this says whether the door is open now, shows what riders
   said lately, sends a report in two taps, and shares the address. */
(function () {
  "use strict";

  const { page, t, el, byId, askJson, moment, outbox } = Yiquan;
  const TICK_MS = 30000;
  const MINUTES_OF_DAY = 1440;
  const KEEP_AFTER_MS = 3000; // whoever stands at the door reads first

  /* ── open now ── */

  function showOpening() {
    const now = Date.now();
    const stretches = page.ahead.map(([from, to, state]) => ({ from: Date.parse(from), to: to ? Date.parse(to) : Infinity, end: to, start: from, state }));
    const last = stretches.length ? stretches[stretches.length - 1].to : 0;
    const here = stretches.find((one) => one.from <= now && now < one.to);
    const next = stretches.find((one) => one.from > now && one.state !== "unknown");
    const line = byId("opening");
    // A page kept for longer than it looks ahead does not know; what it says of the usual week stays.
    if (!stretches.length || now >= last) return;
    const [kind, words] = told(here, here && endOf(here, stretches), next);
    line.className = "opening " + kind;
    line.textContent = words;
  }

  /* Open surely and open as far as the rules say, one after the other, is open all the while. */
  function endOf(here, stretches) {
    let last = here;
    for (const one of stretches) if (one.state !== "unknown" && one.from === last.to) last = one;
    return last.end;
  }

  function told(here, end, next) {
    if (here && here.state === "unknown") return ["unknown", t("station.hours_unknown")];
    const perhaps = here && here.state === "perhaps" ? " " + t("station.perhaps") : "";
    if (here) return ["open", (end ? t("station.open_until", { clock: moment(end) }) : t("station.open_all_day")) + perhaps];
    return ["closed", next ? t("station.closed_until", { clock: moment(next.start) }) : t("station.closed")];
  }

  /* The row of the day it is in the city, which may not be the day the page was made. */
  function markToday() {
    const day = Math.floor(Yiquan.minuteOfWeek(new Date()) / MINUTES_OF_DAY) + 1;
    for (const row of document.querySelectorAll("#week tr[data-day]")) {
      if (Number(row.dataset.day) === day) row.setAttribute("aria-current", "date");
      else row.removeAttribute("aria-current");
    }
  }

  /* ── what riders said ── */

  async function showReports() {
    const box = byId("reports");
    try {
      const said = await askJson("/facilities/" + page.station + "/reports");
      const lines = [
        said.confirmed && el("p", { class: "confirmed" }, t("station.confirmed", { n: said.confirmed.riders, date: said.confirmed.last_on })),
        ...said.open.map((one) => el("p", { class: "reported" }, t("station.kind_counted", { kind: named(one), n: one.riders, date: one.last_on }))),
        said.answer && el("p", { class: "answer", dir: "auto" }, answered(said.answer)),
      ].filter(Boolean);
      box.replaceChildren(...(lines.length ? lines : [el("p", { class: "note" }, t("station.no_reports"))]));
    } catch (_) {
      box.replaceChildren(el("p", { class: "note" }, t("station.reports_away")));
    }
  }

  const named = (one) => (page.reports[one.kind] || one.kind) + (one.amenity ? " · " + (page.amenities[one.amenity] || one.amenity) : "");
  const answered = ({ note, on }) => (note ? t("station.answer", { date: on, note }) : t("station.answered", { date: on }));

  function showFreshness() {
    const line = byId("verified");
    const fresh = Yiquan.freshness(line.dataset.verified);
    line.textContent = fresh.text;
    line.classList.toggle("stale", fresh.stale);
  }

  /* ── reporting ── */

  function openSheet() {
    byId("kinds").hidden = false;
    byId("broken").hidden = true;
    byId("sheet-title").textContent = t("station.report_title");
    byId("sheet-note").textContent = t("station.report_note");
    byId("sheet").showModal();
  }

  function choose(kind) {
    if (kind !== "amenity_broken") return send({ kind });
    byId("sheet-title").textContent = t("station.which_broken");
    byId("kinds").hidden = true;
    byId("broken").hidden = false;
    byId("broken").replaceChildren(
      ...page.breakable.map((amenity) => el("button", { type: "button", "data-amenity": amenity, on: { click: () => send({ kind, amenity }) } }, page.amenities[amenity])),
      el("button", { type: "button", "data-amenity": "", on: { click: () => send({ kind }) } }, t("station.which_other"))
    );
    byId("broken").firstElementChild.focus();
  }

  async function send(report) {
    byId("kinds").hidden = byId("broken").hidden = true;
    byId("sheet-title").textContent = t("station.report_title");
    byId("sheet-note").textContent = t("station.report_sending");
    byId("sheet-close").focus();
    const outcome = await outbox.post({ station: page.station, ...report });
    byId("sheet-note").textContent = { sent: t("station.report_thanks"), kept: t("station.report_kept"), lost: t("station.report_lost") }[outcome];
    if (outcome === "sent") showReports();
  }

  /* ── sharing ── */

  async function share() {
    const url = location.origin + location.pathname + location.search;
    const label = byId("share").querySelector("span");
    if (navigator.share) return navigator.share({ title: document.title, url }).catch(() => null); // closed again: nothing to say
    try {
      await navigator.clipboard.writeText(url);
      label.textContent = t("station.copied");
    } catch (_) {
      label.textContent = t("station.copy_by_hand", { address: url });
    }
  }

  /* ── without a network ── */

  /* The worker keeps the pages of stations as they are visited; this one was there before it, so it is kept by hand. */
  async function keepPage() {
    if (!("serviceWorker" in navigator) || navigator.serviceWorker.controller || (navigator.connection || {}).saveData) return;
    try {
      await navigator.serviceWorker.register("/sw.js", { updateViaCache: "none" });
      const script = document.querySelector("script[src]").src;
      const cache = await caches.open("yiquan-visited");
      await cache.addAll([location.pathname + location.search, script]);
    } catch (_) {
      /* without https or without storage there is no keeping */
    }
  }

  function start() {
    Yiquan.keepLanguageLink();
    Yiquan.settings.listen();
    outbox.listen();
    if (!page.station) return;
    markToday();
    showOpening();
    showFreshness();
    showReports();
    setTimeout(keepPage, KEEP_AFTER_MS);
    setInterval(() => (markToday(), showOpening()), TICK_MS);
    for (const id of ["share", "report"]) byId(id).hidden = false;
    byId("share").addEventListener("click", share);
    byId("report").addEventListener("click", openSheet);
    for (const button of document.querySelectorAll("[data-report]")) button.addEventListener("click", () => choose(button.dataset.report));
  }

  start();
})();

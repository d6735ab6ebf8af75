/* The first visit: four steps round the desk. It can be left at any moment, is never in the way of what it shows, and comes
   back only when asked for. */
Yiquan.tour = function () {
  "use strict";

  const { t, el, keep, byId } = Yiquan;

  const STEPS = [
    { at: ".question", title: t("tour.question"), words: t("tour.question_words") },
    { at: ".legend", title: t("tour.map"), words: t("tour.map_words") },
    { at: "#figures", title: t("tour.figures"), words: t("tour.figures_words") },
    { at: ".doings", title: t("tour.doings"), words: t("tour.doings_words") },
  ];

  let step = 0;
  let card = null;
  let cameFrom = null; // where the keyboard was

  function begin() {
    if (card) return end();
    cameFrom = document.activeElement;
    step = 0;
    card = el("section", { class: "tour", role: "dialog", "aria-labelledby": "tour-title", "aria-describedby": "tour-words", on: { keydown: byKey } });
    document.querySelector("main").append(card);
    draw();
  }

  function draw() {
    const { at, title, words } = STEPS[step];
    const last = step === STEPS.length - 1;
    mark(at);
    card.replaceChildren(
      el("p", { class: "tour-count" }, t("tour.count", { n: step + 1, of: STEPS.length })),
      el("h2", { id: "tour-title", tabindex: "-1" }, title),
      el("p", { id: "tour-words" }, words),
      el("div", { class: "tour-buttons" },
        el("button", { type: "button", class: "link", on: { click: end } }, last ? t("common.close") : t("tour.skip")),
        step > 0 && el("button", { type: "button", class: "plain", on: { click: () => go(-1) } }, t("tour.back")),
        !last && el("button", { type: "button", class: "plain strong", on: { click: () => go(1) } }, t("tour.next")),
        last && el("button", { type: "button", class: "plain strong", on: { click: end } }, t("tour.done"))));
    byId("tour-title").focus({ preventScroll: true });
  }

  function mark(at) {
    for (const one of document.querySelectorAll(".toured")) one.classList.remove("toured");
    const target = at && document.querySelector(at);
    if (!target) return;
    target.classList.add("toured");
    target.scrollIntoView({ block: innerWidth < 900 ? "start" : "nearest" }); // on a telephone the card lies over the lower half
  }

  function go(by) {
    step = Math.min(STEPS.length - 1, Math.max(0, step + by));
    draw();
  }

  function end() {
    keep("tour", "seen");
    mark(null);
    card.remove();
    card = null;
    if (cameFrom && cameFrom.isConnected && cameFrom !== document.body) cameFrom.focus({ preventScroll: true });
  }

  function byKey(event) {
    if (event.key === "Escape") end();
    else if (event.key === "ArrowRight") go(1);
    else if (event.key === "ArrowLeft") go(-1);
  }

  return { begin };
};

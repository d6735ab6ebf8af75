/* Gaps: patches of cells that nobody reaches in time, ranked by the people in them, as a list and on the map. */
(function () {
  "use strict";

  const { t, el, byId, count } = Yiquan;
  const { map, state } = Desk;

  const GAPS_SHOWN = 50;
  const GAP_PINS = 12;
  const ROWS_AT_ONCE = 10;

  const pins = L.layerGroup().addTo(map);
  const chosenOutline = L.layerGroup().addTo(map);

  function drawGaps() {
    const { gaps, people, gaps_in_all: all } = Desk.answer;
    pins.clearLayers();
    const shown = gaps.slice(0, GAPS_SHOWN);
    byId("gaps").replaceChildren(...(shown.length ? shown.slice(0, ROWS_AT_ONCE).map(gapRow) : [el("li", { class: "empty" }, people.total ? t("planner.no_gaps") : t("planner.no_people_help"))]));
    if (shown.length > ROWS_AT_ONCE) whenIdle(() => Desk.answer.gaps === gaps && byId("gaps").append(...shown.slice(ROWS_AT_ONCE).map(gapRow)));
    byId("gaps-count").textContent = all && all.count ? t("planner.gaps_count", { count: count(all.count), people: count(all.people), shown: shown.length }) : "";
    shown.slice(0, GAP_PINS).filter((gap) => gap.suggested).reverse().forEach(drawPin);
    const chosen = shown.find((gap) => gap.id === state.gap);
    chosenOutline.clearLayers();
    if (chosen) outlineGap(chosen);
  }

  const whenIdle = (action) => (window.requestIdleCallback ? requestIdleCallback(action, { timeout: 500 }) : setTimeout(action, 50));

  function drawPin(gap) {
    const icon = L.divIcon({ className: "gap-pin", html: el("span", {}, String(gap.rank)), iconSize: [26, 26] });
    L.marker([gap.suggested[1], gap.suggested[0]], { icon, keyboard: false, zIndexOffset: 1000 - gap.rank }).on("click", () => chooseGap(gap)).addTo(pins);
  }

  const nearestTo = (gap) => t("planner.gap_nearest", { name: gap.nearest.name, minutes: Math.ceil(gap.nearest.minutes) });

  function gapRow(gap) {
    return el("li", {},
      el("button", { type: "button", class: "gap", "data-gap": gap.id, "aria-pressed": String(gap.id === state.gap), on: { click: () => chooseGap(gap) } },
        el("span", { class: "gap-rank", "aria-hidden": "true" }, String(gap.rank)),
        el("span", { class: "gap-where", dir: "auto" }, placeOf(gap), el("small", {}, gap.nearest ? nearestTo(gap) : t("planner.gap_unreached"))),
        el("span", { class: "gap-people" }, count(gap.people), el("small", {}, t("planner.people_outside")))
      )
    );
  }

  const placeOf = (gap) => [gap.district, gap.street].filter(Boolean).join(" · ") || t("planner.no_area");

  function chooseGap(gap) {
    state.gap = gap.id;
    for (const row of document.querySelectorAll(".gap")) row.setAttribute("aria-pressed", String(row.dataset.gap === gap.id));
    const bounds = Yiquan.boundsOf(gap.bbox);
    map.getContainer().scrollIntoView({ block: "nearest" }); // on a telephone the list is below the map
    map.fitBounds(bounds.pad(0.3), { maxZoom: 15, animate: false });
    chosenOutline.clearLayers();
    outlineGap(gap);
    const at = gap.suggested ? [gap.suggested[1], gap.suggested[0]] : bounds.getCenter();
    L.popup({ maxWidth: 300 }).setLatLng(at).setContent(gapPopup(gap)).openOn(map);
    Desk.noteChange();
  }

  const gapPopup = (gap) =>
    el("div", { class: "pop" },
      el("strong", {}, t("planner.gap_title", { rank: gap.rank })),
      el("span", { dir: "auto" }, placeOf(gap)),
      el("span", {}, t("planner.gap_people", { n: count(gap.people), cells: gap.cells })),
      gap.nearest && el("span", { class: "muted" }, nearestTo(gap)),
      gap.suggested && el("span", { class: "muted" }, t("planner.gap_suggested")),
      ...Desk.gapActions.map((action) => action(gap)));

  function outlineGap(gap) {
    L.rectangle(Yiquan.boundsOf(gap.bbox), { color: "#8a1414", weight: 2, dashArray: "6 5", fill: false, interactive: false }).addTo(chosenOutline);
  }

  Desk.on("answer", drawGaps);
  byId("show-gaps").addEventListener("change", (event) => (event.target.checked ? pins.addTo(map) : pins.remove()));
})();

/* What one station reaches: its isochrone on the map, with the share of it that is not reached. */
(function () {
  "use strict";

  const { t, el, byId, askJson, decimal, percent } = Yiquan;
  const { map, state } = Desk;

  let reached = null; // the station whose reach is outlined
  let outline = null;

  async function showReach(id) {
    map.closePopup();
    try {
      await outlineReach(id);
      map.fitBounds(outline.getBounds().pad(0.15), { animate: false });
    } catch (error) {
      forgetReach();
      Desk.showProblem(error);
    }
  }

  async function outlineReach(id) {
    reached = id;
    const found = await askJson("/isochrones?" + new URLSearchParams({ facility: id, mode: state.mode, minutes: state.minutes }), { timeoutMs: 30000 });
    if (reached !== id || found.features[0].properties.minutes !== state.minutes) return; // overtaken
    if (outline) outline.remove();
    outline = L.geoJSON(found, { interactive: false, style: { color: "#5b1f86", weight: 3, fillColor: "#5b1f86", fillOpacity: 0.06 } }).addTo(map);
    const about = found.features[0].properties;
    byId("reach-words").replaceChildren(
      el("strong", { dir: "auto" }, found.facility.name),
      el("span", {}, t("planner.reach", { minutes: state.minutes, mode: Desk.modeName(), km: decimal(about.reached_street_km), area: decimal(about.area_km2) })),
      el("span", { class: "muted" }, t("planner.reach_error", { share: percent(about.unreached_share) })));
    byId("reach").hidden = false;
  }

  function forgetReach() {
    reached = null;
    if (outline) outline.remove();
    byId("reach").hidden = true;
  }

  Desk.stationActions.push((station) => el("button", { type: "button", class: "plain", on: { click: () => showReach(station.id) } }, t("planner.show_reach")));
  Desk.on("question", () => reached && outlineReach(reached).catch(Desk.showProblem));
  byId("reach-end").addEventListener("click", forgetReach);
  L.DomEvent.disableClickPropagation(byId("reach"));
})();

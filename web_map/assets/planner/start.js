/* The start: the map is made ready, the address read, the city asked for, and then everything else. */
(function () {
  "use strict";

  const { t, el, askJson, count, percent } = Yiquan;
  const { map, state, cells } = Desk;

  const RETRY_MS = 4000;
  const USUAL_TYPE = "union_station";

  function cellPopup(event) {
    if (Desk.takesClicks()) return;
    const { minutes, share, people } = Desk.readCell(event.values);
    L.popup({ maxWidth: 280 }).setLatLng(event.latlng).setContent(
      el("div", { class: "pop" },
        el("strong", {}, minutes === null ? t("planner.cell_far") : t("planner.cell_minutes", { n: minutes, mode: Desk.modeName() })),
        el("span", {}, t("planner.cell_people", { n: count(people) })),
        share !== null && state.colour === "share" && el("span", {}, t("planner.cell_share", { share: percent(share), minutes: state.minutes }))
      )
    ).openOn(map);
  }

  function startMap() {
    Yiquan.prepareMap(map);
    L.Popup.mergeOptions({ autoPanPaddingTopLeft: [12, 84] }); // below the strip of a trial
    cells.addTo(map);
    cells.on("cell", cellPopup);
    map.on("moveend", Desk.noteChange);
    map.on("zoomend", Desk.refineCells);
  }

  async function start() {
    Desk.busy(true);
    try {
      Desk.city = await askJson("/city.json");
    } catch (error) {
      Desk.busy(false);
      Desk.showProblem(error);
      return setTimeout(start, RETRY_MS);
    }
    const { city, counts } = Desk.city;
    document.getElementById("problem").hidden = true;
    Yiquan.showCity(city);
    if (!state.types) state.types = new Set(USUAL_TYPE in counts ? [USUAL_TYPE] : Object.keys(counts));
    if (city.bbox && !Desk.hasView) map.fitBounds(Yiquan.boundsOf(city.bbox), { animate: false });
    Desk.tell("city");
    Desk.repaint();
    Desk.drawDistricts().catch(Desk.showProblem);
    Desk.loadStations().catch(Desk.showProblem);
    await Desk.update();
  }

  Desk.readAddress();
  startMap();
  Yiquan.keepLanguageLink();
  start();
})();

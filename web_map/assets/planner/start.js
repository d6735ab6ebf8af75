/* The start: the map is made ready, the address read, figures and cells shown, and then everything else fetched. */
(function () {
  "use strict";

  const { t, el, byId, count, percent } = Yiquan;
  const { map, state, cells } = Desk;

  const RETRY_MS = 4000;
  const PAINTED_WITHIN_MS = 1000;
  const NAMES_FROM_ZOOM = 9; // farther away the names of districts lie over one another

  /* What a cell says where it was clicked; how many people live there is fetched when first asked for. */
  async function cellPopup(event) {
    if (Desk.picking || Desk.takesClicks()) return;
    const popup = L.popup({ maxWidth: 280 }).setLatLng(event.latlng).setContent(cellWords(event.values)).openOn(map);
    if (event.values.people !== undefined) return;
    await Desk.wantColumn("people");
    popup.setContent(cellWords(cells.valuesAt(event.latlng)));
  }

  function cellWords(values) {
    const { minutes, share, people } = Desk.readCell(values);
    return el("div", { class: "pop" },
      el("strong", {}, minutes === null ? t("planner.cell_far") : t("planner.cell_minutes", { n: minutes, mode: Desk.modeName() })),
      el("span", {}, values.people === undefined ? t("planner.counting") : t("planner.cell_people", { n: count(people) })),
      share !== null && el("span", {}, t("planner.cell_share", { share: percent(share), minutes: state.minutes })));
  }

  function startMap() {
    Yiquan.prepareMap(map);
    L.Popup.mergeOptions({ autoPanPaddingTopLeft: [12, 84], autoPanPaddingBottomRight: [72, 12] }); // clear of a trial's strip and the zoom
    cells.on("cell", (event) => cellPopup(event).catch(Desk.showProblem));
    map.on("zoomend", Desk.refineCells);
    map.on("zoomend", () => map.getContainer().classList.toggle("far", map.getZoom() < NAMES_FROM_ZOOM));
  }

  async function start() {
    Desk.busy(true);
    try {
      Desk.city = await (await Desk.answerAt(Question.addresses.city)).json();
    } catch (error) {
      Desk.busy(false);
      Desk.showProblem(error);
      return setTimeout(start, RETRY_MS);
    }
    const { city, counts } = Desk.city;
    byId("problem").hidden = true;
    Yiquan.showCity(city);
    map.invalidateSize({ animate: false, pan: false }); // the banner of a demo city takes some of the map's height
    if (state.usual) state.types = Question.usualTypes(counts);
    if (city.bbox && !Desk.hasView) map.fitBounds(Yiquan.boundsOf(city.bbox), { animate: false });
    cells.addTo(map); // not before the view is the right one
    Desk.tell("city");
    Desk.repaint();
    const painted = new Promise((resolve) => cells.once("painted", resolve)).then(() => performance.mark("yiquan.painted"));
    await Desk.update();
    performance.mark("yiquan.answered");
    await Promise.race([painted, new Promise((resolve) => setTimeout(resolve, PAINTED_WITHIN_MS))]); // what people came for comes first
    map.on("moveend", Desk.noteChange);
    Desk.noteChange();
    Desk.drawDistricts().catch(Desk.showProblem);
    Desk.loadStations().catch(Desk.showProblem);
    Desk.tell("settled");
  }

  Desk.readAddress();
  startMap();
  Yiquan.keepLanguageLink();
  start();
})();

/* Districts and streets on the map: land, outlines, names; and English names for the tables where there are any. */
(function () {
  "use strict";

  const { t, askJson, byId } = Yiquan;
  const { map } = Desk;

  const names = new Map(); // English names by code
  let districts = null;
  let streets = null;

  /* Districts are the land where there is no base map, and its borders where there is one. */
  async function drawDistricts() {
    const [found, ground] = await Promise.all([askJson("/areas?level=district"), drawBasemap().catch(() => null)]);
    noteNames(found);
    const drawn = Yiquan.drawDistricts(map, found, { color: "#33424f", weight: 1.8, fill: false });
    districts = drawn.land;
    if (ground) return drawn.names.remove(); // it has names of its own
    map.createPane("land").style.zIndex = 150; // below the cells
    L.geoJSON(found, { pane: "land", renderer: L.canvas({ pane: "land" }), interactive: false, style: { stroke: false, fillColor: "#fbfaf6", fillOpacity: 1 } }).addTo(map);
  }

  /* Null where the installation has none. */
  async function drawBasemap() {
    const { basemap } = Desk.city;
    if (!basemap || basemap.kind === "none") return null;
    await Desk.fetchScript(byId("map-box").dataset.basemap);
    return Yiquan.addBasemap(map, basemap);
  }

  function noteNames(areas) {
    if (Yiquan.lang !== "en") return;
    for (const { properties } of areas.features) if (properties.name_en) names.set(properties.code, properties.name_en);
    Desk.tell("names");
  }

  async function loadStreets() {
    if (!streets) {
      const found = await askJson("/areas?level=street");
      noteNames(found);
      streets = L.geoJSON(found, { interactive: false, style: { color: "#4b5b69", weight: 1, dashArray: "3 3", fill: false } });
    }
    return streets;
  }

  async function toggleStreets(on) {
    const outlines = await loadStreets();
    if (on) outlines.addTo(map);
    else outlines.remove();
  }

  /* An area's name in the page's language, once the outlines have told it. */
  const nameOf = (row) => names.get(row.code) || row.name || t("planner.no_area");

  async function goToArea(level, row) {
    const source = level === "districts" ? districts : await loadStreets();
    source.eachLayer((area) => {
      const own = area.feature.properties;
      if ((own.code && own.code === row.code) || (!own.code && own.name === row.name)) map.fitBounds(area.getBounds(), { animate: false });
    });
  }

  byId("show-streets").addEventListener("change", (event) => toggleStreets(event.target.checked).catch(Desk.showProblem));
  Object.assign(Desk, { drawDistricts, nameOf, goToArea });
})();

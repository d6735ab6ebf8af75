/* The map below the list: where one is and how well that is known, the hits by number, and every place to tap for another start. */
Rider.startMap = function () {
  "use strict";

  const { t, el, byId, page, askJson, distance } = Yiquan;
  const { state } = Rider;
  const RINGS_M = [250, 500, 1000, 2000];
  const IN_VIEW = 5;
  const METRES_PER_DEGREE = 111320;
  const HERE = "#b45309";

  const map = L.map("map", { zoomControl: false, preferCanvas: true, maxZoom: 18, minZoom: 8 }).setView([36, 120], 9);
  const layers = { hits: L.layerGroup().addTo(map), me: L.layerGroup().addTo(map), land: null, spots: null };
  let markers = [];
  let ground = null; // the base map

  const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue("--" + name).trim();
  const landStyle = () => ({ color: colour("border"), weight: 1.5, fillColor: colour("land"), fillOpacity: 1 });
  const spotStyle = () => ({ radius: 4, weight: 1, color: colour("land"), fillColor: colour("spot"), fillOpacity: 0.9, interactive: false });
  const ringStyle = () => ({ color: colour("edge"), weight: 1.5, dashArray: "4 6", fill: false, interactive: false });

  async function drawContext() {
    const { basemap } = await Rider.cityComing;
    if (basemap && basemap.kind !== "none" && (await drawBasemap(basemap).catch(() => null))) return;
    const districts = await askJson("/areas?level=district");
    layers.land = Yiquan.drawDistricts(map, districts, landStyle()).land.bringToBack();
  }

  /* Streets below everything, where the installation has some; null where it has none yet. */
  async function drawBasemap(basemap) {
    await Rider.loadScript(page.basemap);
    ground = Yiquan.addBasemap(map, basemap, { night: Yiquan.settings.isNight() });
    return ground;
  }

  async function drawStations() {
    const places = await Rider.offline.stations();
    const shown = places.id.map((_, i) => i).filter((i) => Rider.TYPES.includes(places.type[i]));
    layers.spots = L.layerGroup(shown.map((i) => L.circleMarker([places.lat[i], places.lon[i]], spotStyle()))).addTo(map);
  }

  function drawHits(hits) {
    layers.hits.clearLayers();
    layers.me.clearLayers();
    markers = [];
    if (!state.position) return;
    const at = [state.position.lat, state.position.lon];
    if (state.position.accuracyM) L.circle(at, { radius: state.position.accuracyM, color: HERE, weight: 1, fillOpacity: 0.15, interactive: false }).addTo(layers.me);
    drawRings(at);
    L.circleMarker(at, { radius: 9, color: "#fff", weight: 3, fillColor: HERE, fillOpacity: 1, interactive: false }).addTo(layers.me);
    markers = hits.map((hit, rank) => {
      const icon = L.divIcon({ className: "pin" + (rank === Rider.list.best() ? " best" : ""), html: el("span", {}, String(rank + 1)), iconSize: [48, 48] });
      return L.marker([hit.lat, hit.lon], { icon, keyboard: false, zIndexOffset: -rank }).on("click", () => Rider.list.showCard(rank)).addTo(layers.hits);
    });
    byId("map-hint").textContent = t("rider.map_hint_again");
    const near = hits.slice(0, IN_VIEW).map((hit) => [hit.lat, hit.lon]);
    map.fitBounds(L.latLngBounds([at, ...near]).pad(0.15), { maxZoom: 16, animate: false });
  }

  /* Circles of known distance: without a base map they are what tells near from far. */
  function drawRings(at) {
    for (const metres of RINGS_M) {
      L.circle(at, { radius: metres, ...ringStyle() }).addTo(layers.me);
      const icon = L.divIcon({ className: "area-name ring", html: el("span", {}, distance(metres)), iconSize: null });
      L.marker([at[0] + metres / METRES_PER_DEGREE, at[1]], { icon, interactive: false, keyboard: false }).addTo(layers.me);
    }
  }

  function showHit(rank) {
    if (!markers[rank]) return;
    map.invalidateSize();
    map.setView(markers[rank].getLatLng(), Math.max(map.getZoom(), 16), { animate: false });
  }

  const startFrom = ({ lng, lat }) => Rider.position.use({ lon: lng, lat, accuracyM: null, origin: "map" });

  /* Day and night: what is painted on a canvas does not follow the style sheet by itself. */
  function repaint() {
    if (ground) ground.setNight(Yiquan.settings.isNight());
    if (layers.land) layers.land.setStyle(landStyle());
    if (layers.spots) layers.spots.eachLayer((spot) => spot.setStyle(spotStyle()));
    if (markers.length) drawHits(Rider.list.hits());
  }

  Yiquan.prepareMap(map);
  map.on("click", (event) => startFrom(event.latlng));
  byId("map-centre").addEventListener("click", () => startFrom(map.getCenter()));
  byId("map-centre").hidden = false;
  new MutationObserver(repaint).observe(document.documentElement, { attributes: true, attributeFilter: ["data-theme"] });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", repaint);
  if (Rider.city && Rider.city.city.bbox) map.fitBounds(Yiquan.boundsOf(Rider.city.city.bbox), { animate: false });
  drawContext().catch(() => null);
  Rider.quiet.then(drawStations).catch(() => null);

  return { drawHits, showHit };
};

/* Siting on the map: zones with their corners, candidates that may be tapped, chosen sites, and picking a place by a tap or,
   without a pointer, by moving the map under a cross. */
Yiquan.siteMap = function (desk, site) {
  "use strict";

  const { t, el, byId, askJson, debounce } = Yiquan;
  const { map } = desk;

  const CANDIDATES_FROM_ZOOM = 13;
  const CANDIDATES_AT_ONCE = 800;
  const CANDIDATES_NAMED = 30;
  const MARKED = { force: "#0b5d3b", forbid: "#8a1414", "": "#8a5a00" };

  const all = L.layerGroup();
  const [zones, candidates, pins, sketch, lamp] = [1, 2, 3, 4, 5].map(() => L.layerGroup().addTo(all));
  const canvas = L.canvas({ padding: 0.2 });

  /* ── the strip over the map while a place is picked ── */

  let picking = null; // {words, take(place), many?: least number of corners, from: what had the focus}
  let corners = [];

  const button = (id, name, action) => el("button", { type: "button", class: "plain", id, on: { click: action } }, name);
  const words = el("span", { role: "status" });
  const strip = el("div", { class: "strip site-strip", id: "site-pick", hidden: true }, words,
    el("div", { class: "buttons" },
      button("site-pick-middle", t("site.pick_middle"), () => pickAt(map.getCenter())),
      button("site-pick-back", t("site.pick_back"), () => setCorners(corners.slice(0, -1))),
      button("site-pick-done", t("site.pick_done"), () => finish(corners)),
      button("site-pick-cancel", t("site.pick_cancel"), () => finish(null))));
  const cross = el("div", { class: "site-cross", "aria-hidden": "true", hidden: true });
  document.querySelector(".on-map").append(strip);
  map.getContainer().append(cross);
  L.DomEvent.disableClickPropagation(strip);

  function pick(what) {
    picking = { from: document.activeElement, ...what };
    desk.picking = true;
    map.closePopup();
    setCorners([]);
    const frame = map.getContainer();
    frame.focus({ preventScroll: true });
    frame.scrollIntoView({ block: "nearest" });
  }

  function setCorners(next) {
    corners = next;
    const is = picking !== null, many = is && picking.many;
    strip.hidden = cross.hidden = !is;
    map.getContainer().classList.toggle("site-picks", is);
    words.textContent = is ? picking.words + (many && corners.length ? " " + t("site.corners", { n: corners.length }) : "") : "";
    byId("site-pick-back").hidden = byId("site-pick-done").hidden = !many;
    if (many) [byId("site-pick-back").disabled, byId("site-pick-done").disabled] = [!corners.length, corners.length < many];
    sketch.clearLayers();
    const at = corners.map(([lon, lat]) => [lat, lon]);
    if (at.length) L.polygon(at, { color: "#8a1414", weight: 3, dashArray: "2 6", fillOpacity: 0.08, interactive: false }).addTo(sketch);
    for (const one of at) L.circleMarker(one, { radius: 6, color: "#fff", weight: 2, fillColor: "#8a1414", fillOpacity: 1, interactive: false }).addTo(sketch);
  }

  const rounded = (degrees) => Math.round(degrees * 1e5) / 1e5;

  function pickAt(latlng) {
    const place = { lon: rounded(latlng.lng), lat: rounded(latlng.lat) };
    if (picking.many) setCorners([...corners, [place.lon, place.lat]]);
    else finish(place);
  }

  function finish(found) {
    const { take, from } = picking;
    picking = null;
    desk.picking = false;
    setCorners([]);
    if (from && from.isConnected) from.focus();
    if (found) take(found);
  }

  map.on("click", (event) => picking && pickAt(event.latlng));
  map.getContainer().addEventListener("keydown", (event) => {
    if (!picking || event.target !== map.getContainer()) return;
    if (event.key === "Enter") pickAt(map.getCenter());
    if (event.key === "Escape") finish(null);
  });

  /* ── zones ── */

  function drawZones(wished, shapes) {
    zones.clearLayers();
    for (const zone of wished) {
      const geometry = zone.ring ? { type: "Polygon", coordinates: [[...zone.ring, zone.ring[0]]] } : shapes.get(zone.code);
      if (geometry) L.geoJSON(geometry, { interactive: false, style: { color: "#8a1414", weight: 2, dashArray: "6 5", fillColor: "#8a1414", fillOpacity: 0.14 } }).addTo(zones);
    }
  }

  /* ── candidates: those of the extract in view, and those of a list ── */

  let shown = false;
  let known = []; // {key, name, kind, lon, lat} in view
  let inAll = 0;

  function showCandidates(is) {
    shown = is;
    return refresh();
  }

  async function refresh() {
    if (!shown) return drawCandidates([], 0, "");
    if (map.getZoom() < CANDIDATES_FROM_ZOOM) return drawCandidates(listed(), listed().length, t("site.candidates_zoom"));
    const box = map.getBounds();
    const bbox = [box.getWest(), box.getSouth(), box.getEast(), box.getNorth()].map((one) => one.toFixed(5)).join(",");
    try {
      const found = site.wish.sources.includes("hosts") ? await askJson("/collections/candidates/items?" + new URLSearchParams({ bbox, limit: CANDIDATES_AT_ONCE })) : { features: [], numberMatched: 0 };
      const hosts = found.features.map(hostOf).filter((one) => !site.wish.hosts.length || site.wish.hosts.includes(one.kind));
      drawCandidates([...hosts, ...listed()], found.numberMatched, "");
    } catch (error) {
      drawCandidates(listed(), 0, error instanceof Yiquan.ServerError ? error.message : t("planner.server_silent"));
    }
    return undefined;
  }

  const hostOf = ({ id, geometry, properties }) => ({ key: "host:" + id, name: properties.name || site.kindOf(properties.type), kind: properties.type, lon: geometry.coordinates[0], lat: geometry.coordinates[1] });

  const listed = () => [...site.listed.map((one) => ({ ...one, key: "list:" + one.row, kind: one.host_type })), ...site.wish.own];

  function drawCandidates(found, matched, problem) {
    known = found;
    inAll = matched;
    candidates.clearLayers();
    for (const one of known) {
      const mark = site.markOf(one.key);
      L.circleMarker([one.lat, one.lon], { renderer: canvas, radius: mark ? 8 : 6, weight: 2, color: "#fff", fillColor: MARKED[mark], fillOpacity: 1 })
        .on("click", (event) => {
          L.DomEvent.stop(event);
          openCandidate(one);
        }).addTo(candidates);
    }
    site.drawCandidateList(nearest(), known.length, inAll, problem);
  }

  /* Those nearest to the middle of the map, for whoever has no pointer to tap a dot with. */
  function nearest() {
    const middle = map.getCenter();
    return known.map((one) => ({ one, far: middle.distanceTo([one.lat, one.lon]) })).sort((a, b) => a.far - b.far).slice(0, CANDIDATES_NAMED).map(({ one }) => one);
  }

  function openCandidate(place) {
    const body = el("div", { class: "pop" }, el("strong", { dir: "auto" }, place.name), place.kind && el("span", { class: "muted" }, site.kindOf(place.kind)), el("div", { class: "pop-buttons" }, ...site.markButtons(place, () => map.closePopup())));
    L.popup({ maxWidth: 300 }).setLatLng([place.lat, place.lon]).setContent(body).openOn(map);
  }

  map.on("moveend", debounce(() => shown && site.isOpen() && refresh(), 250));

  /* ── what was found ── */

  function drawSites(found) {
    pins.clearLayers();
    const { sites, closed } = found || { sites: [], closed: [] };
    for (const one of closed) drawPin(one, "×", "site-pin closed", t("site.closed_one", { name: one.name }));
    [...sites].reverse().forEach((one) => drawPin(one, String(one.order), "site-pin", one.order + ". " + one.name));
  }

  /* The list beside the map is what the pins are to whoever does not use a pointer. */
  function drawPin(place, sign, kind, name) {
    const icon = L.divIcon({ className: kind, html: el("span", {}, sign), iconSize: [34, 34] });
    L.marker([place.lat, place.lon], { icon, title: name, keyboard: false, zIndexOffset: 1500 }).on("click", () => site.showCard(place)).addTo(pins);
  }

  function drawAddress(place) {
    lamp.clearLayers();
    if (place) L.circleMarker([place.lat, place.lon], { radius: 10, color: "#14202b", weight: 4, fillColor: "#ffd166", fillOpacity: 1, interactive: false }).addTo(lamp);
  }

  function lookAt({ lat, lon }) {
    map.setView([lat, lon], Math.max(15, map.getZoom()), { animate: false });
    map.getContainer().scrollIntoView({ block: "nearest" });
  }

  function lookAtAll(places) {
    if (places.length) map.fitBounds(L.latLngBounds(places.map((one) => [one.lat, one.lon])), { maxZoom: 15, padding: [40, 40], animate: false });
  }

  function show(is) {
    if (is) return all.addTo(map);
    if (picking) finish(null);
    return all.remove();
  }

  return { pick, drawZones, showCandidates, refresh, drawSites, drawAddress, lookAt, lookAtAll, show };
};

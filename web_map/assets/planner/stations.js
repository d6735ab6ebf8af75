/* Stations on the map: those that count for the question, and what is known of each. */
(function () {
  "use strict";

  const { t, el, byId, label, askJson } = Yiquan;
  const { map } = Desk;

  const USABLE = ["available", "limited"]; // geo/snapshot/masks.py

  let dots = null;

  /* The clusters' script comes with the stations: nobody waits for either to see the figures. */
  async function loadStations() {
    const box = byId("show-facilities");
    const [found] = await Promise.all([askJson("/coverage/stations"), Desk.fetchScript(box.dataset.src)]);
    dots = L.markerClusterGroup({
      maxClusterRadius: 46, disableClusteringAtZoom: 14, chunkedLoading: true, showCoverageOnHover: false, animate: false,
      iconCreateFunction: (group) => L.divIcon({ className: "station-group", html: el("span", {}, String(group.getChildCount())), iconSize: [30, 30] }),
    });
    if (box.checked) dots.addTo(map);
    Desk.stations = found;
    Desk.tell("stations");
  }

  /* The server says which stations count: it knows seasons, holidays, and hours that nobody could read. */
  function drawStations() {
    const { stations, answer } = Desk;
    if (!stations || !answer) return;
    const counts = atob(answer.eligible);
    const counting = stations.id.map((_, i) => i).filter((i) => counts.charCodeAt(i >> 3) & (1 << (i & 7)));
    dots.clearLayers();
    dots.addLayers(
      counting.map((i) =>
        L.circleMarker([stations.lat[i], stations.lon[i]], { radius: 6, weight: 2, color: "#fff", fillColor: "#14202b", fillOpacity: 1 }).on("click", (event) => clickStation(event, i))
      )
    );
  }

  /* What is known of a station is asked for when it is clicked; its name and what can be done with it are there at once. */
  function openStation(i) {
    const { id, name, lat, lon } = Desk.stations;
    const facts = el("div", { class: "pop-facts" }, el("span", { class: "muted" }, t("planner.counting")));
    const content = el("div", { class: "pop" },
      el("strong", { dir: "auto" }, name[i]),
      facts,
      el("div", { class: "pop-buttons" }, ...Desk.stationActions.map((action) => action(stationAt(i)))));
    const popup = L.popup({ maxWidth: 300 }).setLatLng([lat[i], lon[i]]).setContent(content).openOn(map);
    const fill = () => fillFacts(facts, id[i]).catch((error) => facts.replaceChildren(Desk.refusal(error, fill))).then(() => popup.update());
    fill();
  }

  function clickStation(event, i) {
    L.DomEvent.stop(event); // or the cell below would answer as well
    openStation(i);
  }

  async function fillFacts(place, id) {
    const { properties: station } = await askJson("/facilities/" + encodeURIComponent(id));
    const words = Desk.city.vocabulary;
    const list = (table, codes) => codes.map((code) => label(table, code)).join(t("common.comma"));
    const usable = Object.entries(station.amenities).filter(([, state]) => USABLE.includes(state)).map(([code]) => code);
    place.replaceChildren(
      el("span", {}, [label(words.facility_types, station.type), station.class && label(words.facility_classes, station.class)].filter(Boolean).join(" · ")),
      el("span", { class: "muted" }, [station.district, station.street].filter(Boolean).join(" · ")),
      el("span", {}, station.hours || t("planner.hours_unknown")),
      usable.length ? el("span", {}, list(words.amenities, usable)) : "",
      station.entry.length ? el("span", { class: "muted" }, list(words.entry_methods, station.entry)) : "",
      el("span", { class: "muted" }, Yiquan.freshness(station.verified).text),
      station.page && el("a", { href: station.page }, t("planner.station_page")));
  }

  const stationAt = (i) => {
    const { id, name, lat, lon } = Desk.stations;
    return { id: id[i], name: name[i], lat: lat[i], lon: lon[i] };
  };

  /* A station by its number as text, or null. */
  function findStation(id) {
    const i = Desk.stations ? Desk.stations.id.indexOf(id) : -1;
    return i < 0 ? null : stationAt(i);
  }

  function showStation(id) {
    const station = findStation(id);
    if (!station) return;
    const at = [station.lat, station.lon];
    map.setView(at, Math.max(15, map.getZoom()), { animate: false });
    openStation(Desk.stations.id.indexOf(id));
    const action = document.querySelector(".pop-buttons button");
    if (action) action.focus({ preventScroll: true });
  }

  byId("show-facilities").addEventListener("change", (event) => dots && (event.target.checked ? dots.addTo(map) : dots.remove()));
  Desk.on("stations", drawStations);
  Desk.on("answer", drawStations);
  Object.assign(Desk, { loadStations, showStation, findStation });
})();

/* The rider's page: one tap, and the stations that let you in, by real minutes. The list is the page; the map shows where. */
(function () {
  "use strict";

  const { t, el, byId, label, ask, askJson, minutes, distance, moment, freshness } = Yiquan;

  const HITS = 8;
  const RETRY_MS = 4000;
  const STATIONS_AFTER_MS = 10000;
  const DETOUR = 1.3; // street distance over straight distance, used for estimates only
  const NEED_NAMES = {
    water_hot: t("rider.need_water_hot"),
    microwave: t("rider.need_microwave"),
    phone_charge: t("rider.need_phone_charge"),
    ebike_charge: t("rider.need_ebike_charge"),
    toilet_inside: t("rider.need_toilet_inside"),
    seat: t("rider.need_seat"),
  };
  const NEEDS = Object.keys(NEED_NAMES);
  const RIDER_TYPES = [
    "union_station", "rider_station", "sanitation_station", "driver_home", "shared_worker_home", "worker_home",
    "grid_town", "grid_base", "partner_corner", "mobile_station",
  ];
  const ROUND_THE_CLOCK = "smart24h";
  const POSITION_OPTIONS = { enableHighAccuracy: true, timeout: 8000, maximumAge: 30000 };

  const query = new URLSearchParams(location.search);
  const state = {
    mode: query.get("mode") === "walk" ? "walk" : "ebike",
    needs: new Set((query.get("need") || "").split(",").filter((code) => NEEDS.includes(code))),
    openOnly: query.get("open") === "now",
    allDay: query.get("allday") === "1",
    everyType: query.get("type") === "all",
    position: null, // {lon, lat, accuracyM, origin: "device" | "map" | "street"}
    estimated: false,
  };
  let city = null;
  let stations = null;
  let searching = null; // AbortController of the question on its way
  let map = null;
  const layers = {};

  /* ── controls ── */

  const CHIPS = [
    { key: "open", name: t("rider.chip_open"), get: () => state.openOnly, set: (on) => (state.openOnly = on) },
    ...NEEDS.map((code) => ({
      key: code,
      name: NEED_NAMES[code],
      get: () => state.needs.has(code),
      set: (on) => (on ? state.needs.add(code) : state.needs.delete(code)),
    })),
    { key: "allday", name: t("rider.chip_all_day"), get: () => state.allDay, set: (on) => (state.allDay = on) },
    { key: "every", name: t("rider.chip_every_type"), get: () => state.everyType, set: (on) => (state.everyType = on) },
  ];

  function drawChips() {
    byId("chips").replaceChildren(
      ...CHIPS.map((chip) =>
        el("button", {
          type: "button", class: "chip", "data-chip": chip.key, "aria-pressed": String(chip.get()),
          on: {
            click: (event) => {
              chip.set(!chip.get());
              event.currentTarget.setAttribute("aria-pressed", String(chip.get()));
              wishesChanged();
            },
          },
        }, chip.name)
      )
    );
  }

  function drawModes() {
    for (const button of byId("modes").children) button.setAttribute("aria-pressed", String(button.dataset.mode === state.mode));
  }

  function wishesChanged() {
    const wishes = new URLSearchParams(location.search);
    const put = (name, value) => (value ? wishes.set(name, value) : wishes.delete(name));
    put("mode", state.mode === "walk" && "walk");
    put("need", [...state.needs].join(","));
    put("open", state.openOnly && "now");
    put("allday", state.allDay && "1");
    put("type", state.everyType && "all");
    const text = wishes.toString();
    history.replaceState(null, "", location.pathname + (text ? "?" + text : ""));
    Yiquan.keepLanguageLink();
    if (state.position) search();
  }

  /* ── where am I ── */

  function locate() {
    if (!navigator.geolocation) return positionRefused(t("rider.no_position"));
    say(t("rider.locating"));
    byId("find").setAttribute("aria-busy", "true");
    navigator.geolocation.getCurrentPosition(
      (found) => {
        const { longitude, latitude, accuracy } = found.coords;
        usePosition({ lon: longitude, lat: latitude, accuracyM: accuracy, origin: "device" });
      },
      (problem) => positionRefused(problem.code === 1 ? t("rider.position_refused") : t("rider.no_position")),
      POSITION_OPTIONS
    );
  }

  function positionRefused(sentence) {
    byId("find").removeAttribute("aria-busy");
    say(sentence, "warning");
    byId("place").hidden = false;
    if (stations) fillDistricts();
    else loadStations().catch(() => null);
  }

  function usePosition(position) {
    state.position = position;
    Yiquan.remember("position", position);
    search();
  }

  /* District and street by name, for whoever cannot or will not use the map: the middle of a street's stations. */
  function fillDistricts() {
    if (!stations) return;
    const districts = [...new Set(stations.district.filter(Boolean))].sort((a, b) => a.localeCompare(b, "zh"));
    fillSelect(byId("place-district"), districts);
    fillStreets();
  }

  function fillStreets() {
    const district = byId("place-district").value;
    const streets = new Set(stations.street.filter((street, i) => street && stations.district[i] === district));
    fillSelect(byId("place-street"), [...streets].sort((a, b) => a.localeCompare(b, "zh")));
  }

  function fillSelect(select, names) {
    select.replaceChildren(el("option", { value: "" }, t("rider.choose")), ...names.map((name) => el("option", { value: name }, name)));
  }

  function useStreet() {
    const district = byId("place-district").value, street = byId("place-street").value;
    if (!street) return;
    const at = stations.id.map((_, i) => i).filter((i) => stations.district[i] === district && stations.street[i] === street);
    const mean = (column) => at.reduce((sum, i) => sum + column[i], 0) / at.length;
    usePosition({ lon: mean(stations.lon), lat: mean(stations.lat), accuracyM: null, origin: "street" });
  }

  /* ── asking ── */

  async function search() {
    if (searching) searching.abort();
    const mine = (searching = new AbortController());
    byId("find").setAttribute("aria-busy", "true");
    say(t("rider.searching"));
    try {
      const answer = await askJson("/nearest?" + nearestQuery(), { signal: mine.signal, timeoutMs: 8000 });
      if (mine === searching) await showAnswer(answer);
    } catch (error) {
      if (mine === searching) await searchFailed(error);
    } finally {
      if (mine === searching) byId("find").removeAttribute("aria-busy");
    }
  }

  function nearestQuery() {
    const wish = new URLSearchParams({ lon: state.position.lon.toFixed(5), lat: state.position.lat.toFixed(5), mode: state.mode, limit: HITS });
    if (state.openOnly) wish.set("open", "now");
    if (state.needs.size) wish.set("amenities", [...state.needs].join(","));
    if (state.allDay) wish.set("class", ROUND_THE_CLOCK);
    if (!state.everyType && city) wish.set("type", RIDER_TYPES.filter((code) => code in city.vocabulary.facility_types).join(","));
    wish.set("lang", Yiquan.lang);
    return wish;
  }

  async function searchFailed(error) {
    const refused = error instanceof Yiquan.ServerError && error.status < 500;
    if (refused) return say(error.message, "error");
    const why = error instanceof Yiquan.ServerError ? t("rider.server_busy") : t("rider.offline");
    if (!stations) await loadStations().catch(() => null);
    if (!stations) {
      byId("list").replaceChildren(notice(t("rider.nothing_loaded"), retryButton()));
      return say(why, "error");
    }
    showHits(estimate(), { estimated: true });
    say(why + " " + t("rider.estimate_note"), "warning");
    byId("list").append(el("li", {}, retryButton()));
  }

  const retryButton = () => el("button", { type: "button", class: "plain", on: { click: search } }, t("common.retry"));

  async function showAnswer(answer) {
    if (answer.notice === "outside_network") {
      if (!stations) await loadStations().catch(() => null);
      showHits(stations ? estimate() : [], { estimated: true });
      return say(t("rider.off_network"), "warning");
    }
    const hits = answer.features.map(hitOf);
    showHits(hits, { estimated: false });
    if (hits.length) return say(foundSentence(hits));
    const later = (answer.fallback || []).map(hitOf);
    showHits(later, { estimated: false });
    say(later.length ? t("rider.none_open_later") : t("rider.none_match"), "warning");
  }

  function foundSentence(hits) {
    const accuracy = state.position.accuracyM;
    const where = { device: accuracy ? t("rider.from_device", { n: distance(accuracy) }) : t("rider.from_device_plain"), map: t("rider.from_map"), street: t("rider.from_street") }[state.position.origin];
    return t("rider.found", { n: hits.length }) + " " + where;
  }

  /* A feature of the server's answer as the page shows it. */
  function hitOf(feature) {
    const facts = feature.properties;
    return { ...facts, lon: feature.geometry.coordinates[0], lat: feature.geometry.coordinates[1] };
  }

  /* ── the estimate, when the server cannot be asked ── */

  function estimate() {
    const speeds = Object.fromEntries((city ? city.modes : []).map((mode) => [mode.code, mode.speed_kmh]));
    const minute = Yiquan.minuteOfWeek(new Date());
    return stations.id
      .map((_, i) => i)
      .filter((i) => matchesWishes(i, minute))
      .map((i) => ({ i, straightM: straightMetres(state.position, stations.lon[i], stations.lat[i]) }))
      .sort((a, b) => a.straightM - b.straightM)
      .slice(0, HITS)
      .map(({ i, straightM }) => estimatedHit(i, straightM, speeds, minute));
  }

  function matchesWishes(i, minute) {
    if (stations.status && stations.status[i] !== "active") return false;
    if (!state.everyType && !RIDER_TYPES.includes(stations.type[i])) return false;
    if (state.allDay && stations.class[i] !== ROUND_THE_CLOCK) return false;
    if (state.openOnly && Yiquan.openInWeek(stations.week[i], minute) !== true) return false;
    return [...state.needs].every((code) => stations.available[i].includes(code));
  }

  function estimatedHit(i, straightM, speeds, minute) {
    const seconds = (mode, fallbackKmh) => ({ travel_s: (straightM * DETOUR * 3.6) / (speeds[mode] || fallbackKmh) });
    const open = Yiquan.openInWeek(stations.week[i], minute);
    return {
      name: stations.name[i], type: stations.type[i], lon: stations.lon[i], lat: stations.lat[i],
      straight_m: straightM, modes: { walk: seconds("walk", 4.3), ebike: seconds("ebike", 15) },
      open: { now: open, on_arrival: open, until: null, opens_at: null, certain: false },
      hours: stations.hours[i], entry: stations.entry[i], verified: stations.verified[i],
      amenities: Object.fromEntries(stations.available[i].map((code) => [code, "available"])),
      district: stations.district[i], street: stations.street[i],
    };
  }

  function straightMetres(from, lon, lat) {
    return L.latLng(from.lat, from.lon).distanceTo([lat, lon]);
  }

  /* ── showing ── */

  function say(sentence, kind) {
    const status = byId("status");
    status.className = "status" + (kind ? " " + kind : "");
    status.textContent = sentence;
  }

  function showHits(hits, { estimated }) {
    state.estimated = estimated;
    byId("place").hidden = true;
    byId("list").replaceChildren(...(hits.length ? hits.map((hit, rank) => card(hit, rank, estimated)) : [notice(t("rider.none_hint"))]));
    drawHits(hits);
  }

  const notice = (...content) => el("li", { class: "notice" }, ...content);

  function card(hit, rank, estimated) {
    return el("li", { class: "card" + (rank === 0 ? " best" : ""), id: "hit-" + rank },
      el("div", { class: "card-head" },
        el("span", { class: "card-rank", "aria-hidden": "true" }, String(rank + 1)),
        el("h2", { dir: "auto" }, hit.name)
      ),
      el("p", { class: "card-kind" }, [kindOf(hit), hit.street || hit.district].filter(Boolean).join(" · ")),
      times(hit, estimated),
      opening(hit.open || {}),
      entry(hit),
      amenities(hit.amenities),
      fresh(hit.verified),
      el("div", { class: "actions" },
        el("button", { type: "button", class: "go", on: { click: () => openHandoff(hit) } }, t("rider.go")),
        el("button", { type: "button", class: "plain", on: { click: () => showOnMap(rank) } }, t("rider.on_map"))
      ),
      more(hit)
    );
  }

  const kindOf = (hit) => label(city && city.vocabulary.facility_types, hit.type);

  function times(hit, estimated) {
    const other = state.mode === "walk" ? "ebike" : "walk";
    const names = { walk: t("rider.minutes_walk"), ebike: t("rider.minutes_ebike") };
    const own = hit.modes[state.mode], second = hit.modes[other];
    return el("p", { class: "times" },
      estimated && el("span", { class: "estimate" }, t("rider.estimate")),
      reached(own) ? el("span", { class: "time-main" }, el("strong", {}, String(minutes(own.travel_s))), " ", names[state.mode]) : el("span", {}, t("rider.unreached")),
      reached(second) && el("span", { class: "time-other" }, minutes(second.travel_s) + " " + names[other]),
      el("span", { class: "time-other" }, t("rider.straight", { n: distance(hit.straight_m) }))
    );
  }

  const reached = (trip) => trip && trip.travel_s !== null && trip.travel_s !== undefined;

  function opening(open) {
    const kind = open.on_arrival === true ? "open" : open.on_arrival === false ? "closed" : "unknown";
    const unsure = kind !== "unknown" && open.certain === false ? " " + t("rider.unsure_hours") : "";
    return el("p", { class: "opening " + kind }, openSentence(open) + unsure);
  }

  function openSentence(open) {
    if (open.on_arrival === true) {
      if (open.now === false) return open.until ? t("rider.opens_before_until", { clock: moment(open.until) }) : t("rider.opens_before");
      return open.until ? t("rider.open_until", { clock: moment(open.until) }) : t("rider.open_arrival");
    }
    if (open.on_arrival === false) {
      if (open.now === true) return t("rider.closes_before");
      return open.opens_at ? t("rider.closed_until", { clock: moment(open.opens_at) }) : t("rider.closed");
    }
    return t("rider.hours_unknown");
  }

  function entry(hit) {
    const words = (hit.entry || []).map((code) => label(city && city.vocabulary.entry_methods, code));
    const needs = hit.first_use_needs && label(city && city.vocabulary.first_use_needs, hit.first_use_needs);
    const floor = hit.floor !== null && hit.floor !== undefined && hit.floor !== "" ? t("rider.floor", { floor: hit.floor }) : "";
    const text = [words.length ? words.join(t("common.comma")) : t("rider.entry_unknown"), hit.entry_note, needs, floor].filter(Boolean).join(" · ");
    return el("dl", { class: "entry" }, el("dt", {}, t("rider.entry")), el("dd", { dir: "auto" }, text));
  }

  /* What is there comes first; of the rest only what was asked for or is broken, in words. */
  function amenities(states) {
    const table = city ? city.vocabulary.amenities : {};
    const there = Object.keys(states).filter((code) => states[code] === "available" || states[code] === "limited");
    const order = [...NEEDS.filter((code) => there.includes(code)), ...there.filter((code) => !NEEDS.includes(code))];
    const shown = order.slice(0, 8).map((code) => word(label(table, code), states[code]));
    const broken = Object.keys(states).filter((code) => states[code] === "broken").map((code) => word(label(table, code), "broken"));
    const doubtful = NEEDS.filter((code) => !there.includes(code) && states[code] !== "broken" && states[code] !== "absent");
    const doubts = state.estimated ? [] : doubtful.slice(0, 3).map((code) => word(label(table, code), "unknown"));
    return el("p", { class: "words" }, ...shown, ...broken, ...doubts);
  }

  function word(name, amenityState) {
    const text = { available: "{name}", limited: t("rider.word_limited"), broken: t("rider.word_broken"), absent: t("rider.word_absent"), unknown: t("rider.word_unknown") }[amenityState] || "{name}";
    return el("span", { class: "word " + amenityState }, text.replace("{name}", name));
  }

  function fresh(date) {
    const { text, stale } = freshness(date);
    return el("p", { class: "fresh" + (stale ? " stale" : "") }, text);
  }

  function more(hit) {
    const table = city ? city.vocabulary.amenities : {};
    const absent = Object.keys(hit.amenities).filter((code) => hit.amenities[code] === "absent").map((code) => label(table, code));
    const rows = [
      [t("rider.address"), hit.address],
      [t("rider.landmark"), hit.landmark],
      [t("rider.hours"), hit.hours],
      [t("rider.bike_parking"), hit.bike_parking && label(city && city.vocabulary.bike_parking, hit.bike_parking)],
      [t("rider.phone"), hit.public_phone],
      [t("rider.absent"), absent.join(t("common.comma"))],
      [t("rider.source"), hit.source],
    ].filter(([, value]) => value);
    if (!rows.length) return null;
    return el("details", { class: "more" }, el("summary", {}, t("rider.more")),
      el("dl", {}, ...rows.flatMap(([name, value]) => [el("dt", {}, name), el("dd", { dir: "auto" }, value)])));
  }

  /* ── on to a map application ── */

  const insideWeChat = /MicroMessenger/i.test(navigator.userAgent);
  const onPhone = /Android|iPhone|iPad|HarmonyOS/i.test(navigator.userAgent);

  function openHandoff(hit) {
    const links = hit.handoff || { geo: "geo:" + hit.lat.toFixed(6) + "," + hit.lon.toFixed(6) };
    const direct = state.mode === "ebike" && links.amap_ebike && onPhone && !insideWeChat;
    const choices = [
      ["amap", t("rider.amap")], ["baidu", t("rider.baidu")], ["tencent", t("rider.tencent")], ["apple", t("rider.apple")], ["geo", t("rider.other_map")],
    ].filter(([target]) => links[target] && (target !== "geo" || onPhone || !links.amap));
    byId("handoff-title").textContent = hit.name;
    byId("handoff-note").textContent = insideWeChat ? t("rider.in_wechat") : t("rider.handoff_note");
    byId("handoff-links").replaceChildren(
      ...choices.map(([target, name], rank) =>
        el("a", { class: rank === 0 && "first", href: links[target], target: target === "geo" ? null : "_blank", rel: "noopener noreferrer",
          on: target === "amap" && direct ? { click: (event) => tryApplication(event, links.amap_ebike, links.amap) } : {} }, name)
      ),
      el("button", { type: "button", on: { click: (event) => copyAddress(event.currentTarget, hit) } }, t("rider.copy"))
    );
    byId("handoff").showModal();
  }

  /* The application's own address first; where nothing answers it, the web address after a moment. */
  function tryApplication(event, applicationUrl, webUrl) {
    event.preventDefault();
    location.href = applicationUrl;
    setTimeout(() => {
      if (!document.hidden) location.href = webUrl;
    }, 1500);
  }

  async function copyAddress(button, hit) {
    const text = [hit.name, hit.address, hit.lat.toFixed(6) + ", " + hit.lon.toFixed(6) + " (WGS-84)"].filter(Boolean).join("\n");
    try {
      await navigator.clipboard.writeText(text);
      button.textContent = t("rider.copied");
    } catch (_) {
      button.textContent = text;
    }
  }

  /* ── the map ── */

  function startMap() {
    map = L.map("map", { zoomControl: false, preferCanvas: true, maxZoom: 18, minZoom: 8 }).setView([36, 120], 9);
    Yiquan.prepareMap(map);
    layers.hits = L.layerGroup().addTo(map);
    layers.me = L.layerGroup().addTo(map);
    map.on("click", (event) => usePosition({ lon: event.latlng.lng, lat: event.latlng.lat, accuracyM: null, origin: "map" }));
  }

  async function drawContext() {
    const districts = await askJson("/areas?level=district");
    Yiquan.drawDistricts(map, districts, { color: "#7d8b97", weight: 1.5, fillColor: "#fbfaf6", fillOpacity: 1 }).land.bringToBack();
  }

  function drawStations() {
    const shown = stations.id.map((_, i) => i).filter((i) => RIDER_TYPES.includes(stations.type[i]));
    const style = { radius: 4, weight: 1, color: "#fff", fillColor: "#2f6f9f", fillOpacity: 0.9, interactive: false };
    L.layerGroup(shown.map((i) => L.circleMarker([stations.lat[i], stations.lon[i]], style))).addTo(map);
  }

  function drawHits(hits) {
    layers.hits.clearLayers();
    layers.me.clearLayers();
    const at = [state.position.lat, state.position.lon];
    if (state.position.accuracyM) L.circle(at, { radius: state.position.accuracyM, color: "#b45309", weight: 1, fillOpacity: 0.15, interactive: false }).addTo(layers.me);
    drawRings(at);
    L.circleMarker(at, { radius: 9, color: "#fff", weight: 3, fillColor: "#b45309", fillOpacity: 1, interactive: false }).addTo(layers.me);
    hits.forEach((hit, rank) => {
      const icon = L.divIcon({ className: "pin" + (rank === 0 ? " best" : ""), html: el("span", {}, String(rank + 1)), iconSize: [48, 48] });
      L.marker([hit.lat, hit.lon], { icon, keyboard: false, zIndexOffset: -rank }).on("click", () => showCard(rank)).addTo(layers.hits);
    });
    byId("map-hint").textContent = t("rider.map_hint_again");
    const near = hits.slice(0, 5).map((hit) => [hit.lat, hit.lon]);
    map.fitBounds(L.latLngBounds([at, ...near]).pad(0.15), { maxZoom: 16, animate: false });
  }

  /* Circles of known distance: without a base map they are what tells near from far. */
  function drawRings(at) {
    for (const metres of [250, 500, 1000, 2000]) {
      L.circle(at, { radius: metres, color: "#9aa8b4", weight: 1.5, dashArray: "4 6", fill: false, interactive: false }).addTo(layers.me);
      const top = [at[0] + metres / 111320, at[1]];
      const icon = L.divIcon({ className: "area-name ring", html: el("span", {}, distance(metres)), iconSize: null });
      L.marker(top, { icon, interactive: false, keyboard: false }).addTo(layers.me);
    }
  }

  function showCard(rank) {
    for (const one of document.querySelectorAll(".card.shown")) one.classList.remove("shown");
    const shown = byId("hit-" + rank);
    shown.classList.add("shown");
    shown.scrollIntoView({ block: "center" });
  }

  function showOnMap(rank) {
    const marker = layers.hits.getLayers()[rank];
    byId("map-box").scrollIntoView({ block: "center" });
    map.setView(marker.getLatLng(), Math.max(map.getZoom(), 16), { animate: false });
  }

  /* ── start ── */

  /* Keeps trying: a service that has just been started takes a while until its first snapshot is ready. */
  async function loadCity() {
    for (;;) {
      try {
        city = await askJson("/city.json");
        break;
      } catch (error) {
        say(error instanceof Yiquan.ServerError ? t("rider.server_busy") : t("rider.offline"), "error");
        await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
      }
    }
    if (byId("status").classList.contains("error")) say(t("rider.start"));
    Yiquan.showCity(city.city);
    if (!state.position && city.city.bbox) map.fitBounds(Yiquan.boundsOf(city.city.bbox), { animate: false });
  }

  async function loadStations() {
    stations = await (await ask("/stations.json")).json();
    drawStations();
    fillDistricts();
  }

  function listen() {
    byId("find").addEventListener("click", locate);
    byId("modes").addEventListener("click", (event) => {
      const mode = event.target.dataset.mode;
      if (!mode) return;
      state.mode = mode;
      drawModes();
      wishesChanged();
    });
    byId("place-district").addEventListener("change", fillStreets);
    byId("place-street").addEventListener("change", useStreet);
    byId("show-map").addEventListener("click", () => byId("map-box").scrollIntoView({ block: "center" }));
    window.addEventListener("online", () => state.position && state.estimated && search());
  }

  async function start() {
    drawModes();
    drawChips();
    listen();
    Yiquan.keepLanguageLink();
    startMap();
    await loadCity();
    const known = Yiquan.recall("position");
    if (known) usePosition(known);
    drawContext().catch(() => null);
    // Needed only for the estimate without a network: whoever leaves with the first answer does not pay for it.
    setTimeout(() => stations || loadStations().catch(() => null), STATIONS_AFTER_MS);
  }

  start();
})();

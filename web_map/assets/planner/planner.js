/* The planner's page: one question (mode, minutes, hour, kinds of station), and who is outside the circle it draws. */
(function () {
  "use strict";

  const { t, el, byId, label, ask, askJson, count, decimal, percent, debounce } = Yiquan;

  const MINUTE_STEPS = 4; // web_map/lattice.py: quarter minutes, 254 = farther than the column can say
  const SHARE_STEPS = 250;
  const PEOPLE_STEPS = 20;
  const COLUMNS = { minutes: 0, share: 1, people: 2 };
  const RETRY_MS = 4000;
  const CELLS_KEPT = 8;
  const GAPS_SHOWN = 50;
  const GAP_PINS = 12;
  const USUAL_TYPE = "union_station";

  // Blue within the limit, yellow to red beyond it: told apart with any kind of colour vision, and in grey by lightness.
  const WITHIN = ["#2b5c9b", "#8fbfe3"];
  const BEYOND = ["#fde9a9", "#f7b267", "#e0603a", "#9c1c2b"];
  const SHARES = ["#9c1c2b", "#e0603a", "#f7b267", "#8fbfe3", "#2b5c9b"];
  const PEOPLE = ["#f1eef6", "#c6bcdc", "#9a86be", "#6f4f9b", "#431d6b"];
  const PARTS = [
    { key: "covered", name: t("planner.covered"), colour: WITHIN[0] },
    { key: "outside", name: t("planner.outside"), colour: BEYOND[2] },
    { key: "off_network", name: t("planner.off_network"), colour: "#7a7f87" },
    { key: "outside_area", name: t("planner.outside_area"), colour: "#c3c8ce" },
  ];

  const map = window.map_main;
  const cells = window.lattice_layer_cells;
  const state = { mode: "walk", minutes: 10, at: "", types: null, network: "", amenities: new Set(), colour: "minutes", gap: null };
  let city = null;
  let stations = null;
  let answer = null;
  let asking = null; // AbortController of the question on its way
  let cellsQuestion = "";
  let cellsBody = null; // the bytes of the cells as the city stands
  let trial = null; // trial.js, once somebody has asked what if
  let measures = null; // measures.js, once its tab has been opened
  let reached = null; // the station whose reach is outlined
  const areaNames = new Map(); // English names by code, where there are any
  const keptCells = new Map(); // by question, so that zooming out and back asks nothing
  const sorting = { districts: { by: "missing", down: true }, streets: { by: "missing", down: true } };
  const layers = { stations: null, gaps: null, chosen: null, streets: null, reach: null };

  /* ── the address holds the whole question ── */

  function readHash() {
    const hash = new URLSearchParams(location.hash.slice(1));
    if (hash.get("m") === "ebike") state.mode = "ebike";
    const asked = Number(hash.get("t"));
    if (asked >= 3 && asked <= 30) state.minutes = Math.round(asked);
    state.at = hash.get("at") || "";
    state.types = hash.has("type") ? new Set(hash.get("type").split(",").filter(Boolean)) : null;
    state.network = hash.get("net") || "";
    state.amenities = new Set((hash.get("am") || "").split(",").filter(Boolean));
    if (hash.get("c") in COLUMNS) state.colour = hash.get("c");
    state.gap = hash.get("g");
    state.trial = hash.get("try");
    const view = (hash.get("v") || "").split(",").map(Number);
    return view.length === 3 && view.every(Number.isFinite) ? view : null;
  }

  const writeHash = debounce(() => {
    const middle = map.getCenter();
    const hash = new URLSearchParams({ m: state.mode, t: state.minutes });
    const put = (name, value) => value && hash.set(name, value);
    put("at", state.at);
    hash.set("type", [...state.types].join(","));
    put("net", state.network);
    put("am", [...state.amenities].join(","));
    put("c", state.colour !== "minutes" && state.colour);
    put("g", state.gap);
    put("try", trial ? trial.kept() : state.trial);
    hash.set("v", [middle.lng.toFixed(4), middle.lat.toFixed(4), map.getZoom()].join(","));
    history.replaceState(null, "", location.pathname + location.search + "#" + hash.toString().replace(/%2C/g, ",").replace(/%3B/g, ";"));
    Yiquan.keepLanguageLink();
  }, 200);

  /* ── asking ── */

  function question(withMinutes, withHour = true) {
    const wish = new URLSearchParams({ mode: state.mode });
    if (withMinutes) wish.set("minutes", state.minutes);
    if (state.at && withHour) wish.set("at", state.at);
    if (state.types.size && state.types.size < Object.keys(city.counts).length) wish.set("type", [...state.types].sort().join(","));
    if (state.network) wish.set("network", state.network);
    if (state.amenities.size) wish.set("amenity", [...state.amenities].sort().join(","));
    return wish.toString();
  }

  /* The same as the body of a POST. */
  function questionBody() {
    const lists = ["type", "network", "amenity"];
    const values = [...new URLSearchParams(question(true))].map(([name, value]) => [name, lists.includes(name) ? value.split(",") : value]);
    return { ...Object.fromEntries(values), minutes: state.minutes };
  }

  /* Cells about to become smaller than a few pixels are asked for merged: a twentieth of the bytes, the same picture. */
  function resolutionShown() {
    const own = state.mode === "walk" ? 10 : 9;
    const zoom = map.getZoom();
    return Math.min(own, zoom <= 10 ? 8 : zoom <= 12 ? 9 : own);
  }

  /* Shares belong to one number of minutes; travel times do not, so dragging the slider needs no new cells for them. */
  const cellsAsked = () => question(false) + "&resolution=" + resolutionShown() + (state.colour === "share" ? "&minutes=" + state.minutes : "");

  async function update() {
    if (asking) asking.abort();
    const mine = (asking = new AbortController());
    busy(true);
    if (trial) trial.refresh();
    if (measures && !byId("panel-measures").hidden) measures.refresh();
    if (reached) outlineReach(reached).catch(showProblem);
    try {
      await Promise.all([updateFigures(mine.signal), updateCells(mine.signal)]);
      if (mine === asking) byId("problem").hidden = true;
    } catch (error) {
      if (mine === asking) showProblem(error);
    } finally {
      if (mine === asking) busy(false);
    }
  }

  const updateSoon = debounce(update, 160);

  async function updateFigures(signal) {
    const found = await askJson("/coverage?" + question(true), { signal, timeoutMs: 30000 });
    if (signal.aborted) return;
    answer = found;
    drawFigures();
    drawGaps();
    drawTables();
    drawMethod();
  }

  async function updateCells(signal) {
    const wanted = cellsAsked();
    if (wanted === cellsQuestion) return;
    const body = keptCells.get(wanted) || (await fetchCells(wanted, signal));
    if (signal.aborted) return;
    keptCells.delete(wanted); // and in again as the newest
    keptCells.set(wanted, body);
    if (keptCells.size > CELLS_KEPT) keptCells.delete(keptCells.keys().next().value);
    cellsBody = body;
    cellsQuestion = wanted;
    paintCells();
    if (trial) trial.refresh(); // another zoom has other cells
  }

  /* The cells as the city stands, or as they would be after a trial. */
  function paintCells() {
    if (cellsBody) cells.setBuffer(trial ? trial.laidOver(cellsBody) : cellsBody);
  }

  async function fetchCells(wanted, signal) {
    const query = wanted.includes("minutes=") ? wanted : wanted + "&minutes=" + state.minutes;
    return (await ask("/coverage/cells?" + query, { signal, timeoutMs: 30000 })).arrayBuffer();
  }

  /* Zooming changes only how finely the same answer is painted. */
  function refineCells() {
    if (answer && asking) updateCells(asking.signal).catch((error) => asking.signal.aborted || showProblem(error));
  }

  function busy(on) {
    byId("progress").hidden = !on;
    byId("figures").setAttribute("aria-busy", String(on));
  }

  function showProblem(error) {
    const sentence = error instanceof Yiquan.ServerError ? error.message : t("planner.server_silent");
    byId("problem").replaceChildren(
      el("p", {}, sentence, " ", !city && t("planner.retrying")),
      city ? el("button", { type: "button", class: "plain", on: { click: update } }, t("common.retry")) : ""
    );
    byId("problem").hidden = false;
  }

  /* ── colours ── */

  function minuteClasses() {
    const limit = state.minutes;
    const beyond = [1.5 * limit, 2 * limit, 3 * limit].map((value) => Math.min(60, Math.round(value)));
    const tops = [...new Set([Math.round(limit / 2), limit, ...beyond])].filter((value, i, all) => i === 0 || value > all[i - 1]);
    return tops.map((top, i) => ({ from: i ? tops[i - 1] : 0, top, colour: top <= limit ? WITHIN[i] : BEYOND[i - 2] }))
      .concat({ from: tops[tops.length - 1], top: Infinity, colour: BEYOND[BEYOND.length - 1] });
  }

  const PEOPLE_TOPS = [10, 50, 200, 1000, Infinity];
  const peopleOf = (byte) => Math.expm1(byte / PEOPLE_STEPS);

  function repaint() {
    const classes = minuteClasses();
    const colourOf = {
      minutes: (byte) => classes.find((one) => byte <= one.top * MINUTE_STEPS).colour,
      share: (byte) => SHARES[Math.min(4, Math.floor((byte / SHARE_STEPS) * 5))],
      people: (byte) => (byte === 0 ? null : PEOPLE[PEOPLE_TOPS.findIndex((top) => peopleOf(byte) < top)]),
    }[state.colour];
    cells.setColours(colourOf);
    const nobodyKnown = answer && !answer.people.total;
    cells.setColumns(COLUMNS[state.colour], byId("show-empty").checked || nobodyKnown ? -1 : COLUMNS.people);
    drawLegend(classes);
  }

  function drawLegend(classes) {
    const swatch = (colour, text) => {
      const square = el("i", {});
      square.style.background = colour;
      return el("li", {}, square, text);
    };
    const limit = el("li", { class: "limit" }, t("planner.class_limit", { n: state.minutes }));
    const span = (one) => (one.top === Infinity ? t("planner.class_beyond", { from: one.from }) : t("planner.class_between", { from: one.from, to: one.top }));
    const rows = {
      minutes: () => classes.flatMap((one) => (one.from === state.minutes ? [limit] : []).concat(swatch(one.colour, span(one)))),
      share: () => SHARES.map((colour, i) => swatch(colour, t("planner.class_share", { from: 20 * i, to: 20 * i + 20 }))).reverse(),
      people: () => PEOPLE.map((colour, i) => swatch(colour, i === 4 ? t("planner.class_people_beyond", { from: count(PEOPLE_TOPS[3]) }) : t("planner.class_people", { from: i ? count(PEOPLE_TOPS[i - 1]) : "1", to: count(PEOPLE_TOPS[i]) }))).reverse(),
    }[state.colour]();
    byId("classes").replaceChildren(...rows);
  }

  /* ── figures ── */

  function drawFigures() {
    const people = answer.people;
    const asked = { minutes: state.minutes, mode: modeName() };
    byId("share").textContent = people.total ? percent(people.share) : "–";
    byId("headline").textContent = people.total ? t("planner.headline", asked) : t("planner.no_people");
    const bars = PARTS.map((part) => {
      const bar = el("span", {});
      bar.style.flexGrow = people[part.key] || 0;
      bar.style.background = part.colour;
      return bar;
    });
    byId("account").replaceChildren(...bars);
    byId("parts").replaceChildren(
      ...PARTS.map((part) => {
        const square = el("i", {});
        square.style.background = part.colour;
        return el("div", { class: "part" }, el("dt", {}, square, part.name), el("dd", {}, count(people[part.key] || 0)));
      })
    );
    const estimate = answer.estimate ? t("planner.estimate") + " " : "";
    byId("estimate-note").textContent = estimate + t("planner.total", { n: count(people.total) });
    if (answer.stations !== undefined) byId("filters-now").textContent = t("planner.eligible", { n: count(answer.stations) });
    const doubt = answer.unknown;
    byId("unknown-note").hidden = !doubt;
    if (doubt) byId("unknown-note").textContent = t("planner.unknown", { n: count(doubt.stations), share: percent(doubt.share) });
    repaint();
  }

  const modeName = () => (state.mode === "walk" ? t("planner.mode_walk") : t("planner.mode_ebike"));

  /* ── gaps ── */

  function drawGaps() {
    layers.gaps.clearLayers();
    const shown = answer.gaps.slice(0, GAPS_SHOWN);
    byId("gaps").replaceChildren(...(shown.length ? shown.map(gapRow) : [el("li", { class: "empty" }, answer.people.total ? t("planner.no_gaps") : t("planner.no_people_help"))]));
    shown.slice(0, GAP_PINS).filter((gap) => gap.suggested).reverse().forEach((gap) => {
      const icon = L.divIcon({ className: "gap-pin", html: el("span", {}, String(gap.rank)), iconSize: [26, 26] });
      L.marker([gap.suggested[1], gap.suggested[0]], { icon, keyboard: false, zIndexOffset: 1000 - gap.rank }).on("click", () => chooseGap(gap)).addTo(layers.gaps);
    });
    const chosen = shown.find((gap) => gap.id === state.gap);
    layers.chosen.clearLayers();
    if (chosen) outlineGap(chosen);
  }

  function gapRow(gap) {
    const nearest = gap.nearest ? t("planner.gap_nearest", { name: gap.nearest.name, minutes: Math.ceil(gap.nearest.minutes) }) : t("planner.gap_unreached");
    return el("li", {},
      el("button", { type: "button", class: "gap", "data-gap": gap.id, "aria-pressed": String(gap.id === state.gap), on: { click: () => chooseGap(gap) } },
        el("span", { class: "gap-rank", "aria-hidden": "true" }, String(gap.rank)),
        el("span", { class: "gap-where", dir: "auto" }, placeOf(gap), el("small", {}, nearest)),
        el("span", { class: "gap-people" }, count(gap.people), el("small", {}, t("planner.people_outside")))
      )
    );
  }

  const placeOf = (gap) => [gap.district, gap.street].filter(Boolean).join(" · ") || t("planner.no_area");

  function chooseGap(gap) {
    state.gap = gap.id;
    for (const row of document.querySelectorAll(".gap")) row.setAttribute("aria-pressed", String(row.dataset.gap === gap.id));
    map.fitBounds(Yiquan.boundsOf(gap.bbox).pad(0.3), { maxZoom: 15, animate: false });
    layers.chosen.clearLayers();
    outlineGap(gap);
    const middle = Yiquan.boundsOf(gap.bbox).getCenter();
    L.popup({ maxWidth: 300 }).setLatLng(gap.suggested ? [gap.suggested[1], gap.suggested[0]] : middle).setContent(
      el("div", { class: "pop" },
        el("strong", {}, t("planner.gap_title", { rank: gap.rank })),
        el("span", { dir: "auto" }, placeOf(gap)),
        el("span", {}, t("planner.gap_people", { n: count(gap.people), cells: gap.cells })),
        gap.nearest && el("span", { class: "muted" }, t("planner.gap_nearest", { name: gap.nearest.name, minutes: Math.ceil(gap.nearest.minutes) })),
        gap.suggested && el("span", { class: "muted" }, t("planner.gap_suggested")),
        gap.suggested && el("button", { type: "button", class: "plain", on: { click: () => onTrial((one) => one.add({ lng: gap.suggested[0], lat: gap.suggested[1] })) } }, t("planner.try_here"))
      )
    ).openOn(map);
    writeHash();
  }

  function outlineGap(gap) {
    L.rectangle(Yiquan.boundsOf(gap.bbox), { color: "#8a1414", weight: 2, dashArray: "6 5", fill: false, interactive: false }).addTo(layers.chosen);
  }

  /* ── tables ── */

  const COLUMNS_OF_TABLE = [
    { key: "name", name: t("planner.col_name"), value: (row) => row.name },
    { key: "people", name: t("planner.col_people"), value: (row) => row.people },
    { key: "share", name: t("planner.col_share"), value: (row) => (row.share === null ? -1 : row.share) },
    { key: "missing", name: t("planner.col_missing"), value: (row) => row.outside + row.off_network },
    { key: "stations", name: t("planner.col_stations"), value: (row) => row.stations },
  ];

  function drawTables() {
    drawTable("districts", answer.districts);
    const select = byId("street-district");
    const kept = select.value;
    select.replaceChildren(el("option", { value: "" }, t("planner.every_district")), ...answer.districts.filter((row) => row.name).map((row) => el("option", { value: row.name }, nameOf(row))));
    select.value = kept;
    drawStreetTable();
  }

  function drawStreetTable() {
    const district = byId("street-district").value;
    drawTable("streets", answer.streets.filter((row) => !district || row.district === district));
  }

  function drawTable(id, rows) {
    const { by, down } = sorting[id];
    const column = COLUMNS_OF_TABLE.find((one) => one.key === by);
    const compare = by === "name" ? (a, b) => a.name.localeCompare(b.name, "zh") : (a, b) => column.value(a) - column.value(b);
    const sorted = [...rows].sort((a, b) => (down ? -1 : 1) * compare(a, b));
    byId(id).replaceChildren(
      rows.length
        ? el("table", {}, el("thead", {}, el("tr", {}, ...COLUMNS_OF_TABLE.map((one) => heading(id, one)))), el("tbody", {}, ...sorted.map((row) => tableRow(id, row))))
        : el("p", { class: "empty" }, t("planner.no_areas"))
    );
  }

  function heading(id, column) {
    const { by, down } = sorting[id];
    const sort = () => {
      sorting[id] = { by: column.key, down: by === column.key ? !down : column.key !== "name" };
      drawTables();
      byId(id).querySelector('[data-sort="' + column.key + '"]').focus();
    };
    return el("th", { scope: "col", "aria-sort": by === column.key ? (down ? "descending" : "ascending") : "none" },
      el("button", { type: "button", "data-sort": column.key, on: { click: sort } }, column.name));
  }

  function tableRow(id, row) {
    const band = el("span", { class: "band" }, percent(row.share));
    band.style.setProperty("--to", 100 * (row.share || 0) + "%");
    return el("tr", {},
      el("td", {}, el("button", { type: "button", class: "link", dir: "auto", on: { click: () => showArea(id, row) } }, nameOf(row)), id === "streets" && row.district && el("small", {}, nameOf({ code: row.district_code, name: row.district }))),
      el("td", {}, count(row.people)),
      el("td", {}, row.people ? band : "–"),
      el("td", {}, count(row.outside + row.off_network)),
      el("td", {}, row.stations === null || row.stations === undefined ? "–" : count(row.stations))
    );
  }

  /* An area's name in the page's language, once the outlines have told it. */
  const nameOf = (row) => areaNames.get(row.code) || row.name || t("planner.no_area");

  /* A district opens its streets; both move the map there. */
  async function showArea(id, row) {
    if (id === "districts") {
      byId("street-district").value = row.name;
      drawStreetTable();
    }
    const source = id === "districts" ? layers.districts : await loadStreets();
    source.eachLayer((area) => {
      const own = area.feature.properties;
      if ((own.code && own.code === row.code) || (!own.code && own.name === row.name)) map.fitBounds(area.getBounds(), { animate: false });
    });
  }

  /* ── what the union says ── */

  function drawDeclared() {
    const hedges = { about: t("planner.about"), more_than: t("planner.more_than"), nearly: t("planner.nearly") };
    const rows = (city.declared || []).map((figure) => {
      const declared = (hedges[figure.qualifier] || "{n}").replace("{n}", count(figure.value));
      const known = figure.mapped !== null && figure.mapped !== undefined;
      const meter = known && el("meter", { min: 0, max: Math.max(figure.value, figure.mapped), value: figure.mapped, "aria-hidden": "true" });
      return el("li", {},
        el("strong", {}, known ? t("planner.mapped_of", { mapped: count(figure.mapped), declared }) : t("planner.declared_only", { declared })),
        meter,
        figure.wording && el("blockquote", { dir: "auto" }, figure.wording),
        el("cite", {}, [figure.owner, figure.area, figure.as_of].filter(Boolean).join(" · "))
      );
    });
    byId("declared").replaceChildren(...(rows.length ? rows : [el("li", { class: "empty" }, t("planner.no_declared"))]));
  }

  function drawMethod() {
    const sources = (answer.sources || []).filter(Boolean);
    byId("method").replaceChildren(
      el("p", {}, t("planner.method", { minutes: state.minutes, mode: modeName() })),
      sources.length ? el("p", {}, t("planner.sources", { list: sources.join(t("common.comma")) })) : "",
      el("p", {}, t("planner.snapshot", { id: city.snapshot.id, at: Yiquan.stamp(city.snapshot.made_at) }))
    );
  }

  /* ── stations on the map ── */

  function drawStations() {
    if (!stations || !layers.stations) return;
    const slot = slotMinute();
    const matching = stations.id.map((_, i) => i).filter((i) => isEligible(i, slot));
    layers.stations.clearLayers();
    layers.stations.addLayers(
      matching.map((i) =>
        L.circleMarker([stations.lat[i], stations.lon[i]], { radius: 6, weight: 2, color: "#fff", fillColor: "#14202b", fillOpacity: 1 }).bindPopup(() => stationPopup(i), { maxWidth: 300 })
      )
    );
  }

  function isEligible(i, slot) {
    if (stations.status && stations.status[i] !== "active") return false;
    if (state.types.size && !state.types.has(stations.type[i])) return false;
    if (state.network && !stations.networks[i].includes(state.network)) return false;
    if (![...state.amenities].every((code) => stations.available[i].includes(code))) return false;
    return slot === null || Yiquan.openInWeek(stations.week[i], slot) === true;
  }

  /* Minute of the week of the hour asked about; a weekday means a Wednesday. */
  function slotMinute() {
    const [day, clock] = state.at.split(" ");
    const number = { weekday: 2, saturday: 5, sunday: 6 }[day];
    return number === undefined ? null : number * 1440 + parseInt(clock, 10) * 60;
  }

  function stationPopup(i) {
    const words = city.vocabulary;
    const list = (table, codes) => codes.map((code) => label(table, code)).join(t("common.comma"));
    return el("div", { class: "pop" },
      el("strong", { dir: "auto" }, stations.name[i]),
      el("span", {}, [label(words.facility_types, stations.type[i]), stations.class[i] && label(words.facility_classes, stations.class[i])].filter(Boolean).join(" · ")),
      el("span", { class: "muted" }, [stations.district[i], stations.street[i]].filter(Boolean).join(" · ")),
      el("span", {}, stations.hours[i] || t("planner.hours_unknown")),
      stations.available[i].length ? el("span", {}, list(words.amenities, stations.available[i])) : "",
      stations.entry[i].length ? el("span", { class: "muted" }, list(words.entry_methods, stations.entry[i])) : "",
      el("span", { class: "muted" }, Yiquan.freshness(stations.verified[i]).text),
      el("div", { class: "pop-buttons" },
        el("button", { type: "button", class: "plain", on: { click: () => showReach(stations.id[i]) } }, t("planner.show_reach")),
        el("button", { type: "button", class: "plain", on: { click: () => onTrial((one) => one.close(trialStation(i))) } }, t("planner.try_closing")))
    );
  }

  const trialStation = (i) => ({ id: stations.id[i], name: stations.name[i], lat: stations.lat[i], lon: stations.lon[i] });

  function showStation(id) {
    const i = stations ? stations.id.indexOf(id) : -1;
    if (i < 0) return;
    const at = [stations.lat[i], stations.lon[i]];
    map.setView(at, Math.max(15, map.getZoom()), { animate: false });
    L.popup({ maxWidth: 300 }).setLatLng(at).setContent(stationPopup(i)).openOn(map);
    document.querySelector(".pop-buttons button").focus({ preventScroll: true });
  }

  /* ── what one station reaches ── */

  async function showReach(id) {
    map.closePopup();
    try {
      await outlineReach(id);
      map.fitBounds(layers.reach.getBounds().pad(0.15), { animate: false });
    } catch (error) {
      forgetReach();
      showProblem(error);
    }
  }

  async function outlineReach(id) {
    reached = id;
    const found = await askJson("/isochrones?" + new URLSearchParams({ facility: id, mode: state.mode, minutes: state.minutes }), { timeoutMs: 30000 });
    if (reached !== id || found.features[0].properties.minutes !== state.minutes) return; // overtaken
    if (layers.reach) layers.reach.remove();
    layers.reach = L.geoJSON(found, { interactive: false, style: { color: "#5b1f86", weight: 3, fillColor: "#5b1f86", fillOpacity: 0.06 } }).addTo(map);
    const about = found.features[0].properties;
    byId("reach-words").replaceChildren(
      el("strong", { dir: "auto" }, found.facility.name),
      el("span", {}, t("planner.reach", { minutes: state.minutes, mode: modeName(), km: decimal(about.reached_street_km), area: decimal(about.area_km2) })),
      el("span", { class: "muted" }, t("planner.reach_error", { share: percent(about.unreached_share) })));
    byId("reach").hidden = false;
  }

  function forgetReach() {
    reached = null;
    if (layers.reach) layers.reach.remove();
    byId("reach").hidden = true;
  }

  /* ── parts fetched when they are first wanted ── */

  const parts = new Map();

  function fetchPart(name, button) {
    if (!parts.has(name)) {
      parts.set(name, new Promise((resolve, reject) => {
        const failed = () => {
          parts.delete(name);
          reject(new Error(name));
        };
        document.head.append(el("script", { src: button.dataset.src, on: { load: () => resolve(Yiquan[name](desk)), error: failed } }));
      }));
    }
    return parts.get(name);
  }

  const desk = { map, state, question, questionBody, resolutionShown, paintCells, showStation, nameOf: (row) => nameOf(row), noteChange: writeHash };

  async function onTrial(action) {
    map.closePopup();
    try {
      trial = await fetchPart("trial", byId("trial-start"));
      if (!trial.isOn()) trial.begin();
      if (!action) return;
      action(trial);
      if (innerWidth >= 900) byId("trial").scrollIntoView({ block: "nearest" }); // beside the map, not in its place
    } catch (error) {
      showProblem(error);
    }
  }

  async function openMeasures() {
    try {
      measures = await fetchPart("measures", byId("tab-measures"));
      await measures.refresh();
    } catch (error) {
      showProblem(error);
    }
  }

  /* A trial as an address held it: stations to add as "lon,lat", stations to close as "x" and their number. */
  async function restoreTrial() {
    const kept = (state.trial || "").split(";").filter(Boolean).map((one) => {
      if (one[0] === "x") {
        const i = stations.id.indexOf(one.slice(1));
        return i >= 0 && { kind: "close", ...trialStation(i) };
      }
      const [lon, lat] = one.split(",").map(Number);
      return Number.isFinite(lon) && Number.isFinite(lat) && Math.abs(lat) <= 85 && { kind: "add", lon, lat };
    }).filter(Boolean);
    if (!kept.length) return;
    trial = await fetchPart("trial", byId("trial-start"));
    trial.restore(kept);
  }

  function cellPopup(event) {
    if (trial && trial.isOn()) return; // there a click puts a station
    const [minute, share, people] = event.values;
    const far = minute >= 254;
    L.popup({ maxWidth: 280 }).setLatLng(event.latlng).setContent(
      el("div", { class: "pop" },
        el("strong", {}, far ? t("planner.cell_far") : t("planner.cell_minutes", { n: Math.ceil(minute / MINUTE_STEPS), mode: modeName() })),
        people !== undefined && el("span", {}, t("planner.cell_people", { n: count(peopleOf(people)) })),
        share !== undefined && share <= SHARE_STEPS && state.colour === "share" && el("span", {}, t("planner.cell_share", { share: percent(share / SHARE_STEPS), minutes: state.minutes }))
      )
    ).openOn(map);
  }

  /* ── the map ── */

  function startMap() {
    Yiquan.prepareMap(map);
    L.Popup.mergeOptions({ autoPanPaddingTopLeft: [12, 84] }); // below the strip of a trial
    layers.stations = L.markerClusterGroup({
      maxClusterRadius: 46, disableClusteringAtZoom: 14, chunkedLoading: true, showCoverageOnHover: false, animate: false,
      iconCreateFunction: (group) => L.divIcon({ className: "station-group", html: el("span", {}, String(group.getChildCount())), iconSize: [30, 30] }),
    }).addTo(map);
    layers.gaps = L.layerGroup().addTo(map);
    layers.chosen = L.layerGroup().addTo(map);
    cells.addTo(map);
    cells.on("cell", cellPopup);
    map.on("moveend", writeHash);
    map.on("zoomend", refineCells);
  }

  async function drawDistricts() {
    const districts = await askJson("/areas?level=district");
    map.createPane("land").style.zIndex = 150; // below the cells
    L.geoJSON(districts, { pane: "land", renderer: L.canvas({ pane: "land" }), interactive: false, style: { stroke: false, fillColor: "#fbfaf6", fillOpacity: 1 } }).addTo(map);
    noteNames(districts);
    layers.districts = Yiquan.drawDistricts(map, districts, { color: "#33424f", weight: 1.8, fill: false }).land;
  }

  function noteNames(areas) {
    if (Yiquan.lang !== "en") return;
    for (const { properties } of areas.features) if (properties.name_en) areaNames.set(properties.code, properties.name_en);
    if (answer) drawTables();
  }

  async function loadStreets() {
    if (!layers.streets) {
      const streets = await askJson("/areas?level=street");
      noteNames(streets);
      layers.streets = L.geoJSON(streets, { interactive: false, style: { color: "#4b5b69", weight: 1, dashArray: "3 3", fill: false } });
    }
    return layers.streets;
  }

  async function toggleStreets(on) {
    const streets = await loadStreets();
    if (on) streets.addTo(map);
    else streets.remove();
  }

  /* ── controls ── */

  function drawControls() {
    byId("minutes").value = state.minutes;
    byId("minutes-output").textContent = t("planner.n_minutes", { n: state.minutes });
    press("modes", "mode", state.mode);
    press("colour-by", "colour", state.colour);
    const [day, clock] = state.at.split(" ");
    byId("day").value = day || "";
    byId("hour").value = clock || "09:00";
    byId("hour").disabled = !byId("day").value;
  }

  function press(group, name, value) {
    for (const button of byId(group).children) button.setAttribute("aria-pressed", String(button.dataset[name] === value));
  }

  function fillControls() {
    const hours = [...Array(24).keys()].map((hour) => String(hour).padStart(2, "0") + ":00");
    byId("hour").replaceChildren(...hours.map((hour) => el("option", { value: hour }, hour)));
    const types = Object.entries(city.counts).sort((a, b) => b[1] - a[1]);
    byId("types").replaceChildren(...types.map(([code, n]) => check(label(city.vocabulary.facility_types, code), n, state.types.has(code), (on) => toggle(state.types, code, on))));
    const amenities = Object.keys(city.vocabulary.amenities).filter((code) => !stations || stations.available.some((list) => list.includes(code)));
    byId("amenities").replaceChildren(...amenities.map((code) => check(label(city.vocabulary.amenities, code), null, state.amenities.has(code), (on) => toggle(state.amenities, code, on))));
    byId("network").replaceChildren(el("option", { value: "" }, t("planner.every_network")), ...Object.keys(city.vocabulary.networks).map((code) => el("option", { value: code }, label(city.vocabulary.networks, code))));
    byId("network").value = state.network;
  }

  function check(name, n, checked, change) {
    return el("label", {}, el("input", { type: "checkbox", checked, on: { change: (event) => change(event.target.checked) } }), el("span", {}, name, " ", n !== null && el("small", {}, count(n))));
  }

  function toggle(set, code, on) {
    if (on) set.add(code);
    else set.delete(code);
    changed();
  }

  function changed() {
    drawControls();
    repaint();
    drawStations();
    writeHash();
    updateSoon();
  }

  function readTime() {
    const day = byId("day").value;
    state.at = day ? day + " " + byId("hour").value : "";
    changed();
  }

  function listen() {
    byId("modes").addEventListener("click", (event) => {
      if (!event.target.dataset.mode) return;
      state.mode = event.target.dataset.mode;
      changed();
    });
    byId("colour-by").addEventListener("click", (event) => {
      if (!event.target.dataset.colour) return;
      state.colour = event.target.dataset.colour;
      changed();
    });
    byId("minutes").addEventListener("input", (event) => {
      state.minutes = Number(event.target.value);
      changed();
    });
    byId("day").addEventListener("change", readTime);
    byId("hour").addEventListener("change", readTime);
    byId("network").addEventListener("change", (event) => {
      state.network = event.target.value;
      changed();
    });
    byId("street-district").addEventListener("change", drawStreetTable);
    byId("show-facilities").addEventListener("change", (event) => (event.target.checked ? layers.stations.addTo(map) : layers.stations.remove()));
    byId("show-gaps").addEventListener("change", (event) => (event.target.checked ? layers.gaps.addTo(map) : layers.gaps.remove()));
    byId("show-streets").addEventListener("change", (event) => toggleStreets(event.target.checked).catch(showProblem));
    byId("show-empty").addEventListener("change", repaint);
    byId("trial-start").addEventListener("click", () => (trial && trial.isOn() ? trial.end() : onTrial()));
    byId("reach-end").addEventListener("click", forgetReach);
    for (const id of ["reach", "trial-strip"]) L.DomEvent.disableClickPropagation(byId(id));
    listenToTabs();
  }

  function listenToTabs() {
    const tabs = [...byId("tabs").children];
    const select = (tab) => {
      for (const one of tabs) {
        const on = one === tab;
        one.setAttribute("aria-selected", String(on));
        one.tabIndex = on ? 0 : -1;
        byId(one.getAttribute("aria-controls")).hidden = !on;
      }
      if (tab.id === "tab-measures") openMeasures();
    };
    tabs.forEach((tab, i) => {
      tab.addEventListener("click", () => select(tab));
      tab.addEventListener("keydown", (event) => {
        const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
        if (!step) return;
        const next = tabs[(i + step + tabs.length) % tabs.length];
        select(next);
        next.focus();
      });
    });
  }

  /* ── start ── */

  async function start() {
    busy(true);
    try {
      city = await askJson("/city.json");
    } catch (error) {
      busy(false);
      showProblem(error);
      return setTimeout(start, RETRY_MS);
    }
    byId("problem").hidden = true;
    Yiquan.showCity(city.city);
    if (!state.types) state.types = new Set(USUAL_TYPE in city.counts ? [USUAL_TYPE] : Object.keys(city.counts));
    if (city.city.bbox && !view) map.fitBounds(Yiquan.boundsOf(city.city.bbox), { animate: false });
    fillControls();
    drawControls();
    drawDeclared();
    repaint();
    drawDistricts().catch(showProblem);
    loadStations().catch(showProblem);
    await update();
  }

  async function loadStations() {
    stations = await askJson("/stations.json");
    fillControls();
    drawControls();
    drawStations();
    await restoreTrial();
  }

  const view = readHash();
  if (view) map.setView([view[1], view[0]], view[2], { animate: false });
  startMap();
  listen();
  Yiquan.keepLanguageLink();
  start();
})();

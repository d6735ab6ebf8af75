/* The planner's desk: the question on it, what the address keeps of that, and how the parts of the page hear of one another.

   Every part of this bundle adds to `Desk` and calls the others through it; a part fetched later (measures, trial) is
   handed the same object. What a part may rely on:

     Desk.map, Desk.cells          the Leaflet map; its cell layer (lattice.js)
     Desk.state                    what is asked; change it and call `Desk.changed()`
     Desk.city, .stations, .answer what the server said last, or null
     Desk.question(…)              the query of GET /coverage; Desk.questionBody() the same for a POST
     Desk.on(event, listener)      "question" (asked anew), "answer" (figures have come), "cells" (another file of cells is
                                   painted), "colours" (palette or column changed), "city", "stations" (have come), "tab" (id opened)
     Desk.keep(name, read, write)  an entry of the address: `read(text or null)` at the start, `write()` gives text or nothing;
     Desk.noteChange()             writes the address soon
     Desk.stationActions, .gapActions  functions (station or gap) => element or null, put into popups
     Desk.takesClicks              () => true while a click on the map means something else than a cell's figures
     Desk.cellsBody                bytes of the painted cells as the city stands; `Desk.cells.setOver(bytes)` lays changed
                                   cells over them (same places, 255 keeps), null takes them away
     Desk.paintLike(layer)         gives another lattice layer the colours and columns of the map's, now and ever after
     Desk.fetchPart(name, src)     a script fetched once; resolves to Yiquan[name](Desk)
     Desk.showProblem(error), Desk.refusal(error, again), Desk.nameOf(area), Desk.showStation(id), Desk.resolutionShown() */
const Desk = (function () {
  "use strict";

  const { debounce } = Yiquan;

  const SHORTEST_MINUTES = 3;
  const LONGEST_MINUTES = 30;
  const COLOURS = ["minutes", "share", "people"];

  const map = window.map_main;
  const state = { mode: "walk", minutes: 10, at: "", types: null, network: "", amenities: new Set(), colour: "minutes", gap: null };
  const listeners = new Map();
  const kept = []; // entries of the address

  const desk = {
    map, state,
    cells: window.lattice_layer_cells,
    city: null,
    stations: null,
    answer: null,
    cellsBody: null,
    stationActions: [],
    gapActions: [],
    takesClicks: () => false,
    on, tell, keep, readAddress, question, questionBody, noteChange: debounce(writeAddress, 200),
  };

  function on(event, listener) {
    if (!listeners.has(event)) listeners.set(event, []);
    listeners.get(event).push(listener);
  }

  function tell(event, value) {
    for (const listener of listeners.get(event) || []) listener(value);
  }

  /* ── the address holds the whole question ── */

  function keep(name, read, write) {
    kept.push({ name, read, write });
  }

  const setOf = (text) => new Set((text || "").split(",").filter(Boolean));
  const listOf = (set) => [...set].sort().join(",");

  keep("m", (text) => text === "ebike" && (state.mode = text), () => state.mode);
  keep("t", readMinutes, () => String(state.minutes));
  keep("at", (text) => (state.at = text || ""), () => state.at);
  keep("type", (text) => (state.types = text === null ? null : setOf(text)), () => listOf(state.types) || " ");
  keep("net", (text) => (state.network = text || ""), () => state.network);
  keep("am", (text) => (state.amenities = setOf(text)), () => listOf(state.amenities));
  keep("c", (text) => COLOURS.includes(text) && (state.colour = text), () => (state.colour === COLOURS[0] ? "" : state.colour));
  keep("g", (text) => (state.gap = text), () => state.gap);
  keep("v", readView, writeView);

  function readMinutes(text) {
    const asked = Number(text);
    if (asked >= SHORTEST_MINUTES && asked <= LONGEST_MINUTES) state.minutes = Math.round(asked);
  }

  function readView(text) {
    const view = (text || "").split(",").map(Number);
    desk.hasView = view.length === 3 && view.every(Number.isFinite);
    if (desk.hasView) map.setView([view[1], view[0]], view[2], { animate: false });
  }

  function writeView() {
    const middle = map.getCenter();
    return [middle.lng.toFixed(4), middle.lat.toFixed(4), map.getZoom()].join(",");
  }

  function readAddress() {
    const hash = new URLSearchParams(location.hash.slice(1));
    for (const entry of kept) entry.read(hash.get(entry.name));
  }

  function writeAddress() {
    const hash = new URLSearchParams();
    for (const entry of kept) {
      const text = entry.write();
      if (text) hash.set(entry.name, text.trim());
    }
    history.replaceState(null, "", location.pathname + location.search + "#" + hash.toString().replace(/%2C/g, ",").replace(/%3B/g, ";"));
    Yiquan.keepLanguageLink();
  }

  /* ── the question ── */

  function question(withMinutes, withHour = true) {
    const wish = new URLSearchParams({ mode: state.mode });
    if (withMinutes) wish.set("minutes", state.minutes);
    if (state.at && withHour) wish.set("at", state.at);
    if (state.types.size && state.types.size < Object.keys(desk.city.counts).length) wish.set("type", listOf(state.types));
    if (state.network) wish.set("network", state.network);
    if (state.amenities.size) wish.set("amenity", listOf(state.amenities));
    return wish.toString();
  }

  /* The same as the body of a POST. */
  function questionBody() {
    const lists = ["type", "network", "amenity"];
    const values = [...new URLSearchParams(question(true))].map(([name, value]) => [name, lists.includes(name) ? value.split(",") : value]);
    return { ...Object.fromEntries(values), minutes: state.minutes };
  }

  return desk;
})();

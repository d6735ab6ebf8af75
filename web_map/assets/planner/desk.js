/* The planner's desk: the question on it, what the address keeps of that, and how the parts of the page hear of one another.

   Every part of this bundle adds to `Desk` and calls the others through it; a part fetched later (measures, trial) is
   handed the same object. What a part may rely on:

     Desk.map, Desk.cells          the Leaflet map; its cell layer (lattice.js)
     Desk.state                    what is asked; change it and call `Desk.changed()`
     Desk.city, .stations, .answer what the server said last, or null
     Desk.question(which)          the query of GET /coverage, or with { withMinutes: false, withHour: false } what does not
                                   depend on them; Desk.questionBody() the same for a POST
     Desk.on(event, listener)      "question" (asked anew), "answer" (figures have come), "cells" (another file of cells is
                                   painted), "colours" (palette or column changed), "city", "stations" (have come), "tab" (id opened)
     Desk.keep(name, read, write)  an entry of the address: `read(text or null)` at the start, `write()` gives text or nothing;
     Desk.noteChange()             writes the address soon
     Desk.stationActions, .gapActions  functions (station or gap) => element or null, put into popups
     Desk.takesClicks              () => true while a click on the map means something else than a cell's figures
     Desk.picking                  true while a place is picked for siting, whose click it then is before anybody's
     Desk.cells.setOver(bytes)     lays changed cells (H3P1, or a whole file) over those of the city as it stands; null takes
                                   them away. Another zoom's patch is ignored until its own cells come
     Desk.mirror(layer)            keeps another lattice layer the same as the map's: cells as the city stands, columns, colours
     Desk.onTrial(action), Desk.onSiting(action)  `action(trial)` with the trial begun; `action(siting)` with its panel fetched
     Desk.fetchPart(name, files)   `files.src`, with `.texts` and `.style` if there are any, fetched once; resolves to Yiquan[name](Desk)
     Desk.showProblem(error), Desk.refusal(error, again), Desk.nameOf(area), Desk.showStation(id), Desk.resolutionShown() */
const Desk = (function () {
  "use strict";

  const { debounce } = Yiquan;

  const map = window.map_main;
  const state = {};
  const listeners = new Map();
  const kept = []; // entries of the address that are not part of the question

  const desk = {
    map, state,
    cells: window.lattice_layer_cells,
    city: null,
    stations: null,
    answer: null,
    stationActions: [],
    gapActions: [],
    takesClicks: () => false,
    picking: false,
    on, tell, keep, readAddress,
    question: (which) => Question.query(state, which),
    questionBody: () => Question.body(state),
    resolutionShown: () => Question.resolution(state, map.getZoom()),
    noteChange: debounce(writeAddress, 200),
  };

  function on(event, listener) {
    if (!listeners.has(event)) listeners.set(event, []);
    listeners.get(event).push(listener);
  }

  function tell(event, value) {
    for (const listener of listeners.get(event) || []) listener(value);
  }

  /* ── the address holds the whole question, the view, and what parts keep there ── */

  function keep(name, read, write) {
    kept.push({ name, read, write });
  }

  keep("v", readView, writeView);

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
    Object.assign(state, Question.read(hash));
    for (const entry of kept) entry.read(hash.get(entry.name));
  }

  function writeAddress() {
    const entries = { ...Question.write(state), ...Object.fromEntries(kept.map((entry) => [entry.name, entry.write()])) };
    const hash = new URLSearchParams(Object.entries(entries).filter(([, text]) => text));
    history.replaceState(null, "", location.pathname + location.search + "#" + hash.toString().replace(/%2C/g, ",").replace(/%3B/g, ";"));
    Yiquan.keepLanguageLink();
  }

  return desk;
})();

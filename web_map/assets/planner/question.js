/* The question as the address holds it and as the server is asked it. It stands in the head of the page, before anything is
   loaded: what it asks is under way while the scripts still come. */
const Question = (function () {
  "use strict";

  const USUAL_TYPE = "union_station";
  const EVERY_TYPE = "all";
  const SHORTEST_MINUTES = 3;
  const LONGEST_MINUTES = 30;
  const COLOURS = ["minutes", "share", "people"];
  const SETS = { types: "type", classes: "class", networks: "network", amenities: "amenity", groups: "group" };

  const setOf = (text) => new Set((text || "").split(",").filter(Boolean));
  const listOf = (set) => [...set].sort().join(",");

  /* The question of an address. No types, classes, networks, amenities, groups means any. */
  function read(hash) {
    const minutes = Math.round(Number(hash.get("t")));
    const types = hash.get("type");
    return {
      mode: hash.get("m") === "ebike" ? "ebike" : "walk",
      minutes: minutes >= SHORTEST_MINUTES && minutes <= LONGEST_MINUTES ? minutes : 10,
      at: hash.get("at") || "",
      usual: types === null, // nobody has chosen types yet
      types: types === null ? new Set([USUAL_TYPE]) : types === EVERY_TYPE ? new Set() : setOf(types),
      classes: setOf(hash.get("cls")),
      networks: setOf(hash.get("net")),
      amenities: setOf(hash.get("am")),
      groups: setOf(hash.get("grp")),
      demand: hash.get("d") || "",
      colour: COLOURS.includes(hash.get("c")) ? hash.get("c") : COLOURS[0],
      uninhabited: hash.get("e") === "1",
      gap: hash.get("g"),
    };
  }

  /* The same as entries of an address; empty ones are left out of it. */
  const write = (state) => ({
    m: state.mode,
    t: String(state.minutes),
    at: state.at,
    type: state.usual ? "" : listOf(state.types) || EVERY_TYPE,
    cls: listOf(state.classes),
    net: listOf(state.networks),
    am: listOf(state.amenities),
    grp: listOf(state.groups),
    d: state.demand,
    c: state.colour === COLOURS[0] ? "" : state.colour,
    e: state.uninhabited ? "1" : "",
    g: state.gap,
  });

  /* The query of GET /coverage; without minutes or hour for what does not depend on them. */
  function query(state, { withMinutes = true, withHour = true } = {}) {
    const wish = new URLSearchParams({ mode: state.mode });
    if (withMinutes) wish.set("minutes", state.minutes);
    if (state.at && withHour) wish.set("at", state.at);
    for (const [name, parameter] of Object.entries(SETS)) if (state[name].size) wish.set(parameter, listOf(state[name]));
    if (state.demand) wish.set("demand", state.demand);
    return wish.toString();
  }

  /* The same as the body of a POST. */
  function body(state) {
    const lists = Object.values(SETS);
    const values = [...new URLSearchParams(query(state))].map(([name, value]) => [name, lists.includes(name) ? value.split(",") : value]);
    return { ...Object.fromEntries(values), minutes: state.minutes };
  }

  /* Cells about to become smaller than a few pixels are asked for merged: a twentieth of the bytes, the same picture. */
  function resolution(state, zoom) {
    const own = state.mode === "walk" ? 10 : 9;
    return Math.min(own, zoom <= 10 ? 8 : zoom <= 12 ? 9 : own);
  }

  const COLUMNS = { minutes: ["minutes"], share: ["minutes", "share"], people: ["minutes", "people"] };

  const columns = (state) => COLUMNS[state.colour];

  /* The query of GET /coverage/cells. Shares belong to one number of minutes; travel times do not, so dragging the slider
     needs no new cells for them. */
  function cells(state, zoom, names = columns(state)) {
    const wish = new URLSearchParams(query(state, { withMinutes: names.includes("share") }));
    wish.set("columns", names.join(","));
    wish.set("resolution", resolution(state, zoom));
    if (state.uninhabited) wish.set("uninhabited", "true");
    return wish.toString();
  }

  /* The kind of station the page opens on, where the city has it; else any. */
  const usualTypes = (counts) => new Set(USUAL_TYPE in counts ? [USUAL_TYPE] : []);

  const addresses = {
    city: "/city.json",
    figures: (state) => "/coverage?brief=true&" + query(state),
    streets: (state) => "/coverage?" + query(state),
    cells: (state, zoom, names) => "/coverage/cells?" + cells(state, zoom, names),
  };

  return { read, write, query, body, resolution, columns, usualTypes, addresses };
})();

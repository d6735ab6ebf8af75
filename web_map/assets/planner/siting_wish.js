/* What is wished of siting, as plain values: which task, how many or how much, which places may become a station and which
   not. The same values fill the form, make the question that is sent, and are kept in the address.

   A place is {key, name, lon, lat}; a zone {code, name} is a district, {ring: [[lon, lat], …]} was drawn; a station is
   {id, name}. Lists are never changed in place. */
Yiquan.siteWish = (function () {
  "use strict";

  const USUAL = {
    task: "most", sites: 5, budget: 200000, cost: 30000, share: 60, second: 30, seats: 40, farthest: 30, floor: 0, seconds: 20,
    sources: ["hosts"], hosts: [], require: [], strict: false, zones: [], own: [], force: [], forbid: [],
    close: [], keep: 10000, longer: "", longerCost: 8000, longerShare: 0.2, slots: [], layers: [],
  };

  /* Which numbers a task asks for. */
  const ASKS = {
    most: ["sites"], budget: ["budget", "cost"], share: ["share"], all: [], backup: ["sites", "second"], median: ["sites", "farthest"], center: ["sites", "farthest"], capacity: ["sites", "seats"],
  };
  const LIMITS = { sites: [1, 500], budget: [0, 1e12], cost: [0, 1e12], share: [0, 100], second: [0, 100], seats: [1, 1e6], farthest: [1, 120], floor: [0, 100], seconds: [1, 60], keep: [0.01, 1e12], longerCost: [0, 1e12], longerShare: [0, 100] };
  const SOURCES = ["hosts", "list", "streets", "wishes"];
  const OWN_ROWS_FROM = 900001; // numbers that no row of a list has
  const MOST_LISTED = 1000;

  /* ── what an address may hold: anything; what is kept of it: what the form could have made ── */

  const isText = (value) => typeof value === "string" && value.length <= 200;
  const isLonLat = ({ lon, lat }) => Number.isFinite(lon) && Math.abs(lon) <= 180 && Number.isFinite(lat) && Math.abs(lat) <= 85;
  const isPlace = (one) => one && isText(one.key) && isText(one.name) && isLonLat(one);
  const isMarked = (one) => isPlace(one) || (one && isText(one.key) && isText(one.name) && one.lon === null); // of a kept answer that does not say where it is
  const isRing = (ring) => Array.isArray(ring) && ring.length >= 3 && ring.length <= 500 && ring.every((at) => Array.isArray(at) && isLonLat({ lon: at[0], lat: at[1] }));
  const ITEMS = {
    sources: (one) => SOURCES.includes(one),
    hosts: isText, require: isText, slots: isText, layers: isText,
    zones: (one) => one && (isRing(one.ring) || (isText(one.code) && isText(one.name))),
    own: isPlace, force: isMarked, forbid: isMarked,
    close: (one) => one && isText(one.id) && isText(one.name),
  };

  function cleaned(name, value) {
    const usual = USUAL[name];
    if (Array.isArray(usual)) return Array.isArray(value) ? value.filter(ITEMS[name]).slice(0, MOST_LISTED) : usual;
    if (name === "task") return value in ASKS ? value : usual;
    if (typeof usual !== "number") return typeof value === typeof usual ? value : usual;
    const [least, most] = LIMITS[name];
    return Number.isFinite(value) ? Math.min(most, Math.max(least, value)) : usual;
  }

  const differs = (a, b) => JSON.stringify(a) !== JSON.stringify(b);

  const pack = (wish) => toBase64(JSON.stringify(Object.fromEntries(Object.entries(wish).filter(([name, value]) => differs(value, USUAL[name])))));

  /* A wish as an address held it; what cannot be read (cut off in a chat, say) is as usual. */
  function unpack(text) {
    let held = {};
    try {
      held = JSON.parse(fromBase64(text)) || {};
    } catch (_) {
      /* as usual */
    }
    return Object.fromEntries(Object.keys(USUAL).map((name) => [name, name in held ? cleaned(name, held[name]) : USUAL[name]]));
  }

  const toBase64 = (text) => btoa(String.fromCharCode(...new TextEncoder().encode(text))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
  const fromBase64 = (text) => new TextDecoder().decode(Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (one) => one.charCodeAt(0)));

  /* ── editing ── */

  const without = (places, key) => places.filter((one) => one.key !== key);

  /* A place is forced, forbidden, or neither, and never both. */
  function mark(wish, place, how) {
    const { key, name, lon, lat } = place;
    const marked = { force: without(wish.force, key), forbid: without(wish.forbid, key) };
    return how ? { ...marked, [how]: [...marked[how], { key, name, lon, lat }] } : marked;
  }

  const markOf = (wish, key) => ["force", "forbid"].find((how) => wish[how].some((one) => one.key === key)) || "";

  /* A place of one's own among the candidates, numbered behind every list. */
  function addOwn(wish, { name, lon, lat }) {
    const row = Math.max(OWN_ROWS_FROM - 1, ...wish.own.map((one) => Number(one.key.slice(5)))) + 1;
    return { own: [...wish.own, { key: "list:" + row, name, lon, lat }] };
  }

  /* ── sending ── */

  const ownRows = (wish) => wish.own.map(({ key, name, lon, lat }) => ({ row: Number(key.slice(5)), name, lon, lat }));

  /* Which places take part, and for whom. `listed` are the rows of a list, `shapes` the outlines of districts by code. */
  function places(wish, { listed, shapes }) {
    const candidates = [...(wish.sources.includes("list") ? listed : []), ...ownRows(wish)];
    const sources = [...new Set([...wish.sources.filter((one) => one !== "list"), ...(candidates.length ? ["list"] : [])])];
    const geometries = wish.zones.map((zone) => (zone.ring ? { type: "Polygon", coordinates: [[...zone.ring, zone.ring[0]]] } : shapes.get(zone.code))).filter(Boolean);
    return {
      ...(sources.length && { sources }),
      ...(candidates.length && { candidates }),
      ...(wish.hosts.length && wish.sources.includes("hosts") && { host_types: wish.hosts }),
      ...(wish.require.length && { require: wish.require, strict: wish.strict }),
      ...(wish.layers.length > 1 && { layers: Object.fromEntries(wish.layers.map((layer) => [layer, 1])) }),
      ...(geometries.length && { zones: { type: "GeometryCollection", geometries } }),
    };
  }

  /* The body of POST /siting; `longer` are the numbers of stations that might stay open longer. */
  function body(wish, question, given) {
    const asks = ASKS[wish.task];
    const counts = asks.includes("sites") || asks.includes("budget");
    const { at, ...atAnyHour } = question;
    const slots = hasSlots(wish) ? wish.slots.map((one) => ({ at: one, weight: 1 })) : null;
    const cost = asks.includes("budget") ? wish.longerCost : wish.longerShare;
    return {
      ...(slots ? { ...atAnyHour, slots } : question), ...places(wish, given), seconds: wish.seconds,
      ...(hasLonger(wish) && given.longer.length && { extend: given.longer.map((station) => ({ station: Number(station), hours: wish.longer, cost })) }),
      ...(!["most", "budget"].includes(wish.task) && { task: wish.task }),
      ...(asks.includes("sites") && { sites: wish.sites }),
      ...(asks.includes("budget") && { budget: wish.budget, default_cost: wish.cost }),
      ...(asks.includes("share") && { share: wish.share / 100 }),
      ...(asks.includes("second") && { second: wish.second / 100 }),
      ...(asks.includes("farthest") && { farthest: wish.farthest }),
      ...(asks.includes("seats") && { capacity: wish.seats }),
      ...(allowsFloor(wish) && wish.floor && { floor: wish.floor / 100 }),
      ...(wish.force.length && { force: wish.force.map((one) => one.key) }),
      ...(wish.forbid.length && { forbid: wish.forbid.map((one) => one.key) }),
      ...(counts && wish.close.length && { may_close: wish.close.map((one) => Number(one.id)), ...(asks.includes("budget") && { keep_cost: wish.keep }) }),
    };
  }

  /* What only some tasks can have. */
  const isMost = (task) => task === "most" || task === "budget";
  const allowsFloor = (wish) => isMost(wish.task) && !hasSlots(wish) && wish.layers.length < 2;
  const allowsHours = (task) => isMost(task) || task === "backup";
  const hasSlots = (wish) => allowsHours(wish.task) && wish.slots.length > 0;
  const hasLonger = (wish) => allowsHours(wish.task) && wish.longer !== "";

  /* ── the wish of a kept answer, by what it was asked ── */

  const ringsOf = (shape) => {
    if (!shape) return [];
    if (shape.type === "Polygon") return [shape.coordinates[0]];
    if (shape.type === "MultiPolygon") return shape.coordinates.map(([ring]) => ring);
    return (shape.geometries || (shape.features || []).map((one) => one.geometry)).flatMap(ringsOf);
  };

  function ofAnswer({ parameters: asked, sites, near_misses: near, curve }) {
    const own = (asked.listed || []).map((one) => ({ key: "list:" + one.row, name: one.name, lon: one.lon, lat: one.lat }));
    const seen = [...own, ...sites, ...sites.flatMap((one) => one.alternatives), ...((near && near.sites) || []), ...((curve && curve.order) || [])];
    const named = (keys) => (keys || []).map((key) => {
      const { name, lon, lat } = seen.find((one) => one.key === key) || { name: key, lon: null, lat: null };
      return { key, name, lon, lat };
    });
    const known = {
      task: asked.task === "most" && asked.budget !== null ? "budget" : asked.task,
      sites: asked.choose, budget: asked.budget, cost: asked.default_cost, seats: asked.capacity, farthest: asked.farthest, seconds: asked.seconds,
      share: hundredth(asked.share), second: hundredth(asked.second), floor: hundredth(asked.floor),
      sources: (asked.sources || []).filter((one) => one !== "list"), hosts: asked.host_types, require: asked.require, strict: asked.strict, own,
      zones: ringsOf(asked.zones).map((ring) => ({ ring: ring.slice(0, -1) })), force: named(asked.force), forbid: named(asked.forbid),
      slots: (asked.slots || []).map((one) => one.at), layers: Object.keys(asked.layers || {}),
      close: (asked.may_close || []).map((id) => ({ id: String(id), name: "#" + id })), keep: asked.keep_cost,
    };
    return Object.fromEntries(Object.keys(USUAL).map((name) => [name, known[name] === null || known[name] === undefined ? USUAL[name] : cleaned(name, known[name])]));
  }

  const hundredth = (share) => (share === null || share === undefined ? null : 100 * share);

  return { ASKS, LIMITS, allowsFloor, allowsHours, hasSlots, hasLonger, pack, unpack, ofAnswer, mark, markOf, addOwn, places, body };
})();

/* The changes of a trial as plain values: what each kind is, how a list of them is edited, sent, and kept in an address.

   A change is {kind: "add", lon, lat, hours?, type?}, {kind: "move", id, name, lon, lat, home: {lon, lat}},
   {kind: "close", id, name, lon, lat} or {kind: "hours", id, name, lon, lat, hours}. Lists are never changed in place, so
   that undoing is keeping the list before. */
Yiquan.trialChanges = (function () {
  "use strict";

  const HOURS = ["24/7", "06:00-22:00", "08:00-20:00", "Mo-Fr 09:00-17:00"]; // the order is part of every address: add at the end only
  const GRID_PER_DEGREE = 1e5; // positions are kept to a metre, and tried where they are kept
  const WIDTH = 5; // characters of a coordinate in base 36

  const rounded = (degrees) => Math.round(degrees * GRID_PER_DEGREE) / GRID_PER_DEGREE;
  const at = (place) => ({ lon: rounded(place.lon === undefined ? place.lng : place.lon), lat: rounded(place.lat) });

  /* ── editing ── */

  const about = (id, kind) => (one) => one.id === id && (!kind || one.kind === kind);

  const add = (changes, place) => [...changes, { kind: "add", ...at(place) }];

  function close(changes, station) {
    if (changes.some(about(station.id, "close"))) return changes;
    return [...changes.filter((one) => one.id !== station.id), { kind: "close", ...station }];
  }

  /* A change of a station takes the place of one of the same kind; a station that keeps other hours or moves is not closed. */
  function put(changes, change) {
    const open = changes.filter((one) => !about(change.id, "close")(one));
    const i = open.findIndex(about(change.id, change.kind));
    return i < 0 ? [...open, change] : open.map((one, j) => (j === i ? change : one));
  }

  const move = (changes, station, place) => put(changes, { kind: "move", ...station, home: station.home || { lon: station.lon, lat: station.lat }, ...at(place) });
  const hours = (changes, station, text) => put(changes, { kind: "hours", ...station, hours: text });
  const edit = (changes, place, values) => changes.map((one, i) => (i === place ? { ...one, ...values } : one));
  const remove = (changes, place) => changes.filter((_, i) => i !== place);

  /* ── sending ── */

  function wire(change) {
    const { kind, id, lon, lat, hours: text, type } = change;
    if (kind === "add") return { kind, lon, lat, ...(text && { hours: text }), ...(type && { type }) };
    if (kind === "move") return { kind, id, lon, lat };
    return kind === "close" ? { kind, id } : { kind, id, hours: text };
  }

  /* A change as the server keeps it; null where its station is not (any more) there. */
  function unwire(sent, findStation) {
    if (sent.kind === "add") return { kind: "add", lon: sent.lon, lat: sent.lat, ...(sent.hours && { hours: sent.hours }), ...(sent.type && { type: sent.type }) };
    const station = findStation(String(sent.id));
    if (!station) return null;
    const { lon, lat } = station;
    return { kind: sent.kind, ...station, ...(sent.kind === "move" && { home: { lon, lat }, lon: sent.lon, lat: sent.lat }), ...(sent.hours && { hours: sent.hours }) };
  }

  /* ── the address: "a" and a place, "m" or "x" or "h" and a station; a station of 12 characters instead of 60 ── */

  const digits = (degrees, shift) => Math.round((degrees + shift) * GRID_PER_DEGREE).toString(36).padStart(WIDTH, "0");
  const degrees = (text, shift) => rounded(parseInt(text, 36) / GRID_PER_DEGREE - shift);
  const packPlace = ({ lon, lat }) => digits(lon, 180) + digits(lat, 90);
  const unpackPlace = (text) => ({ lon: degrees(text.slice(0, WIDTH), 180), lat: degrees(text.slice(WIDTH, 2 * WIDTH), 90) });

  const packHours = (text) => (HOURS.includes(text) ? String(HOURS.indexOf(text)) : "b" + toBase64(text));
  const unpackHours = (text) => (text[0] === "b" ? fromBase64(text.slice(1)) : HOURS[Number(text)]);

  const toBase64 = (text) => btoa(String.fromCharCode(...new TextEncoder().encode(text))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
  const fromBase64 = (text) => new TextDecoder().decode(Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (one) => one.charCodeAt(0)));

  const packId = (id) => BigInt(id).toString(36);
  const unpackId = (text) => [...text].reduce((sum, digit) => sum * 36n + BigInt(parseInt(digit, 36)), 0n).toString();

  function packOne(change) {
    const { kind, id, hours: text, type } = change;
    if (kind === "add") return ["a" + packPlace(change), type && "t" + type, text && "h" + packHours(text)].filter(Boolean).join("*");
    if (kind === "move") return "m" + packId(id) + "*" + packPlace(change);
    return kind === "close" ? "x" + packId(id) : "h" + packId(id) + "*" + packHours(text);
  }

  function unpackOne(text, findStation) {
    const [head, ...rest] = text.split("*");
    if (head[0] === "a") {
      const found = (letter) => (rest.find((one) => one[0] === letter) || "").slice(1);
      const [type, kept] = [found("t"), found("h")];
      return known({ kind: "add", ...unpackPlace(head.slice(1)), ...(type && { type }), ...(kept && { hours: unpackHours(kept) }) });
    }
    const kind = { m: "move", x: "close", h: "hours" }[head[0]];
    if (!kind) return null;
    const sent = { kind, id: unpackId(head.slice(1)) };
    if (kind === "move") Object.assign(sent, unpackPlace(rest[0]));
    if (kind === "hours") sent.hours = unpackHours(rest[0]);
    const change = unwire(sent, findStation);
    return change && known(change);
  }

  const known = (change) => (Number.isFinite(change.lon) && Math.abs(change.lon) <= 180 && Math.abs(change.lat) <= 85 && (change.kind !== "hours" || change.hours) ? change : null);

  const pack = (changes) => changes.map(packOne).join(".");

  /* The changes of an address; what cannot be read (cut off in a chat, say) is left out. */
  function unpack(text, findStation) {
    return (text || "").split(".").filter(Boolean).map((one) => {
      try {
        return unpackOne(one, findStation);
      } catch (_) {
        return null;
      }
    }).filter(Boolean);
  }

  return { HOURS, add, close, move, hours, edit, remove, wire, unwire, pack, unpack };
})();

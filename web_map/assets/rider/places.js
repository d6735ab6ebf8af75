/* A place by its name: streets, roads, districts and stations, in Chinese, by the initials of pinyin, or in English. */
Rider.places = (function () {
  "use strict";

  const { t, el, byId, askJson, debounce } = Yiquan;
  const WAIT_MS = 160;
  const SHOWN = 8;
  let found = [];
  let active = -1;
  let asked = 0;

  async function look() {
    const words = byId("where").value.trim();
    const mine = ++asked;
    if (!words) return show([]);
    const places = await askServer(words).catch(() => lookHere(words));
    if (mine !== asked) return undefined;
    return show(places, t("rider.where_none"));
  }

  const askServer = async (words) => (await askJson("/places?" + new URLSearchParams({ q: words, limit: SHOWN }), { timeoutMs: 5000 })).places;

  /* Without a network: the names in the list of stations, and the middle of every street they stand in. */
  async function lookHere(words) {
    const places = await Rider.offline.stations().catch(() => null);
    if (!places) return [];
    const wanted = words.toLowerCase();
    const streets = new Map();
    places.street.forEach((name, i) => {
      if (!name || !name.toLowerCase().includes(wanted)) return;
      const key = places.district[i] + "/" + name, one = streets.get(key) || { name, context: places.district[i], kind: "street", at: [] };
      one.at.push(i);
      streets.set(key, one);
    });
    const mean = (column, at) => at.reduce((sum, i) => sum + column[i], 0) / at.length;
    const middles = [...streets.values()].map(({ at, ...street }) => ({ ...street, lon: mean(places.lon, at), lat: mean(places.lat, at) }));
    const stations = places.name
      .map((name, i) => ({ name, kind: "station", context: [places.district[i], places.street[i]].filter(Boolean).join(" · "), lon: places.lon[i], lat: places.lat[i] }))
      .filter((one) => one.name.toLowerCase().includes(wanted));
    return [...middles, ...stations].slice(0, SHOWN);
  }

  /* ── the list under the field ── */

  function show(places, ifNone) {
    found = places;
    active = -1;
    const items = places.map((place, i) => el("li", { class: "found", role: "option", id: "place-" + i, "aria-selected": "false", on: { pointerdown: (event) => event.preventDefault(), click: () => choose(i) } },
      el("span", { class: "found-name", dir: "auto" }, nameOf(place)), el("span", { class: "found-context", dir: "auto" }, [kindOf(place.kind), place.context].filter(Boolean).join(" · "))));
    const none = !places.length && ifNone && el("li", { class: "found-none", role: "option", "aria-disabled": "true", "aria-selected": "false" }, ifNone);
    byId("places").replaceChildren(...items, ...(none ? [none] : []));
    byId("places").hidden = !places.length && !none;
    byId("where").setAttribute("aria-expanded", String(!byId("places").hidden));
    mark();
  }

  const nameOf = (place) => (Yiquan.lang === "en" && place.name_en) || place.name;

  const kindOf = (kind) => ({ street: t("rider.kind_street"), road: t("rider.kind_road"), district: t("rider.kind_district"), host: t("rider.kind_host"), station: t("rider.kind_station") })[kind];

  function mark() {
    found.forEach((_, i) => byId("place-" + i).setAttribute("aria-selected", String(i === active)));
    if (active >= 0) byId("where").setAttribute("aria-activedescendant", "place-" + active);
    else byId("where").removeAttribute("aria-activedescendant");
    if (active >= 0) byId("place-" + active).scrollIntoView({ block: "nearest" });
  }

  function choose(i) {
    const place = found[i];
    byId("where").value = nameOf(place);
    show([]);
    Rider.position.use({ lon: place.lon, lat: place.lat, accuracyM: null, origin: "place", name: nameOf(place) });
  }

  function press(event) {
    const steps = { ArrowDown: 1, ArrowUp: -1 };
    if (event.key in steps && found.length) {
      event.preventDefault();
      active = (active + steps[event.key] + found.length) % found.length;
      mark();
    } else if (event.key === "Enter" && found.length && !event.isComposing) {
      event.preventDefault();
      choose(Math.max(active, 0));
    } else if (event.key === "Escape") {
      show([]);
    }
  }

  function listen() {
    const field = byId("where");
    field.addEventListener("input", debounce(look, WAIT_MS));
    field.addEventListener("keydown", press);
    field.addEventListener("focus", () => field.select());
    field.addEventListener("blur", () => {
      asked++; // an answer still on its way must not open the list again
      show([]);
    });
  }

  return { listen };
})();

/* One address under the lamp: typed by name, or tapped on the map; whom a station there would add by mode and hour, what it
   shares with others, the checklist, and its rank among the candidates. */
Yiquan.siteCheck = function (desk, site) {
  "use strict";

  const { t, el, byId, askJson, count, lang, debounce } = Yiquan;

  const WAIT_MS = 180;
  const SHOWN = 7;
  const KINDS = { street: t("site.kind_street"), road: t("site.kind_road"), district: t("site.kind_district"), host: t("site.kind_host"), station: t("site.kind_station") };

  let found = [];
  let active = -1;
  let asked = 0;

  const field = el("input", {
    type: "text", id: "site-where", role: "combobox", autocomplete: "off", "aria-expanded": "false", "aria-controls": "site-places", "aria-autocomplete": "list",
    on: { input: debounce(look, WAIT_MS), keydown: press, blur: () => setTimeout(() => show([]), 150) },
  });
  const list = el("ul", { class: "site-places", id: "site-places", role: "listbox", "aria-label": t("site.where"), hidden: true });
  const hours = el("input", { type: "text", id: "site-hours", maxlength: 200, placeholder: t("site.hours_example") });
  const now = el("div", { class: "site-now", id: "site-check-now" });
  const answer = el("div", { id: "site-checked" });
  const element = el("details", { class: "site-fold", id: "site-check", on: { toggle: () => element.open || site.map.drawAddress(null) } },
    el("summary", {}, t("site.check")),
    el("p", { class: "note" }, t("site.check_help")),
    el("div", { class: "site-search" }, el("label", { class: "stacked", for: "site-where" }, t("site.where"), field), list),
    el("label", { class: "stacked", for: "site-hours" }, t("site.check_hours"), hours),
    el("div", { class: "buttons" }, el("button", { type: "button", class: "plain", id: "site-check-map", on: { click: pickOnMap } }, t("site.check_map"))),
    now, answer);

  /* ── a place by its name ── */

  async function look() {
    const words = field.value.trim(), mine = ++asked;
    if (!words) return show([]);
    const places = await askJson("/places?" + new URLSearchParams({ q: words, limit: SHOWN }), { timeoutMs: 5000 }).then((one) => one.places, () => null);
    if (mine === asked && document.activeElement === field) show(places || [], places ? t("site.where_none") : t("planner.server_silent"));
    return undefined;
  }

  const nameOf = (place) => (lang === "en" && place.name_en) || place.name;

  function show(places, ifNone) {
    found = places;
    active = -1;
    const items = places.map((place, i) => el("li", { role: "option", id: "site-place-" + i, "aria-selected": "false", on: { pointerdown: (event) => event.preventDefault(), click: () => choose(i) } },
      el("span", { dir: "auto" }, nameOf(place)), el("small", { dir: "auto" }, [KINDS[place.kind], place.context].filter(Boolean).join(" · "))));
    if (!places.length && ifNone) items.push(el("li", { role: "option", "aria-disabled": "true", "aria-selected": "false" }, ifNone));
    list.replaceChildren(...items);
    list.hidden = !items.length;
    field.setAttribute("aria-expanded", String(!list.hidden));
    mark();
  }

  function mark() {
    found.forEach((_, i) => byId("site-place-" + i).setAttribute("aria-selected", String(i === active)));
    if (active < 0) return field.removeAttribute("aria-activedescendant");
    byId("site-place-" + active).scrollIntoView({ block: "nearest" });
    return field.setAttribute("aria-activedescendant", "site-place-" + active);
  }

  function choose(i) {
    const place = found[i];
    field.value = nameOf(place);
    show([]);
    check({ lon: place.lon, lat: place.lat, name: nameOf(place) });
  }

  function press(event) {
    const steps = { ArrowDown: 1, ArrowUp: -1 };
    if (event.key in steps && found.length) {
      event.preventDefault();
      active = (active + steps[event.key] + found.length) % found.length;
      mark();
    } else if (event.key === "Enter" && !event.isComposing) {
      event.preventDefault();
      if (found.length) choose(Math.max(active, 0));
    } else if (event.key === "Escape" && !list.hidden) {
      event.preventDefault();
      show([]);
    }
  }

  /* ── asking ── */

  function pickOnMap() {
    site.map.pick({ words: t("site.check_pick"), take: (place) => check({ ...place, name: "" }) });
  }

  async function check(place) {
    element.open = true;
    answer.replaceChildren();
    site.map.drawAddress(place);
    const body = { ...site.placesBody(), lon: place.lon, lat: place.lat, ...(place.name && { name: place.name }), ...(hours.value.trim() && { hours: hours.value.trim() }) };
    const said = await site.work(() => ["/siting/check", body], now, answer, () => check(place));
    if (said) draw(said.result, place);
  }

  /* ── the answer ── */

  function draw({ adds, within, already, rank, candidates, best, by_mode_and_hour: rows, address }, place) {
    const heading = el("h3", { tabindex: -1, dir: "auto" }, place.name || t("site.check_place", { lon: place.lon.toFixed(4), lat: place.lat.toFixed(4) }));
    answer.replaceChildren(heading,
      el("p", { class: "site-headline" }, t("site.check_adds", { n: count(adds) })),
      el("p", {}, t("site.check_overlap", { within: count(within), already: count(already) })),
      el("p", {}, t("site.check_rank", { rank: count(rank), of: count(candidates) })),
      best ? el("p", { class: "note" }, t("site.check_best", { name: best.name, n: count(best.adds) }), " ", el("button", { type: "button", class: "link", on: { click: () => site.map.lookAt(best) } }, t("site.look"))) : "",
      site.checklist(address.checks),
      table(rows),
      el("div", { class: "buttons" },
        el("button", { type: "button", class: "plain small", on: { click: () => desk.onTrial((trial) => trial.add({ lng: place.lon, lat: place.lat })) } }, t("site.check_try")),
        el("button", { type: "button", class: "plain small", id: "site-check-own", on: { click: () => site.addOwn({ ...place, name: place.name || heading.textContent }) } }, t("site.check_own"))));
    heading.focus({ preventScroll: true });
    heading.scrollIntoView({ block: "nearest" });
  }

  /* One row for every hour, one column for every mode. */
  function table(rows) {
    const modes = [...new Set(rows.map((row) => row.mode))], times = [...new Set(rows.map((row) => row.at))];
    const cell = (mode, at) => {
      const row = rows.find((one) => one.mode === mode && one.at === at);
      return row.open === false ? t("site.shut") : "+" + count(row.adds);
    };
    return el("div", { class: "table-box", tabindex: 0, role: "region", "aria-label": t("site.check_table") },
      el("table", {}, el("thead", {}, el("tr", {}, el("th", { scope: "col" }, t("site.check_when")), ...modes.map((mode) => el("th", { scope: "col" }, site.modeOf(mode))))),
        el("tbody", {}, ...times.map((at) => el("tr", {}, el("th", { scope: "row" }, site.hourOf(at)), ...modes.map((mode) => el("td", {}, cell(mode, at))))))));
  }

  return { element, check };
};

/* The form of a siting question: the task in plain words, how many or how much, where candidates come from; and, folded away,
   zones, places that must or must not be taken, hours, layers, floors, stations that may close or stay open longer. */
Yiquan.siteForm = function (desk, site) {
  "use strict";

  const { t, el, byId, count, lang } = Yiquan;
  const { ASKS, LIMITS, allowsFloor, allowsHours, hasSlots, hasLonger } = Yiquan.siteWish;

  const TASKS = [
    ["most", t("site.task_most"), t("site.task_most_help")], ["budget", t("site.task_budget"), t("site.task_budget_help")],
    ["share", t("site.task_share"), t("site.task_share_help")], ["all", t("site.task_all"), t("site.task_all_help")],
    ["backup", t("site.task_backup"), t("site.task_backup_help")], ["median", t("site.task_median"), t("site.task_median_help")],
    ["center", t("site.task_center"), t("site.task_center_help")], ["capacity", t("site.task_capacity"), t("site.task_capacity_help")],
  ];
  const SOURCES = [["hosts", t("site.from_hosts")], ["streets", t("site.from_streets")], ["list", t("site.from_list")], ["wishes", t("site.from_wishes")]];
  const HOURS = ["weekday 12:00", "weekday 19:00", "weekday 23:00", "saturday 12:00", "sunday 19:00"];

  const option = (value, name) => el("option", { value }, name);
  const button = (id, name, action, more) => el("button", { type: "button", class: "plain", id, on: { click: action }, ...more }, name);
  const stacked = (id, name, input) => el("label", { class: "stacked", for: id }, name, input);
  const pill = (name, code, words) => el("label", { class: "pill" }, el("input", { type: "checkbox", value: code, "data-set": name, on: { change: toggleIn } }), el("span", {}, words));
  const pills = (legend, name, entries) => el("fieldset", {}, el("legend", {}, legend), el("div", { class: "pills" }, ...entries.map(([code, words]) => pill(name, code, words))));
  const fold = (id, name, ...children) => el("details", { class: "site-fold", id }, el("summary", {}, el("span", {}, name), el("span", { class: "site-tally", id: id + "-n" })), ...children);

  /* A number of the wish, with its limits; `box` holds its label, so that it can be hidden. */
  function number(name, words, step = "any") {
    const id = "site-" + name.toLowerCase(), [min, max] = LIMITS[name];
    const input = el("input", { type: "number", id, inputmode: "decimal", required: true, min, max, step, on: { change: () => input.checkValidity() && site.set({ [name]: Number(input.value) }) } });
    return el("div", { class: "site-number", id: id + "-box", "data-number": name }, stacked(id, words, input));
  }

  const listField = el("div", { id: "site-list", hidden: true },
    stacked("site-datum", t("site.datum"), el("select", { id: "site-datum" }, option("gcj02", t("site.datum_gcj")), option("bd09", t("site.datum_bd")), option("wgs84", t("site.datum_wgs")))),
    stacked("site-file", t("site.file"), el("input", { id: "site-file", type: "file", accept: ".csv,.xlsx", on: { change: () => site.readList() } })),
    el("div", { id: "site-list-said" }));

  const element = el("form", { id: "site-form", novalidate: true, on: { submit: send } },
    stacked("site-task", t("site.task"), el("select", { id: "site-task", "aria-describedby": "site-task-help", on: { change: (event) => site.set({ task: event.target.value }) } }, ...TASKS.map(([code, name]) => option(code, name)))),
    el("p", { class: "note", id: "site-task-help" }),
    el("div", { class: "site-numbers" },
      number("sites", t("site.sites"), "1"), number("budget", t("site.budget")), number("cost", t("site.cost")),
      number("share", t("site.share")), number("second", t("site.second")), number("seats", t("site.seats"), "1"), number("farthest", t("site.farthest"))),
    pills(t("site.from"), "sources", SOURCES),
    listField,
    fold("site-which", t("site.which"),
      pills(t("site.host_types"), "hosts", Object.keys(site.hostNames).map((code) => [code, site.hostNames[code]])),
      pills(t("site.require"), "require", Object.keys(site.ruleNames).map((code) => [code, site.ruleNames[code]])),
      el("label", { class: "site-tick" }, el("input", { type: "checkbox", id: "site-strict", on: { change: (event) => site.set({ strict: event.target.checked }) } }), t("site.strict"))),
    fold("site-zones", t("site.zones"),
      el("p", { class: "note" }, t("site.zones_help")),
      el("ul", { class: "site-chips", id: "site-zone-list" }),
      el("div", { class: "buttons" }, button("site-zone-draw", t("site.zone_draw"), drawZone)),
      el("div", { class: "site-pair" }, stacked("site-zone-district", t("site.zone_district"), el("select", { id: "site-zone-district" })), button("site-zone-add", t("site.zone_add"), addDistrict)),
      el("div", { class: "site-pair" }, stacked("site-zone-text", t("site.zone_text"), el("input", { type: "text", id: "site-zone-text", placeholder: t("site.zone_example"), "aria-describedby": "site-zone-said" })), button("site-zone-type", t("site.zone_type"), typeZone)),
      el("p", { class: "note doubt", id: "site-zone-said", role: "status" })),
    fold("site-marked", t("site.marked"),
      el("p", { class: "note" }, t("site.marked_help")),
      el("ul", { class: "site-chips", id: "site-marked-list" }),
      el("label", { class: "site-tick" }, el("input", { type: "checkbox", id: "site-show", on: { change: (event) => site.map.showCandidates(event.target.checked) } }), t("site.show_candidates")),
      el("div", { id: "site-candidates" })),
    fold("site-more", t("site.more_wishes"),
      el("div", { class: "site-numbers" }, number("floor", t("site.floor")), number("seconds", t("site.seconds"), "1")),
      el("div", { id: "site-slots" }, pills(t("site.slots"), "slots", HOURS.map((at) => [at, site.hourOf(at)])), el("p", { class: "note" }, t("site.slots_help"))),
      el("div", { id: "site-layers" }),
      el("fieldset", { id: "site-longer-box" }, el("legend", {}, t("site.longer")),
        el("p", { class: "note" }, t("site.longer_help")),
        stacked("site-longer", t("site.longer_until"), el("select", { id: "site-longer", on: { change: (event) => site.set({ longer: event.target.value }) } }, option("", t("site.longer_no")), option("24/7", t("site.longer_always")), option("06:00-22:00", t("site.longer_day")))),
        number("longerCost", t("site.longer_cost")), number("longerShare", t("site.longer_share"))),
      el("fieldset", { id: "site-close-box" }, el("legend", {}, t("site.close")),
        el("p", { class: "note" }, t("site.close_help")), el("ul", { class: "site-chips", id: "site-close-list" }), number("keep", t("site.keep")))),
    el("div", { class: "buttons site-asking" },
      el("button", { type: "submit", class: "plain strong", id: "site-ask" }, t("site.ask")),
      button("site-curve", t("site.ask_curve"), () => site.askCurve())));

  /* ── listening ── */

  function send(event) {
    event.preventDefault();
    const wrong = [...element.querySelectorAll("input[type=number]")].find((input) => input.offsetParent !== null && !input.checkValidity());
    if (wrong) return wrong.reportValidity();
    return site.ask();
  }

  function toggleIn(event) {
    const { set } = event.target.dataset, { value, checked } = event.target;
    const rest = site.wish[set].filter((one) => one !== value);
    site.set({ [set]: checked ? [...rest, value] : rest });
  }

  const removeFrom = (name, place) => {
    site.set({ [name]: site.wish[name].filter((_, i) => i !== place) });
  };

  function drawZone() {
    site.map.pick({ words: t("site.zone_pick"), many: 3, take: (ring) => site.set({ zones: [...site.wish.zones, { ring }] }) });
  }

  function addDistrict() {
    const select = byId("site-zone-district"), code = select.value;
    if (!code || site.wish.zones.some((zone) => zone.code === code)) return;
    site.set({ zones: [...site.wish.zones, { code, name: select.selectedOptions[0].textContent }] });
  }

  /* Corners as people copy them: numbers in pairs, longitude first, whatever stands between them. */
  function typeZone() {
    const numbers = (byId("site-zone-text").value.match(/-?\d+(\.\d+)?/g) || []).map(Number);
    const ring = numbers.flatMap((one, i) => (i % 2 ? [[numbers[i - 1], one]] : []));
    const isRing = ring.length >= 3 && numbers.length % 2 === 0 && ring.every(([lon, lat]) => Math.abs(lon) <= 180 && Math.abs(lat) <= 85);
    byId("site-zone-said").textContent = isRing ? t("site.zone_typed", { n: ring.length }) : t("site.zone_unread");
    if (!isRing) return byId("site-zone-text").focus();
    byId("site-zone-text").value = "";
    site.set({ zones: [...site.wish.zones, { ring }] });
    return site.map.lookAtAll(ring.map(([lon, lat]) => ({ lon, lat })));
  }

  /* ── drawing ── */

  function draw() {
    const { wish } = site;
    byId("site-task").value = wish.task;
    byId("site-task-help").textContent = TASKS.find(([code]) => code === wish.task)[2];
    for (const box of element.querySelectorAll("[data-number]")) {
      const input = box.querySelector("input");
      if (document.activeElement !== input) input.value = wish[box.dataset.number];
    }
    for (const name of ["sites", "budget", "cost", "share", "second", "seats", "farthest"]) byId("site-" + name + "-box").hidden = !ASKS[wish.task].includes(name);
    for (const box of element.querySelectorAll("[data-set]")) box.checked = wish[box.dataset.set].includes(box.value);
    byId("site-strict").checked = wish.strict;
    byId("site-list").hidden = !wish.sources.includes("list");
    byId("site-floor-box").hidden = !allowsFloor(wish);
    byId("site-slots").hidden = byId("site-longer-box").hidden = !allowsHours(wish.task);
    byId("site-longer").value = wish.longer;
    byId("site-longercost-box").hidden = !wish.longer || wish.task !== "budget";
    byId("site-longershare-box").hidden = !wish.longer || wish.task === "budget";
    byId("site-close-box").hidden = !ASKS[wish.task].some((name) => name === "sites" || name === "budget") || ["median", "center"].includes(wish.task);
    byId("site-keep-box").hidden = wish.task !== "budget" || !wish.close.length;
    byId("site-curve").hidden = wish.task !== "most";
    drawLists();
    drawTallies();
    site.map.drawZones(wish.zones, site.shapes);
  }

  function drawLists() {
    const { wish } = site;
    fill("site-zone-list", wish.zones.map((zone, i) => chip(zone.ring ? t("site.zone_of", { n: i + 1, corners: zone.ring.length }) : t("site.zone_whole", { name: zone.name }), "", () => removeFrom("zones", i))));
    const marked = ["force", "forbid"].flatMap((how) => wish[how].map((place, i) => chip(place.name, how === "force" ? t("site.forced") : t("site.forbidden"), () => removeFrom(how, i), how, place)));
    const own = wish.own.map((place, i) => chip(place.name, t("site.own"), () => removeOwn(i), "own", place));
    fill("site-marked-list", [...marked, ...own]);
    fill("site-close-list", wish.close.map((station, i) => chip(station.name, "", () => removeFrom("close", i))));
  }

  /* A place of one's own leaves with the mark on it. */
  function removeOwn(i) {
    const { wish } = site;
    site.set({ ...Yiquan.siteWish.mark(wish, wish.own[i], ""), own: wish.own.filter((_, j) => j !== i) });
  }

  const chip = (name, how, remove, kind = "", place = null) =>
    el("li", { class: kind }, how && el("strong", {}, how),
      place && place.lon !== null ? el("button", { type: "button", class: "link", dir: "auto", on: { click: () => site.map.lookAt(place) } }, name) : el("span", { dir: "auto" }, name),
      el("button", { type: "button", class: "remove", "aria-label": t("site.remove", { name }), on: { click: remove } }, "×"));

  /* Taking one out leaves the focus in the list, or at the fold it lies in. */
  function fill(id, items) {
    const list = byId(id), held = list.contains(document.activeElement);
    const place = held ? [...list.children].findIndex((one) => one.contains(document.activeElement)) : -1;
    list.replaceChildren(...items);
    if (!held) return;
    const next = list.children[Math.min(place, list.children.length - 1)];
    (next ? next.querySelector(".remove") : list.closest("details").querySelector("summary")).focus();
  }

  /* What is folded away is counted on the fold, so that no wish is forgotten. */
  function drawTallies() {
    const { wish } = site;
    const more = [allowsFloor(wish) && wish.floor, hasSlots(wish), wish.layers.length > 1, hasLonger(wish)].filter(Boolean).length + wish.close.length;
    const tallies = { "site-which": wish.hosts.length + wish.require.length, "site-zones": wish.zones.length, "site-marked": wish.force.length + wish.forbid.length + wish.own.length, "site-more": more };
    for (const [id, n] of Object.entries(tallies)) byId(id + "-n").textContent = n ? t("site.n_set", { n: count(n) }) : "";
  }

  /* Which layers of demand there are is known with the city, which districts with their outlines. */
  function fillChoices(city, districts) {
    const layers = city.demand.length > 1 ? [pills(t("site.layers"), "layers", city.demand.map((one) => [one.code, desk.layerName(one.code)])), el("p", { class: "note" }, t("site.layers_help"))] : [];
    byId("site-layers").replaceChildren(...layers);
    byId("site-zone-district").replaceChildren(...districts.map(({ code, name, name_en: english }) => option(code, (lang === "en" && english) || name)));
  }

  /* The candidates in view as a list: what the dots are to whoever does not use a pointer. */
  function drawCandidateList(places, shown, inAll, problem) {
    const box = byId("site-candidates");
    if (box.contains(document.activeElement)) return;
    if (!byId("site-show").checked) return box.replaceChildren();
    const note = problem || (inAll > shown ? t("site.candidates_some", { n: count(shown), of: count(inAll) }) : t("site.candidates_n", { n: count(shown) }));
    const rows = places.map((place) => el("li", {}, el("span", { dir: "auto" }, place.name, el("small", {}, site.kindOf(place.kind))), ...site.markButtons(place)));
    return box.replaceChildren(el("p", { class: "note", role: "status" }, note), rows.length ? el("details", { class: "site-near" }, el("summary", {}, t("site.candidates_near", { n: rows.length })), el("ul", { class: "site-rows" }, ...rows)) : "");
  }

  return { element, draw, fillChoices, drawCandidateList };
};

/* The controls that put the question. */
(function () {
  "use strict";

  const { t, el, byId, label, count } = Yiquan;
  const { state } = Desk;

  const LAYER_NAMES = { residents: t("planner.residents"), riders: t("planner.riders"), sanitation: t("planner.sanitation") };
  const SETS = { types: "types", classes: "station-classes", networks: "networks", amenities: "amenities" }; // where each is chosen

  /* ── drawing what is asked ── */

  function drawControls() {
    byId("minutes").value = state.minutes;
    byId("minutes-output").textContent = t("planner.n_minutes", { n: state.minutes });
    byId("minutes").setAttribute("aria-valuetext", t("planner.n_minutes", { n: state.minutes }));
    press("modes", "mode", state.mode);
    press("colour-by", "colour", state.colour);
    const [day, clock] = state.at.split(" ");
    byId("day").value = day || "";
    byId("hour").value = clock || "09:00";
    byId("hour").disabled = !byId("day").value;
    byId("group").value = [...state.groups][0] || "";
    byId("demand").value = state.demand || (byId("demand").options.length ? byId("demand").options[0].value : "");
    byId("show-empty").checked = state.uninhabited;
    for (const [name, id] of Object.entries(SETS)) for (const box of byId(id).querySelectorAll("input")) box.checked = state[name].has(box.value);
    byId("filters-clear").hidden = !wishes();
  }

  function press(group, name, value) {
    for (const button of byId(group).children) button.setAttribute("aria-pressed", String(button.dataset[name] === value));
  }

  /* How many wishes narrow the question beyond the usual kind of station. */
  const wishes = () => (state.usual ? 0 : state.types.size) + state.classes.size + state.networks.size + state.amenities.size + state.groups.size;

  /* ── what there is to choose from: what the city has, and nothing it has not ── */

  function fillSelects() {
    const { city } = Desk;
    const option = (value, name) => el("option", { value }, name);
    const hours = [...Array(24).keys()].map((hour) => String(hour).padStart(2, "0") + ":00");
    const groups = city.vocabulary.user_groups;
    byId("hour").replaceChildren(...hours.map((hour) => option(hour, hour)));
    byId("group").replaceChildren(option("", t("planner.every_group")), ...Object.keys(groups).map((code) => option(code, label(groups, code))));
    byId("demand").replaceChildren(...city.demand.map((layer) => option(layer.code, LAYER_NAMES[layer.code] || layer.code)));
    byId("demand-box").hidden = city.demand.length < 2;
    drawControls();
  }

  function fillPills() {
    const { city, stations } = Desk;
    const words = city.vocabulary;
    const types = Object.entries(city.counts).sort((a, b) => b[1] - a[1]);
    byId("types").replaceChildren(...types.map(([code, n]) => pill("types", words.facility_types, code, n)));
    fillFrom("classes", words.facility_classes, stations && ((i) => [stations.class[i]]));
    fillFrom("networks", words.networks, stations && ((i) => stations.networks[i]));
    fillCounted("amenities", words.amenities, stations && ((code) => stations.amenities[code] || 0));
    drawControls();
  }

  function fillFrom(name, table, codesOf) {
    const found = new Map();
    if (codesOf) Desk.stations.id.forEach((_, i) => codesOf(i).forEach((code) => found.set(code, (found.get(code) || 0) + 1)));
    fillCounted(name, table, codesOf && ((code) => found.get(code) || 0));
  }

  /* One pill for every code that some station has, with how many have it; all codes until the stations are known. */
  function fillCounted(name, table, countOf) {
    const counted = Object.keys(table).map((code) => [code, countOf ? countOf(code) : null]);
    const place = byId(SETS[name]);
    place.replaceChildren(...counted.filter(([code, n]) => n !== 0 || state[name].has(code)).map(([code, n]) => pill(name, table, code, n)));
    place.closest("fieldset").hidden = !place.children.length;
  }

  const pill = (name, table, code, n) =>
    el("label", { class: "pill" },
      el("input", { type: "checkbox", value: code, checked: state[name].has(code), on: { change: (event) => toggle(name, code, event.target.checked) } }),
      el("span", {}, label(table, code), n !== null && el("small", {}, count(n))));

  function toggle(name, code, on) {
    if (on) state[name].add(code);
    else state[name].delete(code);
    if (name === "types") state.usual = false;
    changed();
  }

  /* ── listening ── */

  /* The question on the desk is another one: show at once what needs no server, ask for the rest. */
  function changed() {
    drawControls();
    Desk.repaint();
    Desk.tell("changed");
    Desk.noteChange();
    Desk.updateSoon();
  }

  function set(values) {
    Object.assign(state, values);
    changed();
  }

  const on = (id, event, listener) => byId(id).addEventListener(event, listener);

  const readTime = () => set({ at: byId("day").value ? byId("day").value + " " + byId("hour").value : "" });

  function chooseBy(group, name) {
    on(group, "click", (event) => event.target.dataset[name] && set({ [name]: event.target.dataset[name] }));
  }

  function clearFilters() {
    set({ types: new Set(Question.usualTypes(Desk.city.counts)), usual: true, classes: new Set(), networks: new Set(), amenities: new Set(), groups: new Set() });
    byId("filters").querySelector("summary").focus();
  }

  chooseBy("modes", "mode");
  chooseBy("colour-by", "colour");
  on("minutes", "input", (event) => set({ minutes: Number(event.target.value) }));
  on("day", "change", readTime);
  on("hour", "change", readTime);
  on("group", "change", (event) => set({ groups: new Set(event.target.value ? [event.target.value] : []) }));
  on("demand", "change", (event) => set({ demand: event.target.selectedIndex ? event.target.value : "" }));
  on("show-empty", "change", (event) => set({ uninhabited: event.target.checked }));
  on("filters-clear", "click", clearFilters);
  Desk.on("city", fillSelects);
  Desk.on("settled", fillPills);
  Desk.on("stations", fillPills);
  Object.assign(Desk, { changed, layerName: (code) => LAYER_NAMES[code] || code });
})();

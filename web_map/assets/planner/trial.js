/* The planner's what-if: stations put on the map or closed for a trial, and what that would change. Nothing is saved. */
Yiquan.trial = function (desk) {
  "use strict";

  const { t, el, byId, lang, ask, count, percent } = Yiquan;

  const NO_DATA = 255; // web_map/lattice.py
  const map = desk.map;
  const pins = L.layerGroup();
  const strip = byId("trial-strip");

  let changes = [];
  let past = []; // what `changes` was before each step, for undo
  let on = false;
  let showsAfter = true;
  let answer = null;
  let answered = ""; // the question that `answer` answers
  let over = null; // bytes of the changed cells
  let overAsked = "";
  let asking = null;
  let underway = ""; // the question on its way

  /* ── changing ── */

  function set(next) {
    past.push(changes);
    changes = next;
    draw();
    desk.noteChange();
    refresh();
  }

  const add = (latlng) => set([...changes, { kind: "add", lon: Number(latlng.lng.toFixed(6)), lat: Number(latlng.lat.toFixed(6)) }]);

  function close(station) {
    if (!changes.some((one) => one.id === station.id)) set([...changes, { kind: "close", ...station }]);
  }

  const remove = (place) => set(changes.filter((_, i) => i !== place));

  function undo() {
    if (!past.length) return;
    changes = past.pop();
    draw();
    desk.noteChange();
    refresh();
  }

  const wire = (change) => (change.kind === "add" ? { kind: "add", lon: change.lon, lat: change.lat } : { kind: "close", id: change.id });

  /* ── asking ── */

  async function refresh() {
    if (!on || !changes.length) {
      if (asking) asking.abort();
      asking = answer = over = null;
      underway = "";
      byId("trial").setAttribute("aria-busy", "false");
      answered = overAsked = "";
      drawAnswer();
      return layOver();
    }
    const body = { ...desk.questionBody(), changes: changes.map(wire) };
    const cellsBody = { ...body, resolution: desk.resolutionShown() };
    const key = JSON.stringify(body), cellsKey = JSON.stringify(cellsBody);
    if (underway === cellsKey) return;
    if (asking) asking.abort();
    const mine = (asking = new AbortController());
    const options = { signal: mine.signal, timeoutMs: 30000 };
    underway = cellsKey;
    byId("trial").setAttribute("aria-busy", "true");
    try {
      const [newAnswer, newOver] = await Promise.all([
        key === answered ? answer : ask("/what-if", { ...options, body }).then((found) => found.json()),
        cellsKey === overAsked ? over : ask("/what-if/cells", { ...options, body: cellsBody }).then((found) => found.arrayBuffer()),
      ]);
      if (mine !== asking) return;
      [answer, answered, over, overAsked] = [newAnswer, key, newOver, cellsKey];
      drawAnswer();
      layOver();
    } catch (error) {
      if (mine === asking) drawProblem(error);
    } finally {
      if (mine === asking) {
        underway = "";
        byId("trial").setAttribute("aria-busy", "false");
      }
    }
  }

  /* The cells as they would be: the changed ones laid over those of the city as it stands. */
  const layOver = () => desk.cells.setOver(on && showsAfter ? over : null);

  /* ── drawing ── */

  function draw() {
    byId("trial").hidden = strip.hidden = !on;
    byId("trial-start").setAttribute("aria-pressed", String(on));
    byId("map_main").classList.toggle("on-trial", on);
    byId("trial-undo").disabled = !past.length;
    byId("trial-reset").disabled = !changes.length;
    for (const button of byId("before-after").children) button.setAttribute("aria-pressed", String((button.dataset.shown === "after") === showsAfter));
    pins.clearLayers();
    if (on) pins.addTo(map);
    else pins.remove();
    changes.forEach(drawPin);
    drawChanges();
  }

  function drawPin(change, i) {
    const icon = L.divIcon({ className: "trial-pin " + change.kind, html: el("span", {}, change.kind === "add" ? "+" + (i + 1) : "×" + (i + 1)), iconSize: [34, 34] });
    const pin = L.marker([change.lat, change.lon], { icon, keyboard: false, zIndexOffset: 2000, draggable: change.kind === "add", autoPan: true });
    pin.on("dragend", () => {
      const { lat, lng } = pin.getLatLng();
      set(changes.map((one, j) => (j === i ? { ...one, lat: Number(lat.toFixed(6)), lon: Number(lng.toFixed(6)) } : one)));
    });
    pin.addTo(pins);
  }

  function drawChanges() {
    const notices = (answer && answer.notices) || [];
    const current = answered && answered === JSON.stringify({ ...desk.questionBody(), changes: changes.map(wire) });
    byId("trial-changes").replaceChildren(...changes.map((change, i) => {
      const name = change.kind === "add" ? t("planner.trial_added", { n: i + 1 }) : t("planner.trial_closed", { n: i + 1, name: change.name });
      const said = current ? notices.filter((one) => one.change === i) : [];
      return el("li", { class: change.kind },
        el("button", { type: "button", class: "link", dir: "auto", on: { click: () => map.setView([change.lat, change.lon], Math.max(14, map.getZoom()), { animate: false }) } }, name),
        el("button", { type: "button", class: "remove", "aria-label": t("planner.trial_remove", { name }), on: { click: () => remove(i) } }, "×"),
        ...said.map((one) => el("p", { class: "note doubt" }, one[lang] || one.en)));
    }));
  }

  /* Tables round to whole people so that they add up, which can move one person where nothing has happened. */
  const isChanged = (row) => Math.abs(row.change) > 1 || row.stations !== row.stations_before;

  const signed = (people) => (people > 0 ? "+" : people < 0 ? "−" : "±") + count(Math.abs(people));

  function drawAnswer() {
    drawChanges();
    byId("trial-net").textContent = answer ? t("planner.trial_net", { n: signed(answer.people.change), before: percent(answer.people.before.share), after: percent(answer.people.after.share) }) : t("planner.trial_strip_help");
    if (!answer) return byId("trial-answer").replaceChildren(el("p", { class: "empty" }, t("planner.trial_empty")));
    const people = answer.people;
    byId("trial-answer").replaceChildren(
      el("p", { class: "headline" }, el("strong", {}, signed(people.change)), el("span", {}, t("planner.trial_headline", { before: percent(people.before.share), after: percent(people.after.share) }))),
      el("dl", { class: "facts" },
        el("div", {}, el("dd", {}, count(people.gained)), el("dt", {}, t("planner.trial_gained"))),
        el("div", {}, el("dd", {}, count(people.lost)), el("dt", {}, t("planner.trial_lost"))),
        el("div", {}, el("dd", {}, count(answer.cells_changed)), el("dt", {}, t("planner.trial_cells")))),
      table(t("planner.tab_districts"), answer.districts.filter(isChanged)),
      table(t("planner.tab_streets"), answer.streets_changed.filter(isChanged)));
  }

  function table(title, rows) {
    if (!rows.length) return "";
    const sorted = [...rows].sort((a, b) => Math.abs(b.change) - Math.abs(a.change));
    return el("div", { class: "table-box" }, el("table", {},
      el("thead", {}, el("tr", {}, ...[title, t("planner.trial_change"), t("planner.trial_before"), t("planner.trial_after")].map((name) => el("th", { scope: "col" }, name)))),
      el("tbody", {}, ...sorted.map((row) => el("tr", {},
        el("td", { dir: "auto" }, desk.nameOf(row)), el("td", {}, signed(row.change)), el("td", {}, percent(row.share_before)), el("td", {}, percent(row.share)))))));
  }

  function drawProblem(error) {
    byId("trial-answer").replaceChildren(el("div", { class: "problem", role: "alert" },
      el("p", {}, error instanceof Yiquan.ServerError ? error.message : t("planner.server_silent")),
      el("button", { type: "button", class: "plain", on: { click: refresh } }, t("common.retry"))));
  }

  /* ── switching ── */

  function begin() {
    on = true;
    draw();
    refresh();
    byId("trial").focus({ preventScroll: true }); // on a telephone the map would leave the screen
  }

  function end() {
    on = false;
    draw();
    desk.noteChange();
    refresh();
    byId("trial-start").focus();
  }

  map.on("click", (event) => on && add(event.latlng));
  byId("trial-middle").addEventListener("click", () => add(map.getCenter()));
  byId("trial-undo").addEventListener("click", undo);
  byId("trial-reset").addEventListener("click", () => set([]));
  byId("trial-end").addEventListener("click", end);
  byId("before-after").addEventListener("click", (event) => {
    if (!event.target.dataset.shown) return;
    showsAfter = event.target.dataset.shown === "after";
    draw();
    layOver();
  });

  return {
    begin, end, add, close, refresh,
    isOn: () => on,
    /* What the address holds of a trial, and a trial as an address held it. */
    kept: () => (on ? changes.map((one) => (one.kind === "add" ? one.lon + "," + one.lat : "x" + one.id)).join(";") : ""),
    restore(restored) {
      on = true;
      set(restored);
      past = [];
      draw();
    },
  };
};

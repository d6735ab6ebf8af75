/* The planner's what-if: stations put on the map, moved, closed or opened at other hours for a trial, and what that would
   change. Nothing is saved unless somebody saves it; the address holds it all the same. */
Yiquan.trial = function (desk) {
  "use strict";

  const { t, el, byId, percent, trialChanges } = Yiquan;
  const { map } = desk;

  const VIEWS = [{ key: "before", name: t("trial.before") }, { key: "both", name: t("trial.both") }, { key: "after", name: t("trial.after") }];
  const MARK = { add: (n) => "+" + n, move: (n) => "↷" + n, close: (n) => "×" + n, hours: (n) => "◷" + n };

  let changes = [];
  let past = []; // what `changes` was before each step, for undo; `future` for redo
  let future = [];
  let on = false;
  let view = "after";
  let answer = null; // with what it answers: {key, summary, each}
  let asking = null; // {key, controller} of the question on its way
  let askedAt = 0; // when somebody last changed something, for the measure of how long it takes to be painted
  let picking = null; // number of the change whose place is being picked, or the station that is to move
  let source = null; // the scenario this was saved as or opened from: {code, name, key, present?}

  const figures = Yiquan.trialFigures(desk);
  const trial = { figures, set, lookAt, pickFor, keep, isSaved, open, ids: "scenario" };
  const list = Yiquan.trialList(desk, trial);
  const shelf = Yiquan.trialShelf(desk, trial);
  const swipe = Yiquan.swipe(desk);
  const pins = L.layerGroup();

  /* ── the panel and the strip on the map ── */

  const button = (id, name, action, more) => el("button", { type: "button", class: "plain", id, on: { click: action }, ...more }, name);

  byId("trial").replaceChildren(
    el("h2", { id: "trial-heading" }, t("trial.heading"), " ", el("span", { class: "tag", id: "trial-tag" })),
    el("p", { class: "note" }, t("trial.help")),
    el("div", { id: "trial-source" }),
    el("div", { class: "buttons" },
      button("trial-middle", t("trial.middle"), () => set(trialChanges.add(changes, map.getCenter()))),
      button("trial-undo", t("trial.undo"), undo, { "aria-keyshortcuts": "Control+Z" }), button("trial-redo", t("trial.redo"), redo, { "aria-keyshortcuts": "Control+Shift+Z" }),
      button("trial-reset", t("trial.reset"), () => set([])), button("trial-end", t("trial.end"), end)),
    el("ol", { class: "trial-changes", id: "trial-changes" }),
    el("div", { id: "trial-answer" }),
    shelf.element);
  byId("trial-strip").replaceChildren(
    el("div", { id: "trial-now" }, el("strong", {}, t("trial.strip")), " ", el("span", { id: "trial-net", role: "status" })),
    el("div", { class: "segments", role: "group", "aria-label": t("trial.shown"), id: "before-after" },
      ...VIEWS.map(({ key, name }) => el("button", { type: "button", "data-shown": key, on: { click: () => show(key) } }, name))),
    el("div", { id: "trial-pick", hidden: true },
      el("span", { id: "trial-pick-words", role: "status" }),
      el("div", { class: "buttons" }, button("trial-pick-middle", t("trial.pick_middle"), () => pick(map.getCenter())), button("trial-pick-cancel", t("trial.pick_cancel"), stopPicking))));
  const cross = el("div", { class: "crosshair", "aria-hidden": "true", hidden: true });
  map.getContainer().append(cross);

  /* ── changing ── */

  function set(next) {
    if (next === changes) return;
    past.push(changes);
    future = [];
    become(next);
  }

  function become(next) {
    askedAt = performance.now();
    changes = next;
    stopPicking();
    draw();
    desk.noteChange();
    refresh();
  }

  function undo() {
    if (!past.length) return;
    future.push(changes);
    become(past.pop());
  }

  function redo() {
    if (!future.length) return;
    past.push(changes);
    become(future.pop());
  }

  function draft() {
    return { question: desk.questionBody(), changes: changes.map(trialChanges.wire) };
  }

  const keyNow = () => JSON.stringify(draft());

  /* ── picking a place: by a click, or by moving the map under a cross, which needs no pointer ── */

  function pickFor(what) {
    picking = what;
    const name = typeof what === "number" ? String(what + 1) : what.name;
    byId("trial-pick-words").textContent = t("trial.pick", { name });
    drawPicking();
    map.getContainer().focus({ preventScroll: true });
    map.getContainer().scrollIntoView({ block: "nearest" });
  }

  function pick(latlng) {
    const what = picking;
    if (typeof what !== "number") return set(trialChanges.move(changes, what, latlng));
    const change = changes[what];
    const moved = change.kind === "move" ? trialChanges.move(changes, change, latlng) : trialChanges.edit(changes, what, placeOf(latlng));
    return set(moved);
  }

  const placeOf = (latlng) => {
    const [{ lon, lat }] = trialChanges.add([], latlng);
    return { lon, lat };
  };

  function stopPicking() {
    picking = null;
    drawPicking();
  }

  function drawPicking() {
    const is = picking !== null;
    byId("trial-pick").hidden = cross.hidden = !is;
    byId("before-after").hidden = byId("trial-now").hidden = is;
  }

  /* ── asking ── */

  async function refresh() {
    if (!on || !changes.length) return forgetAnswer();
    const body = { ...desk.questionBody(), changes: changes.map(trialChanges.wire), resolution: desk.resolutionShown() };
    const key = JSON.stringify(body);
    if (key === (asking ? asking.key : answer && answer.key)) return;
    if (asking) asking.controller.abort();
    const mine = (asking = { key, controller: new AbortController() });
    const question = keyNow();
    byId("trial").setAttribute("aria-busy", "true");
    try {
      await Yiquan.askWhatIf(body, {
        signal: mine.controller.signal,
        shown: (summary, cells) => mine === asking && take({ key, question, summary, cells, each: null }),
        weighed: (each) => mine === asking && weigh(each),
      });
    } catch (error) {
      if (mine === asking) drawProblem(error);
    } finally {
      if (mine === asking) {
        asking = null;
        byId("trial").setAttribute("aria-busy", "false");
      }
    }
  }

  function take(found) {
    answer = found;
    layOver();
    measurePainting();
    byId("trial").setAttribute("aria-busy", "false");
    drawAnswer();
  }

  function weigh(each) {
    answer.each = each;
    drawChanges();
  }

  function forgetAnswer() {
    if (asking) asking.controller.abort();
    asking = answer = null;
    byId("trial").setAttribute("aria-busy", "false");
    layOver();
    drawAnswer();
  }

  /* From the click to the painted cells; `performance.getEntriesByName("yiquan.trial")` tells it. */
  function measurePainting() {
    if (!askedAt) return;
    const start = askedAt;
    askedAt = 0;
    desk.cells.once("painted", () => performance.measure("yiquan.trial", { start }));
  }

  function layOver() {
    desk.cells.setOver(on && view !== "before" && answer ? answer.cells : null);
    if (on && view === "both") swipe.show();
    else swipe.hide();
  }

  function show(wanted) {
    view = wanted;
    drawStrip();
    layOver();
  }

  /* ── drawing ── */

  function draw() {
    byId("trial").hidden = byId("trial-strip").hidden = !on;
    byId("trial-start").setAttribute("aria-pressed", String(on));
    map.getContainer().classList.toggle("on-trial", on);
    byId("trial-undo").disabled = !past.length;
    byId("trial-redo").disabled = !future.length;
    byId("trial-reset").disabled = !changes.length;
    shelf.form.hidden = !changes.length;
    drawStrip();
    pins.clearLayers();
    if (on) pins.addTo(map);
    else pins.remove();
    changes.forEach(drawPin);
    drawChanges();
    drawSource();
  }

  function drawStrip() {
    for (const one of byId("before-after").children) one.setAttribute("aria-pressed", String(one.dataset.shown === view));
  }

  function drawPin(change, i) {
    const icon = L.divIcon({ className: "trial-pin " + change.kind, html: el("span", {}, MARK[change.kind](i + 1)), iconSize: [34, 34] });
    const isPlaced = change.kind === "add" || change.kind === "move";
    if (change.kind === "move") L.polyline([[change.home.lat, change.home.lon], [change.lat, change.lon]], { color: "#5b1f86", weight: 3, dashArray: "2 7", interactive: false }).addTo(pins);
    const pin = L.marker([change.lat, change.lon], { icon, keyboard: false, zIndexOffset: 2000, draggable: isPlaced, autoPan: true });
    pin.on("dragend", () => {
      picking = i;
      pick(pin.getLatLng());
    });
    pin.addTo(pins);
  }

  function drawChanges() {
    const isCurrent = answer && answer.question === keyNow();
    list.draw(changes, isCurrent ? answer.summary : null, isCurrent ? answer.each : null);
  }

  function drawAnswer() {
    drawChanges();
    const people = answer && answer.summary.people;
    byId("trial-net").textContent = people ? t("trial.net", { n: figures.signed(people.change), before: percent(people.before.share), after: percent(people.after.share) }) : t("trial.strip_help");
    byId("trial-answer").replaceChildren(...(answer ? figures.draw(answer.summary) : [el("p", { class: "empty" }, t("trial.empty"))]));
  }

  function drawProblem(error) {
    const unread = error.status === 400 && /^Change (\d+): the hours/.exec(error.detail);
    if (!unread) return byId("trial-answer").replaceChildren(desk.refusal(error, refresh));
    return byId("trial-answer").replaceChildren(el("p", { class: "problem", role: "alert" }, t("trial.hours_unread", { n: unread[1] })));
  }

  function lookAt(change) {
    map.setView([change.lat, change.lon], Math.max(14, map.getZoom()), { animate: false });
    map.getContainer().scrollIntoView({ block: "nearest" });
  }

  /* ── scenarios ── */

  async function keep(name) {
    return (await Yiquan.ask("/scenarios", { body: { name, kind: "what_if", ...draft() }, timeoutMs: 30000 })).json();
  }

  const isAsSaved = () => source !== null && source.key === keyNow();

  function isSaved(kept) {
    source = { ...kept, key: keyNow() };
    drawSource();
    desk.noteChange();
  }

  function drawSource() {
    byId("trial-tag").textContent = !source ? t("trial.unsaved") : isAsSaved() ? t("trial.as_saved", { name: source.name }) : t("trial.changed_since", { name: source.name });
    byId("trial-source").replaceChildren(...(source && source.words ? source.words.map((words) => el("p", { class: "note doubt" }, words)) : []));
  }

  async function open(code) {
    try {
      const found = await Yiquan.askJson("/scenarios/" + encodeURIComponent(code), { timeoutMs: 30000 });
      takeQuestion(found.question);
      if (found.saved.result.siting) return desk.onSiting((siting) => siting.opened(found));
      const known = found.changes.map((one) => trialChanges.unwire(one, desk.findStation));
      on = true;
      set(known.filter(Boolean));
      source = { code, name: found.name, key: keyNow(), words: wordsOn(found) };
      draw();
      lookAtAll();
      shelf.shareLine(code);
      desk.noteChange();
    } catch (error) {
      on = true;
      draw();
      byId("trial-answer").replaceChildren(error.status === 404 ? el("p", { class: "problem", role: "alert" }, error.message) : shelf.problem(error));
    }
    return undefined;
  }

  /* What has become of it since it was saved. */
  function wordsOn({ present, saved }) {
    const words = [];
    if (!present.is_same) words.push(t("trial.worked_out_anew", { then: figures.signed(saved.result.people.change), now: present.result ? figures.signed(present.result.people.change) : "–" }));
    if (present.dropped.length) words.push(t("trial.dropped", { n: present.dropped.length }));
    return words;
  }

  function takeQuestion(question) {
    const names = { mode: "m", minutes: "t", at: "at", type: "type", class: "cls", network: "net", amenity: "am", group: "grp", demand: "d" };
    const address = new URLSearchParams({ type: "all" });
    for (const [name, value] of Object.entries(question)) if (names[name]) address.set(names[name], String(value));
    const { colour, uninhabited, gap, ...asked } = Question.read(address);
    const layers = desk.city.demand || [];
    if (layers.length && layers[0].code === asked.demand) asked.demand = ""; // the first layer is what an address without one means
    Object.assign(desk.state, asked, { minutes: question.minutes });
    desk.changed();
  }

  function lookAtAll() {
    if (changes.length) map.fitBounds(L.latLngBounds(changes.map((one) => [one.lat, one.lon])).pad(0.4), { maxZoom: 14, animate: false });
  }

  /* ── switching ── */

  function begin() {
    on = true;
    draw();
    refresh();
    drawAnswer();
    byId("trial").focus({ preventScroll: true }); // on a telephone the map would leave the screen
  }

  function end() {
    on = false;
    stopPicking();
    draw();
    desk.noteChange();
    refresh();
    byId("trial-start").focus();
  }

  map.on("click", (event) => on && !desk.picking && (picking === null ? set(trialChanges.add(changes, event.latlng)) : pick(event.latlng)));
  map.getContainer().addEventListener("keydown", (event) => {
    if (picking === null || event.target !== map.getContainer()) return;
    if (event.key === "Enter") pick(map.getCenter());
    if (event.key === "Escape") stopPicking();
  });
  document.addEventListener("keydown", (event) => {
    if (!on || !(event.ctrlKey || event.metaKey) || event.key.toLowerCase() !== "z" || event.target.closest("input[type=text], textarea")) return;
    event.preventDefault();
    if (event.shiftKey) redo();
    else undo();
  });

  return {
    begin, end, refresh, open,
    isOn: () => on,
    add: (place) => set(trialChanges.add(changes, place)),
    close: (station) => set(trialChanges.close(changes, station)),
    take: (sent) => set([...changes, ...sent.map((one) => trialChanges.unwire(one, desk.findStation)).filter(Boolean)]),
    hours: (station) => set(trialChanges.hours(changes, station, trialChanges.HOURS[0])),
    move: (station) => pickFor(station),
    /* What the address holds of a trial. */
    kept: () => (on ? trialChanges.pack(changes) : ""),
    code: () => (on && isAsSaved() ? source.code : ""),
    /* A trial as an address held it. */
    restore(text, code) {
      const restored = trialChanges.unpack(text, desk.findStation);
      if (restored.length) {
        on = true;
        become(restored);
      }
      if (code) open(code);
    },
  };
};

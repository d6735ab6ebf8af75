/* Where the next stations go: a question in plain words, its answer with a bound, on the map and as cards; taken over into the
   trial, kept under a name, shared, exported. The work is the server's; the page follows it and may stop it at any time. */
Yiquan.siting = function (desk) {
  "use strict";

  const { t, el, byId, count, decimal, lang, askJson, siteWish, siteJob } = Yiquan;
  const { map } = desk;

  const HOST_NAMES = {
    union_built: t("site.host_union"), party_centre: t("site.host_party"), community: t("site.host_community"), government_hall: t("site.host_government"), bank: t("site.host_bank"), telecom: t("site.host_telecom"),
    post_express: t("site.host_post"), fuel: t("site.host_fuel"), bus_station: t("site.host_bus"), metro: t("site.host_metro"), toilet: t("site.host_toilet"), sanitation_depot: t("site.host_sanitation"),
    mall: t("site.host_mall"), convenience_24h: t("site.host_convenience"), restaurant: t("site.host_restaurant"), pharmacy: t("site.host_pharmacy"), estate_agent: t("site.host_estate"), hospital: t("site.host_hospital"),
    library: t("site.host_library"), park: t("site.host_park"), construction_site: t("site.host_construction"), ev_station: t("site.host_ev"), container: t("site.host_container"), enterprise: t("site.host_enterprise"),
  };
  const RULE_NAMES = { street_facing: t("site.rule_street"), ground_floor: t("site.rule_ground"), parking: t("site.rule_parking"), toilet: t("site.rule_toilet"), near_pickup: t("site.rule_pickup") };
  const MODES = { walk: t("site.mode_walk"), ebike: t("site.mode_ebike") };
  const DAYS = { weekday: t("planner.weekday"), saturday: t("planner.saturday"), sunday: t("planner.sunday") };
  const VIEWS = [["before", t("site.view_before")], ["both", t("site.view_both")], ["after", t("site.view_after")]];

  let on = false;
  let working = false;
  let answer = null; // {result, number?, asked: the question on the desk then, wish: as packed then, code?}
  let view = "before";
  let swipe = null;

  const site = {
    wish: siteWish.unpack(""), listed: [], shapes: new Map(), hostNames: HOST_NAMES, ruleNames: RULE_NAMES,
    kindOf: (kind) => HOST_NAMES[kind] || kind || "", modeOf: (mode) => MODES[mode] || mode,
    hourOf: (at) => (at ? [DAYS[at.split(" ")[0]], at.split(" ")[1]].join(" ") : t("planner.any_time")),
    isOpen: () => on, set, take, ask, askCurve, readList, work, swap, showCard, addOwn, markButtons, checklist,
    markOf: (key) => siteWish.markOf(site.wish, key),
    placesBody: () => ({ ...desk.questionBody(), ...siteWish.places(site.wish, site) }),
    drawCandidateList: (...found) => site.form.drawCandidateList(...found),
  };
  site.map = Yiquan.siteMap(desk, site);
  site.form = Yiquan.siteForm(desk, site);
  const curve = Yiquan.siteCurve(desk, site);
  const drawn = Yiquan.siteAnswer(desk, site);
  const check = Yiquan.siteCheck(desk, site);
  const keeping = Yiquan.siteKeeping(desk, { number: () => answer.number, isSaved });

  const box = byId("site");
  const now = el("div", { class: "site-now", id: "site-now" });
  const drawing = el("div", { id: "site-drawing" });
  const said = el("div", { id: "site-answer" });
  box.replaceChildren(
    el("h2", { id: "site-heading" }, t("site.heading")),
    el("p", { class: "note" }, t("site.help")),
    site.form.element, now, drawing, said, check.element);

  /* ── the wish ── */

  function set(values) {
    site.wish = { ...site.wish, ...values };
    site.form.draw();
    site.map.refresh();
    drawStale();
    desk.noteChange();
  }

  /* A number of stations taken from the curve; with `asks`, asked for at once. */
  function take(sites, asks = false) {
    set({ task: "most", sites });
    if (asks) ask();
  }

  function swap(one, other) {
    set(siteWish.mark({ ...site.wish, ...siteWish.mark(site.wish, one, "forbid") }, other, "force"));
    ask();
  }

  function addOwn(place) {
    const own = siteWish.addOwn(site.wish, place);
    set({ ...own, ...siteWish.mark(site.wish, own.own[own.own.length - 1], "force") });
    byId("site-marked").open = true;
    byId("site-marked").querySelector("summary").focus();
  }

  /* Forcing, forbidding and looking at one place; pressed again, a mark goes. */
  function markButtons(place, done = () => {}) {
    const marks = [["force", t("site.force"), t("site.force_of", { name: place.name })], ["forbid", t("site.forbid"), t("site.forbid_of", { name: place.name })]];
    const buttons = marks.map(([how, name, whole]) => el("button", { type: "button", class: "plain small mark", "aria-label": whole, "data-mark": how, "data-key": place.key, on: { click: () => {
      set(siteWish.mark(site.wish, place, site.markOf(place.key) === how ? "" : how));
      done();
    } } }, name));
    const look = el("button", { type: "button", class: "plain small", "aria-label": t("site.check_of", { name: place.name }), on: { click: () => {
      done();
      check.check(place);
    } } }, t("site.check_this"));
    buttons.forEach(drawMark);
    return [...buttons, look];
  }

  const drawMark = (button) => button.setAttribute("aria-pressed", String(site.markOf(button.dataset.key) === button.dataset.mark));

  function checklist(checks) {
    const sign = { true: ["✓", t("site.check_yes")], false: ["✕", t("site.check_no")], null: ["?", t("site.check_unknown")] };
    return el("ul", { class: "site-checks" }, ...Object.entries(checks).map(([code, known]) => {
      const [mark, words] = sign[String(known)];
      return el("li", { class: "is-" + known }, el("span", { "aria-hidden": "true" }, mark + " "), RULE_NAMES[code] || code, el("span", { class: "unseen" }, " " + words));
    }));
  }

  /* ── a list of one's own ── */

  async function readList() {
    const file = byId("site-file").files[0], told = byId("site-list-said");
    site.listed = [];
    told.replaceChildren();
    if (!file) return;
    told.replaceChildren(el("p", { class: "note", role: "status" }, t("site.reading")));
    try {
      const url = "/siting/candidates?datum=" + byId("site-datum").value;
      const listed = await (await siteJob.send(url, { method: "POST", body: file })).json();
      site.listed = listed.candidates;
      const words = listed.candidates.length ? t("site.rows_read", { n: count(listed.candidates.length) }) : t("site.no_rows");
      told.replaceChildren(el("p", { class: listed.candidates.length ? "note" : "problem", role: "status" }, words), listed.problems.length ? badRows(listed) : "");
    } catch (error) {
      told.replaceChildren(problem(error));
    }
    site.map.refresh();
  }

  const badRows = (listed) => el("details", { class: "note doubt" },
    el("summary", {}, t("site.bad_rows", { n: count(listed.rows_refused), of: count(listed.rows_read) })),
    el("ul", {}, ...listed.problems.slice(0, 50).map((one) => el("li", {}, t("site.bad_row", { row: one.row, column: one.column, problem: lang === "en" ? one.problem_en : one.problem, remedy: lang === "en" ? one.remedy_en : one.remedy })))));

  /* ── work of the server: one question at a time, followed, stopped ── */

  const problem = (error, again) => {
    const isSaid = error instanceof siteJob.NoAnswer || error instanceof Refusal; // and would be said again
    const words = isSaid || error instanceof Yiquan.ServerError ? error.message : t("planner.server_silent");
    return el("div", { class: "problem", role: "alert" }, el("p", {}, words), again && !isSaid && el("button", { type: "button", class: "plain", on: { click: again } }, t("common.retry")));
  };

  /* What the page itself finds missing before anything is sent. */
  class Refusal extends Error {}

  /* `make()` gives address and body; progress goes to `place`, what went wrong to `result`, with a way to ask `again` where that
     may help. Null where there is no answer. */
  async function work(make, place, result, again) {
    if (working) return null;
    busy(true);
    const words = el("p", { class: "note", role: "status" }, t("site.sent"));
    const bar = el("progress", { max: 100, "aria-label": t("site.progress") });
    const halt = el("button", { type: "button", class: "plain", id: "site-stop", hidden: true }, t("site.stop"));
    place.replaceChildren(words, bar, el("div", { class: "buttons" }, halt));
    place.scrollIntoView({ block: "nearest" });
    const begun = (stop) => {
      halt.hidden = false;
      halt.addEventListener("click", () => {
        halt.disabled = true;
        say(words, t("site.stopping"));
        stop().catch(desk.showProblem);
      });
    };
    try {
      const [url, body] = await make();
      return await siteJob.ask(url, body, { begun, told: (job, isLost) => !halt.disabled && tell(words, bar, job, isLost) });
    } catch (error) {
      result.replaceChildren(problem(error, again));
      return null;
    } finally {
      const held = place.contains(document.activeElement);
      place.replaceChildren();
      busy(false);
      if (held) byId("site-ask").focus({ preventScroll: true });
    }
  }

  /* Said again only when it has changed: a status that repeats itself drowns everything else. */
  function say(place, words) {
    if (place.textContent !== words) place.textContent = words;
  }

  function tell(words, bar, job, isLost) {
    if (isLost) return say(words, t("site.lost"));
    if (job.state === "waiting") return say(words, t("site.waiting", { n: count(job.waiting_before + 1) }));
    const best = job.so_far;
    if (!best) return say(words, job.words ? job.words[lang] || t("site.preparing") : t("site.preparing"));
    bar.value = Math.max(1, 100 - best.gap_percent);
    if (best.gained === null) return say(words, t("site.so_far_mean", { sites: count(best.sites), minutes: decimal(best.mean_minutes || 0), gap: decimal(best.gap_percent) }));
    return say(words, t("site.so_far", { sites: count(best.sites), gained: count(best.gained), more: count(best.more_at_most), gap: decimal(best.gap_percent) }));
  }

  function busy(is) {
    working = is;
    for (const id of ["site-ask", "site-curve", "site-check-map"]) byId(id).disabled = is;
    box.setAttribute("aria-busy", String(is));
  }

  /* ── asking ── */

  function require() {
    const { wish, listed } = site;
    if (wish.sources.includes("list") && !listed.length) throw new Refusal(t("site.no_file"));
    if (!wish.sources.length && !wish.own.length) throw new Refusal(t("site.no_sources"));
    if (siteWish.hasLonger(wish) && !wish.slots.length && !desk.state.at) throw new Refusal(t("site.no_hour"));
  }

  /* Stations that count whatever the hour and are shut at one of the hours asked: the ones that longer hours could help. */
  async function stationsToOpenLonger() {
    if (!siteWish.hasLonger(site.wish) || !desk.stations) return [];
    const hours = siteWish.hasSlots(site.wish) ? site.wish.slots : [desk.state.at];
    const [always, ...then] = await Promise.all(["", ...hours].map(eligible));
    return desk.stations.id.filter((_, i) => always(i) && then.some((open) => !open(i))).slice(0, 1000);
  }

  /* `(i) => true` for the stations that count at an hour, by their place in the list. */
  async function eligible(at) {
    const query = desk.question({ withHour: false }) + (at && "&" + new URLSearchParams({ at }));
    const bits = atob((await askJson("/coverage?brief=true&" + query, { timeoutMs: 30000 })).eligible);
    return (i) => Boolean(bits.charCodeAt(i >> 3) & (1 << (i & 7)));
  }

  async function ask() {
    if (working) return;
    forget();
    const asked = desk.questionBody(), wish = siteWish.pack(site.wish);
    const found = await work(async () => {
      require();
      return ["/siting", siteWish.body(site.wish, asked, { listed: site.listed, shapes: site.shapes, longer: await stationsToOpenLonger() })];
    }, now, said, ask);
    if (!found) return;
    answer = { ...found, asked, wish, changes: found.result.changes };
    show();
  }

  async function askCurve() {
    if (working) return;
    drawing.replaceChildren();
    const most = Math.min(siteWish.LIMITS.sites[1], Math.max(30, 2 * site.wish.sites));
    const found = await work(async () => {
      require();
      return ["/siting/curve", { ...site.placesBody(), most, seconds: site.wish.seconds }];
    }, now, said, askCurve);
    if (!found) return;
    drawing.replaceChildren(curve.draw(found.result));
    look(byId("site-curve-heading"));
  }

  function forget() {
    answer = null;
    said.replaceChildren();
    setView("before");
    site.map.drawSites(null);
    desk.noteChange();
  }

  /* ── the answer ── */

  function show() {
    const { result, isStopped } = answer;
    const { heading, inShort, reasons } = drawn.draw(result, { isStopped });
    const stale = el("p", { class: "note doubt", id: "site-stale", hidden: true }, t("site.stale"), " ", el("button", { type: "button", class: "link", on: { click: ask } }, t("site.ask_again")));
    said.replaceChildren(heading, stale, ...inShort, doings(result), ...reasons);
    if (result.curve && !drawing.children.length) drawing.replaceChildren(curve.draw(result.curve));
    site.map.drawSites(result);
    site.map.lookAtAll([...result.sites, ...result.closed]);
    drawStale();
    look(heading);
    desk.noteChange();
  }

  function doings({ changes }) {
    if (!changes.length) return "";
    return el("div", { class: "site-doings" },
      el("div", { class: "segments", role: "group", "aria-label": t("site.view"), id: "site-view" },
        ...VIEWS.map(([code, name]) => el("button", { type: "button", "data-view": code, "aria-pressed": String(code === view), on: { click: () => setView(code).catch(desk.showProblem) } }, name))),
      el("div", { class: "buttons" }, el("button", { type: "button", class: "plain small", id: "site-try", on: { click: tryOut } }, t("site.try"))),
      keeping.element);
  }

  function look(heading) {
    heading.focus({ preventScroll: true });
    heading.scrollIntoView({ block: "start" });
  }

  function showCard(place) {
    const card = place.order && byId("site-card-" + place.order);
    if (card) look(card);
  }

  /* What is asked above may have become another question than the one that is answered below. */
  function drawStale() {
    for (const button of document.querySelectorAll("[data-mark]")) drawMark(button);
    if (!answer || !byId("site-stale")) return;
    byId("site-stale").hidden = answer.wish === siteWish.pack(site.wish) && JSON.stringify(answer.asked) === JSON.stringify(desk.questionBody());
  }

  /* Into the trial, where each can be moved, taken out and saved. */
  function tryOut() {
    setView("before");
    site.map.drawSites(null);
    desk.onTrial((trial) => trial.take(answer.changes));
  }

  /* ── before and after on the map, as the trial has it ── */

  const wire = ({ kind, id, lon, lat, hours }) => (kind === "add" ? { kind, lon, lat, ...(hours && { hours }) } : { kind, id, ...(hours && { hours }) });

  async function setView(wanted) {
    view = wanted;
    if (byId("site-view")) for (const one of byId("site-view").children) one.setAttribute("aria-pressed", String(one.dataset.view === view));
    if (view === "before") return layOver(null);
    const trial = await desk.fetchPart("trial", byId("trial-start").dataset);
    if (trial.isOn()) trial.end();
    const mine = answer;
    const body = { ...mine.asked, changes: mine.changes.map(wire), resolution: desk.resolutionShown() };
    return Yiquan.askWhatIf(body, { shown: (_, cells) => mine === answer && view !== "before" && layOver(cells), weighed: () => {} });
  }

  function layOver(cells) {
    if (!cells && !swipe) return; // nothing of ours lies there
    swipe = swipe || Yiquan.swipe(desk);
    desk.cells.setOver(cells);
    if (cells && view === "both") swipe.show();
    else swipe.hide();
  }

  /* ── kept answers ── */

  /* A kept answer, as the shelf has it, in place of what is asked; its question is put on the desk first (trial.js). */
  async function opened(found) {
    if (!on) await begin();
    const result = { ...found.saved.result.siting, changes: found.changes };
    set(siteWish.ofAnswer(result));
    answer = { result, asked: desk.questionBody(), wish: siteWish.pack(site.wish), changes: found.changes, code: found.code };
    show();
    keeping.opened(found);
    desk.noteChange();
  }

  function isSaved(code) {
    answer.code = code;
    desk.noteChange();
  }

  /* ── opening and closing ── */

  async function begin() {
    on = true;
    box.hidden = false;
    byId("site-start").setAttribute("aria-pressed", "true");
    site.map.show(true);
    site.form.draw();
    box.focus({ preventScroll: true });
    box.scrollIntoView({ block: "nearest" });
    desk.noteChange();
    if (site.shapes.size) return;
    const districts = await askJson("/areas?level=district").catch(() => ({ features: [] }));
    for (const { properties, geometry } of districts.features) site.shapes.set(properties.code, geometry);
    site.form.fillChoices(desk.city, districts.features.map((one) => one.properties).filter((one) => one.code));
    site.map.drawZones(site.wish.zones, site.shapes);
  }

  function end() {
    on = false;
    box.hidden = true;
    byId("site-start").setAttribute("aria-pressed", "false");
    setView("before");
    site.map.show(false);
    byId("site-start").focus();
    desk.noteChange();
  }

  const mayClose = (station) => on && el("button", { type: "button", class: "plain", on: { click: () => {
    map.closePopup();
    if (!site.wish.close.some((one) => one.id === station.id)) set({ close: [...site.wish.close, { id: station.id, name: station.name }] });
    byId("site-more").open = true;
    byId("site-more").querySelector("summary").focus();
  } } }, t("site.may_close"));

  desk.stationActions.push(mayClose);
  desk.on("question", () => {
    setView("before");
    drawStale();
  });
  desk.on("cells", () => view !== "before" && setView(view).catch(desk.showProblem));
  byId("trial-start").addEventListener("click", () => setView("before"));

  return {
    opened,
    toggle: () => (on ? end() : begin()),
    kept: () => (on ? siteWish.pack(site.wish) : ""),
    code: () => (on && answer && answer.code && byId("site-stale").hidden ? answer.code : ""),
    /* The panel as an address held it. */
    async restore(text, code) {
      site.wish = siteWish.unpack(text || "");
      if (!on) await begin();
      if (code) await keeping.open(code);
    },
  };
};

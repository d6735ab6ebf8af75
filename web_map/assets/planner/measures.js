/* How well people are served, beyond in or out: choice and round-the-clock stations beside the figures, and the tab of
   measures. Taking them costs the server a few times what coverage does, so they are asked for when the question has
   rested for a moment, the hours of the week only when they come into view, and everything is asked once. */
Yiquan.measures = function (desk) {
  "use strict";

  const { t, el, byId, lang, askJson, count, percent, decimal, debounce, charts } = Yiquan;

  const CHOICE = [
    { key: "none", name: t("planner.choice_none"), colour: "#e0603a" },
    { key: "one", name: t("planner.choice_one"), colour: "#8fbfe3" },
    { key: "two", name: t("planner.choice_two"), colour: "#4f8cc4" },
    { key: "three_plus", name: t("planner.choice_three"), colour: "#1f4e86" },
  ];
  const HEAT = ["#f3ede2", "#cfe0ee", "#8fbfe3", "#4f8cc4", "#1f4e86"];
  const DAYS = [t("planner.mon"), t("planner.tue"), t("planner.wed"), t("planner.thu"), t("planner.fri"), t("planner.sat"), t("planner.sun")];
  const ROADS = {
    trunk: t("planner.road_trunk"), primary: t("planner.road_primary"), secondary: t("planner.road_secondary"),
    tertiary: t("planner.road_tertiary"), local: t("planner.road_local"), service: t("planner.road_service"), path: t("planner.road_path"), other: t("planner.road_other"),
  };
  const HEARSAY = "open_24h_15"; // geo/coverage/equity.py: a target whose original nobody has seen, said there in English
  const ROUND_THE_CLOCK = "smart_stations_24h"; // the union's own figure of them, data/declared
  const ALONE_SHOWN = 10;
  const CURVE_STEP = 5;
  const REST_MS = 500;
  const KEPT = 24;

  const box = byId("measures");
  const answers = new Map(); // by address, so that going back to a limit asks nothing
  let shown = null; // the measures on the page
  let curveOf = ""; // the question, but for its minutes, that the curve answers
  let asking = null;

  /* ── asking ── */

  const questionOfCurve = () => desk.question({ withMinutes: false });
  const isOpen = () => !byId("panel-measures").hidden;

  async function answerTo(address, signal) {
    if (!answers.has(address)) {
      answers.set(address, await askJson(address, { signal, timeoutMs: 60000 }));
      if (answers.size > KEPT) answers.delete(answers.keys().next().value);
    }
    return answers.get(address);
  }

  async function refresh() {
    if (asking) asking.abort();
    const mine = (asking = new AbortController());
    const ofCurve = questionOfCurve();
    box.setAttribute("aria-busy", "true");
    if (!shown) for (const place of [box, byId("beyond")]) place.replaceChildren(waiting());
    try {
      const found = await answerTo("/coverage/measures?brief=true&" + desk.question(), mine.signal);
      if (mine !== asking) return;
      [shown, curveOf] = [found, ofCurve];
      drawBeyond();
      if (isOpen()) draw();
    } catch (error) {
      if (mine !== asking) return;
      shown = null;
      byId("beyond").replaceChildren();
      box.replaceChildren(desk.refusal(error, refresh));
    } finally {
      if (mine === asking) box.setAttribute("aria-busy", "false");
    }
  }

  const refreshSoon = debounce(refresh, REST_MS);

  /* The curve knows every limit: while the slider moves, the headline is read off it, and confirmed by the answer. */
  function foresee() {
    const row = shown && curveOf === questionOfCurve() && shown.people.total ? shown.curve[desk.state.minutes] : null;
    if (row) byId("share").textContent = percent(row.share);
  }

  const waiting = () => el("p", { class: "waiting", role: "status" }, t("planner.counting"));

  /* ── beside the figures ── */

  function drawBeyond() {
    const everybody = shown.people.total - shown.people.outside_area;
    byId("beyond").replaceChildren(
      ...(everybody ? [el("h2", {}, t("planner.choice")), ...choice(shown, everybody)] : []),
      dayAndNight(shown.open_24h));
  }

  function dayAndNight({ open_24h: open, stations, unknown }) {
    const declared = (desk.city.declared || []).find((figure) => figure.metric === ROUND_THE_CLOCK);
    return el("p", { class: "day-and-night" },
      el("strong", {}, stations ? percent(open / stations) : "–"), " ",
      t("planner.round_the_clock", { n: count(open), stations: count(stations), unknown: count(unknown) }),
      declared && " " + t("planner.round_the_clock_declared", { owner: declared.owner, n: count(declared.value) }));
  }

  /* ── the tab ── */

  function draw() {
    const m = shown;
    box.replaceChildren(
      part(t("planner.minutes_to"), minutesTo(m.minutes), ...curve(m.curve)),
      el("section", { class: "measure", id: "hours-of-week" }, el("h2", {}, t("planner.by_hour")), waiting()),
      part(t("planner.fairness"), ...fairness(m.access)),
      part(t("planner.roads"), ...roads(m.road_classes)),
      part(t("planner.targets"), el("p", { class: "note" }, t("planner.targets_help")), el("ul", { class: "targets" }, ...m.targets.map(target))),
      part(t("planner.alone"), ...alone(m.facilities)),
      part(t("planner.who"), ...whoAndHowSure(m))
    );
    watchHours();
  }

  const part = (title, ...children) => el("section", { class: "measure" }, el("h2", {}, title), ...children);

  const fact = (value, name) => el("div", {}, el("dd", {}, value), el("dt", {}, name));

  const said = (value, write) => (value === null || value === undefined ? "–" : write(value));

  const table = (names, rows) => el("div", { class: "table-box" }, el("table", {},
    el("thead", {}, el("tr", {}, ...names.map((name) => el("th", { scope: "col" }, name)))),
    el("tbody", {}, ...rows.map((cells) => el("tr", {}, ...cells.map((cell) => el("td", {}, cell)))))));

  function coloured(colour, tag = "i") {
    const node = el(tag, {});
    node.style.background = colour;
    return node;
  }

  /* How many stations people can choose from. */
  function choice(m, everybody) {
    const people = { none: everybody - m.people.covered, ...m.by_count };
    const bars = CHOICE.map((one) => {
      const bar = coloured(one.colour, "span");
      bar.style.flexGrow = people[one.key];
      return bar;
    });
    return [
      el("div", { class: "account", "aria-hidden": "true" }, ...bars),
      el("dl", { class: "choice" }, ...CHOICE.map((one) =>
        el("div", { class: "part" }, el("dt", {}, coloured(one.colour), one.name),
          el("dd", {}, count(people[one.key]), " ", el("small", {}, percent(people[one.key] / everybody)))))),
    ];
  }

  function minutesTo(minutes) {
    const inMinutes = (value) => said(value, (one) => t("planner.n_minutes", { n: decimal(one) }));
    return el("dl", { class: "facts" },
      fact(inMinutes(minutes.median_minutes), t("planner.median")),
      fact(inMinutes(minutes.mean_minutes), t("planner.mean")),
      fact(inMinutes(minutes.p90_minutes), t("planner.ninety")));
  }

  function curve(rows) {
    return [
      el("figure", {}, charts.curve(rows, desk.state.minutes, t("planner.curve")), el("figcaption", { class: "note" }, t("planner.curve_help"))),
      el("details", { class: "figures-table" }, el("summary", {}, t("planner.curve_table")),
        table([t("planner.within_minutes"), t("planner.covered"), t("planner.col_share")],
          rows.filter((row) => row.minutes && row.minutes % CURVE_STEP === 0).map((row) => [t("planner.n_minutes", { n: row.minutes }), count(row.covered), percent(row.share)]))),
    ];
  }

  /* Places per person: how unequally they are spread over people, and how much of that lies between areas. */
  function fairness(access) {
    const theil = (name, { total, between, between_part: part }) => [name, said(total, (one) => one.toFixed(2)), said(between, (one) => one.toFixed(2)), said(part, percent)];
    return [
      el("dl", { class: "facts" },
        fact(said(access.gini, (one) => one.toFixed(2)), t("planner.gini")),
        fact(decimal(access.mean), access.unit.startsWith("seats") ? t("planner.seats_per_thousand") : t("planner.places_per_thousand")),
        fact(count(access.without), t("planner.without_place"))),
      access.mean > 0 && el("figure", { class: "beside" }, charts.lorenz(access.lorenz, t("planner.lorenz", { gini: access.gini.toFixed(2) })), el("figcaption", { class: "note" }, t("planner.lorenz_help"))),
      el("p", { class: "note" }, t("planner.fairness_help")),
      table([t("planner.theil"), t("planner.theil_total"), t("planner.theil_between"), t("planner.theil_part")],
        [theil(t("planner.tab_districts"), access.theil_by_district), theil(t("planner.tab_streets"), access.theil_by_street)]),
    ];
  }

  /* Stations along each class of road, against its length: 1 is the city's average. */
  function roads(classes) {
    const rows = classes.filter((row) => row.street_km >= 1);
    if (!rows.length) return [el("p", { class: "empty" }, t("planner.no_roads"))];
    const most = Math.max(1, ...rows.map((row) => row.index_by_street || 0));
    const bar = (index) => {
      const band = el("span", { class: "index" }, said(index, decimal));
      band.style.setProperty("--to", (100 * (index || 0)) / most + "%");
      return band;
    };
    return [
      el("p", { class: "note" }, t("planner.roads_help")),
      table([t("planner.road"), t("planner.road_km"), t("planner.col_stations"), t("planner.road_index")],
        rows.map((row) => [ROADS[row.road_class] || row.road_class, count(row.street_km), count(row.stations), bar(row.index_by_street)])),
    ];
  }

  function target(one) {
    const verdict = one.met ? t("planner.target_met") : t("planner.target_missing", { missing: (100 * one.missing).toFixed(1) });
    return el("li", {},
      el("strong", {}, lang === "zh" ? one.name : one.name_en),
      el("span", { class: one.met ? "met" : "missed" }, percent(one.measured) + " · " + verdict),
      el("meter", { min: 0, max: 1, low: one.target, high: one.target, optimum: 1, value: one.measured, "aria-hidden": "true" }),
      el("cite", {}, one.owner + " · " + (one.code === HEARSAY ? t("planner.target_hearsay") : one.source)));
  }

  /* Stations that people depend on alone. */
  function alone(stations) {
    const rows = stations.id.slice(0, ALONE_SHOWN).map((id, i) => [
      el("button", { type: "button", class: "link", dir: "auto", on: { click: () => desk.showStation(String(id)) } }, stations.name[i]),
      count(stations.people_alone[i]), count(stations.places[i]),
    ]);
    if (!rows.length) return [el("p", { class: "empty" }, t("planner.no_stations"))];
    return [el("p", { class: "note" }, t("planner.alone_help")), table([t("planner.station"), t("planner.people_alone"), t("planner.places")], rows)];
  }

  /* Whose circle, and how sure. */
  function whoAndHowSure(m) {
    const land = m.street_length;
    const km = (value) => t("planner.km", { n: count(value) });
    const km2 = (value) => t("planner.square_km", { n: count(value) });
    return [
      table([t("planner.layer"), t("planner.col_people"), t("planner.covered"), t("planner.col_share")], [
        ...m.layers.map((one) => [desk.layerName(one.layer), count(one.total), count(one.covered), percent(one.share)]),
        [t("planner.streets_km"), km(land.km), km(land.covered_km), percent(land.share)],
        m.built_up && [t("planner.built_up"), km2(m.built_up.km2), km2(m.built_up.covered_km2), percent(m.built_up.share)],
        [t("planner.residential_km"), km(land.residential_km), km(land.residential_covered_km), percent(land.residential_share)],
      ].filter(Boolean)),
      m.band && el("p", { class: "note doubt" }, t("planner.band", { low: percent(m.band.low), high: percent(m.band.high) })),
    ];
  }

  /* ── hours of the week, once somebody looks ── */

  const eye = new IntersectionObserver((seen) => seen.some((one) => one.isIntersecting) && drawHours(), { rootMargin: "120px" });

  function watchHours() {
    eye.disconnect();
    eye.observe(byId("hours-of-week"));
  }

  async function drawHours() {
    const place = byId("hours-of-week");
    const title = el("h2", {}, t("planner.by_hour"));
    eye.disconnect();
    try {
      const week = await answerTo("/coverage/hours?" + desk.question({ withHour: false }), asking.signal);
      place.replaceChildren(title, ...heat(week));
    } catch (error) {
      if (place.isConnected && !asking.signal.aborted) place.replaceChildren(title, desk.refusal(error, drawHours));
    }
  }

  /* Shades are shares of what would be covered if every station were always open. */
  function heat(week) {
    const covered = week.hours.covered, most = Math.max(1, week.always.covered);
    const shade = (people) => HEAT[Math.min(HEAT.length - 1, Math.floor((people / most) * HEAT.length))];
    const cell = (day, hour) => {
      const people = covered[24 * day + hour];
      const node = el("td", { title: at(24 * day + hour) + " · " + count(people) }, el("span", { class: "unseen" }, count(people)));
      node.style.background = shade(people);
      return node;
    };
    const hours = [...Array(24).keys()];
    const clock = (hour) => String(hour).padStart(2, "0") + ":00";
    const at = (value) => DAYS[Math.floor(value / 24)] + " " + clock(value % 24);
    const best = covered.indexOf(Math.max(...covered)), worst = covered.indexOf(Math.min(...covered));
    return [
      el("div", { class: "table-box", tabindex: "0", role: "region", "aria-label": t("planner.by_hour") },
        el("table", { class: "heat" }, el("caption", { class: "unseen" }, t("planner.by_hour_help")),
          el("thead", {}, el("tr", {}, el("td", {}), ...hours.map((hour) => el("th", { scope: "col" }, hour % 3 ? el("span", { class: "unseen" }, clock(hour)) : String(hour))))),
          el("tbody", {}, ...DAYS.map((name, day) => el("tr", {}, el("th", { scope: "row" }, name), ...hours.map((hour) => cell(day, hour))))))),
      el("ul", { class: "shades" }, ...HEAT.map((colour, i) => el("li", {}, coloured(colour), t("planner.class_share", { from: 20 * i, to: 20 * i + 20 })))),
      el("p", { class: "note" }, t("planner.by_hour_help")),
      el("p", {}, t("planner.best_hour", { at: at(best), n: count(covered[best]) }), " ", t("planner.worst_hour", { at: at(worst), n: count(covered[worst]) })),
    ];
  }

  desk.on("question", refreshSoon);
  desk.on("changed", foresee);
  desk.on("tab", () => isOpen() && shown && draw());
  refresh();
  return { refresh };
};

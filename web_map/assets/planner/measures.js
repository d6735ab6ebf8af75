/* The planner's measures: choice, minutes, fairness, targets, hours. Fetched when its tab is first opened. */
Yiquan.measures = function (desk) {
  "use strict";

  const { t, el, byId, lang, askJson, count, percent, decimal } = Yiquan;

  const CHOICE = [
    { key: "none", name: t("planner.choice_none"), colour: "#e0603a" },
    { key: "one", name: t("planner.choice_one"), colour: "#8fbfe3" },
    { key: "two", name: t("planner.choice_two"), colour: "#4f8cc4" },
    { key: "three_plus", name: t("planner.choice_three"), colour: "#1f4e86" },
  ];
  const HEAT = ["#f3ede2", "#cfe0ee", "#8fbfe3", "#4f8cc4", "#1f4e86"];
  const DAYS = [t("planner.mon"), t("planner.tue"), t("planner.wed"), t("planner.thu"), t("planner.fri"), t("planner.sat"), t("planner.sun")];
  const HEARSAY = "open_24h_15"; // geo/coverage/equity.py: a target whose original nobody has seen, said there in English
  const ALONE_SHOWN = 10;
  const CURVE_STEP = 5;

  const box = byId("measures");
  let drawn = "";
  let asking = null;

  async function refresh() {
    const wanted = desk.question(true);
    if (wanted === drawn) return;
    if (asking) asking.abort();
    const mine = (asking = new AbortController());
    box.setAttribute("aria-busy", "true");
    if (!drawn) box.replaceChildren(el("p", { class: "empty" }, t("planner.counting")));
    try {
      const found = await askJson("/coverage/measures?" + wanted, { signal: mine.signal, timeoutMs: 60000 });
      if (mine !== asking) return;
      drawn = wanted;
      draw(found);
      await drawHours(mine);
    } catch (error) {
      if (mine !== asking) return;
      drawn = "";
      box.replaceChildren(refusal(error, refresh));
    } finally {
      if (mine === asking) box.setAttribute("aria-busy", "false");
    }
  }

  const refusal = (error, again) =>
    el("div", { class: "problem", role: "alert" },
      el("p", {}, error instanceof Yiquan.ServerError ? error.message : t("planner.server_silent")),
      el("button", { type: "button", class: "plain", on: { click: again } }, t("common.retry")));

  function draw(m) {
    const everybody = m.people.total - m.people.outside_area;
    box.replaceChildren(
      part(t("planner.choice"), ...choice(m, everybody)),
      part(t("planner.minutes_to"), minutesTo(m.minutes), ...curve(m.curve)),
      part(t("planner.targets"), el("p", { class: "note" }, t("planner.targets_help")), el("ul", { class: "targets" }, ...m.targets.map(target)),
        el("p", { class: "note" }, t("planner.round_the_clock", { n: count(m.open_24h.open_24h), stations: count(m.open_24h.stations), unknown: count(m.open_24h.unknown) }))),
      el("section", { class: "measure", id: "hours-of-week" }),
      part(t("planner.fairness"), ...fairness(m.access)),
      part(t("planner.alone"), ...alone(m.facilities)),
      part(t("planner.who"), ...whoAndHowSure(m))
    );
  }

  const part = (title, ...children) => el("section", { class: "measure" }, el("h2", {}, title), ...children);

  const fact = (value, name) => el("div", {}, el("dd", {}, value), el("dt", {}, name));

  const said = (value, write) => (value === null || value === undefined ? "–" : write(value));

  function coloured(colour, tag = "i") {
    const node = el(tag, {});
    node.style.background = colour;
    return node;
  }

  /* ── how many stations people can choose from ── */

  function choice(m, everybody) {
    const people = { none: everybody - m.people.covered, ...m.by_count };
    const bars = CHOICE.map((one) => {
      const bar = coloured(one.colour, "span");
      bar.style.flexGrow = people[one.key];
      return bar;
    });
    return [
      el("div", { class: "account", "aria-hidden": "true" }, ...bars),
      el("dl", { class: "parts" }, ...CHOICE.map((one) =>
        el("div", { class: "part" }, el("dt", {}, coloured(one.colour), one.name),
          el("dd", {}, count(people[one.key]), " ", el("small", {}, everybody ? percent(people[one.key] / everybody) : "–"))))),
    ];
  }

  /* ── minutes ── */

  function minutesTo(minutes) {
    const inMinutes = (value) => said(value, (one) => t("planner.n_minutes", { n: decimal(one) }));
    return el("dl", { class: "facts" },
      fact(inMinutes(minutes.median_minutes), t("planner.median")),
      fact(inMinutes(minutes.mean_minutes), t("planner.mean")),
      fact(inMinutes(minutes.p90_minutes), t("planner.ninety")));
  }

  function curve(rows) {
    const table = el("table", {},
      el("thead", {}, el("tr", {}, ...[t("planner.within_minutes"), t("planner.covered"), t("planner.col_share")].map((name) => el("th", { scope: "col" }, name)))),
      el("tbody", {}, ...rows.filter((row) => row.minutes && row.minutes % CURVE_STEP === 0).map((row) =>
        el("tr", {}, el("td", {}, t("planner.n_minutes", { n: row.minutes })), el("td", {}, count(row.covered)), el("td", {}, percent(row.share))))));
    return [
      el("figure", {}, curvePicture(rows), el("figcaption", { class: "note" }, t("planner.curve_help"))),
      el("details", { class: "figures-table" }, el("summary", {}, t("planner.curve_table")), table),
    ];
  }

  function svg(tag, properties, ...children) {
    const node = document.createElementNS("http://www.w3.org/2000/svg", tag);
    for (const [name, value] of Object.entries(properties)) node.setAttribute(name, value);
    node.append(...children);
    return node;
  }

  function curvePicture(rows) {
    const left = 46, top = 10, width = 380, height = 150;
    const last = rows[rows.length - 1].minutes || 1;
    const x = (minutes) => left + (width * minutes) / last;
    const y = (share) => top + height * (1 - share);
    const words = (where, anchor, text) => svg("text", { ...where, "text-anchor": anchor }, text);
    const rules = [0, 0.25, 0.5, 0.75, 1].flatMap((share) => [
      svg("line", { class: "rule", x1: left, x2: left + width, y1: y(share), y2: y(share) }),
      words({ x: left - 6, y: y(share) + 5 }, "end", Math.round(100 * share) + " %"),
    ]);
    const ticks = [0, 10, 20, 30, 40, 50, 60].filter((minutes) => minutes <= last).map((minutes) => words({ x: x(minutes), y: top + height + 20 }, "middle", String(minutes)));
    const limit = desk.state.minutes;
    const here = rows[limit] ? [
      svg("line", { class: "limit", x1: x(limit), x2: x(limit), y1: top, y2: top + height }),
      svg("circle", { class: "here", cx: x(limit), cy: y(rows[limit].share), r: 5 }),
      words({ x: x(limit) + 9, y: Math.min(y(rows[limit].share) + 20, top + height - 6), class: "strong" }, "start", percent(rows[limit].share)),
    ] : [];
    const line = svg("polyline", { class: "curve", points: rows.map((row) => x(row.minutes).toFixed(1) + "," + y(row.share).toFixed(1)).join(" ") });
    return svg("svg", { class: "chart", viewBox: "0 0 440 188", role: "img", "aria-label": t("planner.curve") }, ...rules, ...ticks, line, ...here);
  }

  /* ── targets ── */

  function target(one) {
    const verdict = one.met ? t("planner.target_met") : t("planner.target_missing", { missing: (100 * one.missing).toFixed(1) });
    return el("li", {},
      el("strong", {}, lang === "zh" ? one.name : one.name_en),
      el("span", { class: one.met ? "met" : "missed" }, percent(one.measured) + " · " + verdict),
      el("meter", { min: 0, max: 1, low: one.target, high: one.target, optimum: 1, value: one.measured, "aria-hidden": "true" }),
      el("cite", {}, one.owner + " · " + (one.code === HEARSAY ? t("planner.target_hearsay") : one.source)));
  }

  /* ── places per person ── */

  function fairness(access) {
    return [
      el("dl", { class: "facts" },
        fact(said(access.gini, (one) => one.toFixed(2)), t("planner.gini")),
        fact(decimal(access.mean), access.unit.startsWith("seats") ? t("planner.seats_per_thousand") : t("planner.places_per_thousand")),
        fact(count(access.without), t("planner.without_place"))),
      el("p", { class: "note" }, t("planner.fairness_help")),
    ];
  }

  /* ── stations that people depend on alone ── */

  function alone(stations) {
    const rows = stations.id.slice(0, ALONE_SHOWN).map((id, i) => ({ id: String(id), name: stations.name[i], alone: stations.people_alone[i], places: stations.places[i] }));
    if (!rows.length) return [el("p", { class: "empty" }, t("planner.no_stations"))];
    return [
      el("p", { class: "note" }, t("planner.alone_help")),
      el("div", { class: "table-box" }, el("table", {},
        el("thead", {}, el("tr", {}, ...[t("planner.station"), t("planner.people_alone"), t("planner.places")].map((name) => el("th", { scope: "col" }, name)))),
        el("tbody", {}, ...rows.map((row) => el("tr", {},
          el("td", {}, el("button", { type: "button", class: "link", dir: "auto", on: { click: () => desk.showStation(row.id) } }, row.name)),
          el("td", {}, count(row.alone)), el("td", {}, count(row.places))))))),
    ];
  }

  /* ── whose circle, and how sure ── */

  function whoAndHowSure(m) {
    const land = m.street_length;
    const layerName = (code) => ({ residents: t("planner.residents"), riders: t("planner.riders"), sanitation: t("planner.sanitation") })[code] || code;
    return [
      el("div", { class: "table-box" }, el("table", {},
        el("thead", {}, el("tr", {}, ...[t("planner.layer"), t("planner.col_people"), t("planner.covered"), t("planner.col_share")].map((name) => el("th", { scope: "col" }, name)))),
        el("tbody", {}, ...m.layers.map((one) => el("tr", {}, el("td", {}, layerName(one.layer)), el("td", {}, count(one.total)), el("td", {}, count(one.covered)), el("td", {}, percent(one.share)))),
          el("tr", {}, el("td", {}, t("planner.streets_km")), el("td", {}, t("planner.km", { n: count(land.km) })), el("td", {}, t("planner.km", { n: count(land.covered_km) })), el("td", {}, percent(land.share))),
          el("tr", {}, el("td", {}, t("planner.residential_km")), el("td", {}, t("planner.km", { n: count(land.residential_km) })), el("td", {}, t("planner.km", { n: count(land.residential_covered_km) })), el("td", {}, percent(land.residential_share)))))),
      m.band && el("p", { class: "note doubt" }, t("planner.band", { low: percent(m.band.low), high: percent(m.band.high) })),
    ];
  }

  /* ── hours of the week ── */

  async function drawHours(mine) {
    const place = byId("hours-of-week");
    place.replaceChildren(el("h2", {}, t("planner.by_hour")), el("p", { class: "note" }, t("planner.counting")));
    try {
      const week = await askJson("/coverage/hours?" + desk.question(true, false), { signal: mine.signal, timeoutMs: 60000 });
      if (mine === asking) place.replaceChildren(el("h2", {}, t("planner.by_hour")), ...heat(week));
    } catch (error) {
      if (mine === asking) place.replaceChildren(el("h2", {}, t("planner.by_hour")), refusal(error, () => drawHours(mine)));
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

  return { refresh };
};

/* How the gain grows with the number of stations, and where it bends: a small chart, a slider that reads it point by point,
   and the same as a table. */
Yiquan.siteCurve = function (desk, site) {
  "use strict";

  const { t, el, count } = Yiquan;

  const LEFT = 58, TOP = 12, WIDTH = 372, HEIGHT = 150;
  const STEPS = [1, 2, 5, 10, 20, 50, 100];

  function svg(tag, properties, ...children) {
    const node = document.createElementNS("http://www.w3.org/2000/svg", tag);
    for (const [name, value] of Object.entries(properties)) node.setAttribute(name, value);
    node.append(...children);
    return node;
  }

  const words = (x, y, anchor, text) => svg("text", { x, y, "text-anchor": anchor }, text);

  const points = (pairs) => pairs.map(([x, y]) => x.toFixed(1) + "," + y.toFixed(1)).join(" ");

  /* A round number of people, so that three rules part the chart. */
  function roundStep(most) {
    const rough = Math.max(1, most / 3), power = 10 ** Math.floor(Math.log10(rough));
    return power * [1, 2, 5, 10].find((one) => one * power >= rough);
  }

  function draw(curve) {
    const { gained, at_most: atMost, knee } = curve;
    const n = gained.length, most = Math.max(1, atMost[n - 1], gained[n - 1]);
    const x = (sites) => LEFT + (WIDTH * sites) / n, y = (people) => TOP + HEIGHT * (1 - people / most);
    const line = [[x(0), y(0)], ...gained.map((people, i) => [x(i + 1), y(people)])];
    const bound = [[x(0), y(0)], ...atMost.map((people, i) => [x(i + 1), y(people)])];
    const rules = [...Array(1 + Math.floor(most / roundStep(most))).keys()].map((i) => i * roundStep(most));
    const step = STEPS.find((one) => n / one <= 10) || 100;
    const here = svg("circle", { class: "here", r: 6 }), drop = svg("line", { class: "limit", y2: TOP + HEIGHT });
    const chart = svg("svg", { class: "chart site-chart", viewBox: "0 0 440 190", role: "img", "aria-label": t("site.curve_label", { knee: knee || n, n }) },
      ...rules.flatMap((people) => [svg("line", { class: "rule", x1: LEFT, x2: LEFT + WIDTH, y1: y(people), y2: y(people) }), words(LEFT - 6, y(people) + 4, "end", count(people))]),
      ...[...Array(Math.floor(n / step)).keys()].map((i) => words(x((i + 1) * step), TOP + HEIGHT + 20, "middle", String((i + 1) * step))),
      svg("polygon", { class: "unsure", points: points([...line, ...bound.reverse()]) }),
      svg("polyline", { class: "curve", points: points(line) }),
      drop, here);
    const said = el("output", { class: "site-point", for: "site-point" });
    const slider = el("input", { type: "range", id: "site-point", min: 1, max: n, step: 1, on: { input: () => point(Number(slider.value)) } });

    function point(sites) {
      const people = gained[sites - 1];
      slider.value = sites;
      for (const [name, value] of [["cx", x(sites)], ["cy", y(people)]]) here.setAttribute(name, value);
      for (const [name, value] of [["x1", x(sites)], ["x2", x(sites)], ["y1", y(people)]]) drop.setAttribute(name, value);
      const next = sites < n ? " " + t("site.point_next", { n: count(gained[sites] - people) }) : "";
      said.textContent = t("site.point", { sites: count(sites), n: count(people) }) + next;
      slider.setAttribute("aria-valuetext", said.textContent);
    }

    chart.addEventListener("click", (event) => {
      const box = chart.getBoundingClientRect();
      const sites = Math.round((((event.clientX - box.left) / box.width) * 440 - LEFT) / (WIDTH / n));
      point(Math.min(n, Math.max(1, sites)));
      site.take(Number(slider.value));
    });
    point(Math.min(n, knee || n));

    return el("section", { class: "site-curve", "aria-labelledby": "site-curve-heading" },
      el("h3", { id: "site-curve-heading", tabindex: -1 }, t("site.curve")),
      el("p", { class: "note" }, knee ? t("site.knee", { knee: count(knee), n: count(gained[knee - 1]) }) : t("site.no_knee")),
      chart,
      el("label", { class: "stacked", for: "site-point" }, t("site.curve_sites"), slider),
      el("div", { class: "site-pointed" }, said,
        el("button", { type: "button", class: "plain small", id: "site-point-ask", on: { click: () => site.take(Number(slider.value), true) } }, t("site.point_ask"))),
      el("details", { class: "figures-table" }, el("summary", {}, t("site.curve_table")), table(curve)));
  }

  function table({ gained, at_most: atMost, knee }) {
    const head = [t("site.curve_sites"), t("site.curve_gained"), t("site.curve_more"), t("site.curve_at_most")];
    return el("div", { class: "table-box", tabindex: 0, role: "region", "aria-label": t("site.curve_table") },
      el("table", {}, el("thead", {}, el("tr", {}, ...head.map((name) => el("th", { scope: "col" }, name)))),
        el("tbody", {}, ...gained.map((people, i) => el("tr", {},
          el("td", {}, el("button", { type: "button", class: "link", "aria-label": t("site.take_n", { n: i + 1 }), on: { click: () => site.take(i + 1) } }, String(i + 1)), i + 1 === knee && el("small", {}, t("site.knee_here"))),
          el("td", {}, count(people)), el("td", {}, count(people - (gained[i - 1] || 0))), el("td", {}, count(atMost[i])))))));
  }

  return { draw };
};

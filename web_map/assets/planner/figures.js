/* The figures of the answer: who is inside, who is not, what is declared beside what is mapped, and how all this is known. */
(function () {
  "use strict";

  const { t, el, byId, count, percent } = Yiquan;
  const { state } = Desk;

  const PARTS = [
    { key: "covered", name: t("planner.covered"), colour: Desk.colourOf.covered },
    { key: "outside", name: t("planner.outside"), colour: Desk.colourOf.outside },
    { key: "off_network", name: t("planner.off_network"), colour: "#7a7f87" },
    { key: "outside_area", name: t("planner.outside_area"), colour: "#c3c8ce" },
  ];

  const modeName = () => (state.mode === "walk" ? t("planner.mode_walk") : t("planner.mode_ebike"));

  function drawFigures() {
    const { people, estimate, stations, unknown } = Desk.answer;
    const asked = { minutes: state.minutes, mode: modeName() };
    byId("share").textContent = people.total ? percent(people.share) : "–";
    byId("headline").textContent = people.total ? t("planner.headline", asked) : t("planner.no_people");
    drawAccount(people);
    byId("estimate-note").textContent = (estimate ? t("planner.estimate") + " " : "") + t("planner.total", { n: count(people.total) });
    if (stations !== undefined) byId("filters-now").textContent = t("planner.eligible", { n: count(stations) });
    byId("unknown-note").hidden = !unknown;
    if (unknown) byId("unknown-note").textContent = t("planner.unknown", { n: count(unknown.stations), share: percent(unknown.share) });
    Desk.repaint();
  }

  function drawAccount(people) {
    const bars = PARTS.map((part) => {
      const bar = el("span", {});
      bar.style.flexGrow = people[part.key] || 0;
      bar.style.background = part.colour;
      return bar;
    });
    byId("account").replaceChildren(...bars);
    byId("parts").replaceChildren(
      ...PARTS.map((part) => {
        const square = el("i", {});
        square.style.background = part.colour;
        return el("div", { class: "part" }, el("dt", {}, square, part.name), el("dd", {}, count(people[part.key] || 0)));
      })
    );
  }

  /* ── what the union says ── */

  function drawDeclared() {
    const hedges = { about: t("planner.about"), more_than: t("planner.more_than"), nearly: t("planner.nearly") };
    const rows = (Desk.city.declared || []).map((figure) => {
      const declared = (hedges[figure.qualifier] || "{n}").replace("{n}", count(figure.value));
      const known = figure.mapped !== null && figure.mapped !== undefined;
      const meter = known && el("meter", { min: 0, max: Math.max(figure.value, figure.mapped), value: figure.mapped, "aria-hidden": "true" });
      return el("li", {},
        el("strong", {}, known ? t("planner.mapped_of", { mapped: count(figure.mapped), declared }) : t("planner.declared_only", { declared })),
        meter,
        figure.wording && el("blockquote", { dir: "auto", lang: "zh-CN" }, figure.wording),
        el("cite", {}, [figure.owner, figure.area, figure.as_of].filter(Boolean).join(" · "))
      );
    });
    byId("declared").replaceChildren(...(rows.length ? rows : [el("li", { class: "empty" }, t("planner.no_declared"))]));
  }

  function drawMethod() {
    const sources = (Desk.answer.sources || []).filter(Boolean);
    const { id, made_at: madeAt } = Desk.city.snapshot;
    byId("method").replaceChildren(
      el("p", {}, t("planner.method", { minutes: state.minutes, mode: modeName() })),
      sources.length ? el("p", {}, t("planner.sources", { list: sources.join(t("common.comma")) })) : "",
      el("p", {}, t("planner.snapshot", { id, at: Yiquan.stamp(madeAt) }))
    );
  }

  Desk.on("answer", drawFigures);
  Desk.on("answer", drawMethod);
  Desk.on("city", drawDeclared);
  Object.assign(Desk, { modeName });
})();

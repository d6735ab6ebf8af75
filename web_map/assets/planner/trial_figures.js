/* What a trial would change: one figure for all, and every district and street it touches, drawn and counted. */
Yiquan.trialFigures = function (desk) {
  "use strict";

  const { t, el, count, percent } = Yiquan;

  const signed = (people) => (Math.round(people) > 0 ? "+" : Math.round(people) < 0 ? "−" : "±") + count(Math.abs(people));

  /* Tables round to whole people so that they add up, which can move one person where nothing has happened. */
  const isChanged = (row) => Math.abs(row.change) > 1 || row.stations !== row.stations_before;

  function draw(answer) {
    const people = answer.people;
    return [
      el("p", { class: "headline" }, el("strong", {}, signed(people.change)), el("span", {}, t("trial.headline", { before: percent(people.before.share), after: percent(people.after.share) }))),
      el("dl", { class: "facts" },
        el("div", {}, el("dd", {}, count(people.gained)), el("dt", {}, t("trial.gained"))),
        el("div", {}, el("dd", {}, count(people.lost)), el("dt", {}, t("trial.lost"))),
        el("div", {}, el("dd", {}, count(answer.cells_changed)), el("dt", {}, t("trial.cells")))),
      table(t("trial.by_district"), answer.districts.filter(isChanged)),
      table(t("trial.by_street"), answer.streets_changed.filter(isChanged)),
    ];
  }

  function table(title, rows) {
    if (!rows.length) return "";
    const sorted = [...rows].sort((a, b) => Math.abs(b.change) - Math.abs(a.change));
    return el("div", { class: "table-box", tabindex: 0, role: "region", "aria-label": title }, el("table", { class: "gains" },
      el("thead", {}, el("tr", {}, ...[title, t("trial.change"), t("trial.share")].map((name) => el("th", { scope: "col" }, name)))),
      el("tbody", {}, ...sorted.map((row) => el("tr", {},
        el("th", { scope: "row", dir: "auto" }, desk.nameOf(row)),
        el("td", { class: row.change < 0 ? "down" : "up" }, signed(row.change)),
        el("td", {}, el("span", { class: "shares" }, percent(row.share_before) + " → " + percent(row.share)), bar(row.share_before, row.share)))))));
  }

  /* Share before, and what comes on top (violet) or drops out (hatched), on a track from nobody to everybody. */
  function bar(before, after) {
    const part = (kind, width) => {
      const piece = el("i", { class: kind });
      piece.style.width = 100 * width + "%";
      return piece;
    };
    return el("span", { class: "gain-bar", "aria-hidden": "true" }, part("kept", Math.min(before, after)), after >= before ? part("more", after - before) : part("less", before - after));
  }

  return { draw, signed };
};

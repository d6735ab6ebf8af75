/* Districts and streets as tables that sort by every column. */
(function () {
  "use strict";

  const { t, el, byId, askJson, count, percent } = Yiquan;

  const sorting = { districts: { by: "missing", down: true }, streets: { by: "missing", down: true } };
  const streets = { address: "", asked: "", rows: [] }; // the rows, the question they answer, and one under way
  let district = ""; // the one whose streets are listed; all of them if empty

  const COLUMNS = [
    { key: "name", name: t("planner.col_name"), value: (row) => row.name },
    { key: "people", name: t("planner.col_people"), value: (row) => row.people },
    { key: "share", name: t("planner.col_share"), value: (row) => (row.share === null ? -1 : row.share) },
    { key: "missing", name: t("planner.col_missing"), value: (row) => row.outside + row.off_network },
    { key: "stations", name: t("planner.col_stations"), value: (row) => row.stations },
  ];

  /* Tables that nobody looks at are not drawn: a city has hundreds of streets, and every move of the slider an answer. For
     the same reason streets are asked for when their tab is open. */
  function drawTables() {
    if (!Desk.answer) return;
    if (!byId("panel-districts").hidden) drawTable("districts", Desk.answer.districts);
    if (!byId("panel-streets").hidden) showStreets();
  }

  async function showStreets() {
    const address = Question.addresses.streets(Desk.state);
    if (streets.asked === address) return; // on its way
    streets.asked = streets.address === address ? "" : address;
    if (!streets.asked) return drawStreets();
    if (!streets.address) byId("streets").replaceChildren(el("p", { class: "waiting", role: "status" }, t("planner.counting")));
    try {
      const { streets: rows } = await askJson(address, { timeoutMs: 30000 });
      if (streets.asked !== address) return; // overtaken
      Object.assign(streets, { address, rows });
      drawStreets();
    } catch (error) {
      if (streets.asked === address) byId("streets").replaceChildren(Desk.refusal(error, showStreets));
    } finally {
      if (streets.asked === address) streets.asked = "";
    }
  }

  function drawStreets() {
    const { districts } = Desk.answer;
    const select = byId("street-district");
    select.replaceChildren(el("option", { value: "" }, t("planner.every_district")), ...districts.filter((row) => row.name).map((row) => el("option", { value: row.name }, Desk.nameOf(row))));
    select.value = district;
    drawTable("streets", streets.rows.filter((row) => !district || row.district === district));
  }

  function drawTable(id, rows) {
    const { by, down } = sorting[id];
    const column = COLUMNS.find((one) => one.key === by);
    const compare = by === "name" ? (a, b) => a.name.localeCompare(b.name, "zh") : (a, b) => column.value(a) - column.value(b);
    const sorted = [...rows].sort((a, b) => (down ? -1 : 1) * compare(a, b));
    byId(id).replaceChildren(
      rows.length
        ? el("table", {}, el("thead", {}, el("tr", {}, ...COLUMNS.map((one) => heading(id, one)))), el("tbody", {}, ...sorted.map((row) => tableRow(id, row))))
        : el("p", { class: "empty" }, t("planner.no_areas"))
    );
  }

  function heading(id, column) {
    const { by, down } = sorting[id];
    const sort = () => {
      sorting[id] = { by: column.key, down: by === column.key ? !down : column.key !== "name" };
      drawTables();
      byId(id).querySelector('[data-sort="' + column.key + '"]').focus();
    };
    return el("th", { scope: "col", "aria-sort": by === column.key ? (down ? "descending" : "ascending") : "none" },
      el("button", { type: "button", "data-sort": column.key, on: { click: sort } }, column.name));
  }

  function tableRow(id, row) {
    const band = el("span", { class: "band" }, percent(row.share));
    band.style.setProperty("--to", 100 * (row.share || 0) + "%");
    return el("tr", {},
      el("td", {}, el("button", { type: "button", class: "link", dir: "auto", on: { click: () => showArea(id, row) } }, Desk.nameOf(row)), id === "streets" && row.district && el("small", {}, Desk.nameOf({ code: row.district_code, name: row.district }))),
      el("td", {}, count(row.people)),
      el("td", {}, row.people ? band : "–"),
      el("td", {}, count(row.outside + row.off_network)),
      el("td", {}, row.stations === null || row.stations === undefined ? "–" : count(row.stations))
    );
  }

  /* A district opens its streets; both move the map there. */
  function showArea(id, row) {
    if (id === "districts") district = row.name;
    Desk.goToArea(id, row).catch(Desk.showProblem);
  }

  Desk.on("answer", drawTables);
  Desk.on("names", drawTables);
  Desk.on("tab", drawTables);
  byId("street-district").addEventListener("change", (event) => {
    district = event.target.value;
    drawTables();
  });
})();

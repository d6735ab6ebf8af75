/* Where the next stations go: a number or a budget, candidates, one button; the answer with its bound, as a list and on the
   map, to be taken over into the trial. The work is the server's; the page follows it and may stop it. */
Yiquan.siting = function (desk) {
  "use strict";

  const { t, el, byId, count, lang } = Yiquan;
  const { map } = desk;
  const FOLLOW_MS = 400;
  const FAILED = { NoCandidatesError: t("site.no_candidates"), OutOfReachError: t("site.out_of_reach"), TooFewCandidatesError: t("site.too_few") };

  const marks = L.layerGroup();
  let running = null; // address of the question being worked at
  let on = false;

  const field = (id, name, input) => el("label", { class: "stacked", for: id }, name, input);
  const option = (value, name) => el("option", { value }, name);
  const button = (id, name, action, more) => el("button", { type: "button", class: "plain", id, on: { click: action }, ...more }, name);

  byId("site").replaceChildren(
    el("h2", { id: "site-heading" }, t("site.heading")),
    el("p", { class: "note" }, t("site.help")),
    el("form", { id: "site-form", on: { submit: ask } },
      el("div", { class: "when" },
        field("site-by", t("site.by"), el("select", { id: "site-by", on: { change: drawForm } }, option("sites", t("site.by_sites")), option("budget", t("site.by_budget")), option("share", t("site.by_share")))),
        field("site-amount", t("site.amount"), el("input", { id: "site-amount", type: "number", inputmode: "decimal", required: true, value: "5", min: "1", max: "500", step: "1" }))),
      field("site-from", t("site.from"), el("select", { id: "site-from", on: { change: drawForm } }, option("hosts", t("site.from_hosts")), option("streets", t("site.from_streets")), option("list", t("site.from_list")))),
      el("div", { id: "site-list", hidden: true },
        field("site-datum", t("site.datum"), el("select", { id: "site-datum" }, option("gcj02", t("site.datum_gcj")), option("bd09", t("site.datum_bd")), option("wgs84", t("site.datum_wgs")))),
        field("site-file", t("site.file"), el("input", { id: "site-file", type: "file", accept: ".csv,.xlsx" }))),
      el("div", { id: "site-cost-box", hidden: true }, field("site-cost", t("site.cost"), el("input", { id: "site-cost", type: "number", inputmode: "decimal", min: "0", step: "any", value: "30000" }))),
      el("div", { class: "buttons" }, el("button", { type: "submit", class: "plain", id: "site-ask" }, t("site.ask")), button("site-stop", t("site.stop"), stop, { hidden: true }))),
    el("p", { class: "note", id: "site-now", role: "status" }),
    el("div", { id: "site-answer" }));

  function drawForm() {
    const by = byId("site-by").value;
    const amount = byId("site-amount");
    const [value, most, step] = by === "share" ? ["60", "100", "any"] : by === "budget" ? ["200000", "1000000000000", "any"] : ["5", "500", "1"];
    if (amount.dataset.by !== by) Object.assign(amount, { value, max: most, step });
    amount.dataset.by = by;
    byId("site-cost-box").hidden = by !== "budget";
    byId("site-list").hidden = byId("site-from").value !== "list";
  }

  async function ask(event) {
    event.preventDefault();
    if (running) return;
    marks.clearLayers();
    byId("site-answer").replaceChildren();
    working(true, t("site.sent"));
    try {
      const taken = await Yiquan.askJson("/siting", { body: await body(), timeoutMs: 30000 });
      running = "/siting/" + taken.job;
      await follow();
    } catch (error) {
      byId("site-now").textContent = "";
      byId("site-answer").append(el("p", { class: "problem", role: "alert" }, error.message));
    }
    running = null;
    working(false);
  }

  /* What is neither read nor sent as JSON: a file, or the end of a question. */
  async function send(url, options) {
    const answer = await fetch(url, { credentials: "same-origin", ...options });
    if (!answer.ok) throw new Yiquan.ServerError(answer.status, await Yiquan.problemOf(answer));
    return answer;
  }

  async function body() {
    const by = byId("site-by").value;
    const amount = Number(byId("site-amount").value);
    const from = byId("site-from").value;
    const asked = { ...desk.questionBody(), sources: [from], seconds: 20 };
    if (by === "sites") asked.sites = amount;
    if (by === "share") Object.assign(asked, { task: "share", share: amount / 100 });
    if (by === "budget") Object.assign(asked, { budget: amount, default_cost: Number(byId("site-cost").value) });
    if (from === "list") asked.candidates = await readList();
    return asked;
  }

  /* The rows of the file that can be used; what is wrong with the others is told before the answer. */
  async function readList() {
    const file = byId("site-file").files[0];
    if (!file) throw new Error(t("site.no_file"));
    const url = "/siting/candidates?datum=" + byId("site-datum").value;
    const listed = await (await send(url, { method: "POST", body: file })).json();
    if (listed.problems.length) {
      byId("site-answer").append(el("details", { class: "note doubt" },
        el("summary", {}, t("site.bad_rows", { n: count(listed.rows_refused), of: count(listed.rows_read) })),
        el("ul", {}, ...listed.problems.slice(0, 50).map((one) => el("li", {}, t("site.bad_row", { row: one.row, column: one.column, problem: lang === "en" ? one.problem_en : one.problem, remedy: lang === "en" ? one.remedy_en : one.remedy }))))));
    }
    if (!listed.candidates.length) throw new Error(t("site.no_rows"));
    return listed.candidates;
  }

  async function follow() {
    for (;;) {
      const job = await Yiquan.askJson(running, { timeoutMs: 15000 });
      if (job.state === "waiting") byId("site-now").textContent = t("site.waiting", { n: count(job.waiting_before + 1) });
      else if (job.state === "running") byId("site-now").textContent = job.so_far ? t("site.so_far", { sites: count(job.so_far.sites), gained: count(job.so_far.gained), more: count(job.so_far.more_at_most) }) : t("site.preparing");
      else {
        byId("site-now").textContent = job.state === "cancelled" ? t("site.stopped") : "";
        if (job.state === "failed") throw new Error(failure(job.error));
        if (job.result) draw(job.result);
        return;
      }
      await new Promise((resume) => setTimeout(resume, FOLLOW_MS));
    }
  }

  /* Why there is no answer; the server's words say which constraint fails and by how much. */
  const failure = ({ kind, detail }) => t("common.refused_in_words", { sentence: FAILED[kind] || t("site.failed"), words: detail });

  function stop() {
    if (running) send(running, { method: "DELETE" }).catch(desk.showProblem);
  }

  function working(is, words) {
    byId("site-stop").hidden = !is;
    byId("site-ask").disabled = is;
    byId("site").setAttribute("aria-busy", String(is));
    if (words) byId("site-now").textContent = words;
  }

  /* ── the answer ── */

  function draw(result) {
    const words = result.words[lang === "en" ? "en" : "zh"];
    byId("site-answer").append(
      ...words.map((line, i) => el("p", { class: i ? "note" : "site-headline" }, line)),
      el("p", { class: "note" }, t("site.looked_at", { n: count(result.candidates.usable), of: count(result.candidates.considered) })),
      ...(result.sites.length ? [button("site-try", t("site.try"), () => take(result))] : []),
      el("ol", { class: "site-list" }, ...result.sites.map(row)));
    drawMarks(result.sites);
    byId("site-answer").scrollIntoView({ block: "start" });
  }

  function row(site) {
    const instead = site.alternatives.length ? t("site.instead", { names: site.alternatives.map((one) => one.name).join(t("common.comma")) }) : "";
    return el("li", {},
      el("button", { type: "button", class: "link", on: { click: () => map.setView([site.lat, site.lon], Math.max(map.getZoom(), 15)) } }, site.order + ". " + site.name),
      el("span", { class: "worth" }, t("site.adds", { n: count(site.people) })),
      el("p", { class: "note" }, t("site.alone", { n: count(site.only_here) }) + " " + instead));
  }

  function drawMarks(sites) {
    marks.clearLayers();
    for (const site of sites) {
      const icon = L.divIcon({ className: "site-pin", html: el("span", {}, String(site.order)), iconSize: [34, 34] });
      L.marker([site.lat, site.lon], { icon, title: site.name, alt: site.order + ". " + site.name }).bindPopup(el("p", {}, site.name, " · ", t("site.adds", { n: count(site.people) }))).addTo(marks);
    }
    if (sites.length) map.fitBounds(L.latLngBounds(sites.map((site) => [site.lat, site.lon])), { maxZoom: 15, padding: [40, 40] });
  }

  /* Into the trial, where each can be moved, taken out and saved. */
  function take(result) {
    marks.clearLayers();
    desk.onTrial((trial) => trial.take(result.changes));
  }

  function toggle() {
    on = !on;
    byId("site").hidden = !on;
    byId("site-start").setAttribute("aria-pressed", String(on));
    if (on) {
      marks.addTo(map);
      byId("site").focus();
      byId("site").scrollIntoView({ block: "nearest" });
    } else marks.remove();
  }

  drawForm();
  return { toggle };
};

/* The answer: how many people, how far that can be from the best, the sites in building order with their reasons, who stays
   outside and why, and where everything can be taken from here. */
Yiquan.siteAnswer = function (desk, site) {
  "use strict";

  const { t, el, count, decimal, percent, lang } = Yiquan;

  const PER_YUAN = 10000;
  const GAINING = ["most", "share", "all", "backup"]; // tasks whose worth is people, so that one site can be weighed against another
  const PAIRS_SHOWN = 10;

  const button = (name, action, more) => el("button", { type: "button", class: "plain small", on: { click: action }, ...more }, name);
  const link = (name, action) => el("button", { type: "button", class: "link", dir: "auto", on: { click: action } }, name);
  const fold = (name, ...children) => el("details", { class: "site-fold" }, el("summary", {}, name), ...children);
  const signed = (people) => (Math.round(people) < 0 ? "−" : "+") + count(Math.abs(people));

  /* Where the answer stands between the found and the best possible, in one breath. */
  function verdict({ status, gap_percent: gap, of }) {
    if (status === "proved") return el("p", { class: "site-verdict proved" }, el("span", { "aria-hidden": "true" }, "✓ "), t("site.proved"));
    const words = of === "sites" ? t("site.at_most_fewer", { gap: decimal(gap) }) : t("site.at_most_better", { gap: gap < 0.1 ? "< 0.1" : decimal(gap) });
    return el("p", { class: "site-verdict" }, words);
  }

  function draw(result, { isStopped }) {
    const [headline, ...more] = result.words[lang === "en" ? "en" : "zh"];
    const heading = el("h3", { class: "site-headline", id: "site-headline", tabindex: -1 }, headline);
    const inShort = [
      isStopped ? el("p", { class: "note doubt" }, t("site.stopped_early")) : "",
      verdict(result.bound),
      figures(result),
      el("p", { class: "note" }, more.join(" ")),
    ];
    const reasons = [
      result.sites.length ? el("h3", {}, t("site.sites_heading")) : "",
      result.sites.length ? el("p", { class: "note" }, t("site.order_help")) : "",
      el("ol", { class: "site-list" }, ...result.sites.map((one) => card(one, result))),
      ...changedStations(result),
      areas(t("site.by_district"), result.districts),
      areas(t("site.by_street"), result.streets || []),
      overlap(result),
      outside(result.outside),
      nearMisses(result.near_misses),
      lookedAt(result),
    ];
    return { heading, inShort, reasons };
  }

  function figures({ people, sites, spent, parameters, extended, measure }) {
    const facts = [...measured(measure || {}), [count(sites.length), t("site.fact_sites")], [signed(people.change), t("site.fact_gain")], [percent(people.before.share) + " → " + percent(people.after.share), t("site.fact_share")]];
    if (parameters.budget !== null && spent !== undefined) facts.push([count(spent), t("site.fact_spent")]);
    if (extended && extended.length) facts.push([count(extended.length), t("site.fact_longer")]);
    return el("dl", { class: "site-facts" }, ...facts.map(([value, name]) => el("div", {}, el("dd", {}, value), el("dt", {}, name))));
  }

  /* What the tasks that do not count people within reach make better. */
  function measured({ mean_minutes_before: mean, mean_minutes: meanThen, farthest_minutes_before: far, farthest_minutes: farThen, served_before: served, served: servedThen }) {
    const step = (before, after, write) => write(before) + " → " + write(after);
    if (meanThen !== undefined) return [[step(mean, meanThen, decimal), t("site.fact_mean")]];
    if (farThen !== undefined) return [[step(far, farThen, decimal), t("site.fact_far")]];
    return servedThen === undefined ? [] : [[step(served, servedThen, count), t("site.fact_served")]];
  }

  /* ── one site ── */

  function card(one, result) {
    const facts = [one.kind && site.kindOf(one.kind), one.hours, one.capacity && t("site.capacity_of", { n: count(one.capacity) })].filter(Boolean).join(" · ");
    const instead = GAINING.includes(result.parameters.task) ? one.alternatives : [];
    const role = one.nearest_for ? t("site.nearest_for", { n: count(one.nearest_for) }) : one.serves ? t("site.serves", { n: count(one.serves) }) : "";
    const worth = [role, t("site.alone", { n: count(one.only_here) }), one.shared ? t("site.shared", { n: count(one.shared) }) : "", money(one)].filter(Boolean).join(" ");
    return el("li", { id: "site-card-" + one.order, tabindex: -1 },
      link(one.order + ". " + one.name, () => site.map.lookAt(one)),
      el("span", { class: "worth" }, t("site.adds", { n: count(one.people) })),
      facts && el("p", { class: "note" }, facts),
      el("p", { class: "note" }, worth),
      site.checklist(one.checks),
      instead.length ? el("div", { class: "site-instead" }, el("p", { class: "note" }, t("site.instead", { n: count(one.alternatives_in_all) })),
        el("ul", {}, ...instead.map((other) => el("li", {}, link(other.name, () => site.map.lookAt(other)), el("span", { class: "note" }, t("site.loses", { n: count(other.loss) })), button(t("site.swap"), () => site.swap(one, other), { "aria-label": t("site.swap_of", { name: one.name, other: other.name }) }))))) : "",
      el("div", { class: "buttons" }, ...site.markButtons(one)));
  }

  function money({ paid, people_per_cost: per }) {
    if (paid === null || paid === undefined) return "";
    return t("site.paid", { n: count(paid) }) + (per ? " " + t("site.per_yuan", { n: count(per * PER_YUAN) }) : "");
  }

  /* ── what becomes of stations that are there ── */

  function changedStations({ closed, extended, lost_role: lost }) {
    const row = (one, words) => el("li", {}, link(one.name, () => site.map.lookAt(one)), words && el("span", { class: "note" }, words));
    const part = (name, rows, help) => (rows.length ? el("section", {}, el("h3", {}, name), help && el("p", { class: "note" }, help), el("ul", { class: "site-rows" }, ...rows)) : "");
    return [
      part(t("site.longer_heading"), (extended || []).map((one) => row(one, t("site.longer_to", { hours: one.hours || "", n: count(one.people || 0) })))),
      part(t("site.closed_heading"), closed.map((one) => row(one, ""))),
      part(t("site.lost_role"), lost.map((one) => row(one, t("site.lost_role_of", { n: count(one.only_there_before) }))), t("site.lost_role_help")),
    ];
  }

  function areas(title, rows) {
    const changed = rows.filter((row) => Math.abs(row.change) > 1).sort((a, b) => Math.abs(b.change) - Math.abs(a.change));
    if (!changed.length) return "";
    const head = [title, t("site.fact_gain"), t("site.fact_share")];
    return fold(title, el("div", { class: "table-box", tabindex: 0, role: "region", "aria-label": title },
      el("table", {}, el("thead", {}, el("tr", {}, ...head.map((name) => el("th", { scope: "col" }, name)))),
        el("tbody", {}, ...changed.map((row) => el("tr", {}, el("th", { scope: "row", dir: "auto" }, desk.nameOf(row)), el("td", {}, signed(row.change)), el("td", {}, percent(row.share_before) + " → " + percent(row.share))))))));
  }

  /* Pairs of new stations that share people; few or none is well spread. */
  function overlap({ overlap: pairs, sites }) {
    if (!pairs || !pairs.length) return "";
    const nameOf = (order) => (sites.find((one) => one.order === order) || {}).name || "";
    return fold(t("site.overlap"), el("ul", { class: "site-rows" }, ...pairs.slice(0, PAIRS_SHOWN).map(({ a, b, people }) =>
      el("li", {}, el("span", { dir: "auto" }, a + ". " + nameOf(a) + " – " + b + ". " + nameOf(b)), el("span", { class: "note" }, t("site.n_people", { n: count(people) }))))));
  }

  /* ── who stays outside ── */

  function outside(reasons) {
    const still = reasons.filter((one) => !one.reason.startsWith("covered") && one.people >= 1).sort((a, b) => b.people - a.people);
    if (!still.length) return "";
    const most = still[0].people;
    return el("section", {}, el("h3", {}, t("site.outside")), el("ul", { class: "site-outside" }, ...still.map((one) => {
      const bar = el("i", { "aria-hidden": "true" });
      bar.style.width = (100 * one.people) / most + "%";
      return el("li", {}, el("span", {}, one[lang] || one.en), el("strong", {}, t("site.n_people", { n: count(one.people) })), bar);
    })));
  }

  function nearMisses(near) {
    if (!near || !near.sites.length) return "";
    return fold(t("site.near"), el("p", { class: "note" }, t("site.near_help", { n: count(near.ruled_out), of: count(near.of) })),
      el("ul", { class: "site-rows" }, ...near.sites.map((one) => el("li", {}, link(one.name, () => site.map.lookAt(one)), el("span", { class: "note" }, t("site.lacks", { n: count(one.lacks) })), ...site.markButtons(one)))));
  }

  function lookedAt({ candidates, bound, seconds, method, input_hash: hash }) {
    const left = candidates.left_out.map((one) => el("li", {}, t("site.left_out", { n: count(one.count), why: one[lang] || one.en })));
    const proof = bound.certificate ? t("site.certificate", { hash: bound.certificate.hash.slice(0, 16), rows: count(bound.certificate.rows) }) : t("site.no_certificate");
    return fold(t("site.how"),
      el("p", { class: "note" }, t("site.looked_at", { n: count(candidates.usable), of: count(candidates.considered) })),
      left.length ? el("ul", { class: "note site-left" }, ...left) : "",
      el("p", { class: "note" }, t("site.found_in", { seconds: decimal(seconds), found: decimal(bound.found), best: decimal(bound.at_best) })),
      el("p", { class: "note" }, proof),
      el("p", { class: "note" }, method + " · " + hash.slice(0, 16)));
  }

  return { draw };
};

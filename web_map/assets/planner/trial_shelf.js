/* Scenarios: a trial, or an answer of siting, kept under a name, shared by a link, opened again, compared with another, deleted
   by who saved it. `trial.keep(name)` keeps what there is and gives code and secret; `trial.ids` begins the names of its fields. */
Yiquan.trialShelf = function (desk, trial) {
  "use strict";

  const { t, el, askJson, count, percent, stamp } = Yiquan;
  const { signed } = trial.figures;

  const SECRETS = "yiquan.scenario_secrets"; // codes and secrets of what this browser has saved
  const PAGE = 20;

  const name = el("input", { type: "text", id: trial.ids + "-name", maxlength: 80, required: true, autocomplete: "off" });
  const form = el("form", { class: "save", on: { submit: save } },
    el("label", { for: trial.ids + "-name" }, t("trial.name")), name, el("button", { class: "plain" }, t("trial.save")));
  const said = el("div", { class: "saved", role: "status" });
  const rows = el("ul", { class: "scenarios" });
  const more = el("button", { type: "button", class: "plain", hidden: true, on: { click: () => fill(false) } }, t("trial.more"));
  const compareButton = el("button", { type: "button", class: "plain", id: trial.ids + "-compare", disabled: true, on: { click: compare } }, t("trial.compare"));
  const both = el("div", { class: "both", tabindex: -1 });
  const list = el("details", { class: "shelf", id: trial.ids + "-shelf", on: { toggle: () => list.open && fill(true) } },
    el("summary", {}, t("trial.shelf")), rows, el("div", { class: "buttons" }, more, compareButton), both);

  let next = null;
  let chosen = []; // codes of the two to compare

  /* ── secrets stay in this browser ── */

  function secrets() {
    try {
      return JSON.parse(localStorage.getItem(SECRETS)) || {};
    } catch (_) {
      return {};
    }
  }

  function keepSecret(code, secret) {
    const kept = { ...secrets(), [code]: secret };
    if (!secret) delete kept[code];
    try {
      localStorage.setItem(SECRETS, JSON.stringify(kept));
    } catch (_) {
      /* a private window: the scenario can then be deleted by whoever runs the installation only */
    }
  }

  /* ── saving and sharing ── */

  async function save(event) {
    event.preventDefault();
    said.replaceChildren();
    form.setAttribute("aria-busy", "true");
    try {
      const kept = await trial.keep(name.value);
      keepSecret(kept.code, kept.secret);
      trial.isSaved({ code: kept.code, name: name.value.trim() });
      shareLine(kept.code);
      name.value = "";
      if (list.open) fill(true);
    } catch (error) {
      said.replaceChildren(problem(error));
    } finally {
      form.removeAttribute("aria-busy");
    }
  }

  const REPORT_FORMS = [["html", "HTML"], ["pdf", "PDF"], ["xlsx", "Excel"], ["gpkg", "GeoPackage"], ["png", "PNG"]];

  const linkTo = (code) => location.origin + location.pathname + "?lang=" + Yiquan.lang + "#s=" + code;

  function shareLine(code) {
    const link = el("input", { type: "text", readonly: true, value: linkTo(code), "aria-label": t("trial.link") });
    const done = el("span", { role: "status" });
    const copy = async () => {
      link.select();
      try {
        await navigator.clipboard.writeText(link.value);
        done.textContent = t("trial.copied");
      } catch (_) {
        done.textContent = t("trial.copy_by_hand"); // without https a page may not write there
      }
    };
    said.replaceChildren(el("p", {}, t("trial.saved")), el("div", { class: "share" }, link, el("button", { type: "button", class: "plain", on: { click: copy } }, t("trial.copy")), done),
      el("p", { class: "reports" }, t("trial.report"), ...REPORT_FORMS.flatMap(([form, name]) => [" ", reportLink(code, form, name)])));
  }

  const reportLink = (code, form, name) =>
    el("a", { href: "/report?" + new URLSearchParams({ scenario: code, format: form, lang: Yiquan.lang }), target: "_blank", rel: "noopener" }, name);

  /* The work is in the address: whatever the server says, nothing is lost, and that is said. */
  const problem = (error) => el("div", { class: "problem", role: "alert" },
    el("p", {}, error instanceof Yiquan.ServerError ? error.message : t("trial.server_silent")), el("p", {}, t("trial.not_lost")));

  /* ── the list ── */

  async function fill(anew) {
    try {
      const found = await askJson("/scenarios?" + new URLSearchParams({ limit: PAGE, ...(!anew && next && { before: next }) }));
      next = found.next;
      const items = found.scenarios.map(row);
      if (anew) rows.replaceChildren(...(items.length ? items : [el("li", { class: "empty" }, t("trial.shelf_empty"))]));
      else rows.append(...items);
      if (anew) chosen = [];
      drawChosen();
    } catch (error) {
      rows.replaceChildren(el("li", {}, desk.refusal(error, () => fill(true))));
    }
    more.hidden = !next;
  }

  function row(one) {
    const secret = secrets()[one.code];
    const pick = (event) => {
      chosen = event.target.checked ? [...chosen, one.code].slice(-2) : chosen.filter((code) => code !== one.code);
      drawChosen();
    };
    return el("li", { "data-code": one.code },
      el("input", { type: "checkbox", "aria-label": t("trial.compare_of", { name: one.name }), value: one.code, on: { change: pick } }),
      el("button", { type: "button", class: "link", dir: "auto", on: { click: () => trial.open(one.code) } }, one.name,
        el("small", {}, [stamp(one.created_at), asked(one.question), t("trial.n_changes", { n: one.changes })].join(" · "))),
      el("span", { class: "worth" }, one.people ? signed(one.people.change) : ""),
      secret ? el("button", { type: "button", class: "remove", "aria-label": t("trial.delete_of", { name: one.name }), on: { click: (event) => forget(one, secret, event.target) } }, "×") : "");
  }

  const asked = (question) => [question.mode === "ebike" ? t("trial.mode_ebike") : t("trial.mode_walk"), t("trial.n_minutes", { n: question.minutes }), question.at].filter(Boolean).join(" ");

  function drawChosen() {
    for (const box of rows.querySelectorAll("input")) box.checked = chosen.includes(box.value);
    compareButton.disabled = chosen.length !== 2;
  }

  /* Asked once more on the button itself: a dialogue would hide what is about to go. */
  async function forget(one, secret, button) {
    if (!button.dataset.sure) {
      button.dataset.sure = "yes";
      button.textContent = t("trial.sure");
      return;
    }
    try {
      const answer = await fetch("/scenarios/" + one.code, { method: "DELETE", headers: { "X-Scenario-Secret": secret } });
      if (!answer.ok && answer.status !== 404) throw new Yiquan.ServerError(answer.status, await Yiquan.problemOf(answer));
      keepSecret(one.code, null);
      await fill(true);
      list.querySelector("summary").focus();
    } catch (error) {
      said.replaceChildren(problem(error));
    }
  }

  /* ── two side by side ── */

  async function compare() {
    both.replaceChildren();
    try {
      const found = await askJson("/scenarios/compare?" + new URLSearchParams({ a: chosen[0], b: chosen[1] }), { timeoutMs: 30000 });
      both.replaceChildren(...sideBySide(found));
      both.focus({ preventScroll: true });
      both.scrollIntoView({ block: "nearest" });
    } catch (error) {
      both.replaceChildren(desk.refusal(error, compare));
    }
  }

  function sideBySide({ a, b, asked_differently: differs, districts }) {
    const head = (title) => el("tr", {}, el("th", { scope: "col" }, title), ...[a, b].map((side) => el("th", { scope: "col", dir: "auto" }, side.name)));
    const line = (title, value) => el("tr", {}, el("th", { scope: "row", dir: "auto" }, title), ...[a, b].map((side) => el("td", {}, value(side))));
    const changed = districts.filter((one) => Math.abs(one.change_a) > 1 || Math.abs(one.change_b) > 1).sort((x, y) => Math.abs(y.change_b - y.change_a) - Math.abs(x.change_b - x.change_a));
    const cell = (share, change) => el("td", {}, percent(share), el("small", {}, signed(change)));
    return [
      differs.length ? el("p", { class: "note doubt" }, t("trial.asked_differently")) : "",
      [a, b].some((side) => !side.is_same) ? el("p", { class: "note" }, t("trial.both_present")) : "",
      el("div", { class: "table-box", tabindex: 0, role: "region", "aria-label": t("trial.side_by_side") },
        el("table", {}, el("thead", {}, head(t("trial.side_by_side"))), el("tbody", {},
          line(t("trial.question"), (side) => asked(side.question)),
          line(t("trial.changes"), (side) => count(side.changes.length)),
          line(t("trial.change"), (side) => signed(side.people.change)),
          line(t("trial.covered"), (side) => count(side.people.after.covered)),
          line(t("trial.share"), (side) => percent(side.people.after.share)),
          line(t("trial.sites"), (side) => count(side.sites)),
          [a, b].some((side) => side.cost !== null) ? line(t("trial.cost"), (side) => (side.cost === null ? "–" : count(side.cost))) : "",
          [a, b].some((side) => side.gap_percent !== null) ? line(t("trial.gap"), (side) => (side.gap_percent === null ? "–" : side.gap_percent.toFixed(2) + "%")) : "",
          line(t("trial.per_change"), (side) => signed(side.people.change / side.changes.length))))),
      changed.length ? el("div", { class: "table-box", tabindex: 0, role: "region", "aria-label": t("trial.side_by_side") + " · " + t("trial.by_district") },
        el("table", {}, el("thead", {}, head(t("trial.by_district"))), el("tbody", {}, ...changed.map((one) => el("tr", {}, el("th", { scope: "row", dir: "auto" }, desk.nameOf(one)), cell(one.share_a, one.change_a), cell(one.share_b, one.change_b)))))) : "",
    ];
  }

  return { element: el("section", { class: "shelf-box", "aria-label": t("trial.shelf") }, form, said, list), form, shareLine, problem };
};

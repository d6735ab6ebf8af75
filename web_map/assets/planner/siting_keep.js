/* Answers of siting on the shelf of scenarios, which is the trial's (trial_shelf.js): kept under a name, shared by a link,
   exported, compared. It is fetched with the trial when somebody first wants that. `kept.number()` is that of the answer. */
Yiquan.siteKeeping = function (desk, kept) {
  "use strict";

  const { t, el, byId, ask } = Yiquan;

  const element = el("details", { class: "site-fold", id: "site-kept", on: { toggle: () => element.open && begin().catch(desk.showProblem) } }, el("summary", {}, t("site.keep_heading")));
  let shelf = null;

  const fetchTrial = () => desk.fetchPart("trial", byId("trial-start").dataset);

  async function begin() {
    await fetchTrial();
    if (shelf) return;
    shelf = Yiquan.trialShelf(desk, {
      figures: Yiquan.trialFigures(desk), ids: "siting", open,
      keep: async (name) => (await ask("/siting/" + kept.number() + "/scenario", { body: { name }, timeoutMs: 30000 })).json(),
      isSaved: ({ code }) => kept.isSaved(code),
    });
    element.append(shelf.element);
  }

  /* A kept answer is opened where what-ifs are, which hands it back to whom it belongs. */
  async function open(code) {
    (await fetchTrial()).open(code);
  }

  /* It is kept already: what remains to be done is to share and export it. */
  async function opened({ code }) {
    element.open = true;
    await begin();
    shelf.form.hidden = true;
    shelf.shareLine(code);
  }

  return { element, open, opened };
};

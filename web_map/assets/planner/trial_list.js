/* The list of a trial's changes: what each is, what it is worth, and the fields that change it. It is also what the pins on
   the map are to whoever does not use a pointer. */
Yiquan.trialList = function (desk, trial) {
  "use strict";

  const { t, el, byId, label, lang, trialChanges } = Yiquan;
  const { signed } = trial.figures;

  const CUSTOM = "custom";
  const HOURS_NAMES = { "24/7": t("trial.hours_always"), "06:00-22:00": t("trial.hours_long"), "08:00-20:00": t("trial.hours_day"), "Mo-Fr 09:00-17:00": t("trial.hours_office") };

  function nameOf(change, i) {
    const values = { n: i + 1, name: change.name };
    return {
      add: () => t("trial.added", values), move: () => t("trial.moved", values),
      close: () => t("trial.closed", values), hours: () => t("trial.rehoured", values),
    }[change.kind]();
  }

  /* `said` is the server's answer to exactly these changes, or null while it is on its way. */
  function draw(changes, said, each) {
    return changes.map((change, i) => {
      const name = nameOf(change, i);
      const notices = said ? said.notices.filter((one) => one.change === i) : [];
      return el("li", { class: change.kind, "data-change": i },
        el("button", { type: "button", class: "link", dir: "auto", on: { click: () => trial.lookAt(change) } }, name),
        el("span", { class: "worth" }, each && each[i] ? worth(each[i], changes.length, said) : ""),
        el("button", { type: "button", class: "remove", "aria-label": t("trial.remove", { name }), on: { click: () => trial.set(trialChanges.remove(changes, i)) } }, "×"),
        tools(changes, change, i, name),
        ...notices.map((one) => el("p", { class: "note doubt" }, one[lang] || one.en, " ", one.code === "hours_not_asked" && askHour())));
    });
  }

  /* Alone, and on top of the others where that is another figure: two stations in one street share their people. Of a
     single change it is the headline's own figure, which is the difference of two rounded ones. */
  function worth({ alone, beyond }, count, said) {
    if (count < 2) return t("trial.worth", { n: signed(said.people.change) });
    if (Math.abs(alone - beyond) < 1) return t("trial.worth", { n: signed(alone) });
    return t("trial.worth_both", { alone: signed(alone), beyond: signed(beyond) });
  }

  function tools(changes, change, i, name) {
    const edit = (values) => trial.set(trialChanges.edit(changes, i, values));
    const parts = [];
    if (change.kind === "add") parts.push(typeField(change, edit, name));
    if (change.kind === "add" || change.kind === "hours") parts.push(...hoursField(change, edit, name));
    if (change.kind === "add" || change.kind === "move") parts.push(el("button", { type: "button", class: "plain small", "aria-label": t("trial.replace_of", { name }), on: { click: () => trial.pickFor(i) } }, t("trial.replace")));
    return parts.length ? el("div", { class: "change-tools" }, ...parts) : "";
  }

  const option = (value, name, chosen) => el("option", { value, selected: value === chosen }, name);

  function typeField(change, edit, name) {
    const table = desk.city.vocabulary.facility_types;
    const set = (event) => edit({ type: event.target.value || undefined });
    return el("select", { "aria-label": t("trial.type_of", { name }), on: { change: set } },
      option("", t("trial.type_asked"), change.type || ""), ...Object.keys(table).map((code) => option(code, label(table, code), change.type)));
  }

  function hoursField(change, edit, name) {
    const now = change.hours || "24/7", isCustom = !(now in HOURS_NAMES);
    const field = el("input", { type: "text", class: "hours-text", maxlength: 200, value: isCustom ? now : "", placeholder: t("trial.hours_example"), "aria-label": t("trial.hours_of", { name }), on: { change: (event) => event.target.value.trim() && edit({ hours: event.target.value.trim() }) } });
    field.hidden = !isCustom;
    const choose = (event) => {
      field.hidden = event.target.value !== CUSTOM;
      if (field.hidden) edit({ hours: event.target.value });
      else field.focus();
    };
    const select = el("select", { "aria-label": t("trial.hours_of", { name }), on: { change: choose } },
      ...trialChanges.HOURS.map((text) => option(text, HOURS_NAMES[text], now)), option(CUSTOM, t("trial.hours_custom"), isCustom ? CUSTOM : ""));
    return [select, field];
  }

  /* Hours mean something only at some hour: one press asks about an evening. */
  const askHour = () => el("button", { type: "button", class: "link", on: { click: () => {
    desk.state.at = "weekday 19:00";
    desk.changed();
  } } }, t("trial.ask_hour"));

  /* Redrawing the list must not take the focus away from whoever is at work in it. */
  function keepingFocus(draw) {
    const list = byId("trial-changes"), held = document.activeElement;
    const item = held && list.contains(held) ? held.closest("li") : null;
    const place = item && [Number(item.dataset.change), [...item.querySelectorAll("button, select, input")].indexOf(held)];
    draw(list);
    if (!place) return;
    const again = list.children[Math.min(place[0], list.children.length - 1)];
    const field = again ? [...again.querySelectorAll("button, select, input")][place[1]] || again.querySelector("button") : byId("trial-undo");
    field.focus({ preventScroll: true });
  }

  return { draw: (changes, said, each) => keepingFocus((list) => list.replaceChildren(...draw(changes, said, each))) };
};

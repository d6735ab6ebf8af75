/* The wishes: how one moves, what the place must have. They stay in the address, so that a link asks the same. */
Rider.chips = (function () {
  "use strict";

  const { t, el, byId, icon } = Yiquan;
  const { state } = Rider;
  const DRAWINGS = {
    water_hot: "water", microwave: "meal", phone_charge: "charge", ebike_charge: "plug", battery_swap: "battery",
    toilet_inside: "toilet", seat: "seat",
  };

  const flag = (key, name, drawing, field) => ({ key, name, drawing, get: () => state[field], set: (on) => (state[field] = on) });

  const CHIPS = [
    flag("open", t("rider.chip_open"), "clock", "openOnly"),
    ...Rider.NEEDS.map((code) => ({
      key: code,
      name: Rider.needName(code),
      drawing: DRAWINGS[code],
      get: () => state.needs.has(code),
      set: (on) => (on ? state.needs.add(code) : state.needs.delete(code)),
    })),
    flag("allday", t("rider.all_day"), "moon", "allDay"),
    flag("noapp", t("rider.chip_no_app"), "door", "noApp"),
    flag("every", t("rider.chip_every_type"), "types", "everyType"),
  ];

  function draw() {
    byId("chips").replaceChildren(
      ...CHIPS.map((chip) =>
        el("button", { type: "button", class: "chip", "data-chip": chip.key, "aria-pressed": String(chip.get()), on: { click: () => toggle(chip) } },
          chip.drawing && icon(chip.drawing), chip.name)
      )
    );
    showState();
  }

  function showState() {
    for (const button of byId("modes").children) button.setAttribute("aria-pressed", String(button.dataset.mode === state.mode));
    CHIPS.forEach((chip, i) => byId("chips").children[i].setAttribute("aria-pressed", String(chip.get())));
  }

  function toggle(chip) {
    chip.set(!chip.get());
    changed();
  }

  function clear() {
    for (const chip of CHIPS) chip.set(false);
    changed();
  }

  function changed() {
    showState();
    writeAddress();
    if (state.position) Rider.asking.search();
  }

  function writeAddress() {
    const wishes = new URLSearchParams(location.search);
    const put = (name, value) => (value ? wishes.set(name, value) : wishes.delete(name));
    put("mode", state.mode === "walk" && "walk");
    put("need", [...state.needs].join(","));
    put("open", state.openOnly && "now");
    put("allday", state.allDay && "1");
    put("noapp", state.noApp && "1");
    put("type", state.everyType && "all");
    if (!state.position || state.position.origin !== "link") wishes.delete("at"); // no longer where one is
    const text = wishes.toString().replace(/%2C/g, ",");
    history.replaceState(null, "", location.pathname + (text ? "?" + text : ""));
    Yiquan.keepLanguageLink();
  }

  function listen() {
    byId("modes").addEventListener("click", (event) => {
      const chosen = event.target.closest("[data-mode]");
      if (!chosen) return;
      state.mode = chosen.dataset.mode;
      Yiquan.settings.set("mode", state.mode);
      changed();
    });
  }

  return { draw, clear, listen, writeAddress };
})();

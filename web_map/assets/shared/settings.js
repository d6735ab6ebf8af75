/* How the page looks and what it keeps to itself: night, large type, and whatever else is chosen once and stays. */
Yiquan.settings = (function () {
  "use strict";

  const { byId, keep, kept } = Yiquan;
  const root = document.documentElement;
  const chosen = kept("settings") || {};
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const GROUND = { night: "#0b1219", day: "#0b3b5c" };

  const get = (name) => chosen[name];

  function set(name, value) {
    if (value === null) delete chosen[name];
    else chosen[name] = value;
    keep("settings", chosen);
  }

  const isNight = () => (chosen.theme ? chosen.theme === "night" : dark.matches);
  const isLarge = () => chosen.type === "large";

  function show() {
    if (chosen.theme) root.dataset.theme = chosen.theme;
    if (isLarge()) root.dataset.type = "large";
    else delete root.dataset.type;
    byId("night").setAttribute("aria-pressed", String(isNight()));
    byId("large").setAttribute("aria-pressed", String(isLarge()));
    document.querySelector("meta[name=theme-color]").content = isNight() ? GROUND.night : GROUND.day;
  }

  /* The two buttons in the header. What the system wishes counts until somebody chooses. */
  function listen() {
    byId("night").addEventListener("click", () => {
      set("theme", isNight() ? "day" : "night");
      show();
    });
    byId("large").addEventListener("click", () => {
      set("type", isLarge() ? null : "large");
      show();
    });
    dark.addEventListener("change", show);
    show();
  }

  return { get, set, isNight, listen };
})();

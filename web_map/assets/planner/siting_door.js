/* The door to siting (siting.js): fetched, with its texts and its style, when somebody first asks where the next stations go,
   or when the address holds a question ("site") or the code of a kept answer ("sc"). */
(function () {
  "use strict";

  const { byId } = Yiquan;
  const door = byId("site-start");

  let siting = null;
  const held = { site: null, sc: null }; // what the address holds before the panel is there

  async function onSiting(action) {
    siting = siting || (await Desk.fetchPart("siting", door.dataset));
    return action(siting);
  }

  Object.assign(Desk, { onSiting });
  Desk.keep("site", (text) => (held.site = text), () => (siting ? siting.kept() : held.site));
  Desk.keep("sc", (text) => (held.sc = text), () => (siting ? siting.code() : held.sc));
  Desk.on("settled", () => (held.site || held.sc) && onSiting((panel) => panel.restore(held.site, held.sc)).catch(Desk.showProblem));
  door.addEventListener("click", () => onSiting((panel) => panel.toggle()).catch(Desk.showProblem));
})();

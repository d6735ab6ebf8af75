/* The door to siting (siting.js): fetched, with its texts and its style, when somebody first asks where the next stations go. */
(function () {
  "use strict";

  const { byId } = Yiquan;
  const door = byId("site-start");

  const open = async () => (await Desk.fetchPart("siting", door.dataset)).toggle();

  door.addEventListener("click", () => open().catch(Desk.showProblem));
})();

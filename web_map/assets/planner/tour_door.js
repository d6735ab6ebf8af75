/* The door to the tour: opened by itself on the first visit, unless an address brought somebody straight to an answer. */
(function () {
  "use strict";

  const { byId, kept } = Yiquan;
  const door = byId("tour-start");
  const broughtHere = location.hash.length > 1;

  const open = async () => (await Desk.fetchPart("tour", door.dataset)).begin();

  door.addEventListener("click", () => open().catch(Desk.showProblem));
  Desk.on("settled", () => !broughtHere && !kept("tour") && open().catch(Desk.showProblem));
})();

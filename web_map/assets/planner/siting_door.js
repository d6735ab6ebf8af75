/* The door to siting (siting.js): fetched, with its texts and its style, when somebody first asks where the next stations go. */
(function () {
  "use strict";

  const { byId } = Yiquan;
  const door = byId("site-start");

  async function open() {
    const { src, texts, style } = door.dataset;
    const [words] = await Promise.all([Yiquan.askJson(texts), Desk.fetchStyle(style), Desk.fetchScript(src)]);
    Object.assign(Yiquan.page.texts, words);
    (await Desk.fetchPart("siting", src)).toggle();
  }

  door.addEventListener("click", () => open().catch(Desk.showProblem));
})();

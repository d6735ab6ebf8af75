/* Parts of the page that are fetched when they are first wanted. */
(function () {
  "use strict";

  const { el, byId } = Yiquan;

  const fetched = new Map();
  let measures = null;

  /* A script that defines Yiquan[name]; a failed fetch may be tried again. */
  function fetchPart(name, src) {
    if (!fetched.has(name)) {
      fetched.set(name, new Promise((resolve, reject) => {
        const failed = () => {
          fetched.delete(name);
          reject(new Error(name));
        };
        document.head.append(el("script", { src, on: { load: () => resolve(Yiquan[name](Desk)), error: failed } }));
      }));
    }
    return fetched.get(name);
  }

  async function openMeasures() {
    measures = await fetchPart("measures", byId("tab-measures").dataset.src);
    await measures.refresh();
  }

  Desk.on("tab", (id) => id === "tab-measures" && openMeasures().catch(Desk.showProblem));
  Desk.on("question", () => measures && !byId("panel-measures").hidden && measures.refresh());
  Object.assign(Desk, { fetchPart });
})();

/* Parts of the page that are fetched when they are first wanted. */
(function () {
  "use strict";

  const { el, byId } = Yiquan;

  const fetched = new Map();

  /* A script of ours, fetched once; a failed fetch may be tried again. */
  function fetchScript(src) {
    if (!fetched.has(src)) {
      fetched.set(src, new Promise((resolve, reject) => {
        const failed = () => {
          fetched.delete(src);
          reject(new Error(src));
        };
        document.head.append(el("script", { src, on: { load: resolve, error: failed } }));
      }));
    }
    return fetched.get(src);
  }

  const made = new Map();

  /* What a script of ours makes of the desk: the script defines Yiquan[name]. */
  async function fetchPart(name, src) {
    await fetchScript(src);
    if (!made.has(name)) made.set(name, Yiquan[name](Desk));
    return made.get(name);
  }

  /* Figures first: the measures are fetched when they are there, or when somebody opens their tab. */
  const openMeasures = () => fetchPart("measures", byId("beyond").dataset.src).catch(Desk.showProblem);

  Desk.on("settled", openMeasures);
  Object.assign(Desk, { fetchScript, fetchPart });
})();

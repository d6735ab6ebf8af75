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

  const fetchStyle = (href) => new Promise((resolve, reject) => {
    if (document.querySelector('link[href="' + href + '"]')) return resolve();
    document.head.append(el("link", { rel: "stylesheet", href, on: { load: resolve, error: reject } }));
  });

  const made = new Map();

  /* What a script of ours makes of the desk: the script defines Yiquan[name]. Its texts and its style come with it. */
  async function fetchPart(name, { src, texts, style }) {
    const [words] = await Promise.all([texts && Yiquan.askJson(texts), style && fetchStyle(style), fetchScript(src)]);
    Object.assign(Yiquan.page.texts, words);
    if (!made.has(name)) made.set(name, Yiquan[name](Desk));
    return made.get(name);
  }

  /* Figures first: the measures are fetched when they are there, or when somebody opens their tab. */
  const openMeasures = () => fetchPart("measures", byId("beyond").dataset).catch(Desk.showProblem);

  Desk.on("settled", openMeasures);
  Object.assign(Desk, { fetchScript, fetchPart });
})();

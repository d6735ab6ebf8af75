/* A siting question as background work of the server: sent, followed until it is answered, stopped when somebody has seen
   enough. What has been found by then is the answer. */
Yiquan.siteJob = (function () {
  "use strict";

  const { t, askJson, problemOf, lang } = Yiquan;

  const FOLLOW_MS = 350;
  const LOST_AT_MOST = 6; // looks in a row that may fail: a tunnel, a restart

  /* Why there is no answer, in the server's own sentence: which constraint fails and by how much. */
  class NoAnswer extends Error {
    constructor(error) {
      super(error ? error[lang] || t("common.refused_in_words", { sentence: t("site.failed"), words: error.detail }) : t("site.nothing_yet"));
    }
  }

  /* What is neither read nor sent as JSON: a file, or the end of a question. */
  async function send(url, options) {
    const answer = await fetch(url, { credentials: "same-origin", ...options });
    if (!answer.ok) throw new Yiquan.ServerError(answer.status, await problemOf(answer));
    return answer;
  }

  const pause = (ms) => new Promise((resume) => setTimeout(resume, ms));

  /* Resolves to {result, number, isStopped}; `told(job, isLost)` hears of every look. `begun(stop)` is handed what stops it. */
  async function ask(url, body, { told, begun }) {
    const { job: number } = await askJson(url, { body, timeoutMs: 30000 });
    const address = "/siting/" + number;
    const leave = () => fetch(address, { method: "DELETE", keepalive: true });
    addEventListener("pagehide", leave); // nobody waits for it any more
    begun(() => send(address, { method: "DELETE" }));
    try {
      const job = await followed(address, told);
      if (!job.result) throw new NoAnswer(job.state === "failed" ? job.error : null);
      return { result: job.result, number, isStopped: job.state === "cancelled" };
    } finally {
      removeEventListener("pagehide", leave);
    }
  }

  async function followed(address, told) {
    for (let lost = 0; ; ) {
      const job = await askJson(address, { timeoutMs: 15000 }).catch((error) => {
        if (error instanceof Yiquan.ServerError || ++lost > LOST_AT_MOST) throw error;
        told(null, true);
        return null;
      });
      if (job) {
        lost = 0;
        told(job, false);
        if (job.state !== "waiting" && job.state !== "running") return job;
      }
      await pause(FOLLOW_MS * (1 + 2 * lost));
    }
  }

  return { ask, send, NoAnswer };
})();

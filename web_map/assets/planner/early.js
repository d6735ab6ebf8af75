/* Asked before anything else is there: the city, and figures and cells of the question in the address. */
const Early = (function () {
  "use strict";

  const WHOLE_CITY_ZOOM = 9;
  const hash = new URLSearchParams(location.hash.slice(1));
  const state = Question.read(hash);
  const zoom = Number((hash.get("v") || "").split(",")[2]) || WHOLE_CITY_ZOOM;
  const { city, figures, cells } = Question.addresses;
  const asked = new Map();
  for (const address of [city, figures(state), cells(state, zoom)]) {
    const answer = fetch(address, { credentials: "same-origin" });
    answer.catch(() => {}); // whoever takes it hears of it
    asked.set(address, answer);
  }

  /* The answer under way to an address, once; later askers ask themselves. */
  function take(address) {
    const answer = asked.get(address);
    asked.delete(address);
    return answer;
  }

  return { take };
})();

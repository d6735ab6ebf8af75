/* The list: groups of cards under their headings, numbered through, and the same hits on the map once it is there. */
Rider.list = (function () {
  "use strict";

  const { el, byId } = Yiquan;
  let hits = [];
  let best = 0; // the nearest that is open on arrival

  /* Groups of {title, note, hits | items}; `items` are elements made elsewhere. */
  function show(groups) {
    let rank = 0;
    hits = groups.flatMap((group) => group.hits || []);
    best = Math.max(0, hits.findIndex((hit) => hit.open.on_arrival === true));
    byId("place").hidden = true;
    byId("list").replaceChildren(...groups.map((group) => section(group, () => rank++)));
    if (!performance.getEntriesByName("yiquan.list").length) performance.mark("yiquan.list");
    Rider.drawHits(hits);
    Rider.wish.offer(hits);
  }

  /* One more group below what is shown already. */
  function append(group) {
    byId("list").append(section(group, () => hits.length));
  }

  function section({ title, note, hits: cards, items }, nextRank) {
    return el("section", { class: "group" },
      title && el("h2", {}, title),
      note && el("p", { class: "group-note" }, note),
      cards && el("ol", { class: "cards" }, ...cards.map((hit) => numbered(hit, nextRank()))),
      items && el("ol", { class: "cards" }, ...items)
    );
  }

  const numbered = (hit, rank) => Rider.card.card(hit, rank, rank === best);

  const notice = (...content) => el("div", { class: "notice" }, ...content);

  function showNotice(...content) {
    show([]);
    byId("list").replaceChildren(notice(...content));
  }

  const appendNotice = (...content) => byId("list").append(notice(...content));

  function showCard(rank) {
    for (const one of document.querySelectorAll(".card.shown")) one.classList.remove("shown");
    const shown = byId("hit-" + rank);
    shown.classList.add("shown");
    shown.scrollIntoView({ block: "center" });
  }

  return { show, append, showNotice, appendNotice, showCard, hits: () => hits, best: () => best };
})();

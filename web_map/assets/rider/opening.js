/* Whether a door is open when one gets there, in a sentence; and the same reckoned on the phone from the usual week. */
Rider.opening = (function () {
  "use strict";

  const { t, moment, minuteOfWeek } = Yiquan;
  const WEEK_MIN = 10080;

  const kindOf = (open) => (open.on_arrival === true ? "open" : open.on_arrival === false ? "closed" : "unknown");

  function sentence(open) {
    if (open.on_arrival === true) {
      if (open.now === false) return open.until ? t("rider.opens_before_until", { clock: moment(open.until) }) : t("rider.opens_before");
      return open.until ? t("rider.open_until", { clock: moment(open.until) }) : t("rider.open_arrival");
    }
    if (open.on_arrival === false) {
      if (open.now === true) return t("rider.closes_before");
      return open.opens_at ? t("rider.closed_until", { clock: moment(open.opens_at) }) : t("rider.closed");
    }
    return t("rider.hours_unknown");
  }

  /* Minutes from `minute` of the week until an interval that runs over it ends; null if the door never closes. */
  function minutesOpen(week, minute) {
    let at = minute;
    while (at < minute + WEEK_MIN) {
      const inside = week.find(([from, to]) => covers(from, to, at));
      if (!inside) return at - minute;
      at += lengthLeft(inside, at);
    }
    return null;
  }

  const covers = (from, to, at) => [0, WEEK_MIN].some((turn) => at % WEEK_MIN + turn >= from && at % WEEK_MIN + turn < to);
  const lengthLeft = ([from, to], at) => (at % WEEK_MIN >= from ? to - (at % WEEK_MIN) : to - (at % WEEK_MIN) - WEEK_MIN);

  /* Minutes until the door opens next; null if it never does. */
  function minutesUntilOpen(week, minute) {
    const waits = week.map(([from]) => (from - minute + WEEK_MIN) % WEEK_MIN);
    return waits.length ? Math.min(...waits) : null;
  }

  /* What the server would say of a door after a trip, from the usual week alone: no holidays, no closures of the day. */
  function estimated(week, travelS, now = new Date()) {
    if (!week) return { now: null, on_arrival: null, until: null, opens_at: null, certain: false };
    const start = minuteOfWeek(now), arrival = start + Math.floor(travelS / 60);
    const isOpen = (minute) => week.some(([from, to]) => covers(from, to, minute));
    const after = (minutes) => (minutes === null ? null : new Date(now.getTime() + (arrival - start + minutes) * 60000).toISOString());
    const onArrival = isOpen(arrival);
    return {
      now: isOpen(start),
      on_arrival: onArrival,
      until: onArrival ? after(minutesOpen(week, arrival)) : null,
      opens_at: onArrival ? null : after(minutesUntilOpen(week, arrival % WEEK_MIN)),
      certain: false,
    };
  }

  return { kindOf, sentence, estimated };
})();

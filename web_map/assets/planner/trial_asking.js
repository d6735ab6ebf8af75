/* One exchange with the server per change: figures and changed cells as soon as they are known, and in the same answer, a
   moment later, what every single change is worth. Parts are four letters, a length and their content (api/routers/what_if.py). */
Yiquan.askWhatIf = async function (body, told) {
  "use strict";

  const { signal, shown, weighed } = told;
  const HEAD_BYTES = 8;
  const answer = await Yiquan.ask("/what-if/parts", { body, signal, timeoutMs: 30000 });
  const reader = answer.body.getReader();
  const read = {};
  let waiting = new Uint8Array(0);

  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    waiting = joined(waiting, value);
    waiting = takeParts(waiting);
  }
  if (!read.SUMS) throw new Error("the answer was cut short");

  function joined(a, b) {
    const both = new Uint8Array(a.length + b.length);
    both.set(a);
    both.set(b, a.length);
    return both;
  }

  function takeParts(bytes) {
    let at = 0;
    while (bytes.length - at >= HEAD_BYTES) {
      const size = new DataView(bytes.buffer, bytes.byteOffset + at + 4, 4).getUint32(0, true);
      if (bytes.length - at < HEAD_BYTES + size) break;
      take(new TextDecoder().decode(bytes.slice(at, at + 4)), bytes.slice(at + HEAD_BYTES, at + HEAD_BYTES + size));
      at += HEAD_BYTES + size;
    }
    return bytes.slice(at);
  }

  function take(letters, content) {
    read[letters] = true;
    if (letters === "CELL") shown(read.summary, content.buffer);
    else if (letters === "SUMS") read.summary = JSON.parse(new TextDecoder().decode(content));
    else if (letters === "EACH") weighed(JSON.parse(new TextDecoder().decode(content)));
  }
};

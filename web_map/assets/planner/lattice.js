/* H3 cells on canvas tiles, painted from one small binary ("H3L1" or, packed, "H3L2", written by web_map/lattice.py)
   without an H3 library.

   A file is one or more blocks, one per face of the icosahedron; each holds the 3x3 matrix K that takes the unit vector of
   a position to the plane of its hexagons, and columns of bytes. 255 means "no data". Colours come from a table of 256
   entries, and every tile remembers which cell each of its pixels lies in: other class breaks, another hour or another
   question are painted by looking up bytes. */
(function () {
  "use strict";

  const NO_DATA = 255;
  const WHOLE = 0x314c3348; // "H3L1"
  const PACKED = 0x324c3348; // "H3L2"
  const PATCH = 0x31503348; // "H3P1"
  const HEADER_BYTES = 96;
  const PATCH_HEADER_BYTES = 8;
  const OUTLINE_BELOW_STEP = 0.09; // lattice units per pixel: cells wider than about 11 pixels get an outline
  const NOBODY = 1e-6; // what a cell without people counts beside one with some
  const PEOPLE_OF = Float64Array.from({ length: 256 }, (_, byte) => Math.expm1(byte / 20) + NOBODY);
  const MERGE_ABOVE_STEP = 0.7; // cells narrower than about 1.4 pixels are merged, or single ones would come and go
  const FRAME_MS = 8; // of painting in one frame; the other half is for the page
  const FIRST_MS = 150; // the same before anything is there to be moved: every frame more would keep people waiting for cells
  const STRIDE = 16; // pixels between exact positions; a straight line between them is off by less than a tenth of a pixel
  const OUTLINE_COLOUR = 0x59ffffff;

  /* ── reading ── */

  function readBlocks(buffer, names) {
    const blocks = [];
    for (let at = 0; at < buffer.byteLength; ) {
      const block = readBlock(buffer, at, names);
      blocks.push(block);
      at = block.end;
    }
    return blocks;
  }

  function readBlock(buffer, start, names) {
    const view = new DataView(buffer);
    const kind = buffer.byteLength - start < HEADER_BYTES ? 0 : view.getUint32(start, true);
    if (kind !== WHOLE && kind !== PACKED) throw new Error("neither an H3L1 nor an H3L2 file");
    const int = (offset) => view.getInt32(start + offset, true);
    const block = { resolution: view.getUint8(start + 4), i0: int(8), j0: int(12), ni: int(16), nj: int(20), K: [], columns: {} };
    for (let k = 0; k < 9; k++) block.K.push(view.getFloat64(start + 24 + 8 * k, true));
    block.frame = [block.resolution, block.i0, block.j0, block.ni, block.nj, ...block.K].join();
    const count = view.getUint8(start + 5), body = start + HEADER_BYTES;
    block.end = (kind === WHOLE ? readGrids : readPacked)(block, buffer, body, names.slice(0, count), count);
    return block;
  }

  function readGrids(block, buffer, at, names, count) {
    const size = block.ni * block.nj, end = at + count * size;
    if (end > buffer.byteLength) throw new Error("the H3L1 file is cut short");
    names.forEach((name, c) => (block.columns[name] = new Uint8Array(buffer, at + c * size, size)));
    return end;
  }

  function readPacked(block, buffer, at, names, count) {
    const size = block.ni * block.nj, first = at + ((size + 7) >> 3);
    if (first > buffer.byteLength) throw new Error("the H3L2 file is cut short");
    const places = placesOf(new Uint8Array(buffer, at, (size + 7) >> 3)), cells = places.length, end = first + count * cells;
    if (end > buffer.byteLength) throw new Error("the H3L2 file is cut short");
    names.forEach((name, c) => {
      const packed = new Uint8Array(buffer, first + c * cells, cells), grid = new Uint8Array(size).fill(NO_DATA);
      for (let n = 0; n < cells; n++) grid[places[n]] = packed[n];
      block.columns[name] = grid;
    });
    return end;
  }

  /* The numbers of the bits that are set, lowest first. */
  function placesOf(bits) {
    let count = 0;
    for (let byte of bits) for (; byte; byte &= byte - 1) count++;
    const places = new Uint32Array(count);
    for (let at = 0, n = 0; at < bits.length; at++) for (let byte = bits[at]; byte; byte &= byte - 1) places[n++] = at * 8 + 31 - Math.clz32(byte & -byte);
    return places;
  }

  /* The columns of some blocks with changed cells laid over them, as new columns; null if the changes are of other blocks. */
  function laidOver(blocks, buffer, names) {
    return new DataView(buffer).getUint32(0, true) === PATCH ? withPatch(blocks, buffer, names) : withCells(blocks, readBlocks(buffer, names));
  }

  function withPatch(blocks, buffer, names) {
    const view = new DataView(buffer), count = view.getUint8(5);
    if (view.getUint16(6, true) !== blocks.length) return null;
    let at = PATCH_HEADER_BYTES;
    const laid = [];
    for (const block of blocks) {
      const cells = view.getUint32(at + 4, true);
      if (view.getUint8(4) !== block.resolution || view.getUint32(at, true) !== block.ni * block.nj) return null;
      const places = new Uint32Array(buffer.slice(at + 8, at + 8 + 4 * cells)), first = at + 8 + 4 * cells; // a slice, because patches are not aligned
      const bytesOf = (name) => new Uint8Array(buffer, first + names.indexOf(name) * cells, cells);
      laid.push(withBytes(block, (name) => names.includes(name) && bytesOf(name), places));
      at = first + count * cells;
    }
    return laid;
  }

  function withCells(blocks, changed) {
    if (changed.length !== blocks.length || blocks.some((block, n) => block.frame !== changed[n].frame)) return null;
    return blocks.map((block, n) => withBytes(block, (name) => changed[n].columns[name]));
  }

  /* `bytesOf(name)` stand at `places`, or everywhere. Cells that are not shown stay so. */
  function withBytes(block, bytesOf, places) {
    const columns = {};
    for (const [name, base] of Object.entries(block.columns)) {
      const bytes = bytesOf(name);
      columns[name] = bytes ? base.slice() : base;
      for (let n = 0; bytes && n < bytes.length; n++) {
        const place = places ? places[n] : n;
        if (bytes[n] !== NO_DATA && base[place] !== NO_DATA) columns[name][place] = bytes[n];
      }
    }
    return columns;
  }

  /* ── from positions to cells ── */

  /* Rounding to hexagons. i and j are rounded each by itself; where their errors lie more than a half apart, the third
     coordinate j - i would be rounded to another neighbour, and the largest of the three errors gives way. */
  const rest = new Float64Array(2); // how far the point is from its cell's centre, for outlines; made once, not per pixel

  function indexAt(block, a, b) {
    let i = Math.floor(a + 0.5), j = Math.floor(b + 0.5);
    const da = a - i, db = b - j, apart = db - da;
    if (apart > 0.5 || apart < -0.5) {
      const side = apart > 0 ? 1 : -1, ofThird = 1 - Math.abs(apart), ofA = Math.abs(da), ofB = Math.abs(db);
      if (ofA > ofThird && ofA > ofB) i -= side;
      else if (ofThird <= ofB) j += side;
    }
    rest[0] = a - i;
    rest[1] = j - b;
    i -= block.i0;
    j -= block.j0;
    return i < 0 || j < 0 || i >= block.ni || j >= block.nj ? -1 : i * block.nj + j;
  }

  /* The mean of a column over each patch of 2^level by 2^level cells, every person counting alike; where nobody lives, every
     cell. Means of bytes and not of colours, so that a merged cell has a colour of the legend. */
  function meansOf(block, level, column, mask, people) {
    const patches = ((block.ni >> level) + 1) * ((block.nj >> level) + 1);
    const sums = new Float64Array(patches), weights = new Float64Array(patches);
    for (let index = 0; index < column.length; index++) {
      if (column[index] === NO_DATA || (mask && mask[index] === 0)) continue;
      const patch = patchOf(block, level, index), weight = people && people[index] !== NO_DATA ? PEOPLE_OF[people[index]] : NOBODY;
      sums[patch] += weight * column[index];
      weights[patch] += weight;
    }
    return Uint8Array.from(sums, (sum, patch) => (weights[patch] ? Math.round(sum / weights[patch]) : NO_DATA));
  }

  const patchOf = (block, level, index) => (((index / block.nj) | 0) >> level) * ((block.nj >> level) + 1) + ((index % block.nj) >> level);

  function onOutline(limit) {
    const x = rest[0], z = rest[1], y = -x - z;
    return Math.max(Math.abs(x - y), Math.abs(y - z), Math.abs(z - x)) > limit;
  }

  /* How many lattice units one pixel is wide, at the tile's upper left corner. */
  function latticeStep(ax, bx, wx, K, size, tileRow, world) {
    const q = Math.PI * (1 - (2 * (tileRow * size + 0.5)) / world), sin = Math.tanh(q), cos = 1 / Math.cosh(q);
    const at = (x) => {
      const w = cos * wx[x] + K[8] * sin;
      return [(cos * ax[x] + K[2] * sin) / w, (cos * bx[x] + K[5] * sin) / w];
    };
    const here = at(0), next = at(1);
    return Math.hypot(next[0] - here[0], next[1] - here[1]);
  }

  /* Which cell each pixel of a tile lies in: twice its index, one more on an outline, -1 off the grid. Where cells are merged,
     `level` is not 0 and the index that of a patch.

     K v splits into a part of the pixel's column (longitude) and a part of its row (latitude): that leaves no trigonometry
     for the pixels, and a division for every sixteenth of them. */
  function placesOnTile(block, size, coords, hasOutline) {
    const K = block.K, world = Math.pow(2, coords.z) * size, places = new Int32Array(size * size);
    const ax = new Float64Array(size + 1), bx = new Float64Array(size + 1), wx = new Float64Array(size + 1);
    for (let x = 0; x <= size; x++) {
      const lng = ((coords.x * size + x + 0.5) / world - 0.5) * 2 * Math.PI, c = Math.cos(lng), s = Math.sin(lng);
      ax[x] = K[0] * c + K[1] * s;
      bx[x] = K[3] * c + K[4] * s;
      wx[x] = K[6] * c + K[7] * s;
    }
    const step = latticeStep(ax, bx, wx, K, size, coords.y, world);
    const limit = hasOutline && step < OUTLINE_BELOW_STEP ? 1 - 1.1 * step : 9; // 9 is beyond any rest: no outline
    const level = Math.max(0, Math.ceil(Math.log2(step / MERGE_ABOVE_STEP)));
    for (let y = 0, at = 0; y < size; y++) {
      const q = Math.PI * (1 - (2 * (coords.y * size + y + 0.5)) / world), sin = Math.tanh(q), cos = 1 / Math.cosh(q);
      const ay = K[2] * sin, by = K[5] * sin, wy = K[8] * sin;
      let w = cos * wx[0] + wy, nextA = (cos * ax[0] + ay) / w, nextB = (cos * bx[0] + by) / w;
      for (let x = 0; x < size; x += STRIDE) {
        const next = Math.min(x + STRIDE, size), pixels = next - x, end = at + pixels, nextW = cos * wx[next] + wy;
        const isNear = w > 0 && nextW > 0; // else it is the far side of the globe
        let a = nextA, b = nextB;
        w = nextW;
        nextA = (cos * ax[next] + ay) / w;
        nextB = (cos * bx[next] + by) / w;
        const da = (nextA - a) / pixels, db = (nextB - b) / pixels;
        for (; at < end; at++, a += da, b += db) {
          let index = isNear ? indexAt(block, a, b) : -1;
          if (level && index >= 0) index = patchOf(block, level, index);
          places[at] = index < 0 ? -1 : 2 * index + (limit < 2 && onOutline(limit) ? 1 : 0);
        }
      }
    }
    return { places, level };
  }

  /* ── the layer ── */

  L.H3Lattice = L.GridLayer.extend({
    options: { tileSize: 256, opacity: 0.82, keepBuffer: 1, maxDpr: 2, columns: ["minutes", "share", "people"], column: "minutes", mask: null, outline: true },

    // Names such as _url or _loading belong to L.GridLayer: a subclass that reuses them breaks without a word.
    initialize: function (source, options) {
      L.setOptions(this, options);
      this._source = source;
      this._blocks = [];
      this._over = null; // changed cells: their bytes and the names of their columns
      this._laid = null; // the columns of the blocks with the changed cells in them
      this._palette = new Uint32Array(256);
      this._hasPainted = false;
      this._waiting = new Set(); // keys of the tiles to be painted
    },

    onAdd: function (map) {
      L.GridLayer.prototype.onAdd.call(this, map);
      map.on("click", this._pick, this);
      if (this._source && !this._blocks.length) this._fetchSource();
    },

    onRemove: function (map) {
      map.off("click", this._pick, this);
      L.GridLayer.prototype.onRemove.call(this, map);
    },

    /* New cells, as the bytes of an H3L1 or H3L2 file, with the names of its columns. Throws if they are none, and keeps
       the old ones then. */
    setBuffer: function (buffer, names) {
      this._blocks = readBlocks(buffer, names || this.options.columns);
      this._layOver();
      this.fire("data");
      return this.repaint();
    },

    /* More columns for the same cells, as a file of the same grid. False if it is of another one. */
    addBuffer: function (buffer, names) {
      const blocks = readBlocks(buffer, names);
      if (blocks.length !== this._blocks.length || blocks.some((block, n) => block.frame !== this._blocks[n].frame)) return false;
      blocks.forEach((block, n) => Object.assign(this._blocks[n].columns, block.columns));
      this._layOver();
      this.fire("data");
      this.repaint();
      return true;
    },

    /* Changed cells to lay over the others: a patch (H3P1) or a file of the same grid, or null for none. Over another grid
       (another zoom's cells, say) nothing is laid, and nothing is wrong until the right one comes. */
    setOver: function (buffer, names) {
      this._over = buffer && { buffer: buffer, names: names || this.options.columns };
      this._layOver();
      return this.repaint();
    },

    /* Which column is painted, and which one hides a cell where it is zero (null: none). */
    setColumns: function (column, mask) {
      this.options.column = column;
      this.options.mask = mask;
      return this.repaint();
    },

    has: function (column) {
      return this._blocks.length > 0 && this._blocks.every((block) => column in block.columns);
    },

    /* `colourOf(byte)` gives "#rrggbb" or null for invisible; asked 255 times. */
    setColours: function (colourOf) {
      for (let value = 0; value < NO_DATA; value++) {
        const colour = colourOf(value);
        const rgb = colour ? parseInt(colour.slice(1), 16) : 0;
        this._palette[value] = colour ? ((255 << 24) | ((rgb & 255) << 16) | (((rgb >> 8) & 255) << 8) | (rgb >> 16)) >>> 0 : 0;
      }
      return this.repaint();
    },

    /* Several changes in one turn (colours, columns, cells) are one repaint, before the next frame. */
    repaint: function () {
      this._waiting = new Set(Object.keys(this._tiles || {}));
      return this._paintSoon();
    },

    _paintSoon: function () {
      if (!this._due) this._due = L.Util.requestAnimFrame(this._paintWaiting, this);
      return this;
    },

    /* Tiles that know their cells take half a millisecond each and are painted together; of new ones, which take several, a
       frame paints what it has time for, those in the middle of the map first. */
    _paintWaiting: function () {
      this._due = null;
      const until = performance.now() + (this._hasPainted ? FRAME_MS : FIRST_MS);
      const tiles = [...this._waiting].map((key) => this._tiles[key]).filter(Boolean);
      const middle = this._map && this._map.getPixelBounds().getCenter().divideBy(this.options.tileSize);
      const away = (tile) => (middle ? Math.hypot(tile.coords.x + 0.5 - middle.x, tile.coords.y + 0.5 - middle.y) : 0);
      tiles.sort((a, b) => away(a) - away(b));
      for (const tile of tiles) {
        if (this._blocks.length && !tile.el.placesByFrame && performance.now() > until) continue;
        this._paint(tile.el, tile.coords);
        this._waiting.delete(this._tileCoordsToKey(tile.coords));
      }
      if (tiles.some((tile) => this._waiting.has(this._tileCoordsToKey(tile.coords)))) return void this._paintSoon();
      this._waiting.clear();
      if (!this._blocks.length) return;
      this._hasPainted = true;
      this.fire("painted");
    },

    /* The bytes of every column at a position by name, or null where no cell has data. */
    valuesAt: function (latlng) {
      const lat = (latlng.lat * Math.PI) / 180, lng = (latlng.lng * Math.PI) / 180;
      const v = [Math.cos(lat) * Math.cos(lng), Math.cos(lat) * Math.sin(lng), Math.sin(lat)];
      for (let n = 0; n < this._blocks.length; n++) {
        const block = this._blocks[n], K = block.K, columns = this._columnsOf(n);
        const row = (r) => K[r] * v[0] + K[r + 1] * v[1] + K[r + 2] * v[2];
        const w = row(6);
        const index = w > 0 ? indexAt(block, row(0) / w, row(3) / w) : -1;
        if (index < 0 || Object.values(columns).every((column) => column[index] === NO_DATA)) continue;
        return Object.fromEntries(Object.entries(columns).map(([name, column]) => [name, column[index]]));
      }
      return null;
    },

    createTile: function (coords) {
      const tile = document.createElement("canvas");
      tile.width = tile.height = this.options.tileSize * Math.min(window.devicePixelRatio || 1, this.options.maxDpr);
      this._waiting.add(this._tileCoordsToKey(coords));
      this._paintSoon();
      return tile;
    },

    _columnsOf: function (n) {
      return this._laid ? this._laid[n] : this._blocks[n].columns;
    },

    _layOver: function () {
      this._laid = this._over && this._blocks.length ? laidOver(this._blocks, this._over.buffer, this._over.names) : null;
    },

    _paint: function (canvas, coords) {
      if (!this._blocks.length) return;
      const context = canvas.getContext("2d"), size = canvas.width;
      const image = context.createImageData(size, size), pixels = new Uint32Array(image.data.buffer);
      this._blocks.forEach((block, n) => this._paintBlock(canvas, block, this._columnsOf(n), pixels, coords));
      context.putImageData(image, 0, 0);
    },

    _paintBlock: function (canvas, block, columns, pixels, coords) {
      const column = columns[this.options.column], mask = columns[this.options.mask], palette = this._palette;
      if (!column) return;
      const { places, level } = this._placesOf(canvas, block, coords);
      const values = level ? this._meansOf(block, level, columns) : column, hides = level ? null : mask;
      for (let at = 0; at < places.length; at++) {
        const place = places[at];
        if (place < 0) continue;
        const index = place >> 1, value = values[index];
        if (value === NO_DATA || (hides && hides[index] === 0)) continue;
        const colour = palette[value];
        pixels[at] = colour && place & 1 ? OUTLINE_COLOUR : colour;
      }
    },

    /* Remembered until the column, what hides it or the zoom is another. */
    _meansOf: function (block, level, columns) {
      const parts = [columns[this.options.column], columns[this.options.mask], columns.people, level];
      if (!block.means || block.means.parts.some((part, n) => part !== parts[n])) {
        block.means = { parts, values: meansOf(block, level, parts[0], parts[1], parts[2]) };
      }
      return block.means.values;
    },

    /* Remembered with the tile as long as the grid is the same. */
    _placesOf: function (canvas, block, coords) {
      canvas.placesByFrame = canvas.placesByFrame || new Map();
      if (!canvas.placesByFrame.has(block.frame)) {
        if (canvas.placesByFrame.size >= this._blocks.length) canvas.placesByFrame.clear();
        canvas.placesByFrame.set(block.frame, placesOnTile(block, canvas.width, coords, this.options.outline));
      }
      return canvas.placesByFrame.get(block.frame);
    },

    _pick: function (event) {
      const values = this.valuesAt(event.latlng);
      if (values) this.fire("cell", { latlng: event.latlng, values: values });
    },

    _fetchSource: function () {
      fetch(this._source)
        .then((answer) => {
          if (!answer.ok) throw new Error("HTTP " + answer.status);
          return answer.arrayBuffer();
        })
        .then((buffer) => this.setBuffer(buffer))
        .catch((error) => this.fire("error", { error: error }));
    },
  });

  L.h3Lattice = function (source, options) {
    return new L.H3Lattice(source, options);
  };
})();

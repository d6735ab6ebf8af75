/* H3 cells on canvas tiles, painted from one small binary ("H3L1", written by web_map/lattice.py) without an H3 library.

   A file is one or more blocks, one per face of the icosahedron; each holds the 3x3 matrix K that takes the unit vector of
   a position to the plane of its hexagons, and columns of bytes. 255 means "no data". Colours come from a table of 256
   entries, so that other class breaks cost a repaint and nothing else. */
(function () {
  "use strict";

  const NO_DATA = 255;
  const MAGIC = 0x314c3348;
  const HEADER_BYTES = 96;
  const OUTLINE_BELOW_STEP = 0.09; // lattice units per pixel: cells wider than about 11 pixels get an outline
  const MERGE_ABOVE_STEP = 0.7; // cells narrower than about 1.4 pixels are merged, or single ones would come and go
  const OUTLINE_COLOUR = 0x59ffffff;

  function readBlocks(buffer) {
    const blocks = [];
    for (let at = 0; at < buffer.byteLength; ) {
      const block = readBlock(buffer, at);
      blocks.push(block);
      at = block.end;
    }
    return blocks;
  }

  function readBlock(buffer, start) {
    const view = new DataView(buffer);
    if (buffer.byteLength - start < HEADER_BYTES || view.getUint32(start, true) !== MAGIC) throw new Error("not an H3L1 file");
    const int = (offset) => view.getInt32(start + offset, true);
    const block = { resolution: view.getUint8(start + 4), i0: int(8), j0: int(12), ni: int(16), nj: int(20), K: [], columns: [], picks: {} };
    for (let k = 0; k < 9; k++) block.K.push(view.getFloat64(start + 24 + 8 * k, true));
    const size = block.ni * block.nj;
    const count = view.getUint8(start + 5);
    block.end = start + HEADER_BYTES + count * size;
    if (block.end > buffer.byteLength) throw new Error("the H3L1 file is cut short");
    for (let c = 0; c < count; c++) block.columns.push(new Uint8Array(buffer, start + HEADER_BYTES + c * size, size));
    return block;
  }

  /* Rounding to hexagons: of x + y + z = 0, the coordinate with the largest error follows from the other two. The rest
     (how far the point is from its centre) is left in `restX` and `restZ`, because outlines need it and a returned
     object per pixel would cost more than the rounding. */
  let restX = 0;
  let restZ = 0;

  function indexAt(block, a, b) {
    const x = a, z = -b, y = -x - z;
    let rx = Math.round(x), ry = Math.round(y), rz = Math.round(z);
    const dx = Math.abs(rx - x), dy = Math.abs(ry - y), dz = Math.abs(rz - z);
    if (dx > dy && dx > dz) rx = -ry - rz;
    else if (dy <= dz) rz = -rx - ry;
    restX = x - rx;
    restZ = z - rz;
    const i = rx - block.i0, j = -rz - block.j0;
    return i < 0 || j < 0 || i >= block.ni || j >= block.nj ? -1 : i * block.nj + j;
  }

  /* For each patch of 2^level by 2^level cells, the cell that stands for it: the one with the highest weight. Picking a
     cell instead of averaging keeps one pick good for every column and every class break. */
  function picksAt(block, level, weightColumn) {
    const key = level + "/" + weightColumn;
    if (!block.picks[key]) {
      const weights = block.columns[weightColumn], width = (block.nj >> level) + 1;
      const picks = new Int32Array(((block.ni >> level) + 1) * width).fill(-1);
      for (let index = 0; index < weights.length; index++) {
        if (weights[index] === NO_DATA) continue;
        const patch = (((index / block.nj) | 0) >> level) * width + ((index % block.nj) >> level);
        if (picks[patch] < 0 || weights[index] > weights[picks[patch]]) picks[patch] = index;
      }
      block.picks[key] = { picks: picks, width: width };
    }
    return block.picks[key];
  }

  function onOutline(limit) {
    const restY = -restX - restZ;
    return Math.max(Math.abs(restX - restY), Math.abs(restY - restZ), Math.abs(restZ - restX)) > limit;
  }

  L.H3Lattice = L.GridLayer.extend({
    options: { tileSize: 256, opacity: 0.82, keepBuffer: 1, maxDpr: 2, column: 0, maskColumn: -1, outline: true },

    // Names such as _url or _loading belong to L.GridLayer: a subclass that reuses them breaks without a word.
    initialize: function (source, options) {
      L.setOptions(this, options);
      this._source = source;
      this._buffer = null; // the file as it came; what lies over it never changes it
      this._over = null;
      this._blocks = [];
      this._palette = new Uint32Array(256);
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

    /* New cells, as the bytes of an H3L1 file. Throws if they are none, and keeps the old ones then. */
    setBuffer: function (buffer) {
      readBlocks(buffer);
      this._buffer = buffer;
      this._layOver();
      this.fire("data");
      return this.repaint();
    },

    /* Bytes laid over the cells where they are not 255: a file with the same places, or null for none. Over a file of
       another length (another zoom's cells, say) nothing is laid, and nothing is wrong until the right one comes. */
    setOver: function (buffer) {
      this._over = buffer;
      this._layOver();
      return this.repaint();
    },

    /* Which column is painted, and which one hides a cell where it is zero (-1: none). */
    setColumns: function (column, maskColumn) {
      this.options.column = column;
      this.options.maskColumn = maskColumn;
      return this.repaint();
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

    repaint: function () {
      for (const key in this._tiles) this._paint(this._tiles[key].el, this._tiles[key].coords);
      return this;
    },

    /* The bytes of every column at a position, or null where no cell has data. */
    valuesAt: function (latlng) {
      const lat = (latlng.lat * Math.PI) / 180, lng = (latlng.lng * Math.PI) / 180;
      const v = [Math.cos(lat) * Math.cos(lng), Math.cos(lat) * Math.sin(lng), Math.sin(lat)];
      for (const block of this._blocks) {
        const K = block.K;
        const row = (r) => K[r] * v[0] + K[r + 1] * v[1] + K[r + 2] * v[2];
        const w = row(6);
        const index = w > 0 ? indexAt(block, row(0) / w, row(3) / w) : -1;
        if (index >= 0 && block.columns[0][index] !== NO_DATA) return block.columns.map((column) => column[index]);
      }
      return null;
    },

    createTile: function (coords) {
      const tile = document.createElement("canvas");
      tile.width = tile.height = this.options.tileSize * Math.min(window.devicePixelRatio || 1, this.options.maxDpr);
      this._paint(tile, coords);
      return tile;
    },

    _layOver: function () {
      if (!this._buffer) return;
      const fits = this._over && this._over.byteLength === this._buffer.byteLength;
      const laid = fits ? new Uint8Array(this._buffer.slice(0)) : null, bytes = fits && new Uint8Array(this._over);
      if (fits) for (let i = 0; i < laid.length; i++) if (bytes[i] !== NO_DATA) laid[i] = bytes[i];
      this._blocks = readBlocks(laid ? laid.buffer : this._buffer);
    },

    _paint: function (canvas, coords) {
      const size = canvas.width;
      const image = new ImageData(size, size);
      const pixels = new Uint32Array(image.data.buffer);
      for (const block of this._blocks) if (block.columns.length > this.options.column) this._paintBlock(block, pixels, size, coords);
      canvas.getContext("2d").putImageData(image, 0, 0);
    },

    /* K v splits into a part of the pixel's column (longitude) and a part of its row (latitude): what is left for the
       inner loop is one division, and no trigonometry. */
    _paintBlock: function (block, pixels, size, coords) {
      const K = block.K, palette = this._palette, world = Math.pow(2, coords.z) * size;
      const column = block.columns[this.options.column], mask = block.columns[this.options.maskColumn];
      const ax = new Float64Array(size), bx = new Float64Array(size), wx = new Float64Array(size);
      for (let x = 0; x < size; x++) {
        const lng = ((coords.x * size + x + 0.5) / world - 0.5) * 2 * Math.PI, c = Math.cos(lng), s = Math.sin(lng);
        ax[x] = K[0] * c + K[1] * s;
        bx[x] = K[3] * c + K[4] * s;
        wx[x] = K[6] * c + K[7] * s;
      }
      const step = latticeStep(ax, bx, wx, K, size, coords.y, world);
      const limit = this.options.outline && step < OUTLINE_BELOW_STEP ? 1 - 1.1 * step : 9; // 9 is beyond any rest: no outline
      const level = Math.max(0, Math.ceil(Math.log2(step / MERGE_ABOVE_STEP)));
      const merged = level > 0 ? picksAt(block, level, mask ? this.options.maskColumn : this.options.column) : null;
      for (let y = 0; y < size; y++) {
        const q = Math.PI * (1 - (2 * (coords.y * size + y + 0.5)) / world), sin = Math.tanh(q), cos = 1 / Math.cosh(q);
        const ay = K[2] * sin, by = K[5] * sin, wy = K[8] * sin;
        for (let x = 0; x < size; x++) {
          const w = cos * wx[x] + wy;
          if (w <= 0) continue; // the far side of the globe
          let index = indexAt(block, (cos * ax[x] + ay) / w, (cos * bx[x] + by) / w);
          if (merged && index >= 0) index = merged.picks[(((index / block.nj) | 0) >> level) * merged.width + ((index % block.nj) >> level)];
          if (index < 0 || column[index] === NO_DATA || (mask && mask[index] === 0)) continue;
          const colour = palette[column[index]];
          pixels[y * size + x] = colour && limit < 2 && onOutline(limit) ? OUTLINE_COLOUR : colour;
        }
      }
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

  L.h3Lattice = function (source, options) {
    return new L.H3Lattice(source, options);
  };
})();

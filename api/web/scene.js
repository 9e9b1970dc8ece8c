// The place that a site is: hills, a path and a sun or moon, drawn from its name, so that a reader who
// meets a site again comes to the same place. Pure.

const WIDTH = 800;
const HEIGHT = 240;
export const MOODS = 6; // kinds of light; page.css has their colours

// FNV-1a, then mulberry32: as many even numbers in [0, 1) as one asks for.
function dice(name) {
  let hash = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(name)) hash = Math.imul(hash ^ byte, 0x01000193);
  return () => {
    hash = (hash + 0x6d2b79f5) | 0;
    let mixed = Math.imul(hash ^ (hash >>> 15), hash | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

const round = (value) => Math.round(value * 10) / 10;

// A line of hills: heights at even steps, joined without a corner.
function ridge(roll, top, swing) {
  const count = 4 + Math.floor(roll() * 4);
  const step = WIDTH / count;
  return Array.from({ length: count + 1 }, (_, i) => [i * step, top + (roll() - 0.5) * 2 * swing]);
}

function hill(points) {
  let path = `M0 ${HEIGHT}V${round(points[0][1])}`;
  for (let i = 1; i < points.length; ++i) {
    const [x0, y0] = points[i - 1];
    const [x1, y1] = points[i];
    const middle = (x0 + x1) / 2;
    path += `C${round(middle)} ${round(y0)} ${round(middle)} ${round(y1)} ${round(x1)} ${round(y1)}`;
  }
  return path + `V${HEIGHT}z`;
}

// The height of a line of hills at x: as hill() draws it, near enough for a tree to stand on.
function heightAt(points, x) {
  const place = Math.min(Math.floor((x / WIDTH) * (points.length - 1)), points.length - 2);
  const [x0, y0] = points[place];
  const [x1, y1] = points[place + 1];
  const along = (x - x0) / (x1 - x0);
  return y0 + (y1 - y0) * along * along * (3 - 2 * along);
}

const pine = (x, y, tall) =>
  `M${round(x)} ${round(y - tall)}l${round(tall * 0.28)} ${round(tall)}h${round(-tall * 0.56)}z`;

function trees(roll, points) {
  let path = "";
  for (let grove = Math.floor(roll() * 3); grove >= 0; --grove) {
    const at = 40 + roll() * (WIDTH - 80);
    for (let i = 2 + Math.floor(roll() * 5); i > 0; --i) {
      const x = Math.min(Math.max(at + (roll() - 0.5) * 110, 5), WIDTH - 5);
      path += pine(x, heightAt(points, x) + 4, 16 + roll() * 18);
    }
  }
  return path;
}

// From the lower edge over the near hills towards the sun.
function way(roll, near, far_x, horizon) {
  const from = 250 + roll() * 300;
  const middle_x = (from + far_x) / 2 + (roll() - 0.5) * 160;
  const lean = far_x - from;
  const middle_y = heightAt(near, Math.min(Math.max(middle_x, 0), WIDTH)) + 6;
  return (
    `M${round(from)} ${HEIGHT}C${round(from + lean * 0.2)} ${HEIGHT - 24} ` +
    `${round(middle_x - lean * 0.35)} ${round(middle_y + 16)} ${round(middle_x)} ` +
    `${round(middle_y)}S${round(far_x - lean * 0.05)} ${round(horizon + 26)} ` +
    `${round(far_x)} ${round(horizon + 4)}`
  );
}

function house(roll, points) {
  if (roll() < 0.5) return { house: "", lamp: "" };
  const x = 80 + roll() * (WIDTH - 160);
  const y = heightAt(points, x) + 5;
  return {
    house: `M${round(x - 15)} ${round(y)}v-15l15-12 15 12v15z`,
    lamp: `M${round(x - 4)} ${round(y - 12)}h8v8h-8z`,
  };
}

function birds(roll) {
  if (roll() < 0.4) return "";
  const x = 90 + roll() * 600;
  const y = 30 + roll() * 40;
  return Array.from({ length: 2 + Math.floor(roll() * 3) }, (_, i) => {
    const [bx, by] = [round(x + i * 26 + roll() * 10), round(y + (roll() - 0.5) * 24)];
    return `M${bx} ${by}q5-6 9 0q5-6 9 0`;
  }).join("");
}

// Sun and path keep to the middle, which is all that a narrow screen shows.
//
// {mood, sun: {x, y, size}, far, mid, near, path, trees, house, lamp, birds}: all but the first two are
// SVG path data in a field of 800 by 240.
export function sceneOf(site) {
  const roll = dice(site);
  const mood = Math.floor(roll() * MOODS);
  const sun = { x: round(270 + roll() * 260), y: round(62 + roll() * 60), size: round(24 + roll() * 18) };
  const far = ridge(roll, 138, 34);
  const mid = ridge(roll, 172, 24);
  const near = ridge(roll, 208, 16);
  return {
    mood,
    sun,
    far: hill(far),
    mid: hill(mid),
    near: hill(near),
    path: way(roll, near, sun.x, heightAt(far, sun.x)),
    trees: trees(roll, mid),
    ...house(roll, near),
    birds: birds(roll),
  };
}

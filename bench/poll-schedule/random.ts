/** Uniform in [0, 1). */
export type Random = () => number;

/** A stream of its own for each name, the same whenever it is asked for: mulberry32, seeded by the FNV-1a hash of the name. */
export function randomOf(...name: Array<string | number>): Random {
  let state = hash(name.join('/'));
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

export function between(low: number, high: number, random: Random): number {
  return low + (high - low) * random();
}

function hash(text: string): number {
  let hashed = 0x811c9dc5;
  for (const letter of text) hashed = Math.imul(hashed ^ (letter.codePointAt(0) ?? 0), 0x01000193);
  return hashed;
}

/** Random choices that come out the same for the same seed, so that a case can be run again alone. */
export class Random {
  #state: number;

  constructor(...seeds: ReadonlyArray<number | string>) {
    let hash = 0x811c9dc5;
    for (const character of seeds.join('/')) hash = Math.imul(hash ^ (character.codePointAt(0) ?? 0), 0x01000193);
    this.#state = hash;
  }

  /** From 0, below 1 (mulberry32). */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }

  /** From 0, below `end`. */
  below(end: number): number {
    return Math.floor(this.next() * end);
  }

  chance(probability: number): boolean {
    return this.next() < probability;
  }

  pick<T>(choices: readonly T[]): T {
    const choice = choices[this.below(choices.length)];
    if (choice === undefined) throw new Error('nothing to pick from');
    return choice;
  }

  bytes(length: number): Buffer {
    return Buffer.from(Array.from({ length }, () => this.below(256)));
  }

  /** Up to `longest` characters: mostly plain ones, some of every plane. */
  text(longest: number): string {
    return Array.from({ length: this.below(longest + 1) }, () => this.#character()).join('');
  }

  #character(): string {
    const kind = this.next();
    if (kind < 0.8) return String.fromCharCode(0x20 + this.below(0x5f));
    if (kind < 0.9) return String.fromCharCode(this.below(0x20));
    return String.fromCodePoint(this.below(kind < 0.97 ? 0x3000 : 0x110000));
  }
}

/** Words in capital letters that stand for what a reader has: ids that were printed before, and a destination. */
const NAMES = ['BUCKET:KEY', 'IMAGE_ID', 'JOB_ID', 'WORKFLOW_ID'] as const;
type Name = (typeof NAMES)[number];

/** Puts into commands what a reader would: each is the latest that was printed. */
export class Placeholders {
  readonly #values = new Map<Name, string>();

  /** @param page names the destination, which no other page may use */
  constructor(page: string, imageId?: string) {
    if (imageId !== undefined) this.#values.set('IMAGE_ID', imageId);
    this.#values.set('BUCKET:KEY', `ims-image:${page}/attached.qcow2`);
  }

  knows(name: Name): boolean {
    return this.#values.has(name);
  }

  /** @throws Error when nothing printed so far tells what to put there */
  fill(text: string): string {
    return NAMES.reduce((filled, name) => {
      if (!new RegExp(`\\b${name}\\b`).test(filled)) return filled;
      const value = this.#values.get(name);
      if (value === undefined) throw new Error(`\`${text}\`: nothing printed before tells ${name}`);
      return filled.replace(new RegExp(`\\b${name}\\b`, 'g'), value);
    }, text);
  }

  /** Looks through what a command has printed. */
  heed(said: string): void {
    // The first line of the simulator.
    const imageId = /"linux":"([0-9a-f-]{36})"/.exec(said)?.[1];
    const jobId = [...said.matchAll(/\bjob(?:Id)?\W+([0-9a-f]{32})\b/g)].at(-1)?.[1];
    const workflowId = [...said.matchAll(/\bims-export:[^\s"'`]+/g)].at(-1)?.[0];
    if (imageId !== undefined) this.#values.set('IMAGE_ID', imageId);
    if (jobId !== undefined) this.#values.set('JOB_ID', jobId);
    if (workflowId !== undefined) this.#values.set('WORKFLOW_ID', workflowId);
  }
}

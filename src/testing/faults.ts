/** What goes wrong with a request. */
export interface FaultAction {
  /** Answered without acting, with `headers` and `body`. */
  status?: number;
  /** Acts, and then answers `status` in the place of the real answer: a gateway that gave up waiting. */
  acts?: boolean;
  headers?: { [name: string]: string };
  /** A text, or JSON. Without `status` the request is acted upon, and only the body of the real answer is replaced. */
  body?: unknown;
  /** Closes the connection without acting. */
  dropBefore?: boolean;
  /** Acts, then closes the connection without an answer. */
  dropAfter?: boolean;
  /** Waits by the real clock, then acts normally, or does what else is said here. */
  delayMs?: number;
  /** Acts, then closes the connection in the middle of the answer's body. */
  truncate?: boolean;
}

export interface FaultRule {
  /** Every service when absent. */
  service?: ServiceName;
  /** Every method when absent. */
  method?: string;
  /** Path without query; `*` stands for any characters. Every path when absent. */
  path?: string;
  /** The first matching request that is hit, counted from 1 since the rule was set. @default 1 */
  nth?: number;
  /** How many matching requests are hit from then on. @default 1 */
  times?: number;
  action: FaultAction;
}

export type ServiceName = 'ims' | 'obs' | 'iam' | 'metadata';

/** Rules that make requests fail, in the order they were set. The first that is due wins; all that match count. */
export class Faults {
  private rules: Array<{ rule: FaultRule; path: RegExp; seen: number }> = [];

  /** @example simulator.faults.add({ service: 'ims', method: 'POST', path: '/v1/cloudimages/*\/file', action: { dropAfter: true } }); */
  add(rule: FaultRule): void {
    this.rules.push({ rule, path: globToRegExp(rule.path ?? '*'), seen: 0 });
  }

  clear(): void {
    this.rules = [];
  }

  /** Counts a request and says what is to go wrong with it. `paths` are the names it goes by. */
  take(service: ServiceName, method: string, paths: readonly string[]): FaultAction | undefined {
    let due: FaultAction | undefined;
    for (const entry of this.rules) {
      const { rule } = entry;
      if (rule.service !== undefined && rule.service !== service) continue;
      if (rule.method !== undefined && rule.method.toUpperCase() !== method) continue;
      if (!paths.some((path) => entry.path.test(path))) continue;
      entry.seen += 1;
      const first = rule.nth ?? 1;
      const isDue = entry.seen >= first && entry.seen < first + (rule.times ?? 1);
      if (isDue) due ??= rule.action;
    }
    return due;
  }
}

function globToRegExp(glob: string): RegExp {
  const pattern = glob
    .split(/\*+/)
    .map((text) => text.replace(/[.+?^${}()|[\]\\]/g, '\\$&'))
    .join('.*');
  return new RegExp(`^${pattern}$`);
}

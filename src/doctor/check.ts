import { oneLine } from '../export/quoting';
import type { ProxyConfigurationError } from '../network/proxies';

/** The kinds of problems, in the order in which to fix them: an earlier one may be the cause of the rest. */
export const PROBLEM_KINDS = ['configuration', 'credentials', 'temporal', 'cloud'] as const;
export type ProblemKind = (typeof PROBLEM_KINDS)[number];

/** What one check found. */
export type Finding =
  | { state: 'ok'; found: string }
  /** `next` says what to do about it. */
  | { state: 'problem'; kind: ProblemKind; found: string; next: string }
  /** `found` says why not. */
  | { state: 'notChecked'; found: string };

/** A check and its finding: one line for a person. */
export type Check = Finding & {
  /** Such as `Temporal` or `credentials`. */
  check: string;
  /** The account, bucket or task queue that was checked, where there may be several. */
  subject: string | null;
};

export function ok(found: string): Finding {
  return { state: 'ok', found };
}

export function problem(kind: ProblemKind, found: string, next: string): Finding {
  return { state: 'problem', kind, found, next };
}

/** A variable such as HTTPS_PROXY names no usable proxy, and a connection would go through it. */
export function unusableProxy({ message }: ProxyConfigurationError): Finding {
  return problem('configuration', oneLine(message.replace(/\.$/, ''), 500), 'Correct the variable, or unset it.');
}

export function notChecked(why: string): Finding {
  return { state: 'notChecked', found: why };
}

/** Longer than any check waits for what it asks; one that still hangs is given up. */
const LIMIT_MS = 20_000;

/** Runs a check to its finding; an error that it did not expect is one too. */
export async function check(
  name: string,
  subject: string | null,
  kind: ProblemKind,
  inspect: () => Finding | Promise<Finding>,
): Promise<Check> {
  let timer: NodeJS.Timeout | undefined;
  const tooLate = new Promise<Finding>((settle) => {
    const found = `there was no answer within ${LIMIT_MS / 1000} s`;
    timer = setTimeout(
      () => settle(problem(kind, found, 'Run the doctor again. If the check still times out, find out what is slow.')),
      LIMIT_MS,
    );
  });
  try {
    return { check: name, subject, ...(await Promise.race([inspect(), tooLate])) };
  } catch (error) {
    const found = error instanceof Error ? error.message : String(error);
    return { check: name, subject, ...problem(kind, found, 'This error is unexpected. Please report it.') };
  } finally {
    clearTimeout(timer);
  }
}

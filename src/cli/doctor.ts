import { type Check, type Diagnosis, diagnose, type ProblemKind } from '../doctor';
import { print, printJson } from '../terminal/output';
import { EXIT } from './exit-codes';
import type { OutputOptions } from './output';

export interface DoctorFlags extends OutputOptions {
  taskQueue?: string;
  bucket?: string[];
  account?: string;
}

/** The exit code is that of the problem to fix first. */
const EXIT_CODES: { [kind in ProblemKind]: number } = {
  configuration: EXIT.badArguments,
  credentials: EXIT.failed,
  temporal: EXIT.temporal,
  cloud: EXIT.failed,
};

/** `ims-export doctor`. */
export async function doctor({ taskQueue, bucket, account, json }: DoctorFlags): Promise<void> {
  const diagnosis = await diagnose({ taskQueue, buckets: bucket, account });
  if (json) printJson(diagnosis);
  else print(...diagnosisLines(diagnosis));
  process.exitCode = diagnosis.fixFirst === null ? EXIT.succeeded : EXIT_CODES[diagnosis.fixFirst];
}

const STATES: { [state in Check['state']]: string } = { ok: 'ok', problem: 'problem', notChecked: 'not checked' };

/** A line for each check, and one that sums up. */
export function diagnosisLines({ checks, fixFirst }: Diagnosis): string[] {
  const rows = checks.map((one) => {
    const subject = one.subject === null ? '' : ` ${one.subject}`;
    const next = one.state === 'problem' ? `. ${one.next}` : '';
    return { state: STATES[one.state], check: `${one.check}${subject}`, text: `${one.found}${next}` };
  });
  const width = Math.max(...rows.map(({ check }) => check.length));
  return [
    ...rows.map(({ state, check, text }) => `${state.padEnd(11)}  ${check.padEnd(width)}  ${text}`),
    summary(checks, fixFirst),
  ];
}

function summary(checks: readonly Check[], fixFirst: ProblemKind | null): string {
  const problems = checks.filter(({ state }) => state === 'problem').length;
  const unchecked = checks.filter(({ state }) => state === 'notChecked').length;
  const rest = unchecked === 0 ? '' : ` (${unchecked} not checked)`;
  if (problems === 0) return `No problem found${rest}.`;
  if (problems === 1) return `1 problem${rest}.`;
  const first = checks.find((one) => one.state === 'problem' && one.kind === fixFirst);
  return `${problems} problems${rest}. Fix ${first?.check} first: it may cause the others.`;
}

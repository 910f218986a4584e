import { forTerminal } from '../export/quoting';

/** A line of the log for people: time, level, message, then what it is about. */
export function textLine(json: string): string {
  const { time, level, msg, error, ...attributes } = JSON.parse(json) as { [name: string]: unknown };
  const clock = String(time).slice(11, 23);
  const about = Object.entries(attributes)
    .filter(([name]) => !NOT_FOR_PEOPLE.has(name))
    .map(([name, value]) => `${valueText(name)}=${valueText(value)}`);
  const lines = [[clock, String(level).toUpperCase().padEnd(5), msg, ...about].join(' '), ...errorLines(error)];
  return lines.map((line) => `${forTerminal(line)}\n`).join('');
}

/** The same for every line of a worker, or known from others. */
const NOT_FOR_PEOPLE: ReadonlySet<string> = new Set([
  'namespace',
  'taskQueue',
  'sdkComponent',
  'isLocal',
  'activityId',
  'workflowType',
]);

function valueText(value: unknown): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return /^[^\s"=]+$/.test(text) ? text : JSON.stringify(text);
}

function errorLines(error: unknown): string[] {
  if (error === undefined || error === null) return [];
  const { type, message, stack, cause } = error as { [name: string]: unknown };
  const words = typeof stack === 'string' ? stack : `${type}: ${message}`;
  return [...words.split('\n').map((line) => `  ${line}`), ...errorLines(cause)];
}

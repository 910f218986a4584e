/** The failures of the catalogue as their users meet them: one row for what looks the same to them. */
export interface Trouble {
  /** What goes wrong, in a few words. */
  trouble: string;
  /** What the package does about it. */
  does: string;
  /** What you do. */
  act: string;
  /** The failures of the catalogue that this is. */
  failures: readonly string[];
}

export const TROUBLES: { readonly [stage: string]: readonly Trouble[] } = {
  'Before the submit': [
    {
      trouble: 'A permission is missing, the bucket is in another region, or a rule refuses the image.',
      does: 'Refuses within seconds, and names the option that turns [the rule](preflight.md) down.',
      act: 'Fix what the rule names, or start again with `--option rules.sizeLimit=warn`.',
      failures: ['F18', 'F31', 'F32'],
    },
    {
      trouble: 'An object is at the destination.',
      does: 'Never overwrites it. If it is the unchanged object of an earlier success, answers with that result.',
      act: 'Choose another key.',
      failures: ['F17', 'F51', 'F66'],
    },
    {
      trouble: 'One wrong reading: a 404 of a gateway, an empty list.',
      does: 'Reads four times over two minutes before it refuses.',
      act: 'Nothing. A mistyped image id takes two minutes to show.',
      failures: ['F42', 'F45', 'F53', 'F64'],
    },
    {
      trouble: 'A host does not exist, its certificate is not trusted, or it has no common version of TLS.',
      does: 'Ends the export within a minute. A running job is not given up.',
      act: 'Correct the endpoint or [the certificates](production.md#certificates).',
      failures: ['F73'],
    },
  ],
  'The submit': [
    {
      trouble: 'The answer to the submit is lost.',
      does: '[Finds out](lost-submits.md) what became of it before it sends anything again.',
      act: 'Nothing. If you know the job: `ims-export resolve ID --job JOB_ID`.',
      failures: ['F9', 'F10', 'F38', 'F39', 'F40', 'F41', 'F48', 'F50'],
    },
    {
      trouble: 'The cloud throttles, or too many exports run.',
      does: 'Waits within `submitBudget`, and submits once.',
      act: 'Nothing. Often? [Limit the calls](cost-and-scale.md#limit-the-calls-to-the-cloud).',
      failures: ['F19', 'F20', 'F21'],
    },
    {
      trouble: 'Another export of the image runs.',
      does: 'Waits for its end, or refuses with `whenImageBusy: fail`.',
      act: 'Nothing, or cancel one.',
      failures: ['F30'],
    },
    {
      trouble: 'The network allows only a proxy, and the proxy fails.',
      does: 'Uses [the proxy](production.md#proxies) for everything. Repeats the submit only when nothing was sent. After 407 or 403 it ends a new export within a minute.',
      act: 'Correct `HTTPS_PROXY`, and restart the worker.',
      failures: ['F71', 'F72'],
    },
  ],
  'While the job runs': [
    {
      trouble: 'Polls fail, or their answers cannot be read.',
      does: 'Counts and repeats them, for `pollErrorBudget` at a stretch. Then the export is *unknown*, never failed.',
      act: 'Nothing. After *unknown*: attach when the cloud answers.',
      failures: ['F3', 'F4', 'F7', 'F14'],
    },
    {
      trouble: 'The export takes longer than the deadline.',
      does: 'Polls once more, then ends as *unknown* with the job id. Restarts do not move the deadline.',
      act: '`ims-export retune ID --deadline +6h` before, `ims-export attach` after.',
      failures: ['F1', 'F2', 'F26', 'F28', 'F35'],
    },
    {
      trouble: 'The progress stands still, or falls back.',
      does: 'Warns after `stallAfter`, and continues.',
      act: 'Ask the cloud about the job.',
      failures: ['F15', 'F33'],
    },
    {
      trouble: 'The key expires, or is refused.',
      does: 'Fetches a new one. *Parks* the export, and never fails a running job for it.',
      act: 'Fix the key, then `ims-export poll-now ID`.',
      failures: ['F12', 'F44', 'F69'],
    },
    {
      trouble: 'The cloud reports a status that the API does not name, or does not know the job.',
      does: 'Waits for `unknownStatusBudget` or `jobNotFoundGrace`, then ends as *unknown*.',
      act: 'Ask the cloud, then attach.',
      failures: ['F6', 'F11'],
    },
    {
      trouble: 'No worker runs.',
      does: 'Refuses a start. A running export waits with `attention: noWorker`, and spends no budget.',
      act: '`ims-export worker`.',
      failures: ['F34', 'F43'],
    },
    {
      trouble: 'A worker is stopped or killed.',
      does: 'The next worker continues. A stopping worker finishes its submit first.',
      act: 'Nothing.',
      failures: ['F36', 'F58'],
    },
    {
      trouble: 'A run is reset.',
      does: 'Keeps `retune` and `resolveSubmission`, and submits nothing that the old run may have submitted.',
      act: 'After *unknown*: check for the object, then attach.',
      failures: ['F39', 'F49'],
    },
  ],
  'The end': [
    {
      trouble: 'The job fails.',
      does: 'Ends at once, with code, reason and request id of the cloud.',
      act: 'Fix what they name, and start again.',
      failures: ['F5', 'F8'],
    },
    {
      trouble: 'The job succeeds, and the object is missing, empty or broken.',
      does: 'Checks size, age, storage class and first bytes, and ends as `ExportedObjectInvalid`.',
      act: 'Do not use the object. Export to another key.',
      failures: ['F16'],
    },
    {
      trouble: 'A cancel leaves the job in the cloud.',
      does: 'Reports which job is still running. With `onCancel: drain` it follows the job, and deletes only the object that is proven its own.',
      act: '`ims-export attach` tracks the job again.',
      failures: ['F13', 'F22', 'F23', 'F24', 'F29', 'F37'],
    },
  ],
  Batches: [
    {
      trouble: 'No image matches, or all exports fail, and the schedule is green.',
      does: 'Fails as `NothingToExport`; with `failWhen` as `BatchFailed`. Metrics count every verdict.',
      act: 'Set [`failWhen`](batch.md#when-a-batch-fails) and the alerts.',
      failures: ['F52'],
    },
    {
      trouble: 'An export of the batch cannot report its end.',
      does: 'Checks silent exports. What cannot be read gets the verdict `unknown`.',
      act: 'Let the worker read workflows. Check for object and job.',
      failures: ['F54', 'F55', 'F67', 'F68'],
    },
  ],
  'Namespace and security': [
    {
      trouble: 'The namespace encrypts, or one memo cannot be decoded.',
      does: 'Uses your [data converter](production.md#a-namespace-that-encrypts), and marks what it cannot decode as `unreadable`.',
      act: '`--data-converter MODULE`.',
      failures: ['F56', 'F57'],
    },
    {
      trouble: 'A secret could end up in a log, or go over plain http.',
      does: 'Hides it as `***`. Refuses http outside of loopback and link-local addresses.',
      act: 'Use https.',
      failures: ['F63', 'F65', 'F74'],
    },
  ],
};

/** Users notice nothing of these, or the message says all that there is to do. */
export const UNNOTICED: readonly string[] = ['F25', 'F27', 'F46', 'F47', 'F59', 'F60', 'F61', 'F62', 'F70'];

/** docs/failure-modes.md, for users: made of {@link TROUBLES}. */
export function failureModesPage(): string {
  const cell = (text: string) => text.replaceAll('|', '\\|');
  const sections = Object.entries(TROUBLES).map(([stage, troubles]) => {
    const rows = troubles.map(({ trouble, does, act }) => `| ${[trouble, does, act].map(cell).join(' | ')} |`);
    return `## ${stage}\n\n| What goes wrong | What the package does | What you do |\n|---|---|---|\n${rows.join('\n')}\n`;
  });
  return `# Failure modes

What can go wrong with an export, what the package does by itself, and what is left for you. \`ID\` is the workflow id. What to do by
phase, failure type or warning: [On call](operations.md). Each case with its tests: [the catalogue](development/failure-catalogue.md).

${sections.join('\n')}`;
}

/**
 * What is to happen to one export: what the cloud does, and which messages come when. A script is data: made from a seed,
 * and fit to be printed.
 *
 * @module
 */
import fc from 'fast-check';
import type { ExportActivities, ExportOptions } from '../../../src/contract';

export interface Script {
  seed: number;
  world: World;
  options: ExportOptions;
  steps: Step[];
}

/** What the cloud does. */
export interface World {
  jobMinutes: number;
  /** `stuck`: it neither moves nor ends. */
  jobEnd: 'SUCCESS' | 'FAIL' | 'stuck';
  /** What the first, second … POST meets. Further ones meet nothing. */
  posts: Array<'throttled' | 'dropBefore' | 'dropAfter'>;
  /** Reads of the image that fail while the input is validated. */
  imageReadsFail: number;
  /** Polls that are answered otherwise, from the `nth` on. */
  polls: { nth: number; times: number; status: 403 | 404 | 503 } | null;
  /** Looks at the object that fail, from the second on: the first is that of the validation. */
  headsFail: number;
}

/** Some messages at one moment. */
export interface Step {
  at: Moment;
  /** `away`: they are sent while no worker is there, so that one workflow task delivers them all. */
  worker: 'there' | 'away';
  messages: Message[];
}

/** So long after the step before, by the server's clock; or while an activity is under way, the n-th of its kind. */
export type Moment = { afterMs: number } | { during: keyof ExportActivities; nth: number };

export type Message =
  | { send: 'pollNow' | 'pausePolling' | 'resumePolling' | 'cancel' }
  /** A change can be unfit: then it is refused. */
  | { send: 'retune'; changes: unknown }
  | { send: 'resolveSubmission'; answer: Answer }
  | { send: 'awaitSubmitted'; intent: 'same' | 'otherImage' | 'unreadable' };

/** `truth`: the job that the cloud has begun, or that there is none. */
export type Answer = 'truth' | 'unknownJob' | 'notSubmitted' | 'unreadable';

/** The script of a seed, the same each time. */
export function scriptOf(seed: number): Script {
  const [script] = fc.sample(scripts, { seed, numRuns: 1 });
  if (script === undefined) throw new Error(`no script of seed ${seed}`);
  return { seed, ...script };
}

const rarely = <T>(arbitrary: fc.Arbitrary<T>, otherwise: T, odds = 3) =>
  fc.oneof({ weight: odds, arbitrary: fc.constant(otherwise) }, { weight: 1, arbitrary });

const world: fc.Arbitrary<World> = fc.record({
  jobMinutes: fc.integer({ min: 5, max: 400 }),
  jobEnd: fc.constantFrom('SUCCESS', 'SUCCESS', 'SUCCESS', 'FAIL', 'stuck'),
  posts: fc.oneof(
    fc.constant<World['posts']>([]),
    fc.array(fc.constant('throttled' as const), { minLength: 1, maxLength: 12 }),
    fc.array(fc.constantFrom('throttled', 'dropBefore', 'dropAfter'), { minLength: 1, maxLength: 3 }),
    fc.constantFrom<World['posts'][number]>('dropBefore', 'dropAfter').map((post) => [post]),
  ),
  imageReadsFail: rarely(fc.integer({ min: 1, max: 6 }), 0),
  polls: rarely(
    fc.record({
      nth: fc.integer({ min: 1, max: 6 }),
      times: fc.integer({ min: 1, max: 10 }),
      status: fc.constantFrom(403, 404, 503),
    }),
    null,
    1,
  ),
  headsFail: rarely(fc.integer({ min: 1, max: 8 }), 0),
});

const options: fc.Arbitrary<ExportOptions> = fc.record({
  deadline: fc.constantFrom('3h', '6h', '12h', '24h'),
  minInterval: fc.constantFrom('10s', '1m', '5m'),
  maxInterval: fc.constantFrom('10m', '20m', '1h'),
  submitBudget: fc.constantFrom('20m', '2h'),
  onCancel: fc.constantFrom('detach', 'drain'),
  onAmbiguousSubmit: fc.constantFrom('probe', 'ask', 'ask'),
  maxProbes: fc.constantFrom(0, 1, 2),
  acceptUnconfirmed: fc.boolean(),
});

const retuning = fc.oneof(
  {
    weight: 4,
    arbitrary: fc
      .record(
        {
          deadline: fc.constantFrom('+2h', '+30m', '9h', '30h', '90m'),
          minInterval: fc.constantFrom('5s', '30s', '2m'),
          maxInterval: fc.constantFrom('5m', '15m', '2h'),
          stallAfter: fc.constantFrom('10m', '3h'),
          pollErrorBudget: fc.constantFrom('1h', '4h'),
          unknownStatusBudget: fc.constantFrom('1h', '2h'),
          jobNotFoundGrace: fc.constantFrom('5m', '1h'),
          submitBudget: fc.constantFrom('1h', '3h'),
        },
        { requiredKeys: [] },
      )
      .filter((changes) => Object.keys(changes).length > 0),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom<unknown>(
      {},
      null,
      'faster',
      { maxProbes: 3 },
      { deadline: 1 },
      { deadline: 'soon' },
      { deadline: '+400d' },
      { minInterval: 0 },
      { minInterval: '10m', maxInterval: '5m' },
      { stallAfter: '5m', deadline: -1 },
    ),
  },
);

const message: fc.Arbitrary<Message> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({ send: fc.constantFrom('pollNow', 'pausePolling', 'pausePolling', 'resumePolling') }),
  },
  { weight: 4, arbitrary: fc.record({ send: fc.constant('retune' as const), changes: retuning }) },
  {
    weight: 2,
    arbitrary: fc.record({
      send: fc.constant('resolveSubmission' as const),
      answer: fc.constantFrom<Answer>('truth', 'truth', 'unknownJob', 'notSubmitted', 'unreadable'),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      send: fc.constant('awaitSubmitted' as const),
      intent: fc.constantFrom('same', 'same', 'otherImage', 'unreadable'),
    }),
  },
);

/** As many short waits as long ones, from a second to four hours. */
const later = fc
  .noBias(fc.integer({ min: 0, max: 1_000 }))
  .map((share) => ({ afterMs: Math.round(1_000 * 14_400 ** (share / 1_000)) }));

const during = fc.record({
  during: fc.constantFrom<keyof ExportActivities>(
    'imsValidateExport',
    'imsSubmitExport',
    'imsReconcileSubmit',
    'imsPollJob',
    'imsPollJob',
    'imsVerifyObject',
    'imsDiscardObject',
  ),
  nth: fc.integer({ min: 1, max: 5 }),
});

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record<Step>({
      at: later,
      worker: fc.constant('there'),
      messages: fc.array(message, { minLength: 1, maxLength: 3 }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record<Step>({
      at: later,
      worker: fc.constant('away'),
      messages: fc.array(message, { minLength: 2, maxLength: 6 }),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record<Step>({
      at: during,
      worker: fc.constant('there'),
      messages: fc.array(message, { minLength: 1, maxLength: 4 }),
    }),
  },
);

const cancel = fc.record<Step>({
  at: later,
  worker: fc.constantFrom('there', 'away'),
  messages: fc.constant([{ send: 'cancel' as const }]),
});

const scripts: fc.Arbitrary<Omit<Script, 'seed'>> = fc
  .record({
    world,
    options,
    steps: fc.array(step, { minLength: 4, maxLength: 12, size: 'max' }),
    end: rarely(fc.tuple(cancel, fc.array(step, { minLength: 0, maxLength: 3 })), null, 2),
  })
  .map(({ end, steps, ...script }) => ({ ...script, steps: end === null ? steps : [...steps, end[0], ...end[1]] }));

/** A script as a few lines. */
export function describeScript({ seed, world: cloud, options: chosen, steps }: Script): string {
  return [
    `seed ${seed}: ${JSON.stringify(chosen)}`,
    `  cloud ${JSON.stringify(cloud)}`,
    ...steps.map(({ at, worker, messages }) => {
      const moment = 'during' in at ? `during ${at.during} #${at.nth}` : `after ${at.afterMs / 1_000} s`;
      return `  ${moment}${worker === 'away' ? ', no worker' : ''}: ${messages.map(describeMessage).join(', ')}`;
    }),
  ].join('\n');
}

export function describeMessage({ send, ...rest }: Message): string {
  const [argument] = Object.values(rest);
  return argument === undefined ? send : `${send} ${JSON.stringify(argument)}`;
}

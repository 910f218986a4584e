/** The schema of the input against the code that judges inputs: neither may know better. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import inputSchema from '../../schemas/input.json';
import { parseExportInput } from '../../src/activities';
import { durationMs, FILE_FORMATS, type InvalidExportRequestDetails } from '../../src/contract';
import { problemsBy } from '../rigs/schema-validator';

const RUNS = 2_000;

/** Fields whose values contradict each other or are out of range, which a schema cannot say; none for an input that is taken. */
function fieldsRefused(input: unknown): string[] {
  try {
    parseExportInput(input);
    return [];
  } catch (error) {
    const { details } = error as { details?: [InvalidExportRequestDetails] };
    if (details?.[0] === undefined) throw error;
    return details[0].problems.map(({ field }) => field);
  }
}

const DURATIONS = [
  'deadline',
  'minInterval',
  'maxInterval',
  'stallAfter',
  'pollErrorBudget',
  'unknownStatusBudget',
  'jobNotFoundGrace',
  'submitBudget',
];
const RANGES = new Set(DURATIONS.map((option) => `options.${option}`));

const junk = fc.oneof(
  fc.jsonValue({ maxDepth: 1 }),
  fc.constantFrom('', ' ', 0, -1, true, false, null, [], {}, '0', 'null'),
);
/** Mostly what is right, sometimes what is nearly right, rarely anything. */
const mostly = <T>(right: fc.Arbitrary<T>, nearly: fc.Arbitrary<unknown> = junk): fc.Arbitrary<unknown> =>
  fc.oneof(
    { weight: 24, arbitrary: right },
    { weight: 3, arbitrary: nearly },
    { weight: 1, arbitrary: junk },
    { weight: 1, arbitrary: fc.constant(null) },
  );
const oneOf = (...values: unknown[]) => fc.constantFrom(...values);
/** At most three of them, so that most are right together. */
const few = (fields: { [name: string]: fc.Arbitrary<unknown> }) =>
  fc
    .subarray(Object.entries(fields), { maxLength: Math.min(3, Object.keys(fields).length) })
    .chain((chosen) => fc.record(Object.fromEntries(chosen)));

const duration = mostly(
  fc.oneof(
    fc.integer({ min: 1, max: 31_536_000_000 }),
    fc
      .tuple(fc.integer({ min: 1, max: 400 }), oneOf('', ' ', '.5'), oneOf('ms', 's', 'm', 'h', 'd'))
      .map((parts) => parts.join('')),
  ),
  fc.oneof(
    fc.double({ noNaN: true }),
    fc
      .tuple(
        oneOf('', ' ', '\t', '-', '+'),
        oneOf('0', '00400', '1.5', '.5', '1.', '007', '1e3', '9007199254740991', '99999999999999999999'),
        oneOf('', ' '),
        oneOf('ms', 's', 'm', 'h', 'd', 'w', 'S', ''),
        oneOf('', ' ', '\n', '.'),
      )
      .map((parts) => parts.join('')),
  ),
);
const bucket = fc.oneof(
  { weight: 3, arbitrary: oneOf('ims-image', 'a.b', 'abc', '1.2.3', 'x'.repeat(63)) },
  {
    weight: 1,
    arbitrary: oneOf('1.2.3.4', 'a..b', 'a.-b', 'a-.b', 'Upper', 'ab', '-abc', 'abc-', 'a_b', 'x'.repeat(64)),
  },
  { weight: 1, arbitrary: fc.string({ unit: fc.constantFrom('a', '9', '.', '-'), minLength: 2, maxLength: 5 }) },
);
const bucketUrl = fc
  .tuple(
    bucket,
    fc.oneof({ weight: 9, arbitrary: oneOf(':') }, { weight: 1, arbitrary: oneOf('::', '') }),
    fc.oneof(
      oneOf('centos.qcow2', 'a:b', '\n', 'ü/é.vhd', 'a\u0085', 'a\u202eb', '\ufeffa'),
      fc.string({ maxLength: 6 }),
    ),
  )
  .map((parts) => parts.join(''));
const imageId = mostly(
  fc.oneof(
    fc.uuid(),
    fc.uuid().map((id) => id.toUpperCase()),
  ),
  fc.uuid().chain((id) => oneOf(`${id} `, id.slice(1), `${id}\n`, id.replaceAll('-', ''))),
);
const queue = mostly(oneOf('ims-submit', 'q'.repeat(200)), oneOf('/_sys/x', ' ', '', 'q'.repeat(201), 'grüße', 'a\n'));
const options = few({
  ...Object.fromEntries(DURATIONS.map((name) => [name, duration])),
  onCancel: mostly(oneOf('detach', 'drain'), oneOf('stop')),
  onAmbiguousSubmit: mostly(oneOf('probe', 'ask')),
  whenImageBusy: mostly(oneOf('wait', 'fail')),
  maxProbes: mostly(fc.nat(10), oneOf(-1, 11, 1.5)),
  acceptUnconfirmed: mostly(fc.boolean()),
  expectNotification: mostly(fc.boolean()),
  searchAttributes: mostly(fc.boolean()),
  rules: mostly(
    few({ sizeLimit: oneOf('error', 'warn', 'off'), bucketReadable: oneOf('off', 'OFF'), nosuch: oneOf('off') }),
  ),
  activityTaskQueue: queue,
  submitTaskQueue: queue,
  deadLine: oneOf('1h'),
});
const how = fc.oneof(
  fc.record({ fileFormat: mostly(oneOf(...FILE_FORMATS), oneOf('zvhd2', 'raw', '')) }),
  fc.record({ isQuickExport: mostly(oneOf(true), oneOf(false)) }),
  fc.record({
    attach: mostly(
      fc.record({ jobId: fc.uuid() }),
      oneOf({}, { jobId: 'a b' }, { jobId: 'é' }, { jobId: 'a', more: 1 }),
    ),
  }),
  fc.record({
    fileFormat: mostly(oneOf(...FILE_FORMATS)),
    isQuickExport: mostly(fc.boolean()),
    attach: mostly(oneOf({ jobId: 'a' })),
  }),
);
const extras = few({
  account: mostly(oneOf('archive', ' '), oneOf('', '\n', 'a\u009b', 'a\u2028')),
  options: mostly(options),
  imageID: oneOf('x'),
});
const input = fc
  .tuple(fc.record({ imageId, bucketUrl }, { requiredKeys: [] }), how, extras)
  .map((parts) => Object.assign({}, ...parts) as object);

const OPTIONS = inputSchema.properties.options.anyOf[0]?.properties as unknown as {
  [name: string]: { description?: string; default?: unknown };
};

describe('the schema of the export input', () => {
  it('accepts and rejects what the code does, except for duration ranges that depend on each other', () => {
    let taken = 0;
    fc.assert(
      fc.property(fc.oneof({ weight: 20, arbitrary: input }, { weight: 1, arbitrary: junk }), (value) => {
        const refused = fieldsRefused(value);
        const problems = problemsBy('input', value);
        if (refused.length === 0) {
          taken += 1;
          expect(problems).toEqual([]);
        } else if (problems.length === 0) {
          expect(refused.filter((field) => !RANGES.has(field))).toEqual([]);
        }
      }),
      { numRuns: RUNS },
    );
    expect(taken).toBeGreaterThan(RUNS / 20);
    expect(taken).toBeLessThan(RUNS / 1.5);
  });

  it('names the defaults', () => {
    const { options: settings, account } = parseExportInput({
      imageId: 'd164b5df-1bc3-4c3f-893e-3e471fd16e64',
      bucketUrl: 'ims-image:a.qcow2',
      fileFormat: 'qcow2',
    });
    expect(inputSchema.properties.account.default).toBe(account);
    for (const [name, { default: usual }] of Object.entries(OPTIONS)) {
      if (name === 'rules') continue;
      const isDuration = DURATIONS.includes(name);
      const filledIn = settings[(isDuration ? `${name}Ms` : name) as keyof typeof settings];
      expect([name, isDuration ? durationMs(usual) : usual]).toEqual([name, filledIn]);
    }
  });

  it('describes every field', () => {
    for (const [name, property] of Object.entries({ ...inputSchema.properties, ...OPTIONS })) {
      expect([name, (property as { description?: string }).description]).toEqual([name, expect.any(String)]);
    }
  });
});

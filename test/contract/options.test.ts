import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { contractSchemas, type Schema } from '../../scripts/schemas/from-types';
import { durationMs, EXPORT_OPTIONS, type ExportSettings, type OptionSpec, TUNABLE_OPTIONS } from '../../src/contract';
import { parseExportInput } from '../../src/request/export';
import { optionsSchema } from '../../src/request/options';
import { refuseRetune } from '../../src/workflows/retuning';
import { beginTracking, takeRequest } from '../../src/workflows/state';
import { REPOSITORY } from '../docs/pages';
import { commandLine } from '../rigs/command-line';

const INPUT = { imageId: 'd164b5df-1bc3-4c3f-893e-3e471fd16e64', bucketUrl: 'ims-image:a.qcow2', fileFormat: 'qcow2' };
const REQUEST = parseExportInput(INPUT);
const OPTIONS = Object.entries(EXPORT_OPTIONS as { [option: string]: OptionSpec });

const settingOf = (option: string, { kind }: OptionSpec) =>
  REQUEST.options[(kind === 'duration' ? `${option}Ms` : option) as keyof ExportSettings];

/** A value that the option takes, and one that it does not. */
const VALUES: { [kind in OptionSpec['kind']]: (spec: OptionSpec) => [good: unknown, bad: unknown] } = {
  duration: () => ['90s', 'soon'],
  choice: (spec) => ['choices' in spec ? spec.choices.at(-1) : '', 'another'],
  wholeNumber: (spec) => ['max' in spec ? spec.max : 0, 'max' in spec ? spec.max + 1 : 0],
  flag: (spec) => [spec.default === false, 'yes'],
  rules: () => [{ sizeLimit: 'warn' }, { sizeLimit: 'maybe' }],
  taskQueue: () => ['exports', 'two words'],
};

const documented = contractSchemas()('ExportOptions').properties as { [option: string]: Schema };
const page = readFileSync(join(REPOSITORY, 'docs/configuration.md'), 'utf8');
const retuneFlags = commandLine().commands.find((command) => command.name() === 'retune')?.options ?? [];

describe.each(OPTIONS)('the option %s', (option, spec) => {
  it('reaches the validated settings with its default', () => {
    const expected = spec.kind === 'duration' ? durationMs(spec.default) : spec.default;
    expect(settingOf(option, spec)).toEqual(expected);
  });

  it('is in the input schema, which accepts its valid values only', () => {
    const [good, bad] = VALUES[spec.kind](spec);
    expect(optionsSchema.safeParse({ [option]: good }).success).toBe(true);
    expect(optionsSchema.safeParse({ [option]: null }).success).toBe(true);
    expect(optionsSchema.safeParse({ [option]: bad }).success).toBe(false);
  });

  it('is accepted by retune and has a retune flag exactly when it is tunable', () => {
    const isTunable = 'tunable' in spec && spec.tunable;
    const tracking = takeRequest(beginTracking({}, 0), REQUEST);
    const retuned = () => refuseRetune(tracking, { [option]: '5m' }, 0);
    if (isTunable) expect(retuned).not.toThrow();
    else expect(retuned).toThrow(`expected an object with one or more of ${TUNABLE_OPTIONS.join(', ')}`);
    const flag = retuneFlags.find((known) => known.attributeName() === option);
    expect(flag?.description.startsWith(spec.help) ?? false).toBe(isTunable);
  });

  it('is in docs/configuration.md unless it is reserved', () => {
    const isDocumented = page.includes(`| \`${option}\``) && page.includes(`| ${spec.help} |`);
    expect(isDocumented).toBe(!('reserved' in spec));
  });

  it('has the first sentence and the default of its docstring', () => {
    const { description, default: byDefault } = documented[option] ?? {};
    expect(plain(description).startsWith(spec.help)).toBe(true);
    if (spec.kind !== 'rules') expect(byDefault).toEqual(spec.default);
  });
});

it('the option table contains every option of the TypeScript type', () => {
  expect(Object.keys(documented).sort()).toEqual(Object.keys(EXPORT_OPTIONS).sort());
});

/** On one line, without emphasis. */
function plain(description: unknown): string {
  return String(description).replaceAll('*', '').replace(/\s+/g, ' ');
}

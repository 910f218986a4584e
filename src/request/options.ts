/**
 * The `options` of an input, from the table of the contract: their schema, and the settings that come of them.
 *
 * @module
 */
import { z } from 'zod';
import {
  DURATION_SHAPE,
  type Duration,
  durationMs,
  EXPORT_OPTIONS,
  type ExportOptions,
  type ExportSettings,
  type OptionSpec,
  RULE_IDS,
  settingProblems,
  TASK_QUEUE_NAME,
} from '../contract';
import { asText, type Problem } from '../export/failures';

const TASK_QUEUE_SHAPE = 'the name of a task queue, of 1 to 200 visible ASCII characters';

/** The schema of the value of an option. */
function optionSchema(spec: OptionSpec): z.ZodType {
  switch (spec.kind) {
    case 'duration':
      return z.custom<Duration>((value) => durationMs(value) !== undefined, { error: DURATION_SHAPE });
    case 'choice':
      return z.enum(spec.choices, { error: spec.choices.map((choice) => `'${choice}'`).join(' or ') });
    case 'wholeNumber': {
      const { min, max } = spec;
      return z
        .int({ error: `a whole number from ${min} to ${max}` })
        .min(min)
        .max(max);
    }
    case 'flag':
      return z.boolean({ error: 'true or false' });
    case 'rules':
      return z.partialRecord(
        z.enum(RULE_IDS, { error: `a rule of ${RULE_IDS.join(', ')}` }),
        z.enum(['error', 'warn', 'off'], { error: "'error', 'warn' or 'off'" }),
        { error: "an object such as {bucketReadable: 'off'}" },
      );
    case 'taskQueue':
      return z.string({ error: TASK_QUEUE_SHAPE }).regex(TASK_QUEUE_NAME, { error: TASK_QUEUE_SHAPE });
  }
}

/** The names that are offered for a mistyped one; a reserved one is of no use yet. */
export const OPTION_NAMES: readonly string[] = Object.entries(EXPORT_OPTIONS).flatMap(([option, spec]) =>
  'reserved' in spec ? [] : [option],
);

/** Null stands for absent. */
type OptionsShape = {
  [option in keyof ExportOptions]-?: z.ZodOptional<z.ZodNullable<z.ZodType<NonNullable<ExportOptions[option]>>>>;
};

/** The `options` of an input. */
export const optionsSchema = z.strictObject(
  Object.fromEntries(
    Object.entries(EXPORT_OPTIONS).map(([option, spec]) => [option, optionSchema(spec).nullish()]),
  ) as OptionsShape,
  { error: 'an object' },
);

type ParsedOptions = z.infer<typeof optionsSchema>;

/** The settings of a request: every option by its default where none is given, durations in milliseconds. */
export function withDefaults(given: ParsedOptions): ExportSettings {
  const settings = Object.entries(EXPORT_OPTIONS).map(([option, spec]) => {
    const value = given[option as keyof ExportOptions] ?? spec.default;
    if (spec.kind === 'duration') return [`${option}Ms`, durationMs(value) ?? 0];
    return [option, spec.kind === 'rules' ? { ...(value as object) } : value];
  });
  return Object.fromEntries(settings) as ExportSettings;
}

/** What is wrong with settings that can each be read. */
export function optionProblems(options: ExportSettings, given: ParsedOptions): Problem[] {
  return settingProblems(options).map(({ field, value, expected }) => ({
    field: `options.${field}`,
    value: asText(value),
    expected: given[field] == null ? `${expected}; ${value} is the default, so set it too` : expected,
  }));
}

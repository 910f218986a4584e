import type { z } from 'zod';
import { MAX_JSON_BYTES, textOf } from './answer-text';
import { type Attempt, unreadableAnswer } from './errors';
import type { HttpAnswer } from './transport';

/**
 * The body of a success, parsed.
 *
 * @param tidy takes out the secrets that a header may repeat, where it is not clean yet
 * @throws {@link CloudError} `InvalidResponse` when it is not JSON or not of the expected shape
 */
export function readJson<T>(
  answer: HttpAnswer,
  schema: z.ZodType<T>,
  attempt: Attempt,
  tidy?: (text: string) => string,
): T {
  const { maxBodyBytes = MAX_JSON_BYTES } = attempt;
  let json: unknown;
  if (answer.body.length > maxBodyBytes) {
    throw unreadableAnswer(
      answer,
      attempt,
      `${attempt.operation} was answered ${answer.status} with ${answer.body.length} bytes, where at most ${maxBodyBytes} are read.`,
      tidy,
    );
  }
  try {
    json = JSON.parse(textOf(answer, maxBodyBytes));
  } catch {
    throw unreadableAnswer(
      answer,
      attempt,
      `${attempt.operation} was answered ${answer.status} with a body that is not JSON.`,
      tidy,
    );
  }
  const parsed = safelyParsed(json, schema);
  if (parsed?.success) return parsed.data;
  const [issue] = parsed?.error.issues ?? [];
  const where = issue === undefined || issue.path.length === 0 ? 'the body' : `'${issue.path.join('.')}'`;
  throw unreadableAnswer(
    answer,
    attempt,
    `${attempt.operation} was answered ${answer.status}, but ${where} is not as expected: ${issue?.message ?? 'unknown shape'}.`,
    tidy,
  );
}

/** Undefined where the schema itself fails: zod reads the length of an object as that of a text. */
function safelyParsed<T>(json: unknown, schema: z.ZodType<T>): z.ZodSafeParseResult<T> | undefined {
  try {
    return schema.safeParse(json);
  } catch {
    return undefined;
  }
}

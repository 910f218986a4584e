import type { z } from 'zod';
import { isTooLarge, MAX_JSON_BYTES, textOf } from './answer-text';
import { type Attempt, type CloudError, unreadableAnswer } from './errors';
import type { HttpAnswer } from './transport';

/**
 * The body of a success, parsed.
 *
 * @param tidy takes out the secrets that a header may repeat, where it is not clean yet
 * @throws {@link CloudError} `InvalidResponse` when it is not JSON or not of the expected shape; `ResponseTooLarge` when a read
 *   was answered with more than is read, so that less can be asked for
 */
export function readJson<T>(
  answer: HttpAnswer,
  schema: z.ZodType<T>,
  attempt: Attempt,
  tidy?: (text: string) => string,
): T {
  const { maxBodyBytes = MAX_JSON_BYTES } = attempt;
  const said = `${attempt.operation} was answered ${answer.status}`;
  if (answer.body.length > maxBodyBytes) throw tooLarge(answer, attempt, `${said} with ${answer.body.length}`, tidy);
  let json: unknown;
  try {
    json = JSON.parse(textOf(answer, maxBodyBytes));
  } catch (error) {
    if (isTooLarge(error)) throw tooLarge(answer, attempt, `${said} with a packed body; unpacked it has more`, tidy);
    throw unreadableAnswer(answer, attempt, `${said} with a body that is not JSON.`, tidy);
  }
  const parsed = safelyParsed(json, schema);
  if (parsed?.success) return parsed.data;
  const [issue] = parsed?.error.issues ?? [];
  const where = issue === undefined || issue.path.length === 0 ? 'the body' : `'${issue.path.join('.')}'`;
  throw unreadableAnswer(
    answer,
    attempt,
    `${said}, but ${where} is not as expected: ${issue?.message ?? 'unknown shape'}.`,
    tidy,
  );
}

function tooLarge(
  answer: HttpAnswer,
  attempt: Attempt,
  said: string,
  tidy: ((text: string) => string) | undefined,
): CloudError {
  const { method, maxBodyBytes = MAX_JSON_BYTES } = attempt;
  const error = unreadableAnswer(answer, attempt, `${said} bytes, where at most ${maxBodyBytes} are read.`, tidy);
  return method === 'GET' ? error.with({ code: 'ResponseTooLarge' }) : error;
}

/** Undefined where the schema itself fails: zod reads the length of an object as that of a text. */
function safelyParsed<T>(json: unknown, schema: z.ZodType<T>): z.ZodSafeParseResult<T> | undefined {
  try {
    return schema.safeParse(json);
  } catch {
    return undefined;
  }
}

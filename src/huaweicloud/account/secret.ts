import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { CredentialsError } from '../credentials/credentials';
import { read } from '../credentials/environment';
import { codeOfFileError, watchedFile } from '../credentials/watched-file';

/** Where a secret is: in a variable of the worker's environment, or alone in a file. */
export type SecretReference = { env: string } | { file: string };

const SHAPE = 'must be {"env": "NAME_OF_A_VARIABLE"} or {"file": "/path/of/a/file"}';

const reference = z
  .strictObject({ env: z.string().min(1).optional(), file: z.string().min(1).optional() }, { error: SHAPE })
  .refine(({ env, file }) => (env === undefined) !== (file === undefined), SHAPE)
  .transform(({ env, file }): SecretReference => (env === undefined ? { file: file ?? '' } : { env }));

/** A secret itself must not stand in the file. */
export const secretReference = z.preprocess((value, context) => {
  if (typeof value === 'string') {
    const message = `is a text, but this file must not hold a secret: it ${SHAPE}`;
    context.issues.push({ code: 'custom', message, input: undefined, continue: false });
    return z.NEVER;
  }
  return value;
}, reference);

/** A name or an access key, which is no secret, may stand in the file or be named like one. */
export const textOrReference = z.union([z.string().min(1), reference], {
  error: `must be a text, or ${SHAPE.replace('must be ', '')}`,
});

/** What is wrong with a reference now, if anything. */
export function problemOfReference(given: string | SecretReference, env: NodeJS.ProcessEnv): string | undefined {
  if (typeof given === 'string') return undefined;
  if ('env' in given) {
    return read(env, given.env) === undefined ? `names the variable ${given.env}, which is not set.` : undefined;
  }
  try {
    return readFileSync(given.file, 'utf8').trim() === '' ? `names the file ${given.file}, which is empty.` : undefined;
  } catch (error) {
    return `names the file ${given.file}, which cannot be read (${codeOfFileError(error)}).`;
  }
}

/** Reads what is referred to, anew each time: a variable as it is now, a file when it has changed. */
export function readerOf(given: string | SecretReference, env: NodeJS.ProcessEnv): () => Promise<string> {
  if (typeof given === 'string') return async () => given;
  if ('env' in given) {
    return async () => {
      const value = read(env, given.env);
      if (value === undefined) throw new CredentialsError(`The variable ${given.env} is not set.`, 'notConfigured');
      return value;
    };
  }
  const content = watchedFile(given.file, (text) => text.trim());
  return async () => {
    const value = await content().catch((error: unknown) => {
      throw new CredentialsError(`The file ${given.file} cannot be read (${codeOfFileError(error)}).`, 'notConfigured');
    });
    if (value === '') throw new CredentialsError(`The file ${given.file} is empty.`, 'notConfigured');
    return value;
  };
}

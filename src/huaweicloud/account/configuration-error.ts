/**
 * The environment, or the file that IMS_EXPORT_CONFIG names, does not describe the accounts. The message names every
 * variable or field that is wrong and what is right, and no secret.
 */
export class AccountConfigurationError extends Error {
  override readonly name = 'AccountConfigurationError';

  constructor(
    /** `variable` is the name of a variable, or the path of a field in the file, such as `accounts.prod.region`. */
    readonly problems: ReadonlyArray<{ variable: string; problem: string }>,
    { what = 'The environment does not describe a Huawei Cloud account', hint }: { what?: string; hint?: string } = {},
  ) {
    const lines = problems.map(({ variable, problem }) => `  ${variable} ${problem}`);
    super(`${what}:\n${lines.join('\n')}${hint === undefined ? '' : `\n${hint}`}`);
  }
}

/**
 * The environment, or the file that IMS_EXPORT_CONFIG names, does not describe the accounts. The message names every
 * variable or field that is wrong and what is right, and no secret.
 */
export class AccountConfigurationError extends Error {
  override readonly name = 'AccountConfigurationError';

  /** Of the message. Each is one line for a reader, whatever words it quotes. */
  readonly lines: readonly string[];

  constructor(
    /** `variable` is the name of a variable, or the path of a field in the file, such as `accounts.prod.region`. */
    readonly problems: ReadonlyArray<{ variable: string; problem: string }>,
    {
      what = 'The environment does not describe a Huawei Cloud account',
      hints = [],
    }: { what?: string; hints?: readonly string[] } = {},
  ) {
    const lines = [`${what}:`, ...problems.map(({ variable, problem }) => `  ${variable} ${problem}`), ...hints];
    super(lines.join('\n'));
    this.lines = lines;
  }
}

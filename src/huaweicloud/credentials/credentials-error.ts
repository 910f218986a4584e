/** There are no credentials, or they cannot be fetched. The message says from where, why, and what to do. */
export class CredentialsError extends Error {
  override readonly name = 'CredentialsError';

  constructor(
    message: string,
    /** - `notConfigured`: what the source needs is not set; - `refused`: it said no; - `unreachable`: it did not answer. */
    readonly reason: 'notConfigured' | 'refused' | 'unreachable',
    /** When it is no use to ask again before. */
    readonly retryAfterMs: number | null = null,
  ) {
    super(message);
  }
}

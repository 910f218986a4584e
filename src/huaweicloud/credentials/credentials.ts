/** An AK/SK pair. Temporary ones come with a security token. */
export interface Credentials {
  accessKey: string;
  secretKey: string;
  securityToken?: string;
}

/** Where credentials come from. */
export interface CredentialsProvider {
  /**
   * The credentials to sign with now. Asked before every request, so a provider that fetches them keeps them.
   *
   * @throws when there are none, with a message that says what to do and holds no secret
   */
  get(): Promise<Credentials>;
  /** Called once after the cloud refused a signature: the next {@link get} shall not answer from a cache. */
  refresh?(): Promise<void>;
}

/** Fixed credentials. */
export function staticCredentials(credentials: Credentials): CredentialsProvider {
  return { get: async () => credentials };
}

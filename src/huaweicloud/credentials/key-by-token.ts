import type { Transport } from '../transport';
import type { Credentials } from './credentials';
import { askIdentity, readTemporaryKey } from './identity-request';

/** `POST` there gives out temporary keys, for a token or for an agency. */
export const SECURITY_TOKENS_PATH = '/v3.0/OS-CREDENTIAL/securitytokens';

/** As long as the vendor's SDKs ask for. From 15 minutes to 24 hours may be asked for. */
const KEY_LIFE_SECONDS = 6 * 3_600;

const NEW_KEY = { operation: 'CreateTemporaryKeyByToken', method: 'POST' } as const;
export const JSON_BODY = [['content-type', 'application/json;charset=UTF-8']] as const;

/**
 * A temporary key for a token of IAM.
 *
 * @throws `CloudError`
 */
export async function keyByToken(
  transport: Transport,
  { endpoint, token, limitMs }: { endpoint: string; token: string; limitMs: number },
): Promise<Credentials> {
  const identity = { methods: ['token'], token: { id: token, duration_seconds: KEY_LIFE_SECONDS } };
  const answer = await askIdentity(transport, {
    ...NEW_KEY,
    endpoint,
    path: SECURITY_TOKENS_PATH,
    headers: JSON_BODY,
    body: JSON.stringify({ auth: { identity } }),
    secrets: [token],
    limitMs,
  });
  return readTemporaryKey(answer, { ...NEW_KEY, secrets: [token] });
}

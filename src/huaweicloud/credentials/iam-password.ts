import { z } from 'zod';
import { withoutUserInfo } from '../../network/shown-url';
import { CloudError, headerOf } from '../errors';
import { readJson } from '../json-answer';
import { fingerprint } from './circuit-breakers';
import type { Credentials } from './credentials';
import { CredentialsError } from './credentials';
import { expiringCredentials, type FetchCredentials } from './expiring';
import { askIdentity, describe, fetchFailed, instant } from './identity-request';
import { JSON_BODY, keyByToken } from './key-by-token';
import { knownEndpoint } from './known-endpoint';
import type { ClientResources, CredentialsProvider } from './provider';
import { withoutSecrets } from './redaction';

/** An IAM user, not the account's own (Huawei ID) user: that one cannot log in by API. */
export interface IamUser {
  name: string;
  password: string;
  /** The account that the user belongs to. */
  domain: { name: string } | { id: string };
}

export interface IamPasswordOptions {
  /** A function is asked before every login, so that a changed password counts at once. */
  user: IamUser | (() => IamUser | Promise<IamUser>);
  /** The token is for the project of this name, unless `projectId` names one. */
  region: string;
  projectId?: string;
  /** @default that of the region, such as `https://iam.{region}.myhuaweicloud.com` */
  iamEndpoint?: string;
  /** For people, such as `the IAM user of IMS_EXPORT_IAM_USER`. */
  name?: string;
}

/** For each of the two requests. */
const LIMIT_MS = 5_000;
/** The longest wait for another login with the same password. */
const LOGIN_WAIT_MS = 10_000;
const TOKEN_MARGIN_MS = 5 * 60_000;

const TOKEN_PATH = '/v3/auth/tokens?nocatalog=true';

const TOKEN_BODY = z.object({
  token: z.object({ expires_at: instant }),
});
const LOGIN = { operation: 'CreateTokenByPassword', method: 'POST' } as const;

/**
 * User and password of IAM: they get a token, which is kept for its 24 hours, and the token gets temporary keys, since
 * OBS takes no tokens. A password that IAM refused is not tried again for five minutes, then for ten
 * and so on up to an hour, or until it changes.
 */
export function iamPasswordCredentials(options: IamPasswordOptions): CredentialsProvider {
  return expiringCredentials((resources) => fetchFrom(options, resources), {
    describe: () => options.name ?? 'an IAM user',
  });
}

interface Token {
  id: string;
  expiresAtMs: number;
  /** Of whom. */
  login: string;
}

function fetchFrom(options: IamPasswordOptions, { transport, breakers, now }: ClientResources): FetchCredentials {
  const { region, projectId } = options;
  const endpointNow = () => options.iamEndpoint ?? knownEndpoint('iam', region);
  let token: Token | undefined;

  return async (last) => {
    const user = typeof options.user === 'function' ? await options.user() : options.user;
    const endpoint = endpointNow();
    const login = fingerprint(endpoint, user.name, JSON.stringify(user.domain), user.password);
    try {
      const isGood = token !== undefined && token.login === login && now() < token.expiresAtMs - TOKEN_MARGIN_MS;
      const kept = isGood && !last.refused;
      if (token === undefined || !kept) token = await newToken(user, login);
      try {
        return await newKey(token);
      } catch (error) {
        // A token ends early when the password or the permissions of its user change.
        if (!kept || !(error instanceof CloudError) || error.httpStatus === null || error.httpStatus >= 500)
          throw error;
        token = await newToken(user, login);
        return await newKey(token);
      }
    } catch (error) {
      throw fetchFailed(`A temporary key for ${who(user)}`, endpoint, error, ADVICE);
    }
  };

  async function newToken(user: IamUser, login: string): Promise<Token> {
    const acquisition = await breakers.passwords.acquire(login, { limitMs: LOGIN_WAIT_MS });
    if (acquisition.kind === 'open') throw refused(user, endpointNow(), '', acquisition.openMs);
    if (acquisition.kind === 'gaveUp') {
      throw new CredentialsError(
        `IAM at ${withoutUserInfo(endpointNow())} has not answered the login of ${who(user)} yet.`,
        'unreachable',
      );
    }
    try {
      const { name, password, domain } = user;
      const project = projectId === undefined ? { name: region } : { id: projectId };
      const identity = { methods: ['password'], password: { user: { name, password, domain } } };
      const answer = await askIdentity(transport, {
        ...LOGIN,
        endpoint: endpointNow(),
        path: TOKEN_PATH,
        headers: JSON_BODY,
        body: JSON.stringify({ auth: { identity, scope: { project } } }),
        secrets: [password],
        limitMs: LIMIT_MS,
      });
      const id = headerOf(answer, 'x-subject-token');
      const tidy = withoutSecrets([password, id ?? undefined]);
      const { expires_at } = readJson(answer, TOKEN_BODY, { ...LOGIN, nowMs: now() }, tidy).token;
      if (id === null) throw new Error('IAM answered without the header X-Subject-Token');
      acquisition.acquired.release('accepted');
      return { id, expiresAtMs: Date.parse(expires_at), login };
    } catch (error) {
      if (!(error instanceof CloudError) || error.httpStatus !== 401) throw error;
      acquisition.acquired.release('refused');
      throw refused(user, endpointNow(), ` ${describe(error)}`, breakers.passwords.openForMs(login));
    } finally {
      acquisition.acquired.release('none');
    }
  }

  function newKey({ id }: Token): Promise<Credentials> {
    return keyByToken(transport, { endpoint: endpointNow(), token: id, limitMs: LIMIT_MS });
  }
}

const ADVICE = 'Check the endpoint of IAM, the user and its permissions.';

function refused(user: IamUser, endpoint: string, words: string, openMs: number): CredentialsError {
  return new CredentialsError(
    `IAM at ${withoutUserInfo(endpoint)} refused the password of ${who(user)}.${words} Check user, password and account name (an IAM user is needed, not the account itself), and the project. It is not tried again for ${minutes(openMs)}, or until the password changes, because wrong passwords lock the user.`,
    'refused',
    openMs,
  );
}

function who({ name, domain }: IamUser): string {
  return `the IAM user '${name}' of the account ${'name' in domain ? `'${domain.name}'` : domain.id}`;
}

function minutes(ms: number): string {
  return ms < 60_000 ? `${Math.ceil(ms / 1_000)} s` : `${Math.ceil(ms / 60_000)} min`;
}

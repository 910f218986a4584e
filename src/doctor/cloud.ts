import type { AccountCloud } from '../activities/cloud';
import { readBucket } from '../activities/preflight/facts';
import { BUCKET_RULES } from '../activities/preflight/rules/destination';
import { DEFAULT_ACCOUNT } from '../contract';
import { formatDuration } from '../export/time';
import {
  AccountConfigurationError,
  accountsFromEnvironment,
  CircuitBreakers,
  type CloudAccount,
  type CloudClient,
  CloudError,
  CREDENTIALS_UNAVAILABLE,
  createCloudClient,
  describeAccounts,
  namesAnAccount,
  signerOf,
  usesPathStyle,
} from '../huaweicloud';
import { Proxies, ProxyConfigurationError, routeText } from '../network/proxies';
import { type Check, check, type Finding, notChecked, ok, problem, unusableProxy } from './check';

export interface CloudPlace {
  env: NodeJS.ProcessEnv;
  /** The one account to check; all of them when absent. */
  account?: string;
  buckets: readonly string[];
  now: () => number;
}

/** So that a check ends within seconds; a request that was lost is sent once more. */
const PATIENCE = { maxTries: 2, budgetMs: 8_000, tryLimitMs: 5_000 };
/** A signature is good for 15 minutes around its date. */
const SIGNATURE_WINDOW_MS = 15 * 60_000;
/** The header Date has whole seconds, and the answer was on its way. */
const SAME_CLOCK_MS = 5_000;
const HALF_OF_IT_MS = SIGNATURE_WINDOW_MS / 2;

/** The accounts of a worker in this environment and its buckets, by the code that exports use. */
export async function checkCloud(place: CloudPlace): Promise<Check[]> {
  const { env, account: name, buckets } = place;
  if (!namesAnAccount(env)) {
    const why = 'no account is configured here. Run `ims-export doctor` where the worker runs to check its credentials';
    return [
      await check('account', null, 'configuration', () => notChecked(why)),
      ...(await Promise.all(buckets.map((bucket) => unchecked('bucket', bucket, 'no account is configured here')))),
    ];
  }
  let accounts: CloudAccount[] = [];
  const routes = new Map<CloudAccount, string | null>();
  const configured = await check('account', null, 'configuration', () => {
    try {
      accounts = accountsFromEnvironment(env);
      const proxies = new Proxies(env);
      for (const account of accounts) routes.set(account, routesOf(account, proxies));
      return ok(`${describeAccounts(accounts)}; configured by ${sourceOf(env)}`);
    } catch (error) {
      return misconfigured(error);
    }
  });
  if (configured.state === 'problem') {
    const why = 'the configuration comes first';
    return [configured, ...(await Promise.all(buckets.map((bucket) => unchecked('bucket', bucket, why))))];
  }
  const chosen = accounts.filter((account) => name === undefined || account.name === name);
  if (chosen.length === 0) {
    const known = accounts.map((account) => account.name).join(', ');
    const found = problem('configuration', 'there is no account of that name', `Known are ${known}.`);
    return [configured, await check('account', name ?? null, 'configuration', () => found)];
  }
  const breakers = new CircuitBreakers();
  const ofBuckets = accountOfBuckets(chosen);
  const checks = await Promise.all(
    chosen.map((account) => {
      const client = createCloudClient(account, { now: place.now, breakers, retry: PATIENCE, transport: { env } });
      return checkAccount(
        account,
        client,
        account === ofBuckets ? buckets : [],
        routes.get(account) ?? null,
        place.now,
      );
    }),
  );
  if (ofBuckets !== undefined) return [configured, ...checks.flat()];
  const why = `several accounts may use it: ${chosen.map((account) => account.name).join(', ')}. Name one with --account`;
  return [
    configured,
    ...checks.flat(),
    ...(await Promise.all(buckets.map((bucket) => unchecked('bucket', bucket, why)))),
  ];
}

function accountOfBuckets(accounts: readonly CloudAccount[]): CloudAccount | undefined {
  return accounts.length === 1 ? accounts[0] : accounts.find(({ name }) => name === DEFAULT_ACCOUNT);
}

function sourceOf(env: NodeJS.ProcessEnv): string {
  return env.IMS_EXPORT_CONFIG ? `the file ${env.IMS_EXPORT_CONFIG} (IMS_EXPORT_CONFIG)` : 'the environment';
}

/** @throws what is no mistake of the configuration */
function misconfigured(error: unknown): Finding {
  if (error instanceof ProxyConfigurationError) return unusableProxy(error);
  if (!(error instanceof AccountConfigurationError)) throw error;
  const found = error.problems.map(({ variable, problem }) => `${variable} ${problem}`).join(' ');
  return problem('configuration', found.replace(/\.$/, ''), 'docs/accounts.md lists all variables and fields.');
}

/**
 * By which way each service is reached; null where no proxy is in question.
 *
 * @throws ProxyConfigurationError
 */
function routesOf({ endpoints: { ims, obs, iam }, stsEndpoint: sts }: CloudAccount, proxies: Proxies): string | null {
  const services = new Map<string, string[]>();
  for (const [service, endpoint] of Object.entries({ ims, obs, iam, sts })) {
    const route = endpoint === undefined ? null : routeText(proxies.routeTo(new URL(endpoint).origin));
    if (route !== null) services.set(route, [...(services.get(route) ?? []), service.toUpperCase()]);
  }
  if (services.size === 0) return null;
  return [...services].map(([route, names]) => `${names.join(', ')} ${route}`).join('; ');
}

async function checkAccount(
  account: CloudAccount,
  client: CloudClient,
  buckets: readonly string[],
  routes: string | null,
  now: () => number,
): Promise<Check[]> {
  const cloud: AccountCloud = { region: account.region, client };
  try {
    const [reached, credentials] = await Promise.all([
      checkReach(account, client, routes, now),
      check('credentials', account.name, 'cloud', () => credentialsFinding(account, client)),
    ]);
    // A key that was refused is not tried again: more failures in a row would lock it.
    const open = credentials.state === 'ok';
    const [project, ...ofBuckets] = await Promise.all([
      check('project', account.name, 'cloud', () =>
        open ? projectFinding(account, client) : notChecked(NOT_WITHOUT_CREDENTIALS),
      ),
      ...buckets.map((bucket) =>
        check('bucket', bucket, 'cloud', () =>
          open ? bucketFinding(cloud, account, bucket) : notChecked(NOT_WITHOUT_CREDENTIALS),
        ),
      ),
    ]);
    return [...reached, credentials, project, await unchecked('role', account.name, ROLE), ...ofBuckets];
  } finally {
    await client.close();
  }
}

const NOT_WITHOUT_CREDENTIALS = 'the credentials come first';
const ROLE =
  'no API shows whether the account has the role OBS Tenant Administrator. The cloud refuses exports without it';

function unchecked(name: string, subject: string, why: string): Promise<Check> {
  return check(name, subject, 'cloud', () => notChecked(why));
}

/** Unsigned, so that address and clock are judged also where the credentials are wrong. */
async function checkReach(
  { name, endpoints, region }: CloudAccount,
  client: CloudClient,
  routes: string | null,
  now: () => number,
): Promise<[Check, Check]> {
  let clock: string | null = null;
  const reached = await check('IMS', name, 'cloud', async () => {
    try {
      clock = await client.imsClock();
      return ok(`answers at ${endpoints.ims}, region ${region}${routes === null ? '' : `; ${routes}`}`);
    } catch (error) {
      const next = 'Check IMS_EXPORT_REGION, IMS_EXPORT_IMS_ENDPOINT, and the route from this machine (DNS, firewall).';
      return problem('cloud', `does not answer at ${endpoints.ims} (${textOf(error)})`, next);
    }
  });
  const clocks = await check('clock', name, 'configuration', () => clockFinding(clock, now()));
  return [reached, clocks];
}

function clockFinding(theirs: string | null, ourMs: number): Finding {
  if (theirs === null) return notChecked('IMS did not report the time');
  const offMs = ourMs - Date.parse(theirs);
  const window = `signatures allow ${formatDuration(SIGNATURE_WINDOW_MS)}`;
  const off = `${formatDuration(Math.abs(offMs))} ${offMs < 0 ? 'behind' : 'before'} that of IMS`;
  if (Math.abs(offMs) < SAME_CLOCK_MS) return ok('agrees with that of IMS');
  if (Math.abs(offMs) < HALF_OF_IT_MS) return ok(`${off}; ${window}`);
  return problem('configuration', `${off}, and ${window}`, 'Set the clock of this machine (NTP).');
}

async function credentialsFinding(account: CloudAccount, client: CloudClient): Promise<Finding> {
  try {
    await client.checkAccess();
    return ok(`IMS accepts ${signerOf(account)}`);
  } catch (error) {
    if (!(error instanceof CloudError)) throw error;
    if (error.code === CREDENTIALS_UNAVAILABLE) {
      return problem(
        'credentials',
        error.message.replace(/\.$/, ''),
        'Fix that source. docs/accounts.md lists all sources.',
      );
    }
    if (error.class === 'unauthorized') {
      const next =
        'Check this key and its secret, that the key is enabled, the project id and the clock. docs/accounts.md shows where each source has its key. The doctor tried the key once: more than five failures in a row lock a key.';
      return problem('credentials', `${signerOf(account)} is refused: ${textOf(error)}`, next);
    }
    if (error.class === 'forbidden') {
      return problem(
        'cloud',
        `it may not list images: ${textOf(error)}`,
        'Give the IAM user permissions on IMS, such as IMS FullAccess.',
      );
    }
    if (error.httpStatus === null) return notChecked(`IMS was not reached (${error.code})`);
    return problem(
      'cloud',
      `IMS did not say whether it is valid: ${textOf(error)}`,
      'Check the endpoint and the project id, and run the doctor again.',
    );
  }
}

async function projectFinding(account: CloudAccount, client: CloudClient): Promise<Finding> {
  if (account.projectId !== undefined) return ok(`${account.projectId}, as configured`);
  try {
    return ok(`${await client.projectId()}, by IAM for the region ${account.region}`);
  } catch (error) {
    const next =
      'Set HUAWEICLOUD_SDK_PROJECT_ID (projectId of the account): the console shows it under My Credentials.';
    return problem('cloud', textOf(error).replace(/\.$/, ''), next);
  }
}

/** What exports are refused for, or warned of, by the bucket alone. */
async function bucketFinding(cloud: AccountCloud, account: CloudAccount, bucket: string): Promise<Finding> {
  try {
    const { name, region } = account;
    const facts = { bucket: await readBucket(cloud, bucket), region, request: { bucket, account: name } };
    const findings = BUCKET_RULES.map((rule) => rule.check(facts));
    for (const finding of findings) {
      if (finding.kind !== 'refused') continue;
      const [found = '', ...next] = finding.message.split(/(?<=\.) (?=[A-Z])/);
      return problem('cloud', `${found.replace(/\.$/, '')} (${finding.found})`, next.join(' '));
    }
    const silent = findings.flatMap((finding) => (finding.kind === 'notChecked' ? [finding.reason] : []));
    return ok(['is there, Standard and in the region of the account', ...silent].join('; '));
  } catch (error) {
    const style = usesPathStyle(account, bucket)
      ? ''
      : `; it is asked as ${bucket}.<host>, unless IMS_EXPORT_OBS_PATH_STYLE is true`;
    return problem(
      'cloud',
      `OBS does not answer at ${account.endpoints.obs} (${textOf(error)})`,
      `Check IMS_EXPORT_OBS_ENDPOINT and the way there${style}.`,
    );
  }
}

function textOf(error: unknown): string {
  if (!(error instanceof CloudError)) return error instanceof Error ? error.message : String(error);
  return `${error.operation}: ${error.code}: ${error.message}`;
}

/**
 * What could have held an export up: its processes, its network, its keys, and what it was told.
 *
 * @module
 */
import { isSubmit, type RequestSeen } from './cloud-proxy';
import { type ProcessName, SHORT_MINUTES } from './plan';
import type { ActivitySeen, ChaosRecord, ExportRecord } from './record';

export interface Trouble<What extends string = string> {
  fromMs: number;
  untilMs: number;
  what: What;
}

/** A read that gets no answer is given up after a minute at most. */
const UNANSWERED_MS = 60_000;
/** A read that was answered wrongly is asked again, until it has been seen often enough. */
const SEEN_AGAIN_MS = 120_000;
/** What was held up goes on a moment later: the next try comes after a backoff. */
const goesOnMs = ({ minutes }: ChaosRecord['plan']) => (minutes < SHORT_MINUTES ? 2_000 : 15_000);

/** All that could have held this export up, in no order. */
export function troublesOf(record: ChaosRecord, of: ExportRecord): Trouble[] {
  return [
    ...ofProcesses(record, ['temporal', 'simulator', 'worker', carrierOf(of)]),
    ...ofNetwork(record),
    ...ofKeys(record, of),
    ...ofReads(record, of),
    ...ofPauses(record, of),
  ].map((trouble) => ({ ...trouble, untilMs: trouble.untilMs + goesOnMs(record.plan) }));
}

/** The process that submits it. */
export function carrierOf({ queues }: Pick<ExportRecord, 'queues'>): 'worker' | 'activities' {
  return queues === 'own' ? 'worker' : 'activities';
}

export function ofProcesses({ faults, fell }: ChaosRecord, whose: readonly ProcessName[]): Trouble[] {
  const away = faults.map(({ who, atMs, untilMs }) => ({ fromMs: atMs, untilMs, what: who }));
  const ended = fell.map(({ who, atMs }) => ({ fromMs: atMs, untilMs: atMs + THERE_AGAIN_MS, what: who }));
  return [...away, ...ended].filter(({ what }) => whose.includes(what));
}

/** One that ended by itself is started again at once. */
const THERE_AGAIN_MS = 10_000;

export function ofNetwork({ done }: ChaosRecord): Trouble[] {
  return done.flatMap(({ action, fromMs, untilMs }): Trouble[] => {
    if (action.do === 'cut') return [{ fromMs, untilMs, what: `${action.link} cut` }];
    return action.do === 'slow' ? [{ fromMs, untilMs, what: 'slow' }] : [];
  });
}

/** As the workers' circuit breaker: the second refusal in a row opens it for five minutes, each further one for twice as long. */
const CIRCUIT_OPENS_AT = 2;
const OPEN_MS = 300_000;
/** A poll that was denied comes again at about `maxInterval`. */
const PARKED_MS = 10_000;

/** While a key of its account was refused, or rested for it. */
export function ofKeys(record: ChaosRecord, { account }: Pick<ExportRecord, 'account'>): Trouble[] {
  const troubles: Trouble[] = [];
  const circuits = new Map<string, { refusals: number; opened: Trouble | null; times: number }>();
  const requests = record.requests
    .filter((request) => request.account === account && request.answeredAtMs !== null)
    .sort((one, other) => (one.answeredAtMs ?? 0) - (other.answeredAtMs ?? 0));
  for (const { process, key, status, answeredAtMs } of requests) {
    const atMs = answeredAtMs ?? 0;
    const name = `${process} ${key}`;
    const circuit = circuits.get(name) ?? { refusals: 0, opened: null, times: 0 };
    circuits.set(name, circuit);
    if (!isRefusal(status)) {
      if (circuit.opened) circuit.opened.untilMs = Math.min(circuit.opened.untilMs, atMs);
      circuits.delete(name);
      continue;
    }
    circuit.refusals += 1;
    troubles.push({ fromMs: atMs, untilMs: atMs + PARKED_MS, what: `${account} refused` });
    if (circuit.refusals < CIRCUIT_OPENS_AT) continue;
    circuit.times += 1;
    circuit.opened = {
      fromMs: atMs,
      untilMs: atMs + OPEN_MS * 2 ** (circuit.times - 1),
      what: `key of ${account} rests`,
    };
    troubles.push(circuit.opened);
  }
  return troubles.map((trouble) => ({
    ...trouble,
    untilMs: Math.min(trouble.untilMs, newKeyAtMs(record, account, trouble)),
  }));
}

export function isRefusal(status: number | null): boolean {
  return status === 401 || status === 403;
}

/** A person fixes the keys of the profile, of no other account. */
function newKeyAtMs({ done, healedAtMs }: ChaosRecord, account: string, { fromMs }: Trouble): number {
  if (account !== 'default') return Number.POSITIVE_INFINITY;
  const changes = done.filter(
    ({ action, untilMs }) => (action.do === 'rotate' || action.do === 'revoke') && untilMs >= fromMs,
  );
  // All keys of the profile are new when everything is well again.
  const healed = healedAtMs >= fromMs ? [healedAtMs] : [];
  return Math.min(...healed, ...changes.map(({ untilMs }) => untilMs));
}

function ofReads(record: ChaosRecord, of: ExportRecord): Trouble[] {
  return requestsFor(record, of).flatMap(({ wrong, status, atMs, answeredAtMs }): Trouble[] => {
    if (wrong !== null) return [{ fromMs: atMs, untilMs: atMs + SEEN_AGAIN_MS, what: `wrong answer ${wrong}` }];
    if (status === null) return [{ fromMs: atMs, untilMs: atMs + UNANSWERED_MS, what: 'no answer' }];
    // As a 503, or what the simulator says of requests that were under way for too long.
    return status >= 429 ? [{ fromMs: atMs, untilMs: answeredAtMs ?? atMs, what: `answer ${status}` }] : [];
  });
}

/** Those that name its image, its object or one of its jobs, those of its validation that name its bucket, and those for its keys. */
export function requestsFor(record: ChaosRecord, of: ExportRecord): RequestSeen[] {
  const { imageId, bucketUrl, account } = of;
  const object = `/${bucketUrl.replace(':', '/')}`;
  const bucket = object.replace(/^(\/[^/]+).*/, '$1');
  const jobs = record.jobs.filter((job) => job.imageId === imageId).map(({ jobId }) => jobId);
  const validations = activitiesOf(record, of, 'imsValidateExport');
  return record.requests.filter((request) => {
    const { path, service, atMs } = request;
    if (request.account !== account) return false;
    if (path.includes(imageId) || path === object || jobs.some((jobId) => path.endsWith(`/jobs/${jobId}`))) return true;
    if (service === 'obs' && path.replace(/\/$/, '') === bucket)
      return validations.some(({ scheduledAtMs, endedAtMs }) => atMs >= scheduledAtMs && atMs <= (endedAtMs ?? atMs));
    return service === 'iam' || service === 'metadata';
  });
}

/** Those of all its runs. */
export function activitiesOf({ runs }: ChaosRecord, { workflowId }: ExportRecord, type: string): ActivitySeen[] {
  return runs.flatMap((run) =>
    run.workflowId === workflowId ? run.activities.filter((activity) => activity.type === type) : [],
  );
}

/** Its submits, those that were lost on the way among them. */
export function submitsFor({ requests }: ChaosRecord, { imageId }: Pick<ExportRecord, 'imageId'>): RequestSeen[] {
  return requests.filter((request) => isSubmit(request) && request.path.includes(imageId));
}

/** While a person had paused it. All is resumed when everything is well again. */
function ofPauses({ done, healedAtMs }: ChaosRecord, { workflowId, kind }: ExportRecord): Trouble[] {
  const said = done.filter(
    (one) => one.workflowId === workflowId || (kind === 'batch' && one.action.do === 'messageToBatch'),
  );
  return said.flatMap(({ action, fromMs }) => {
    const isPause =
      (action.do === 'message' && action.message === 'pausePolling') ||
      (action.do === 'messageToBatch' && action.message === 'pauseStarting');
    if (!isPause) return [];
    const resumed = said.find(
      (later) =>
        later.fromMs >= fromMs &&
        ((later.action.do === 'message' && later.action.message === 'resumePolling') ||
          (later.action.do === 'messageToBatch' && later.action.message === 'resumeStarting')),
    );
    return [{ fromMs, untilMs: resumed?.untilMs ?? healedAtMs, what: 'paused' }];
  });
}

export function overlaps(troubles: readonly Trouble[], fromMs: number, untilMs: number): Trouble | undefined {
  return troubles.find((trouble) => trouble.fromMs <= untilMs && trouble.untilMs >= fromMs);
}

/** The longest time in a span without any of them. */
export function longestQuietMs(troubles: readonly Trouble[], fromMs: number, untilMs: number): number {
  let quietMs = 0;
  let sinceMs = fromMs;
  for (const trouble of [...troubles].sort((one, other) => one.fromMs - other.fromMs)) {
    if (trouble.untilMs < sinceMs) continue;
    if (trouble.fromMs >= untilMs) break;
    quietMs = Math.max(quietMs, trouble.fromMs - sinceMs);
    sinceMs = trouble.untilMs;
  }
  return Math.max(quietMs, untilMs - sinceMs);
}

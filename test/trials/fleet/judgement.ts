/**
 * Whether a fleet was as it should be.
 *
 * @module
 */
import type { JournalEntry } from '../../../src/testing';
import { dispersion, mostWithin } from './measures';
import { activitiesPerSecond, type FleetPlan, mostOfRate, pollIntervals } from './plan';
import type { ExportRecord, FleetRecord } from './record';

/**
 * Polls may be planned this much more unevenly than by chance, which is 1. Exports that started together and poll without
 * jitter come all at once, which is their number. What is between is for the few windows of the short form, which put the
 * measure off by 0.2, and for a machine that stands still now and then, after which everything that was held up comes at once.
 */
export const MOST_DISPERSION = 2;

const WINDOW_MS = 500;

/** Every reason why it was not; none when it was. */
export function judge(record: FleetRecord): string[] {
  return [...lost(record), ...overTheLimits(record), ...bunched(record), ...brokenWorkflowTasks(record)];
}

/** One export, one POST, one job, one success. */
function lost({ plan, exports, requests, jobs }: FleetRecord): string[] {
  const problems = exports.length === plan.exports ? [] : [`${exports.length} of ${plan.exports} exports are known`];
  for (const { imageId, end } of exports) {
    const posts = requests.filter((request) => request.path === `/v1/cloudimages/${imageId}/file`).length;
    const ofImage = jobs.filter((job) => job.imageId === imageId);
    const succeeded = ofImage.filter(({ status }) => status === 'SUCCESS').length;
    if (end === 'succeeded' && posts === 1 && ofImage.length === 1 && succeeded === 1) continue;
    problems.push(`image ${imageId}: ${end}; ${posts} POSTs, ${ofImage.length} jobs, ${succeeded} of them succeeded`);
  }
  return problems;
}

function overTheLimits(record: FleetRecord): string[] {
  return limitsOf(record)
    .filter(({ most, allowed }) => most > allowed)
    .map(({ what, most, allowed }) => `${what}: ${most}, allowed are ${allowed}`);
}

export interface Limit {
  what: string;
  most: number;
  allowed: number;
}

/**
 * What came most, and what may: all requests in a second, and in five, the window of most of the cloud's quotas; then each
 * call by itself, since the cloud limits each by itself, and no activity makes the same one twice.
 */
export function limitsOf({ plan, requests }: FleetRecord): Limit[] {
  const all = requests.map(timeOf);
  const limits = [
    { what: 'requests in 1 s', most: mostWithin(1_000, all), allowed: plan.requestsPerSecond },
    { what: 'requests in 5 s', most: mostWithin(5_000, all), allowed: 5 * plan.requestsPerSecond },
  ];
  for (const [call, times] of byCall(requests)) {
    const perSecond = call === 'ExportImage' ? plan.submitsPerSecond : activitiesPerSecond(plan);
    limits.push({ what: `${call} in 5 s`, most: mostWithin(5_000, times), allowed: mostOfRate(perSecond, 5) });
  }
  return limits;
}

/** The calls that each come once for an activity; of OBS the validation asks several things in the same words. */
function byCall(requests: readonly JournalEntry[]): Map<string, number[]> {
  const calls = new Map<string, number[]>();
  for (const request of requests) {
    const call = callOf(request);
    if (call !== null) calls.set(call, [...(calls.get(call) ?? []), timeOf(request)]);
  }
  return calls;
}

function callOf({ service, method, path }: JournalEntry): string | null {
  if (service !== 'ims') return null;
  if (method === 'POST' && path.endsWith('/file')) return 'ExportImage';
  if (method === 'GET' && path.includes('/jobs/')) return 'ShowJob';
  return method === 'GET' && path === '/v2/cloudimages' ? 'ListImages' : null;
}

function timeOf({ at }: JournalEntry): number {
  return Date.parse(at);
}

function bunched(record: FleetRecord): string[] {
  const found = dispersions(record)?.planned;
  if (found === undefined) return ['the exports never all ran at once'];
  if (found <= MOST_DISPERSION) return [];
  return [`the polls are bunched: dispersion ${found.toFixed(2)}, allowed is ${MOST_DISPERSION}`];
}

/** How unevenly the polls came while all exports ran, at each place where that can be seen. */
export interface Dispersions {
  /** By the timers before them: the schedule itself, which is judged. */
  planned: number;
  /** When Temporal and the worker had come to them. */
  due: number;
  /** When the simulator was asked, behind the limit of the queue, which smooths. */
  asked: number;
}

/** Null when there was no time in which all exports ran. */
export function dispersions({ plan, exports, jobs, requests }: FleetRecord): Dispersions | null {
  const { fromMs, toMs } = allAtOnce(plan, jobs);
  if (!(toMs - fromMs >= 2 * WINDOW_MS)) return null;
  const of = (timesMs: number[]) => dispersion(timesMs, { fromMs, toMs, windowMs: WINDOW_MS });
  return {
    planned: of(exports.flatMap(({ pollsPlannedMs }) => pollsPlannedMs)),
    due: of(exports.flatMap(({ pollsDueMs }) => pollsDueMs)),
    asked: of(byCall(requests).get('ShowJob') ?? []),
  };
}

/** While all exports ran: from one interval after the last job had begun until the first one ended. */
export function allAtOnce(plan: FleetPlan, jobs: FleetRecord['jobs']): { fromMs: number; toMs: number } {
  const lastBegin = Math.max(...jobs.map(({ beginTime }) => Date.parse(beginTime)));
  const ends = jobs.map(({ endTime }) => (endTime === null ? Number.POSITIVE_INFINITY : Date.parse(endTime)));
  return { fromMs: lastBegin + pollIntervals(plan).minInterval, toMs: Math.min(...ends) };
}

function brokenWorkflowTasks({ exports }: FleetRecord): string[] {
  const failed = sum(exports, ({ failedWorkflowTasks }) => failedWorkflowTasks);
  return failed === 0 ? [] : [`${failed} workflow tasks failed`];
}

export function sum(exports: readonly ExportRecord[], count: (one: ExportRecord) => number): number {
  return exports.reduce((total, one) => total + count(one), 0);
}

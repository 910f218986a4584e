import type { Profiler, Runtime } from 'node:inspector';
import { Session } from 'node:inspector/promises';
import { join, relative } from 'node:path';

/** Where the CPU time of a process went, without the time that it waited. */
export interface ProfileSummary {
  sampledMs: number;
  /** By package or file of ours; the largest first. */
  modules: Share[];
  functions: Share[];
}

export interface Share {
  name: string;
  /** Time in the function itself, not in what it calls, as a fraction of all. */
  share: number;
}

const SAMPLING_INTERVAL_US = 200;

/** Runs something under V8's sampling profiler. */
export async function profile<T>(run: () => Promise<T>): Promise<{ result: T; summary: ProfileSummary }> {
  const session = new Session();
  session.connect();
  try {
    await session.post('Profiler.enable');
    await session.post('Profiler.setSamplingInterval', { interval: SAMPLING_INTERVAL_US });
    await session.post('Profiler.start');
    const result = await run();
    const { profile: samples } = await session.post('Profiler.stop');
    return { result, summary: summarize(samples) };
  } finally {
    session.disconnect();
  }
}

function summarize({ nodes, samples = [], timeDeltas = [] }: Profiler.Profile): ProfileSummary {
  const owners = ownersOf(nodes);
  const names = new Map(nodes.map(({ id, callFrame }) => [id, callFrame.functionName || '(anonymous)']));
  const modules = new Map<string, number>();
  const functions = new Map<string, number>();
  let sampledUs = 0;
  samples.forEach((id, index) => {
    const name = names.get(id) ?? '';
    if (name === '(idle)') return;
    const us = timeDeltas[index] ?? 0;
    const owner = owners.get(id) ?? '';
    add(modules, owner, us);
    add(functions, `${name}  ${owner}`, us);
    sampledUs += us;
  });
  return { sampledMs: sampledUs / 1_000, modules: shares(modules, sampledUs), functions: shares(functions, sampledUs) };
}

function add(times: Map<string, number>, name: string, us: number): void {
  times.set(name, (times.get(name) ?? 0) + us);
}

function shares(times: Map<string, number>, totalUs: number): Share[] {
  return [...times].map(([name, us]) => ({ name, share: us / totalUs })).sort((a, b) => b.share - a.share);
}

/**
 * Who answers for each node of the call tree: the package or the file of ours that it belongs to, and for what node and V8
 * do, independent of the caller. So the hashing counts as signing, and the writing to the socket as undici's.
 */
function ownersOf(nodes: Profiler.ProfileNode[]): Map<number, string> {
  const owners = new Map<number, string>();
  const parents = new Map(nodes.flatMap(({ id, children = [] }) => children.map((child) => [child, id] as const)));
  // A parent comes before its children.
  for (const { id, callFrame } of nodes) {
    const owner = ownerOf(callFrame) ?? owners.get(parents.get(id) ?? -1) ?? 'node';
    owners.set(id, owner);
  }
  return owners;
}

function ownerOf({ functionName, url }: Runtime.CallFrame): string | undefined {
  if (functionName === '(garbage collector)') return 'garbage collector';
  if (functionName === '(program)') return 'native code outside JavaScript';
  const [, ofPackage] = /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(url) ?? [];
  if (ofPackage !== undefined) return ofPackage;
  // The parser of undici.
  if (url.startsWith('wasm:')) return 'undici';
  if (url === '' || url.startsWith('node:')) return undefined;
  // From `.cache/bench/bench/ims-client`.
  return relative(join(__dirname, '../..'), url.replace(/^file:\/\//, '')).replace(/\.js$/, '.ts');
}

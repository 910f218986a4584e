/**
 * The IMS client of this package against bare undici that sends the same signed requests, and against the core of the
 * vendor's SDK that makes the same calls: requests/s, and CPU of the client for each request. docs/development/benchmarks.md has the
 * numbers of a run.
 *
 *   npm run bench -- ims-client [--rounds 15] [--round-ms 400] [--profile]
 *
 * Every contestant has a process of its own, and so has the server. Machines are noisy, so the contestants play short
 * rounds one after the other, in random order, and what counts is the median of the ratios within a round.
 *
 * @module
 */
import { cpus } from 'node:os';
import { version as undiciVersion } from 'undici/package.json';
import { CONTESTANTS, type ContestantName } from './contestants';
import { type ContestantProcess, type StaticServer, startContestant, startStaticServer } from './processes';
import { type Aim, profileLines, reportEvent, type Verdict } from './report';
import { type Settings, settingsOf } from './settings';
import { type Event, playRounds } from './tournament';

const EVENTS: readonly Event[] = [
  { call: 'ShowJob', concurrency: 1 },
  { call: 'ShowJob', concurrency: 32 },
  { call: 'ListImages', concurrency: 1 },
  { call: 'ListImages', concurrency: 32 },
];

/** `undici.dispatch` is shown as the floor: the least that any client on undici can cost. */
const AIMS: readonly Aim[] = [
  { against: 'undici.request', atLeast: 0.85 },
  { against: 'undici.dispatch', atLeast: null },
  { against: 'vendor SDK', atLeast: 3 },
];

export async function run(args: string[]): Promise<void> {
  const settings = settingsOf(args);
  console.log(`ims-client: ${settings.rounds} rounds of ${settings.roundMs} ms each; ratios as median (min … max)`);
  console.log(`node ${process.version}, undici ${undiciVersion}, ${cpus().length} x ${cpus()[0]?.model}`);
  const server = await startStaticServer();
  const contestants: ContestantProcess[] = [];
  try {
    for (const name of Object.keys(CONTESTANTS) as ContestantName[]) {
      contestants.push(await startContestant(name, server.origin));
    }
    await compete(contestants, server, settings);
  } finally {
    await Promise.all([...contestants, server].map((child) => child.end()));
  }
}

async function compete(
  contestants: readonly ContestantProcess[],
  server: StaticServer,
  settings: Settings,
): Promise<void> {
  const verdicts: Verdict[] = [];
  for (const event of EVENTS) {
    const report = reportEvent(event, await playRounds(contestants, event, settings), AIMS);
    console.log(`\n${report.lines.join('\n')}`);
    verdicts.push(...report.verdicts);
  }
  const { requests, connections } = await server.count();
  console.log(`\nThe server answered ${requests} requests on ${connections} connections.`);
  const missed = verdicts.filter(({ met }) => !met);
  for (const { text } of missed) console.log(`MISSED  ${text}`);
  console.log(`${verdicts.length - missed.length} of ${verdicts.length} aims met.`);
  if (missed.length > 0 || settings.profile) await profileOurs(contestants);
}

const PROFILED_MS = 4_000;

async function profileOurs(contestants: readonly ContestantProcess[]): Promise<void> {
  const ours = contestants.find(({ name }) => name === 'our client');
  for (const event of EVENTS.filter(({ concurrency }) => concurrency > 1)) {
    const played = await ours?.play({ ...event, ms: PROFILED_MS, profiled: true });
    if (played?.profile) console.log(`\n${profileLines(event, played.profile).join('\n')}`);
  }
}

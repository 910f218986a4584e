/**
 * Records the history of each way that an export goes and that has none of the version of package.json yet:
 *
 *   npm run record-histories
 *
 * The replay tests hold every later version to them. A history that is there stays as it is, and its digest with it. Refuses to add to the histories of a version that has a tag.
 */
import { execFileSync } from 'node:child_process';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { historyToJSON } from '@temporalio/common/lib/proto-utils';
import { version } from '../package.json';
import { bundleOfRecordings } from '../test/replay/bundle';
import { addHistory, digestsOfFiles, fixedDigests } from '../test/replay/digests';
import type { Ending } from '../test/replay/endings';
import { RECORDINGS } from '../test/replay/recordings';
import { closeOf, eventsOf, type History, newRunAfter } from '../test/rigs/history';
import { recordedHistories, textsOf } from '../test/rigs/recorded-histories';
import { type Rig, startRig } from '../test/rigs/rig';

const repository = join(__dirname, '..');

async function record(folder: string, ending: Ending): Promise<void> {
  const bundle = await bundleOfRecordings();
  const worker = { ...ending.rig?.worker, identity: 'worker' };
  const rig = await startRig({ server: {}, ...ending.rig, bundle, worker });
  try {
    const runs = await runsOf(rig, await ending.run(rig));
    const closed = closeOf(eventsOf(runs.at(-1) ?? {}));
    if (closed !== ending.closes) throw new Error(`${ending.name} closed as ${closed}, not as ${ending.closes}`);
    for (const [index, history] of runs.entries()) {
      const json = historyToJSON(history);
      refuseSecrets(rig, json);
      const path = `${folder}/${ending.name}${runs.length > 1 ? `-${index + 1}` : ''}.json`;
      addHistory(path, oneEventALine(withoutThisMachine(json)));
      console.log(`${path}: ${eventsOf(history).length} events`);
    }
  } finally {
    await rig.close();
  }
}

/** The histories of all runs, the first one first. */
async function runsOf({ client }: Rig, workflowId: string): Promise<History[]> {
  const { raw } = await client.workflow.getHandle(workflowId).describe();
  let runId: string | null = raw.workflowExecutionInfo?.firstRunId ?? null;
  const runs: History[] = [];
  while (runId !== null) {
    const run = client.workflow.getHandle(workflowId, runId);
    const history: History = await run.fetchHistory();
    runs.push(history);
    const { workflowExtendedInfo } = (await run.describe()).raw;
    runId = newRunAfter(eventsOf(history)) ?? (workflowExtendedInfo?.resetRunId || null);
  }
  return runs;
}

/** Who recorded it, and where, is private, and would differ in every recording. */
function withoutThisMachine(json: string): string {
  return json.replaceAll(`${process.pid}@${hostname()}`, 'client').replaceAll(`${repository}/`, '');
}

/** Without indentation it is a third smaller. */
function oneEventALine(json: string): string {
  const { events } = JSON.parse(json);
  return `{"events":[\n${events.map((event: unknown) => JSON.stringify(event)).join(',\n')}\n]}\n`;
}

function refuseSecrets({ simulator }: Rig, json: string): void {
  const { accessKey, secretKey, iamPassword } = simulator.info;
  const text = textsOf(JSON.parse(json)).join('\n');
  for (const [what, secret] of Object.entries({ accessKey, secretKey, iamPassword })) {
    if (text.includes(secret)) throw new Error(`the history holds the ${what} of the simulator`);
  }
}

function refuseReleasedVersion(): void {
  const tag = execFileSync('git', ['tag', '--list', `v${version}`], { cwd: repository, encoding: 'utf8' }).trim();
  if (tag !== '') {
    throw new Error(`${tag} is released: its histories stay as they are. Raise the version in package.json first.`);
  }
}

/** Before minutes are spent on what could not be kept. */
function refuseChangedHistories(): void {
  const files = digestsOfFiles();
  const fixed = fixedDigests();
  const changed = [...new Set([...fixed.keys(), ...files.keys()])].filter(
    (path) => files.get(path) !== fixed.get(path),
  );
  if (changed.length === 0) return;
  throw new Error(
    `Recorded histories do not have the digests of SHA256SUMS: ${changed.join(', ')}. Restore them: git checkout -- test/replay/histories`,
  );
}

async function main(): Promise<void> {
  refuseReleasedVersion();
  refuseChangedHistories();
  const recorded = new Set(recordedHistories().map(({ folder, of }) => `${folder}/${of}`));
  const missing = Object.entries(RECORDINGS).flatMap(([folder, endings]) =>
    endings.filter(({ name }) => !recorded.has(`${folder}/${name}`)).map((ending) => ({ folder, ending })),
  );
  // What was recorded is kept, also when another one fails: the next call records the rest.
  const recordOrSay = async ({ folder, ending }: (typeof missing)[number]) =>
    record(folder, ending).catch((error: unknown) => {
      console.error(`${folder}/${ending.name} was not recorded:`, error);
      process.exitCode = 1;
    });
  const settling = Promise.all(missing.filter(({ ending }) => ending.settles).map(recordOrSay));
  for (const one of missing.filter(({ ending }) => !ending.settles)) await recordOrSay(one);
  await settling;
}

main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});

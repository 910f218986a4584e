/**
 * Records the history of one export for each way that an export goes, under the version of package.json:
 *
 *   npm run record-histories [-- --missing]
 *
 * With `--missing`, only the ways that have no history of this version yet; the others stay as they are. The replay tests hold every later version to them. Refuses to touch the histories of a version that has a tag.
 */
import { execFileSync } from 'node:child_process';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { historyToJSON } from '@temporalio/common/lib/proto-utils';
import { version } from '../package.json';
import { closeOf, eventsOf, type History, newRunAfter } from '../test/long-exports/history';
import { ENDINGS, type Ending } from '../test/replay/endings';
import { historiesOf, recordedHistories, textsOf } from '../test/replay/recorded-histories';
import { type Rig, startRig } from '../test/rig';

const repository = join(__dirname, '..');

async function record(ending: Ending): Promise<Array<{ file: string; json: string }>> {
  const rig = await startRig({ ...ending.rig, worker: { identity: 'worker' } });
  try {
    const runs = await runsOf(rig, await ending.run(rig));
    const closed = closeOf(eventsOf(runs.at(-1) ?? {}));
    if (closed !== ending.closes) throw new Error(`${ending.name} closed as ${closed}, not as ${ending.closes}`);
    return runs.map((history, index) => {
      const json = historyToJSON(history);
      refuseSecrets(rig, json);
      const run = runs.length > 1 ? `-${index + 1}` : '';
      return { file: `${ending.name}${run}.json`, json: withoutThisMachine(json) };
    });
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
    const history: History = await client.workflow.getHandle(workflowId, runId).fetchHistory();
    runs.push(history);
    runId = newRunAfter(eventsOf(history));
  }
  return runs;
}

/** Who recorded it and where is nobody's business, and would differ in every recording. */
function withoutThisMachine(json: string): string {
  return json.replaceAll(`${process.pid}@${hostname()}`, 'client').replaceAll(`${repository}/`, '');
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

function isRecorded(ending: string): boolean {
  return recordedHistories().some(({ version: of, name }) => of === version && name.replace(/-\d+$/, '') === ending);
}

async function main(): Promise<void> {
  refuseReleasedVersion();
  const missing = process.argv.includes('--missing');
  const endings = missing ? ENDINGS.filter(({ name }) => !isRecorded(name)) : ENDINGS;
  const recorded: Array<{ file: string; json: string }> = [];
  const recordAndTell = async (ending: Ending) => {
    const runs = await record(ending);
    recorded.push(...runs);
    for (const { file, json } of runs) console.log(`${file}: ${Math.round(json.length / 1024)} KB`);
  };
  const settling = Promise.all(endings.filter(({ settles }) => settles).map(recordAndTell));
  for (const ending of endings.filter(({ settles }) => !settles)) await recordAndTell(ending);
  await settling;
  const folder = historiesOf(version);
  if (!missing) await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  for (const { file, json } of recorded) await writeFile(join(folder, file), `${json}\n`);
}

main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});

import {
  type Dirent,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { command } from '../export/quoting';
import { SimulatorPathError } from './path-error';
import { newState, parseState, type SimulatorState } from './state';

const STATE = 'state.json';
const OWNER = 'owner.pid';
const JOURNAL = 'requests.jsonl';
const OBJECTS = 'objects';

/** What a start that was killed can leave in an empty folder, before there is a state. */
const DRAFT_OF_STATE = /^state\.json\.\d+\.tmp$/;

/**
 * The directory that a simulator lives in: `state.json`, `requests.jsonl`, `owner.pid` and `objects/`. Without a name of
 * its own it is a temporary one, removed at the end, and the state is not written at all.
 *
 * A directory that the caller named may hold files of others. It is used only when it is empty, missing, or has the state
 * of a simulator, and nothing in it is written before that is known. Links are not followed: what they lead to is not ours.
 */
export class StateDirectory {
  readonly path: string;
  readonly durable: boolean;
  readonly state: SimulatorState;

  /** @throws SimulatorPathError when the directory is not one to use, or another simulator uses it */
  constructor(path: string | undefined) {
    this.durable = path !== undefined;
    this.path = path === undefined ? mkdtempSync(join(tmpdir(), 'ims-simulator-')) : resolve(path);
    try {
      this.state = this.durable ? this.take() : newState();
      mkdirSync(this.objectsPath, { recursive: true });
    } catch (error) {
      throw error instanceof SimulatorPathError ? error : unusable(this.path, error);
    }
  }

  get objectsPath(): string {
    return join(this.path, OBJECTS);
  }

  get journalPath(): string {
    return join(this.path, JOURNAL);
  }

  /** Written before the change is answered for: a kill at any moment leaves the old state or the new, never half of one. */
  save(): void {
    if (this.durable) replaceFile(this.statePath, JSON.stringify(this.state));
  }

  close(): void {
    if (this.durable) {
      this.save();
      rmSync(this.ownerPath, { force: true });
    } else {
      rmSync(this.path, { recursive: true, force: true });
    }
  }

  private get ownerPath(): string {
    return join(this.path, OWNER);
  }

  private get statePath(): string {
    return join(this.path, STATE);
  }

  private take(): SimulatorState {
    if (this.load() === undefined) {
      mkdirSync(this.path, { recursive: true });
      replaceFile(this.statePath, JSON.stringify(newState()));
    }
    this.claim();
    // Read again: the simulator that had it may have saved once more before it ended.
    return this.load() ?? newState();
  }

  /** Two simulators in one directory would overwrite each other's state. One that was killed owns nothing any more. */
  private claim(): void {
    const owner = existsSync(this.ownerPath) ? Number(readFileSync(this.ownerPath, 'utf8')) : 0;
    if (owner !== process.pid && isAlive(owner)) {
      throw new SimulatorPathError(
        `${this.path} belongs to a running simulator, process ${owner}. Stop it, or use another directory`,
      );
    }
    replaceFile(this.ownerPath, String(process.pid));
  }

  /** Undefined in a directory that is empty or missing. Reads only. */
  private load(): SimulatorState | undefined {
    const entries = existsSync(this.path) ? readdirSync(this.path, { withFileTypes: true }) : [];
    if (!entries.some(({ name }) => name === STATE)) {
      if (entries.every((entry) => entry.isFile() && DRAFT_OF_STATE.test(entry.name))) return undefined;
      throw notOurs(this.path, `it is not empty, and no simulator has kept its state (${STATE}) there`);
    }
    const other = entries.find(isOfAnotherKind);
    if (other !== undefined) throw notOurs(this.path, `${other.name} in it is not a real ${KINDS.get(other.name)}`);
    const { state, problem } = parseState(readFileSync(this.statePath, 'utf8'));
    if (state === undefined) throw notOurs(this.path, `${STATE} in it ${problem}`);
    return state;
  }
}

const KINDS = new Map([
  [STATE, 'file'],
  [OWNER, 'file'],
  [JOURNAL, 'file'],
  [OBJECTS, 'folder'],
]);

/** A link, say, in the place of what the simulator makes. */
function isOfAnotherKind(entry: Dirent): boolean {
  const kind = KINDS.get(entry.name);
  return kind !== undefined && !(kind === 'file' ? entry.isFile() : entry.isDirectory());
}

function notOurs(path: string, reason: string): SimulatorPathError {
  const inside = join(path, 'simulator-state');
  return new SimulatorPathError(
    `The simulator cannot keep its state in ${path}: ${reason}. The folder was not changed. Use an empty or a new folder: \`${command('ims-export', 'simulator', '--state', inside)}\``,
  );
}

function unusable(path: string, error: unknown): SimulatorPathError {
  const reason = error instanceof Error ? error.message : String(error);
  return new SimulatorPathError(
    `The simulator cannot keep its state in ${path}: ${reason}. Give it an empty or a new folder that it may write to`,
    { cause: error },
  );
}

/** A new file in the place of what has that name, which is not written through when it is a link. */
function replaceFile(path: string, content: string): void {
  const draft = `${path}.${process.pid}.tmp`;
  rmSync(draft, { force: true });
  writeFileSync(draft, content, { mode: 0o600, flag: 'wx' });
  renameSync(draft, path);
}

function isAlive(pid: number): boolean {
  if (!(pid > 0)) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // A process of another user lives as well.
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

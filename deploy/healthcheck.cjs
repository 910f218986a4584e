/**
 * Whether the worker of this container answers its probe, on the port that its own command line names: a command without
 * metrics, or with a port that it chooses itself, has no probe and is as healthy as its process.
 *
 * The command is read as that of process 1. In a process namespace that is shared (`--pid=host`, `shareProcessNamespace`) this is
 * another process, and the check says "healthy" without a request: ask `/healthz` there, as the probes of deploy/kubernetes do.
 *
 * @param {string} commandLine the file with the words of the container's command, each ended by a zero byte
 */
const { readFileSync } = require('node:fs');

const [commandLine = '/proc/1/cmdline'] = process.argv.slice(2);
const words = readFileSync(commandLine, 'utf8').split('\0');

/** The last one counts, as for the worker. */
function optionOf(flag) {
  const at = words.findLastIndex((word) => word === flag || word.startsWith(`${flag}=`));
  const word = words[at];
  return word === flag ? words[at + 1] : word?.slice(flag.length + 1);
}

async function main() {
  const port = Number(optionOf('--metrics-port') ?? 0);
  if (port === 0) return;
  const host = optionOf('--metrics-host') ?? '0.0.0.0';
  const reachable = { '0.0.0.0': '127.0.0.1', '::': '[::1]' }[host] ?? (host.includes(':') ? `[${host}]` : host);
  const answer = await fetch(`http://${reachable}:${port}/healthz`);
  if (!answer.ok) throw new Error(`/healthz answered ${answer.status}`);
}

main().catch((error) => {
  console.error(error.message);
  process.exitCode = 1;
});

/** For the help of each command: what it is for, and a command that can be pasted and changed. */
type Example = readonly [purpose: string, command: string];

const EXAMPLES: { readonly [command: string]: readonly Example[] } = {
  demo: [
    ['Run one export against a simulated cloud and keep the Web UI open', 'ims-export demo'],
    ['The same in a script: end when the object is verified', 'ims-export demo --no-keep'],
  ],
  simulator: [
    ['Start the simulated cloud and write its settings to a file', 'ims-export simulator --write-env simulator.env'],
    ['Keep its images, jobs and objects', 'ims-export simulator --state .simulator --write-env simulator.env'],
  ],
  worker: [
    ['Run the worker, with metrics and probes', 'ims-export worker --metrics-port 9464'],
    [
      'Submit at most 4 exports a second, on a queue for submits',
      'ims-export worker --task-queue ims-submits --activities-only --activities-per-second 4',
    ],
  ],
  start: [
    [
      'Export an image as qcow2',
      'ims-export start --image d164b5df-1bc3-4c3f-893e-3e471fd16e64 --to ims-image:exports/web.qcow2 --format qcow2',
    ],
    [
      'Quick export of an image above 128 GiB; wait for the end',
      'ims-export start --image d164b5df-1bc3-4c3f-893e-3e471fd16e64 --to ims-image:exports/db.zvhd2 --quick --wait',
    ],
    [
      'Check what would be refused; nothing is submitted',
      'ims-export start --image d164b5df-1bc3-4c3f-893e-3e471fd16e64 --to ims-image:exports/web.qcow2 --format qcow2 --dry-run',
    ],
  ],
  attach: [
    [
      'Track a job that the console started',
      'ims-export attach --job ff80808288b50a9f0188b6b7d0a60b2c --image d164b5df-1bc3-4c3f-893e-3e471fd16e64 --to ims-image:exports/web.qcow2 --format qcow2',
    ],
    [
      'Track the job of a canceled export to its end',
      'ims-export attach --job ff80808288b50a9f0188b6b7d0a60b2c --image d164b5df-1bc3-4c3f-893e-3e471fd16e64 --to ims-image:exports/web.qcow2 --wait',
    ],
  ],
  batch: [
    ['Check every image of a batch; nothing is submitted', 'ims-export batch nightly.json --dry-run --wait'],
    [
      'Export them, 50 at a time, and wait for the verdicts',
      'ims-export batch nightly.json --max-concurrent 50 --wait',
    ],
    ['Export them every night at 2:30 UTC', "ims-export batch nightly.json --name nightly --cron '30 2 * * *'"],
  ],
  options: [
    ['List the options of an export', 'ims-export options'],
    ['As JSON', 'ims-export options --json'],
  ],
  status: [
    ['Show an export', 'ims-export status ims-export:ims-image:exports/web.qcow2'],
    ['Show a batch, as JSON', 'ims-export status ims-export-batch:nightly --json'],
  ],
  watch: [
    ['Follow an export to its end', 'ims-export watch ims-export:ims-image:exports/web.qcow2'],
    ['Follow a batch', 'ims-export watch ims-export-batch:nightly'],
  ],
  list: [
    ['List open and recent exports', 'ims-export list'],
    ['As JSON, for a script', 'ims-export list --json'],
  ],
  'poll-now': [
    ['Check the job of an export now', 'ims-export poll-now ims-export:ims-image:exports/web.qcow2'],
    ['The same in another namespace', 'ims-export poll-now ims-export:ims-image:exports/web.qcow2 --namespace exports'],
  ],
  'pause-polling': [
    ['Stop polling the job of an export', 'ims-export pause-polling ims-export:ims-image:exports/web.qcow2'],
    ['Start no more exports of a batch', 'ims-export pause-polling ims-export-batch:nightly'],
  ],
  'resume-polling': [
    ['Poll again', 'ims-export resume-polling ims-export:ims-image:exports/web.qcow2'],
    ['Let a batch start its next exports', 'ims-export resume-polling ims-export-batch:nightly'],
  ],
  retune: [
    ['Wait six hours longer', 'ims-export retune ims-export:ims-image:exports/web.qcow2 --deadline +6h'],
    [
      'Poll less often',
      'ims-export retune ims-export:ims-image:exports/web.qcow2 --min-interval 5m --max-interval 30m',
    ],
    ['Let a batch export 50 images at a time', 'ims-export retune ims-export-batch:nightly --max-concurrent 50'],
  ],
  resolve: [
    [
      'The submit started this job',
      'ims-export resolve ims-export:ims-image:exports/web.qcow2 --job ff80808288b50a9f0188b6b7d0a60b2c',
    ],
    [
      'The submit started no job: submit again',
      'ims-export resolve ims-export:ims-image:exports/web.qcow2 --not-submitted',
    ],
  ],
  cancel: [
    ['Cancel an export', 'ims-export cancel ims-export:ims-image:exports/web.qcow2'],
    ['Cancel a batch and its exports', 'ims-export cancel ims-export-batch:nightly'],
  ],
  'search-attributes': [
    ['Check the namespace', 'ims-export search-attributes'],
    ['Register those that are missing', 'ims-export search-attributes --register'],
  ],
  doctor: [
    ['Check this machine, Temporal and the cloud', 'ims-export doctor'],
    ['Check a bucket as well', 'ims-export doctor --bucket ims-image'],
  ],
  schema: [
    ['The input of an export', 'ims-export schema input'],
    ['The input of a batch', 'ims-export schema batch/input'],
  ],
  temporal: [
    ['Start a Temporal server on this machine', 'ims-export temporal server start-dev'],
    [
      'Create the Nexus endpoint',
      'ims-export temporal operator nexus endpoint create --name ims-export --target-namespace default --target-task-queue ims-export',
    ],
    ["Help of Temporal's CLI", 'ims-export temporal --help'],
  ],
};

/** What follows the help of a command. */
export function examplesOf(command: string): string {
  const lines = (EXAMPLES[command] ?? []).flatMap(([purpose, example]) => [`  ${purpose}:`, `    ${example}`]);
  return lines.length === 0 ? '' : ['', 'Examples:', ...lines].join('\n');
}

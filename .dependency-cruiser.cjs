/**
 * The one-way doors of the package:
 * cli -> worker, client -> plugin -> activities -> huaweicloud; workflows -> export -> contract only.
 * Each comment is the sentence that a wrong import prints.
 */
const WORKFLOW_SAFE =
  '^src/(workflows|export|contract)/|^node_modules/@temporalio/(workflow|common)/|^@temporalio/(workflow|common)$';

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    {
      name: 'workflows-are-deterministic',
      severity: 'error',
      comment:
        'Workflow code runs in the sandbox and is replayed: src/workflows may import src/contract, src/export, @temporalio/workflow, @temporalio/common and itself, nothing else (no undici, no zod, no node: module, no activity code).',
      from: { path: '^src/workflows/' },
      to: { pathNot: WORKFLOW_SAFE },
    },
    {
      name: 'what-no-workflow-uses-stays-out-of-the-bundle',
      severity: 'error',
      comment:
        'src/export/joining.ts and src/export/failures/before-submit.ts are for client, Nexus handler and activities: a workflow compares by src/export/same-export.ts and takes its failures from src/export/failures, so that its bundle stays small.',
      from: { path: '^src/workflows/' },
      to: { path: '^src/export/(joining|quantities|failures/before-submit)\\.ts$' },
    },
    {
      name: 'contract-imports-only-itself',
      severity: 'error',
      comment:
        'src/contract is the wire between workflows, activities and clients: it holds types, constants and pure functions, and imports nothing but itself.',
      from: { path: '^src/contract/' },
      to: { pathNot: '^src/contract/' },
    },
    {
      name: 'export-is-pure',
      severity: 'error',
      comment:
        'src/export is what an export is, for workflow, client, Nexus and CLI alike: it runs in the sandbox too, and imports src/contract, @temporalio/common and itself, nothing else.',
      from: { path: '^src/export/' },
      to: { pathNot: '^src/(export|contract)/|^node_modules/@temporalio/common/|^@temporalio/common$' },
    },
    {
      name: 'quoting-imports-nothing',
      severity: 'error',
      comment:
        'src/export/quoting.ts is imported by the cloud client and the simulator too: it imports nothing, so that it brings nothing along.',
      from: { path: '^src/export/quoting\\.ts$' },
      to: { path: '.' },
    },
    {
      name: 'request-stays-out-of-the-sandbox',
      severity: 'error',
      comment:
        'src/request checks inputs by zod, for activities, client and Nexus: it imports src/contract, src/export, zod and itself, nothing else, and no workflow imports it.',
      from: { path: '^src/request/' },
      to: { pathNot: '^src/(request|export|contract)/|^node_modules/zod/|^zod$' },
    },
    {
      name: 'metrics-take-the-workflows-own',
      severity: 'error',
      comment:
        'src/metrics.ts is the table of metrics, for activities and the worker alike: it takes those of the workflow from src/workflows/metrics.ts, names src/contract, and imports nothing else.',
      from: { path: '^src/metrics\\.ts$' },
      to: { pathNot: '^src/(workflows/metrics\\.ts$|contract/)' },
    },
    {
      name: 'huaweicloud-knows-nothing-of-temporal',
      severity: 'error',
      comment:
        'src/huaweicloud is the cloud over HTTP: it imports neither Temporal nor any other room of the package, apart from the text functions of src/export/quoting.ts and the proxies of src/network.',
      from: { path: '^src/huaweicloud/' },
      to: { path: '^src/(?!huaweicloud/|network/|export/quoting\\.ts$)|@temporalio/' },
    },
    {
      name: 'network-knows-nothing-of-either-side',
      severity: 'error',
      comment:
        'src/network is the way out of this machine, for the cloud and for Temporal alike: it finds the proxy of a host and opens tunnels, and imports nothing of the package.',
      from: { path: '^src/network/' },
      to: { path: '^src/(?!network/)|@temporalio/' },
    },
    {
      name: 'activities-know-no-workflow',
      severity: 'error',
      comment:
        'src/activities may import src/contract, src/export, src/request, src/metrics.ts, src/huaweicloud, and src/temporal to read runs: never workflows, clients, the worker, the CLI or the simulator.',
      from: { path: '^src/activities/' },
      to: { path: '^src/(?!activities/|request/|export/|contract/|huaweicloud/|temporal/|metrics\\.ts$)' },
    },
    {
      name: 'plugin-opens-to-activities-and-huaweicloud',
      severity: 'error',
      comment:
        'src/plugin.ts is the door for workers of others: it wires src/activities to src/huaweicloud, names src/contract, and imports neither the worker, clients, the CLI or the simulator, nor workflow code, which it knows by its path.',
      from: { path: '^src/plugin(\\.ts$|/)' },
      to: { path: '^src/(?!plugin(\\.ts$|/)|activities/|huaweicloud/|contract/)' },
    },
    {
      name: 'worker-is-built-on-the-plugin',
      severity: 'error',
      comment:
        'src/worker.ts is a worker with the plugin: what an export needs from a worker stands in src/plugin.ts, for the workers of others too, so activities come from there and not from src/activities.',
      from: { path: '^src/worker(\\.ts$|/)' },
      to: { path: '^src/activities/' },
    },
    {
      name: 'testing-stands-alone',
      severity: 'error',
      comment:
        'The simulator (src/testing) may share the signing code of src/huaweicloud, the text functions of src/export/quoting.ts and the printing of src/terminal: it imports nothing else, no workflows, activities, clients or the worker, so that it stays a cloud and not a mock.',
      from: { path: '^src/testing/' },
      to: { path: '^src/(?!testing/|huaweicloud/signing/|export/quoting\\.ts$|terminal/output\\.ts$)' },
    },
    {
      name: 'dev-server-stands-alone',
      severity: 'error',
      comment:
        'src/dev-server finds, brings and starts the Temporal servers of demo and tests: it imports the cache directory and itself, nothing else of the package.',
      from: { path: '^src/dev-server/' },
      to: { path: '^src/(?!dev-server/|cache-directory\\.ts$)' },
    },
    {
      name: 'terminal-knows-words-only',
      severity: 'error',
      comment:
        'src/terminal prints, for every room that does: of the package it imports the text functions of src/export/quoting.ts and itself.',
      from: { path: '^src/terminal/' },
      to: { path: '^src/(?!terminal/|export/quoting\\.ts$)' },
    },
    {
      name: 'client-and-worker-do-not-meet',
      severity: 'error',
      comment:
        'src/client.ts starts and reads exports over Temporal: it needs neither the worker nor the CLI, nor the plugin of a worker.',
      from: { path: '^src/client(\\.ts$|/)' },
      to: { path: '^src/(worker|plugin|cli)(\\.ts$|/)' },
    },
    {
      name: 'clients-know-no-workflow-code',
      severity: 'error',
      comment:
        'src/client and src/cli talk to workflows over Temporal: what both must know, such as words and rules, stands in src/export and src/contract, and they import nothing from src/workflows or src/activities.',
      from: { path: '^src/(client|cli)(\\.ts$|/)' },
      to: { path: '^src/(workflows|activities)/' },
    },
    {
      name: 'worker-does-not-start-exports',
      severity: 'error',
      comment: 'src/worker.ts runs workflows and activities: it needs neither the client nor the CLI.',
      from: { path: '^src/worker(\\.ts$|/)' },
      to: { path: '^src/(client|cli)(\\.ts$|/)' },
    },
    {
      name: 'temporal-is-below-client-and-worker',
      severity: 'error',
      comment:
        'src/temporal finds Temporal, says why it cannot be reached, reads runs and loads data converters, for clients, workers and activities alike: of the package it imports src/export-error.ts, src/network, and nothing else.',
      from: { path: '^src/temporal/' },
      to: { path: '^src/(?!temporal/|network/|export-error\\.ts$)' },
    },
    {
      name: 'the-nexus-service-is-sandbox-safe',
      severity: 'error',
      comment:
        'Workflows of callers import src/nexus.ts: it defines the service with src/contract, nexus-rpc and @temporalio/common, and nothing that the sandbox refuses. The handler is in src/nexus/.',
      from: { path: '^src/nexus\\.ts$' },
      to: { pathNot: `${WORKFLOW_SAFE}|^node_modules/nexus-rpc/|^nexus-rpc$` },
    },
    {
      name: 'nexus-starts-exports-as-the-client-does',
      severity: 'error',
      comment:
        'src/nexus starts and joins exports for callers, with the means of src/client: it needs neither the worker that serves it, nor workflow or activity code, nor the CLI, nor the simulator.',
      from: { path: '^src/nexus/' },
      to: { path: '^src/(worker|workflows|activities|cli|testing)(\\.ts$|/)' },
    },
    {
      name: 'only-the-cli-imports-the-cli',
      severity: 'error',
      comment: 'src/cli parses, calls and prints: no other room depends on it.',
      from: { pathNot: '^src/cli(\\.ts$|/)' },
      to: { path: '^src/cli(\\.ts$|/)' },
    },
    {
      name: 'doctor-is-asked-by-the-cli-only',
      severity: 'error',
      comment:
        'src/doctor looks at all rooms from outside: only src/cli and the root door (src/index.ts) ask it, and no room depends on it.',
      from: { pathNot: '^src/(doctor/|cli(\\.ts$|/)|index\\.ts$)' },
      to: { path: '^src/doctor/' },
    },
    {
      name: 'doctor-asks-by-the-code-of-others',
      severity: 'error',
      comment:
        'src/doctor checks by the code that clients, workers and activities use (src/client, src/worker, src/activities, src/huaweicloud): it needs neither the CLI nor the simulator.',
      from: { path: '^src/doctor/' },
      to: { path: '^src/(cli|testing)(\\.ts$|/)' },
    },
    {
      name: 'no-circular',
      severity: 'error',
      comment: 'Two files that import each other are one file in two places.',
      from: {},
      to: { circular: true },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'require', 'node', 'default', 'types'],
    },
    reporterOptions: { text: { highlightFocused: true } },
  },
};

